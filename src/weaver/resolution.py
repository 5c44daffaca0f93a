"""What a chain of names means, through imports, re-exports and attributes of modules of the project."""

from collections.abc import Collection, Iterator, Mapping
from typing import Literal, NamedTuple, TypeAlias

from weaver.errors import FingerprintError
from weaver.modules import Imported, Module, Statement
from weaver.scopes import Chain

Kind: TypeAlias = Literal["symbol", "name", "import", "module", "outside"]

TELLING_NOTHING = frozenset({"__name__", "__file__", "__package__"})


class Node(NamedTuple):
    """Something that code can depend on.

    | kind    |                                                                                   |
    |---------|-----------------------------------------------------------------------------------|
    | symbol  | what the statements of a module that define `name` make                           |
    | name    | `name` in a module, as something on the way to what it was imported from          |
    | import  | that a module is imported, with what it does then                                 |
    | module  | all of a module, since somebody holds it who may take any attribute from it       |
    | outside | a dotted name (in `module`) of something that the project does not define         |
    """

    kind: Kind
    module: str
    name: str = ""


class Tree:
    """All modules of a project by name; those that are no Python are errors, raised when they are needed."""

    def __init__(self, modules: Mapping[str, Module | FingerprintError]) -> None:
        self._modules = modules
        self._packages: Collection[str] = {name.partition(".")[0] for name in modules}
        self._below: dict[str, list[str]] = {}
        for name in modules:
            self._below.setdefault(name.rpartition(".")[0], []).append(name)
        self._resolved: dict[tuple[str, Chain], tuple[Node, ...]] = {}

    def __contains__(self, name: object) -> bool:
        return name in self._modules

    def __iter__(self) -> Iterator[Module]:
        return (module for module in self._modules.values() if isinstance(module, Module))

    def __getitem__(self, name: str) -> Module:
        module = self._modules[name]
        if isinstance(module, FingerprintError):
            raise module
        return module

    def is_broken(self, name: str) -> bool:
        """Whether a module is there but is no Python."""
        return isinstance(self._modules.get(name), FingerprintError)

    @property
    def names(self) -> Collection[str]:
        """The names of all modules, also of those that are no Python."""
        return self._modules.keys()

    def is_own(self, dotted: str) -> bool:
        """Whether a module belongs to the project, or would if it were there."""
        return dotted.partition(".")[0] in self._packages

    def submodules(self, package: str) -> list[str]:
        """Return the names of the modules right below a package."""
        return self._below.get(package, [])

    def statements(self, symbol: Node) -> list[Statement]:
        """Return the statements that define a symbol."""
        return self[symbol.module].definitions(symbol.name)

    def resolve(self, module: Module, chain: Chain) -> tuple[Node, ...]:
        """Return all that a chain, used in a module, may mean, and the names on the way."""
        key = (module.name, chain)
        known = self._resolved.get(key)
        if known is None:
            known = tuple(_Resolution(self).of(module, chain))
            if module.name:  # many scripts share the empty name
                self._resolved[key] = known
        return known


class _Resolution:
    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._nodes: dict[Node, None] = {}
        self._visited: set[tuple[str, Chain]] = set()

    def of(self, module: Module, chain: Chain) -> Collection[Node]:
        if not self._follow(module, chain):
            self._unbound(module, chain)
        return self._nodes

    def _add(self, node: Node) -> None:
        self._nodes[node] = None

    def _follow(self, module: Module, chain: Chain) -> bool:
        """Follow what a module binds the first name to; return whether it binds it at all."""
        if (module.name, chain) in self._visited:
            return True  # a circle of imports
        self._visited.add((module.name, chain))
        name, *rest = chain
        bindings = module.bindings.get(name, ())
        if bindings and module.name:
            defined = any(isinstance(binding, Statement) for binding in bindings)
            self._add(Node("symbol" if defined else "name", module.name, name))
        for binding in bindings:
            if isinstance(binding, Imported):
                self._imported(binding, tuple(rest))
        submodule = f"{module.name}.{name}"
        if submodule in self._tree:
            self._attribute(submodule, tuple(rest))
        return bool(bindings) or submodule in self._tree

    def _imported(self, imported: Imported, rest: Chain) -> None:
        path = rest if imported.name is None else (imported.name, *rest)
        if imported.module in self._tree:
            self._attribute(imported.module, path)
        else:
            self._add(Node("outside", ".".join((imported.module, *path))))

    def _attribute(self, module: str, path: Chain) -> None:
        if not path or self._tree.is_broken(module):
            self._add(Node("module", module))
        elif not self._follow(self._tree[module], path) and path[0] not in TELLING_NOTHING:
            self._add(Node("name", module, path[0]))
            self._add(Node("module", module))

    def _unbound(self, module: Module, chain: Chain) -> None:
        for star in module.stars:
            own = star in self._tree
            self._add(Node("module", star) if own else Node("outside", ".".join((star, *chain))))
        if not module.stars or chain[0].startswith("."):
            hidden = chain[0].startswith(".")
            self._add(Node("outside", ".".join(chain) if hidden else ".".join(("builtins", *chain))))
        elif module.name:
            self._add(Node("name", module.name, chain[0]))
