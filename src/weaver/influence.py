"""What code does to other code of a project beyond being used: at import, and by changing what others use."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property

from weaver.import_effects import Touched, find_effects, find_touched
from weaver.modules import Module, Statement
from weaver.resolution import Node, Tree
from weaver.scopes import ANY, Chain


class Influence:
    """The effects and changes within one state of a project."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._touched: dict[str, Touched] = {}

    @cached_property
    def effects(self) -> Mapping[str, tuple[Statement, ...]]:
        """The statements of each module that do more than define their names."""
        return find_effects(self._tree)

    @cached_property
    def effective(self) -> Collection[str]:
        """The modules that do something when they are imported, themselves or by importing others."""
        importers: dict[str, set[str]] = defaultdict(set)
        for module in self._tree:
            for statement in module.statements:
                for name in statement.imports_now:
                    importers[name].add(module.name)
        found: set[str] = set()
        pending = [name for name, effects in self.effects.items() if effects]
        while pending:
            name = pending.pop()
            if name not in found:
                found.add(name)
                pending += importers[name]
        return found

    def changers(self, module: str, name: str) -> list[Node]:
        """Return who assigns to, or changes in place, a name of a module; `ANY` is a computed name."""
        return self._changers.get((module, name), [])

    def touches(self, module: str, symbol: Node) -> bool:
        """Whether the import of a module may change a symbol."""
        if module not in self._touched:
            self._touched[module] = find_touched(self._tree, self._tree[module], self.effects[module])
        touched = self._touched[module]
        return touched.everything or symbol in touched.symbols or symbol.module in touched.modules

    @cached_property
    def _changers(self) -> Mapping[tuple[str, str], list[Node]]:
        changers: dict[tuple[str, str], list[Node]] = defaultdict(list)
        for module in self._tree:
            for statement in module.statements:
                for found in sorted(statement.uses.changed):
                    for changed in self._changed(module, found):
                        changers[changed] += self._owners(module, statement)
        return changers

    def _owners(self, module: Module, statement: Statement) -> list[Node]:
        if statement in self.effects[module.name]:
            return [Node("import", module.name)]
        return [Node("symbol", module.name, name) for name in sorted(statement.uses.binds)]

    def _changed(self, module: Module, found: Chain) -> Iterator[tuple[str, str]]:
        """Give out the names that an assignment to a chain changes, each with its module."""
        *owner, name = found
        attribute = ANY if name == "__dict__" else name
        for node in self._tree.resolve(module, tuple(owner)) if owner else ():
            if node.kind == "module":
                yield node.module, attribute
        for node in self._tree.resolve(module, tuple(owner) if owner and name == ANY else found):
            if node.kind == "symbol":
                yield node.module, node.name
