"""Which code leaves no trace when it runs, apart from its value.

What is not known to be inert is taken not to be.
"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from weaver import outside
from weaver.modules import PROPERTY_PARTS, Module, Statement
from weaver.normal_form import FUNCTIONS, IMPORTS, Function, blocks, children, descendants
from weaver.resolution import Node, Tree
from weaver.scopes import Chain, chain

CONSTRUCTORS = frozenset({"__new__", "__init__", "__post_init__", "__set_name__"})
PASSIVE_SPECIALS = frozenset({"__repr__", "__str__", "__call__", "__enter__", "__exit__", "__doc__"})
READING_METHODS = frozenset(
    {"items", "keys", "values", "get", "copy", "count", "index", "split", "join", "format"}
)
DISPLAYS = (ast.Dict, ast.List, ast.Set, ast.Tuple, ast.DictComp, ast.ListComp, ast.SetComp)
FRESH = (*DISPLAYS, ast.Constant, ast.JoinedStr)
OPERATIONS = (ast.Call, ast.BinOp, ast.UnaryOp, ast.Compare, ast.Subscript, ast.Starred, ast.comprehension)
UNKNOWN = (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom)


@dataclass(frozen=True)
class Context:
    """Where code runs: in a module, or in a function of it."""

    module: Module
    local: frozenset[str] = frozenset()
    displays: frozenset[str] = frozenset()  # local names of nothing but new lists, dictionaries, texts …
    instance: str | None = None  # the name of the object under construction


class Inertness:
    """Judges the statements of a project."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._statements: dict[Statement, bool] = {}
        self._calls: dict[Node, bool] = {}

    def of_statement(self, module: Module, statement: Statement) -> bool:
        """Whether executing a statement at the top of a module leaves no trace but the names it binds."""
        if statement not in self._statements:
            self._statements[statement] = False  # what needs itself to be inert is not
            self._statements[statement] = self._definition(statement.node, Context(module))
        return self._statements[statement]

    def of_call(self, symbol: Node) -> bool:
        """Whether calling a function or class leaves no trace."""
        if symbol not in self._calls:
            self._calls[symbol] = False
            nodes = [statement.node for statement in self._tree.statements(symbol)]
            context = Context(self._tree[symbol.module])
            self._calls[symbol] = bool(nodes) and all(self._called(node, context) for node in nodes)
        return self._calls[symbol]

    # statements

    def _definition(self, node: ast.stmt, context: Context) -> bool:
        if isinstance(node, FUNCTIONS):
            return self._function(node, context)
        if isinstance(node, ast.ClassDef):
            return self._class(node, context)
        if isinstance(node, ast.Assign):
            return all(map(_is_name, node.targets)) and self._expression(node.value, context)
        if isinstance(node, ast.AnnAssign):
            value = node.value is None or self._expression(node.value, context)
            return _is_name(node.target) and value and self._expression(node.annotation, context)
        if isinstance(node, ast.Expr):
            return self._expression(node.value, context)
        return isinstance(node, IMPORTS) or type(node).__name__ == "TypeAlias"

    def _function(self, node: Function, context: Context) -> bool:
        defaults = (
            *node.args.defaults,
            *(default for default in node.args.kw_defaults if default is not None),
        )
        return self._decorators(node.decorator_list, context) and self._expressions(defaults, context)

    def _class(self, node: ast.ClassDef, context: Context) -> bool:
        return (
            self._decorators(node.decorator_list, context)
            and all(self._base(base, context) for base in node.bases)
            and all(self._class_keyword(keyword, context) for keyword in node.keywords)
            and all(self._member(member, context) for member in node.body)
        )

    def _member(self, node: ast.stmt, context: Context) -> bool:
        return not isinstance(node, IMPORTS) and self._definition(node, context)

    def _class_keyword(self, keyword: ast.keyword, context: Context) -> bool:
        if keyword.arg != "metaclass":
            return self._expression(keyword.value, context)
        return self._outside(keyword.value, context) in outside.HARMLESS_METACLASSES

    def _base(self, node: ast.expr, context: Context) -> bool:
        """Whether inheriting from this runs no code of the project."""
        if isinstance(node, ast.Call):
            return self._expression(node, context)  # namedtuple("Point", "x y")
        found = chain(node.value if isinstance(node, ast.Subscript) else node)
        nodes = () if found is None else self._meanings(found, context)
        return bool(nodes) and all(self._inert_base(one) for one in nodes)

    def _inert_base(self, node: Node) -> bool:
        if node.kind == "outside":
            return outside.is_inert_base(node.module)
        if node.kind != "symbol":
            return False
        context = Context(self._tree[node.module])
        return all(
            isinstance(statement.node, ast.ClassDef)
            and not _defines(statement.node, {"__init_subclass__"})
            and all(self._class_keyword(keyword, context) for keyword in statement.node.keywords)
            and all(self._base(base, context) for base in statement.node.bases)
            for statement in self._tree.statements(node)
        )

    def _decorators(self, decorators: Iterable[ast.expr], context: Context) -> bool:
        return all(self._decorator(decorator, context) for decorator in decorators)

    def _decorator(self, node: ast.expr, context: Context) -> bool:
        function = _callee(node)
        found = chain(function)
        if found is None:
            return False
        if len(found) == 2 and found[1] in PROPERTY_PARTS:
            return True
        known = self._outside(function, context)
        if known is not None:
            inert = outside.covers(outside.READS_NO_ANNOTATION, known)
            return inert and self._expressions(_arguments(node), context)
        if isinstance(node, ast.Call):
            return False  # what it returns is called as well
        nodes = self._meanings(found, context)
        return bool(nodes) and all(one.kind == "symbol" and self.of_call(one) for one in nodes)

    # calls

    def _called(self, node: ast.stmt, context: Context) -> bool:
        if isinstance(node, FUNCTIONS):
            return not node.decorator_list and self._body(node, context)
        return isinstance(node, ast.ClassDef) and self._construction(node, context)

    def _body(self, function: Function, context: Context, *, constructs: bool = False) -> bool:
        """Whether the body of a function is inert, whatever its arguments are."""
        parameters = [
            argument.arg for argument in descendants(function.args) if isinstance(argument, ast.arg)
        ]
        stored = {
            name.id for name in descendants(function) if isinstance(name, ast.Name) and _is_stored(name)
        }
        inner = replace(
            context,
            local=context.local | stored | {*parameters},
            displays=frozenset(_displays(function)) - {*parameters},
            instance=parameters[0] if constructs and parameters else None,
        )
        pending = list(function.body)
        for step in pending:  # grows as it goes
            if not self._step(step, inner):
                return False
            if isinstance(step, ast.If | ast.For):
                pending += (one for block in blocks(step) for one in block)
        return True

    def _step(self, node: ast.stmt, context: Context) -> bool:
        if isinstance(node, ast.Return):
            return node.value is None or self._expression(node.value, context)
        if isinstance(node, ast.Raise):
            return True  # the import fails, and nothing after it is reached
        if isinstance(node, ast.Assign) and context.instance is not None:
            targets = all(
                _is_name(target) or _is_part_of(target, context.instance) for target in node.targets
            )
            return targets and self._expression(node.value, context)
        if isinstance(node, ast.If):
            return self._expression(node.test, context)
        if isinstance(node, ast.For):
            return _is_name(node.target) and self._expression(node.iter, context)
        return not isinstance(node, IMPORTS) and self._definition(node, context)

    def _construction(self, node: ast.ClassDef, context: Context) -> bool:
        methods = [member for member in node.body if isinstance(member, FUNCTIONS)]
        return (
            all(self._outside(_callee(decorator), context) for decorator in node.decorator_list)
            and self._class(node, context)
            and all(self._constructible_base(base, context) for base in node.bases)
            and not any(_is_special(method.name) for method in methods if method.name not in CONSTRUCTORS)
            and all(
                self._body(method, context, constructs=True)
                for method in methods
                if method.name in CONSTRUCTORS
            )
            and all(self._factory(factory, context) for factory in _factories(node))
        )

    def _constructible_base(self, node: ast.expr, context: Context) -> bool:
        found = chain(node)
        nodes = () if found is None else self._meanings(found, context)
        return all(one.kind == "outside" or (one.kind == "symbol" and self.of_call(one)) for one in nodes)

    def _factory(self, node: ast.expr, context: Context) -> bool:
        if isinstance(node, ast.Lambda):
            return self._expression(node.body, context)
        found = chain(node)
        return found is not None and self._chain_call(found, None, context)

    def _call(self, node: ast.Call, context: Context) -> bool:
        found = chain(node.func)
        if found is not None:
            return self._chain_call(found, node, context)
        return (
            isinstance(node.func, ast.Attribute)
            and node.func.attr not in outside.LASTING_METHODS
            and self._is_fresh(node.func.value, context)
        )

    def _chain_call(self, found: Chain, call: ast.Call | None, context: Context) -> bool:
        if found[0] in context.local:
            return len(found) == 2 and found[0] in context.displays and found[1] in READING_METHODS
        nodes = self._meanings(found, context)
        return bool(nodes) and all(self._node_call(node, found, call, context) for node in nodes)

    def _node_call(self, node: Node, found: Chain, call: ast.Call | None, context: Context) -> bool:
        if node.kind == "outside":
            inert = outside.covers(outside.INERT, node.module) and found[-1] not in outside.LASTING_METHODS
            return inert and not self._hands_over(node.module, call, context)
        if node.kind != "symbol":
            return False
        if len(found) > 1 and any(one.kind == "symbol" for one in self._meanings(found[:-1], context)):
            return found[-1] in READING_METHODS and self._is_display(node)
        return self.of_call(node)

    def _hands_over(self, name: str, call: ast.Call | None, context: Context) -> bool:
        """Whether a call from outside gets a function of the project that it may call at once."""
        if call is None:
            return False
        given = [keyword.value for keyword in call.keywords if keyword.arg in (None, "key")]
        if outside.covers(outside.CALLS_ARGUMENTS, name):
            given += call.args
        return any(self._may_be_own_function(value, context) for value in given)

    def _may_be_own_function(self, node: ast.expr, context: Context) -> bool:
        found = chain(node)
        if found is None:
            return isinstance(node, ast.Lambda | ast.Starred)
        return found[0] in context.local or any(
            one.kind == "symbol" for one in self._meanings(found, context)
        )

    # expressions

    def _expressions(self, nodes: Iterable[ast.expr], context: Context) -> bool:
        return all(self._expression(node, context) for node in nodes)

    def _expression(self, expression: ast.expr, context: Context) -> bool:
        if isinstance(expression, (ast.Constant, ast.Name)):
            return True
        parts = list(_evaluated(expression))
        stored = {part.id for part in parts if isinstance(part, ast.Name) and _is_stored(part)}
        inner = replace(context, local=context.local | stored) if stored else context
        if any(isinstance(part, UNKNOWN) or _is_place(part) for part in parts):
            return False
        if not all(self._call(part, inner) for part in parts if isinstance(part, ast.Call)):
            return False
        operates = any(isinstance(part, OPERATIONS) for part in parts)
        return not operates or all(self._is_settled(part, inner) for part in parts)

    def _is_settled(self, part: ast.AST, context: Context) -> bool:
        """Whether what a name stands for was made without a trace, so that its operators are harmless."""
        found = chain(part) if isinstance(part, ast.Name | ast.Attribute) else None
        if found is None or found[0] in context.local:
            return True
        return all(
            isinstance(statement.node, (*FUNCTIONS, ast.ClassDef))
            or self.of_statement(self._tree[node.module], statement)
            for node in self._meanings(found, context)
            if node.kind == "symbol"
            for statement in self._tree.statements(node)
        )

    def _is_fresh(self, node: ast.expr, context: Context) -> bool:
        """Whether this is a new value from outside of the project."""
        while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
            inner = node.func if isinstance(node, ast.Call) else node.value
            if isinstance(node, ast.Call) and chain(inner) is not None:
                return self._outside(inner, context) is not None
            node = inner
        return isinstance(node, FRESH)

    def _is_display(self, symbol: Node) -> bool:
        nodes = [statement.node for statement in self._tree.statements(symbol)]
        return all(isinstance(node, ast.Assign) and isinstance(node.value, FRESH) for node in nodes)

    # names

    def _meanings(self, found: Chain, context: Context) -> list[Node]:
        if found[0] in context.local:
            return []
        return [node for node in self._tree.resolve(context.module, found) if node.kind != "name"]

    def _outside(self, node: ast.expr, context: Context) -> str | None:
        """Return the full name of something from outside of the project, None for anything else."""
        found = chain(node)
        nodes = [] if found is None else self._meanings(found, context)
        return nodes[0].module if len(nodes) == 1 and nodes[0].kind == "outside" else None


