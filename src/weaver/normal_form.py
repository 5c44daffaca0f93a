"""Code as what it does: its syntax without layout, comments, docstrings and annotations that nothing reads.

Two pieces of code with the same digest behave alike, given that the names in them mean the same.
"""

import ast
import hashlib
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any, TypeAlias

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
Import: TypeAlias = ast.Import | ast.ImportFrom
IMPORTS = (ast.Import, ast.ImportFrom)

IGNORED = frozenset(
    {"ctx", "kind", "type_comment", "type_ignores"}
)  # they follow from the rest, or say nothing
LEAVES = (
    IGNORED
    | {"op", "ops", "id", "attr", "arg", "name", "names", "rest", "kwd_attrs", "level", "module", "simple"}
    | {"conversion", "asname", "is_async", "tag"}
)
"""Fields that hold no node, or nodes that say nothing about names."""
GAPPY = ("keys", "kw_defaults")  # lists with a None where there is nothing
EVALUATING = (ast.Call, ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom)


def _getter(kind: type[ast.AST]) -> Callable[[ast.AST], tuple[Any, ...]]:
    """Return what gets all fields of a class of nodes that count, at once and so in half the time."""
    names = [name for name in kind._fields if name not in IGNORED]
    if len(names) > 1:
        return attrgetter(*names)
    return (lambda node: (getattr(node, names[0]),)) if names else (lambda _: ())


NODES = [kind for kind in vars(ast).values() if isinstance(kind, type) and issubclass(kind, ast.AST)]
FIELDS: dict[type, Callable[[ast.AST], tuple[Any, ...]]] = {kind: _getter(kind) for kind in NODES}
CHILDREN = {kind: tuple(name for name in kind._fields if name not in LEAVES) for kind in NODES}
CHILDREN[ast.Constant] = CHILDREN[ast.MatchSingleton] = ()
if hasattr(ast, "TypeAlias"):
    CHILDREN[ast.TypeAlias] = ("name", "type_params", "value")
BLOCKS: dict[type[ast.AST], tuple[str, ...]] = {
    kind: found
    for kind in NODES
    if issubclass(kind, ast.stmt)
    and (
        found := tuple(
            name for name in kind._fields if name in ("body", "orelse", "finalbody", "handlers", "cases")
        )
    )
}


def digest(*parts: object) -> str:
    """Return the SHA-256 of syntax trees, texts, numbers and lists of them, as hexadecimal digits."""
    return hashlib.sha256("\n".join(_tokens(list(parts))).encode("utf-8", "surrogatepass")).hexdigest()


def _tokens(parts: list[object]) -> list[str]:
    """Spell the parts in prefix order; every token tells how many follow, so no two trees are spelt alike."""
    tokens: list[str] = []
    pending: list[Any] = [parts]
    while pending:
        part = pending.pop()
        kind = part.__class__
        if kind is ast.Name:  # a third of all nodes
            tokens += ("Name", repr(part.id))
        elif kind in FIELDS:
            tokens.append(kind.__name__)
            pending += FIELDS[kind](part)
        elif kind is list or kind is tuple:
            tokens.append(f"[{len(part)}")
            pending += part
        else:
            tokens.append(hex(part) if kind is int else repr(part))  # repr of a huge integer is refused
    return tokens


def children(node: ast.AST) -> list[ast.AST]:
    """Return the nodes right below a node, but for operators and contexts."""
    found: list[ast.AST] = []
    for name in CHILDREN[node.__class__]:
        value = getattr(node, name)
        if value.__class__ is list:
            found += filter(None, value) if name in GAPPY else value
        elif value is not None:
            found.append(value)
    return found


def descendants(node: ast.AST) -> list[ast.AST]:
    """Return a node and all nodes below it, but for operators and contexts."""
    found = [node]
    for one in found:  # grows as it goes
        found += children(one)
    return found


def blocks(statement: ast.stmt) -> list[list[ast.stmt]]:
    """Return the blocks of statements within a statement."""
    found: list[list[ast.stmt]] = []
    for name in BLOCKS.get(statement.__class__, ()):
        value = getattr(statement, name)
        found += [part.body for part in value] if name in ("handlers", "cases") else [value]
    return found


def nested(statements: Iterable[ast.stmt]) -> list[ast.stmt]:
    """Return the statements and all statements within them."""
    found = list(statements)
    for statement in found:  # grows as it goes
        for block in blocks(statement):
            found += block
    return found


class Pruner:
    """Takes out of statements, in place, what cannot change behaviour.

    `never` recognises a condition that does not hold at run time, `typed` a function whose return annotation
    is read. What is taken out but names something is kept aside: `annotations` (with those of class bodies,
    which stay where they are) and `imports` for type checkers.
    """

    def __init__(self, never: Callable[[ast.expr], bool], typed: Callable[[Function], bool]) -> None:
        self.annotations: list[ast.expr] = []
        self.imports: list[Import] = []
        self._never = never
        self._typed = typed

    def pruned(self, statements: Sequence[ast.stmt]) -> list[ast.stmt]:
        """Return what is left of the statements of a module."""
        top = list(statements)
        pending = [(top, False)]
        while pending:
            block, of_class = pending.pop()
            block[:] = self._block(block, of_class)
            for statement in block:
                if statement.__class__ in BLOCKS:
                    within = isinstance(statement, ast.ClassDef) or (
                        of_class and not isinstance(statement, FUNCTIONS)
                    )
                    pending += [(inner, within) for inner in blocks(statement)]
        return top

    def _block(self, block: list[ast.stmt], of_class: bool) -> list[ast.stmt]:
        kept: list[ast.stmt] = []
        pending = block[::-1]
        while pending:
            statement = pending.pop()
            if isinstance(statement, ast.If) and self._never(statement.test):
                self.imports += [one for one in nested(statement.body) if isinstance(one, IMPORTS)]
                pending += statement.orelse[::-1]
            elif isinstance(statement, ast.AnnAssign):
                kept.append(self._variable(statement, of_class))
            elif not is_idle(statement):
                kept.append(statement)
                if isinstance(statement, FUNCTIONS):
                    self._signature(statement)
        return kept

    def _variable(self, statement: ast.AnnAssign, of_class: bool) -> ast.stmt:
        self.annotations.append(statement.annotation)
        if of_class or evaluates(statement.annotation):
            return statement
        if statement.value is None:  # without a value it still makes a name local
            statement.annotation = ast.Constant(None)
            return statement
        return ast.copy_location(ast.Assign([statement.target], statement.value), statement)

    def _signature(self, function: Function) -> None:
        arguments = function.args
        every = (
            *arguments.posonlyargs,
            *arguments.args,
            arguments.vararg,
            *arguments.kwonlyargs,
            arguments.kwarg,
        )
        for argument in every:
            if argument is not None and argument.annotation is not None:
                self.annotations.append(argument.annotation)
                if not evaluates(argument.annotation):
                    argument.annotation = None
        if function.returns is not None:
            self.annotations.append(function.returns)
            if not (evaluates(function.returns) or self._typed(function)):
                function.returns = None


def is_idle(statement: ast.stmt) -> bool:
    """Whether a statement does nothing: a docstring, `...`, `pass`."""
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    return isinstance(statement, ast.Pass)


def evaluates(annotation: ast.expr) -> bool:
    """Whether an annotation may do something when it is evaluated, such as a call."""
    if isinstance(annotation, (ast.Name, ast.Constant)):
        return False  # most are, and there are many
    return any(isinstance(node, EVALUATING) for node in descendants(annotation))
