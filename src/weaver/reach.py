"""What code reaches, one dependency leading to the next.

A symbol leads to what its definition names, to the import of its module, and to whatever in the project
changes it from elsewhere. The import of a module leads to that of its packages, to the modules that it
imports, and to what its statements use that do more than define their names.
"""

import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from weaver import outside
from weaver.influence import Influence
from weaver.installed import Installed
from weaver.modules import Module, Statement
from weaver.normal_form import FUNCTIONS, IMPORTS, digest
from weaver.resolution import Node, Tree
from weaver.scopes import ANY, Chain

PACKAGE = "package"  # before the name of one


@dataclass(frozen=True)
class Dependency:
    """Something that code depends on.

    `name` is a symbol of the project (`hw2.training.fit`), a whole module (`hw2.training`), what a module
    does when it is imported (`hw2.training (on import)`), its text (`hw2.training (as text)`),
    `package numpy`, or `Python`; of these two, `digest` is the version. `through` names the dependencies on
    a shortest way to it, the start first.
    """

    name: str
    digest: str
    file: Path | None
    line: int | None
    through: tuple[str, ...] = ()

    @property
    def package(self) -> str | None:
        """The name of the package from outside that this is, None if it is something else."""
        kind, _, name = self.name.partition(" ")
        return name if kind == PACKAGE and name else None


Reached: TypeAlias = dict[Node, tuple[str, ...]]
"""The nodes that are reached, each with the names of the dependencies on the way."""


