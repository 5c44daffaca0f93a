"""The code of a module as normalised syntax trees, statement by statement, with the words in each.

Comments, docstrings and layout do not count, all else does.
"""

import ast
import builtins
import gc
import hashlib
import re
import sys
import warnings
from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import Any, NamedTuple, TypeAlias

TOOL = "weaver"  # makes the report and is not an input of it
Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
IMPORTS = (ast.Import, ast.ImportFrom)
TRIVIAL = (  # what may run unnoticed
    *(
        ast.Name,
        ast.Constant,
        ast.Tuple,
        ast.List,
        ast.Dict,
        ast.Set,
        ast.UnaryOp,
        ast.unaryop,
        ast.expr_context,
    ),
    *(ast.arguments, ast.arg, ast.Assign, ast.AnnAssign, ast.Expr, ast.Pass, *DEFINITIONS),
)
MAIN_GUARD = ast.dump(ast.parse("__name__ == '__main__'", mode="eval").body)
WORD = re.compile(r"[^\W\d]\w*")
NAMESPACES = frozenset({"globals", "locals", "vars", "getattr"})
EXECUTES = frozenset({"eval", "exec"})
MAKES_NAMES, REACHES_ALL, ACTS, HELD = "?names", "?all", "?acts", "?held"
"""Marks among the words of a statement: it makes names at run time, from `sys.modules` even; it does more
than to bind names when it runs; a decorator or a base gets hold of a definition in it."""

IGNORED = frozenset({"ctx", "kind", "type_comment", "type_ignores"})  # they follow from the rest
FIELDS = {
    kind: [attrgetter(name) for name in kind._fields if name not in IGNORED]
    for kind in vars(ast).values()
    if isinstance(kind, type) and issubclass(kind, ast.AST)
}
IMPORT, CONSTANT, FUNCTION, CLASS, EFFECT = "import", "constant", "function", "class", "effect"


class Alias(NamedTuple):
    """What an import binds to a name: a module or, with `name`, an attribute of one; `*` binds every name."""

    bound: str
    level: int
    module: str
    name: str

    @property
    def is_harmless(self) -> bool:
        """Whether what is imported may get hold of a function or class and not give it to anybody else."""
        return self.level == 0 and self.module.partition(".")[0] in {TOOL, *sys.stdlib_module_names}

    def target(self, importer: str, *, is_package: bool) -> str:
        """Return the full name of the module that is imported, or imported from."""
        if self.level == 0:
            return self.module
        up = self.level - is_package
        return ".".join(filter(None, [*importer.split(".")[: -up or None], self.module]))


class Statement(NamedTuple):
    """A statement at the top of a module.

    `name` is what it binds, empty for an effect. `stays` says that it counts whether named or not. `words`
    are the identifiers in it, the words in its strings, and marks.
    """

    kind: str
    name: str
    digest: str
    line: int
    stays: bool
    words: list[str]


class ModuleCode(NamedTuple):
    """A module: a digest of its normalised tree, one of its file, and the imports, wherever they stand."""

    digest: str
    text: str
    statements: list[Statement]
    aliases: list[Alias]


def read_module(source: bytes) -> ModuleCode:
    """Read the source of a module."""
    collects = gc.isenabled()
    gc.disable()  # syntax trees are not garbage, and searching them takes a third of the time
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the interpreter gives them when it runs the code
            body = [node for node in ast.parse(source).body if not is_idle(node)]
        nodes = [one for node in body for one in ast.walk(node)]
        aliases = list(dict.fromkeys(alias for one in nodes for alias in _aliases(one)))
        reader = _StatementReader(aliases, {name for one in nodes for name in _bound(one)})
        statements = [found for node in body for found in reader.statements(node)]
        return ModuleCode(spelt(body)[0], _sha256(source), statements, aliases)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return unread(source)
    finally:
        if collects:
            gc.enable()


def unread(content: bytes) -> ModuleCode:
    """Return what is known of code that is not Python: a digest of its bytes."""
    return ModuleCode(_sha256(content), _sha256(content), [], [])


def is_idle(statement: object) -> bool:
    """Whether a statement does nothing: a docstring, `...`, `pass`."""
    is_constant = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return is_constant or isinstance(statement, ast.Pass)


