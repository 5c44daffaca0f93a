"""Which statements do more than define their names when a module is imported, and what they may touch.

Such a statement counts for everything in its module. For what it touches in other modules it counts even
where those do not import it: a kernel may have imported both.
"""

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from weaver import outside
from weaver.inertness import FRESH, Inertness
from weaver.modules import Imported, Module, Statement
from weaver.normal_form import FUNCTIONS, IMPORTS, descendants
from weaver.resolution import Node, Tree
from weaver.scopes import Chain, chain


def find_effects(tree: Tree) -> dict[str, tuple[Statement, ...]]:
    """Return the statements of each module that do something lasting when it is imported, in order."""
    inertness = Inertness(tree)
    modules = sorted(tree, key=lambda module: module.name)
    return {module.name: tuple(_effects(module, inertness, tree)) for module in modules}


def _effects(module: Module, inertness: Inertness, tree: Tree) -> Iterator[Statement]:
    unsettled = _rebound(module) | outside.BUILTINS
    used = {found[0] for statement in module.statements for found in statement.uses.all}
    for statement in module.statements:
        if isinstance(statement.node, IMPORTS):
            lasting = _import_lasts(statement, unsettled, used, module, tree)
        else:
            lasting = bool(statement.uses.binds & unsettled) or not inertness.of_statement(module, statement)
        if lasting:
            yield statement


def _rebound(module: Module) -> set[str]:
    """Return the names that more than one statement binds, each to something else."""
    bound: set[tuple[str, Imported | Statement]] = set()
    for statement in module.statements:
        if isinstance(statement.node, IMPORTS):
            bound.update(statement.imported)
        else:
            bound.update((name, statement) for name in statement.uses.binds)
    times = Counter(name for name, _ in bound)
    return {name for name, count in times.items() if count > 1}


def _import_lasts(
    statement: Statement, unsettled: set[str], used: set[str], module: Module, tree: Tree
) -> bool:
    """Whether an import does more than bind names: names in doubt, all names, or none that is used."""
    if isinstance(statement.node, ast.ImportFrom) and statement.node.module == "__future__":
        return False
    if not statement.imported:
        return True  # a star
    return any(
        name in unsettled
        or (name not in used and _is_foreign(imported, tree) and not _annotates(module, name))
        for name, imported in statement.imported
    )


def _is_foreign(imported: Imported, tree: Tree) -> bool:
    top = imported.module.partition(".")[0]
    return not (outside.is_standard(top) or top == outside.TOOL or tree.is_own(top))


def _annotates(module: Module, name: str) -> bool:
    return any(found[0] == name for statement in module.statements for found in statement.annotated)


@dataclass(frozen=True)
class Touched:
    """What the import of a module may change elsewhere."""

    symbols: set[Node] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)  # of these, anything
    everything: bool = False


def find_touched(tree: Tree, module: Module, effects: tuple[Statement, ...]) -> Touched:
    """Find what importing a module may change: what its effects hand on, and state that they come across."""
    symbols: set[Node] = set()
    modules: set[str] = set()
    visited: set[Node] = set()
    pending = [node for effect in effects for node in _nodes(tree, module, effect.uses.now)]
    for effect in effects:
        symbols.update(_nodes(tree, module, effect.uses.mentioned))
    while pending:
        node = pending.pop()
        if node in visited:
            continue
        visited.add(node)
        if node.kind == "module":
            modules.add(node.module)
        elif node.kind == "outside" and outside.covers(outside.REACHES_EVERYTHING, node.module):
            return Touched(everything=True)
        elif node.kind == "symbol":
            statements = tree.statements(node)
            if any(statement.uses.changed or holds_state(tree, node, statement) for statement in statements):
                symbols.add(node)
            for statement in statements:
                pending += _nodes(tree, tree[node.module], statement.uses.all)
    return Touched({node for node in symbols if node.kind == "symbol"}, modules)


def _nodes(tree: Tree, module: Module, chains: set[Chain]) -> list[Node]:
    return [node for found in chains for node in tree.resolve(module, found)]


def holds_state(tree: Tree, symbol: Node, statement: Statement) -> bool:
    """Whether what a statement defines may be changed in place afterwards."""
    node = statement.node
    module = tree[symbol.module]
    if isinstance(node, ast.ClassDef):
        variables = [member for member in node.body if isinstance(member, ast.Assign | ast.AnnAssign)]
        return any(_is_state(tree, module, variable.value) for variable in variables)
    if isinstance(node, FUNCTIONS):
        return any(_is_state(tree, module, value) for value in (*node.args.defaults, *node.args.kw_defaults))
    return not isinstance(node, ast.Assign) or _is_state(tree, module, node.value)


def _is_state(tree: Tree, module: Module, value: ast.expr | None) -> bool:
    return value is not None and any(_is_mutable(tree, module, part) for part in descendants(value))


def _is_mutable(tree: Tree, module: Module, part: ast.AST) -> bool:
    if not isinstance(part, ast.Call):
        return isinstance(part, FRESH) and not isinstance(part, ast.Tuple | ast.Constant | ast.JoinedStr)
    found = chain(part.func)
    nodes = () if found is None else tree.resolve(module, found)
    made = [node for node in nodes if node.kind != "name"]
    return not (made and all(_makes_immutable(tree, node) for node in made))


def _makes_immutable(tree: Tree, node: Node) -> bool:
    if node.kind == "outside":
        return outside.covers(outside.IMMUTABLE, node.module)
    return node.kind == "symbol" and all(_is_frozen(statement.node) for statement in tree.statements(node))


def _is_frozen(node: ast.stmt) -> bool:
    """Whether this is a dataclass whose objects cannot be changed."""
    options = [
        keyword
        for decorator in (node.decorator_list if isinstance(node, ast.ClassDef) else ())
        if isinstance(decorator, ast.Call)
        for keyword in decorator.keywords
    ]
    return any(
        option.arg == "frozen" and isinstance(option.value, ast.Constant) and option.value.value is True
        for option in options
    )