def _is_name(target: ast.expr) -> bool:
    """Whether an assignment to this binds names and does nothing else."""
    if isinstance(target, ast.Tuple | ast.List):
        return all(map(_is_name, target.elts))
    return isinstance(target.value if isinstance(target, ast.Starred) else target, ast.Name)


def _is_place(part: ast.AST) -> bool:
    """Whether this is an attribute or item that is assigned to."""
    return isinstance(part, ast.Attribute | ast.Subscript) and not isinstance(part.ctx, ast.Load)


def _is_stored(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)


def _is_part_of(target: ast.expr, name: str) -> bool:
    found = chain(target)
    return found is not None and len(found) == 2 and found[0] == name


def _is_special(name: str) -> bool:
    return name.startswith("__") and name.endswith("__") and name not in PASSIVE_SPECIALS


def _defines(node: ast.ClassDef, names: set[str]) -> bool:
    return any(isinstance(member, FUNCTIONS) and member.name in names for member in node.body)


def _callee(node: ast.expr) -> ast.expr:
    return node.func if isinstance(node, ast.Call) else node


def _arguments(node: ast.expr) -> list[ast.expr]:
    return [*node.args, *(keyword.value for keyword in node.keywords)] if isinstance(node, ast.Call) else []


def _factories(node: ast.ClassDef) -> Iterator[ast.expr]:
    """Give out what makes the default values of a dataclass's fields."""
    for call in (part for member in node.body for part in descendants(member) if isinstance(part, ast.Call)):
        yield from (keyword.value for keyword in call.keywords if keyword.arg == "default_factory")


def _displays(function: Function) -> Iterator[str]:
    """Give out the local names that are assigned nothing but displays and literals."""
    stored = [name.id for name in descendants(function) if isinstance(name, ast.Name) and _is_stored(name)]
    fresh = [
        target.id
        for step in descendants(function)
        if isinstance(step, ast.Assign) and isinstance(step.value, FRESH)
        for target in step.targets
        if isinstance(target, ast.Name)
    ]
    yield from (name for name in set(fresh) if fresh.count(name) == stored.count(name))


def _evaluated(expression: ast.expr) -> Iterator[ast.AST]:
    """Give out the parts of an expression, except the bodies of its lambdas."""
    pending: list[ast.AST] = [expression]
    while pending:
        part = pending.pop()
        yield part
        if not isinstance(part, ast.Lambda):
            pending += children(part)