class Graph:
    """The dependencies within one state of a project."""

    def __init__(self, tree: Tree, installed: Installed) -> None:
        self._tree = tree
        self._installed = installed
        self._influence = Influence(tree)
        self._dependencies: dict[Node, Dependency | None] = {}
        self._following: dict[Node, tuple[Node, ...]] = {}

    def dependencies(self, starts: Iterable[Node]) -> tuple[Dependency, ...]:
        """Return all that nodes depend on, themselves included.

        Raises:
            FingerprintError: a module that is reached is no Python.
        """
        reached: Reached = {}
        self._extend(reached, [(node, ()) for node in starts])
        if _mentions(reached, outside.READS_FIELD_TYPES | outside.READS_SOURCE):
            self._extend_annotated(reached)
        found: dict[str, Dependency] = {}
        for node, through in reached.items():
            dependency = self._dependency(node)
            if dependency is not None:
                placed = replace(dependency, through=through)
                found[placed.name] = _merged(found[placed.name], placed) if placed.name in found else placed
        texts = self._texts(reached) if _mentions(reached, outside.READS_SOURCE) else ()
        python = f"{sys.version_info.major}.{sys.version_info.minor}"
        return (*found.values(), *texts, Dependency("Python", python, None, None))

    def used_by(self, module: Module, statement: Statement) -> Iterator[Node]:
        """Give out what a statement leads to."""
        chains = statement.uses.all
        if self._is_read(module, statement):
            chains |= statement.annotated
        for found in sorted(chains):
            for node in self._tree.resolve(module, found):
                yield node
                if node.kind == "outside" and outside.covers(outside.REACHES_OWN_MODULE, node.module):
                    yield from self._namespace(module)
        yield from self._imports((*statement.imports_now, *statement.imports_later))

    def meaning(self, module: Module, statements: Iterable[Statement]) -> list[object]:
        """Return what statements do: their syntax, and what the names in it stand for."""
        statements = list(statements)
        syntax = [self._syntax(module, statement) for statement in statements]
        chains = sorted({found for statement in statements for found in statement.uses.all})
        return [syntax, [f"{'.'.join(found)}: {self._stands_for(module, found)}" for found in chains]]

    # the search

    def _extend(self, reached: Reached, starts: Iterable[tuple[Node, tuple[str, ...]]]) -> None:
        """Add what nodes reach, and what changes any of it when it is imported."""
        self._search(reached, starts)
        while touching := next(self._touching(reached), None):
            self._search(reached, [touching])

    def _search(self, reached: Reached, starts: Iterable[tuple[Node, tuple[str, ...]]]) -> None:
        pending = deque(starts)
        while pending:
            node, through = pending.popleft()
            if node not in reached:
                reached[node] = through
                path = self._path(node, through)
                pending.extend((follower, path) for follower in self._next(node) if follower not in reached)

    def _path(self, node: Node, through: tuple[str, ...]) -> tuple[str, ...]:
        dependency = self._dependency(node)
        return through if dependency is None else (*through, dependency.name)

    def _touching(self, reached: Reached) -> Iterator[tuple[Node, tuple[str, ...]]]:
        """Give out modules whose import may change something reached, though nothing reached imports them."""
        for name, effects in self._influence.effects.items():
            importing = Node("import", name)
            if effects and importing not in reached:
                for node, through in reached.items():
                    if node.kind == "symbol" and self._influence.touches(name, node):
                        yield importing, self._path(node, through)

    def _extend_annotated(self, reached: Reached) -> None:
        """Add what annotations name, in the definitions that are reached and in those that this reaches."""
        done: set[Node] = set()
        while fresh := [node for node in reached if node.kind == "symbol" and node not in done]:
            done.update(fresh)
            starts = [
                (named, self._path(node, reached[node])) for node in fresh for named in self._annotated(node)
            ]
            self._extend(reached, starts)

    def _annotated(self, symbol: Node) -> Iterator[Node]:
        module = self._tree[symbol.module]
        chains = {found for statement in module.definitions(symbol.name) for found in statement.annotated}
        return (node for found in sorted(chains) for node in self._tree.resolve(module, found))

    def _texts(self, reached: Reached) -> Iterator[Dependency]:
        for node, through in reached.items():
            if node.kind == "import":
                module = self._tree[node.module]
                yield Dependency(as_text(module.name), module.text, module.file, 1, through)

    # where a node leads to

    def _next(self, node: Node) -> tuple[Node, ...]:
        if node not in self._following:
            self._following[node] = tuple(dict.fromkeys(self._find_next(node)))
        return self._following[node]

    def _find_next(self, node: Node) -> Iterator[Node]:
        if node.kind == "outside":
            if outside.covers(outside.REACHES_EVERYTHING, node.module):
                yield from (Node("module", name) for name in self._tree.names)
            return
        module = self._tree[node.module]
        if node.kind == "import":
            yield from self._next_of_import(module)
            return
        yield Node("import", module.name)
        if node.kind == "module":
            yield from self._names(module)
            yield from (Node("module", name) for name in self._tree.submodules(module.name))
        else:
            yield from self._next_of_name(module, node.name)

    def _next_of_name(self, module: Module, name: str) -> Iterator[Node]:
        yield from self._influence.changers(module.name, name)
        if module.rebinds_globals:
            yield Node("module", module.name)
        for statement in module.definitions(name):
            yield from self.used_by(module, statement)

    def _next_of_import(self, module: Module) -> Iterator[Node]:
        yield from self._imports([module.name.rpartition(".")[0]])
        for statement in module.statements:
            yield from self._imports(statement.imports_now)
        yield from (Node("module", star) for star in module.stars if star in self._tree)
        for effect in self._influence.effects[module.name]:
            yield from self.used_by(module, effect)
        yield from self._influence.changers(module.name, ANY)

    def _imports(self, names: Iterable[str]) -> Iterator[Node]:
        return (Node("import", name) for name in names if name in self._tree)

    def _names(self, module: Module) -> Iterator[Node]:
        return (node for name in sorted(module.bindings) for node in self._tree.resolve(module, (name,)))

    def _namespace(self, module: Module) -> Iterator[Node]:
        return iter([Node("module", module.name)]) if module.name else self._names(module)

    # what a node is as a dependency

    def _dependency(self, node: Node) -> Dependency | None:
        if node not in self._dependencies:
            self._dependencies[node] = self._find_dependency(node)
        return self._dependencies[node]

    def _find_dependency(self, node: Node) -> Dependency | None:
        if node.kind == "outside":
            return self._package(node.module.partition(".")[0])
        module = self._tree[node.module]
        if node.kind == "import":
            return self._on_import(module)
        if node.kind == "module":
            return Dependency(module.name, digest(_outline(module)), module.file, 1)
        statements = module.definitions(node.name)
        if not statements:
            return None
        meaning = digest(self.meaning(module, statements))
        return Dependency(f"{node.module}.{node.name}", meaning, module.file, statements[0].line)

    def _package(self, name: str) -> Dependency | None:
        if not name or outside.is_standard(name) or name == outside.TOOL or self._tree.is_own(name):
            return None
        return Dependency(f"{PACKAGE} {name}", self._installed.version(name), None, None)

    def _on_import(self, module: Module) -> Dependency | None:
        """What importing a module does, in the order in which it does it."""
        if module.name not in self._influence.effective:
            return None
        marks = [mark for statement in module.statements for mark in self._marks(module, statement)]
        effects = self._influence.effects[module.name]
        line = effects[0].line if effects else 1
        return Dependency(f"{module.name} (on import)", digest(marks), module.file, line)

    def _marks(self, module: Module, statement: Statement) -> Iterator[object]:
        loaded = [name for name in statement.imports_now if name in self._influence.effective]
        if statement in self._influence.effects[module.name]:
            yield ["effect", self.meaning(module, [statement])]
        elif loaded:
            yield ["import", loaded]
        elif statement.uses.now and not isinstance(statement.node, (*FUNCTIONS, *IMPORTS)):
            yield ["computes", sorted(statement.uses.binds)]  # from names, which effects may change

    def _syntax(self, module: Module, statement: Statement) -> str:
        if statement.verbatim is not None and self._is_read(module, statement):
            return statement.verbatim
        return statement.digest

    def _stands_for(self, module: Module, found: Chain) -> str:
        nodes = [node for node in self._tree.resolve(module, found) if node.kind != "name"]
        return ", ".join(" ".join(node) for node in nodes if not node.module.startswith("builtins."))

    def _is_read(self, module: Module, statement: Statement) -> bool:
        """Whether a decorator or base from outside may read docstrings and annotations."""
        return any(
            reader is None or reader[-1] == "register" or self._may_read(module, reader)
            for reader in statement.readers
        )

    def _may_read(self, module: Module, reader: Chain) -> bool:
        return any(
            node.kind == "outside"
            and not outside.covers(outside.READS_NO_ANNOTATION, node.module)
            and not outside.is_inert_base(node.module)
            for node in self._tree.resolve(module, reader)
        )


def as_text(module: str) -> str:
    """Return how the text of a module is named as a dependency."""
    return f"{module} (as text)"


def _mentions(reached: Mapping[Node, object], names: frozenset[str]) -> bool:
    return any(node.kind == "outside" and outside.covers(names, node.module) for node in reached)


def _outline(module: Module) -> list[object]:
    """Return what a module consists of, apart from the definitions themselves."""
    return [
        statement.digest if isinstance(statement.node, IMPORTS) else sorted(statement.uses.binds)
        for statement in module.statements
    ]


def _merged(first: Dependency, second: Dependency) -> Dependency:
    """Join dependencies of one name: `pkg.b` is a module, and may be something that `pkg` defines as well."""
    if first.digest == second.digest:
        return first
    return replace(first, digest=digest(first.digest, second.digest))