class _StatementReader:
    """Reads the statements of a module with these imports, in which these names are bound otherwise."""

    def __init__(self, aliases: list[Alias], bound: set[str]) -> None:
        others = bound | {one.bound for one in aliases if not one.is_harmless}
        harmless = vars(builtins).keys() | {one.bound for one in aliases}
        self._harmless = set() if "*" in others else harmless - others
        self._of_sys = {one.bound: one.name for one in aliases if one.module == "sys"}

    def statements(self, node: ast.stmt) -> Iterator[Statement]:
        """Yield what a statement consists of: what it binds, and what it does."""
        if isinstance(node, IMPORTS):
            yield Statement(EFFECT, "", spelt([node])[0], node.lineno, True, [])
            for alias in _aliases(node):
                yield Statement(IMPORT, alias.bound, "", node.lineno, False, [alias.name or alias.bound])
        elif isinstance(node, DEFINITIONS):
            yield from self._definition(node)
        else:
            found = self._statement(node, [node])
            names = [*_bound(node)] if isinstance(node, ast.Assign | ast.AnnAssign) else []
            is_constant = bool(names) and ACTS not in found.words
            yield found._replace(kind=CONSTANT, name=names[0]) if is_constant else found

    def _definition(self, node: Definition) -> Iterator[Statement]:
        """Yield a function or class, and of a function apart what runs when it is defined."""
        executed = [one for one in _executed(node) if not isinstance(one, TRIVIAL)]
        is_class = isinstance(node, ast.ClassDef)
        if executed and not is_class:
            yield self._statement(node, executed)
        found = self._statement(node, [node])
        is_dunder = node.name[:2] == node.name[-2:] == "__"
        stays = HELD in found.words or is_dunder or (is_class and bool(executed))
        yield found._replace(kind=CLASS if is_class else FUNCTION, name=node.name, stays=stays)

    def _statement(self, node: ast.stmt, parts: list[Any]) -> Statement:
        digest, texts = spelt(parts)
        words = {*WORD.findall("\n".join(texts)), *(mark for part in parts for mark in self._marks(part))}
        return Statement(EFFECT, "", digest, node.lineno, not _is_main_guard(node), sorted(words))

    def _marks(self, node: ast.AST) -> Iterator[str]:
        """Yield the marks of what a node does."""
        nodes, executed = list(ast.walk(node)), _executed(node)
        named = [one.func for one in nodes if isinstance(one, ast.Call) and _names_its_attribute(one)]
        names = {one.id for one in nodes if isinstance(one, ast.Name) and one not in named}
        if not names.isdisjoint(NAMESPACES):
            yield MAKES_NAMES
        asked = {one.attr for one in nodes if isinstance(one, ast.Attribute)}
        of_sys = any(bound in names and "modules" in {name, *asked} for bound, name in self._of_sys.items())
        if of_sys or not names.isdisjoint(EXECUTES):
            yield REACHES_ALL
        if not _is_main_guard(node) and any(map(_acts, executed)):
            yield ACTS
        if not {root for one in executed for root in _hooks(one)} <= self._harmless:
            yield HELD


def _acts(node: ast.AST) -> bool:
    """Whether a node changes something that is there when it runs, as a call on a line of its own may."""
    if isinstance(node, ast.Attribute | ast.Subscript):
        return not isinstance(node.ctx, ast.Load)
    return isinstance(node, ast.AugAssign) or (isinstance(node, ast.Expr) and not is_idle(node))


def _executed(node: ast.AST) -> list[ast.AST]:
    """Return a node and what runs with it: of functions only defaults and annotations, and no decorators."""
    found = [node]
    for one in found:  # grows as it goes
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
            found += filter(None, [one.args, one.returns])
        else:
            found += one.body if isinstance(one, ast.ClassDef) else ast.iter_child_nodes(one)
    return found


def _hooks(node: ast.AST) -> Iterator[str]:
    """Yield the names of what gets hold of a definition as soon as it is there, decorators and bases."""
    if isinstance(node, DEFINITIONS):
        yield from map(_root, node.decorator_list)
    if isinstance(node, ast.ClassDef):
        yield from map(_root, (*node.bases, *(keyword.value for keyword in node.keywords)))


def spelt(parts: Iterable[object]) -> tuple[str, list[str]]:
    """Return a digest of trees, and the texts in them; half of a SHA-256 keeps records short.

    Each token tells how many follow, so no two trees are spelt alike.
    """
    tokens: list[str] = []
    texts: list[str] = []
    pending: list[Any] = [list(parts)]
    while pending:
        part = pending.pop()
        kind = part.__class__
        if kind in FIELDS:
            tokens.append(kind.__name__)
            pending += [get(part) for get in FIELDS[kind]]
        elif kind is list or kind is tuple:
            kept = [one for one in part if not is_idle(one)]
            tokens.append(f"[{len(kept)}")
            pending += kept
        else:
            if kind is str or kind is bytes:
                texts.append(part if kind is str else part.decode("latin-1"))
            tokens.append(hex(part) if kind is int else repr(part))  # repr of a huge integer is refused
    return _sha256("\n".join(tokens).encode("utf-8", "surrogatepass"))[:32], texts


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _bound(node: ast.AST) -> Iterator[str]:
    """Yield the names that a node binds, or those within an assignment, other than by an import."""
    for one in ast.walk(node) if isinstance(node, ast.Assign | ast.AnnAssign) else (node,):
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store):
            yield one.id
        elif isinstance(one, DEFINITIONS):
            yield one.name


def _aliases(node: ast.AST) -> Iterator[Alias]:
    for alias in node.names if isinstance(node, IMPORTS) else ():
        if isinstance(node, ast.ImportFrom):
            yield Alias(alias.asname or alias.name, node.level, node.module or "", alias.name)
        else:
            yield Alias(alias.asname or alias.name.partition(".")[0], 0, alias.name, "")


def _is_main_guard(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.dump(node.test) == MAIN_GUARD


def _names_its_attribute(call: ast.Call) -> bool:
    """Whether a call is like `getattr(x, "y")`, which makes no name."""
    return _root(call.func) == "getattr" and len(call.args) > 1 and isinstance(call.args[1], ast.Constant)


def _root(expression: ast.expr) -> str:
    """Return the name that an expression of names, calls and subscripts begins with."""
    while isinstance(expression, ast.Attribute | ast.Call | ast.Subscript):
        expression = expression.func if isinstance(expression, ast.Call) else expression.value
    return expression.id if isinstance(expression, ast.Name) else ""
