"""The code of a module as normalised syntax trees, statement by statement, with the words in each.

Comments, docstrings and layout do not count, all else does.
"""

import ast
import builtins
import hashlib
import re
import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence, Set
from operator import attrgetter
from typing import Any, NamedTuple

TOOL = "weaver"  # makes the report and is not an input of it
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
IMPORTS = (ast.Import, ast.ImportFrom)
PLAIN = (ast.Name, ast.Constant, ast.Tuple, ast.List, ast.Dict, ast.Set, ast.UnaryOp, ast.unaryop)
BINDING = (ast.arguments, ast.arg, ast.Assign, ast.AnnAssign, ast.Expr, ast.Pass, *DEFINITIONS)
TRIVIAL = (*PLAIN, ast.expr_context, *BINDING)  # what may run unnoticed
WORD = re.compile(r"[^\W\d]\w*")
PYTHONS = re.compile(r"__\w+__|_[^_]\w*?__\w+")
"""Names that are asked for in other words: `__getattr__`, and `_Net__rate` by `__rate` in a class `Net`."""
BUILTINS = frozenset({"globals", "locals", "vars", "getattr", "eval", "exec"})
ACTS = "?acts"
"""A mark among the words of a statement: it does more than to bind names when it runs."""

IGNORED = frozenset({"ctx", "kind", "type_comment", "type_ignores"})  # they follow from the rest
FIELDS = {
    kind: [attrgetter(name) for name in kind._fields if name not in IGNORED]
    for kind in vars(ast).values()
    if isinstance(kind, type) and issubclass(kind, ast.AST)
}


class Alias(NamedTuple):
    """What an import binds to a name: a module or, with `name`, an attribute of one; `*` binds every name."""

    bound: str
    level: int
    module: str
    name: str

    def target(self, importer: str, *, is_package: bool) -> str:
        """Return the full name of the module that is imported, or imported from."""
        if self.level == 0:
            return self.module
        up = self.level - is_package
        return ".".join(filter(None, [*importer.split(".")[: -up or None], self.module]))


class Statement(NamedTuple):
    """A statement at the top of a module.

    `name` is what it binds, empty for an effect or an import. `stays` says that it counts whether named or
    not. `words` are the identifiers in it, the words in its strings, a mark, and builtins that get at names,
    as `eval()`.
    """

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
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the interpreter gives them when it runs the code
            body = [node for node in ast.parse(source).body if not is_idle(node)]
        nodes = [one for node in body for one in ast.walk(node)]
        aliases = list(dict.fromkeys(alias for one in nodes for alias in _aliases(one)))
        harmless = _harmless(aliases, {name for one in nodes for name in _bound(one)})
        statements = [found for node in body for found in _statements(node, harmless)]
        return ModuleCode(spelt(body)[0], _sha256(source), statements, aliases)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return unread(source)


def unread(content: bytes) -> ModuleCode:
    """Return what is known of code that is not Python: a digest of its bytes."""
    return ModuleCode(_sha256(content), _sha256(content), [], [])


def is_idle(statement: object) -> bool:
    """Whether a statement does nothing: a docstring, `...`, `pass`."""
    is_constant = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return is_constant or isinstance(statement, ast.Pass)


def _harmless(aliases: list[Alias], bound: set[str]) -> Set[str]:
    """Return the names of what may get hold of a definition and gives it to nobody else.

    These are Python's own and the tool's; `bound` are names that no import binds.
    """
    known = {TOOL, *sys.stdlib_module_names}
    others = bound | {one.bound for one in aliases if one.level or one.module.partition(".")[0] not in known}
    return set() if "*" in others else (vars(builtins).keys() | {one.bound for one in aliases}) - others


def _statements(node: ast.stmt, harmless: Set[str]) -> Iterator[Statement]:
    """Yield what a statement consists of: what it binds, and what it does."""
    if isinstance(node, IMPORTS):  # what they bind counts where it is named
        yield Statement("", spelt([node])[0], node.lineno, True, [])
        return
    runs = _executed(node)
    does = [one for one in runs if not isinstance(one, TRIVIAL)]
    is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    if is_function and does:
        yield _statement("", node, does, stays=True)
    is_held = not {root for one in runs for root in _hooks(one)} <= harmless
    is_named_only = is_function or (isinstance(node, ast.ClassDef) and not does) or _is_program(node)
    yield _statement(next(_bound(node), ""), node, [node], stays=is_held or not is_named_only)


def _statement(name: str, node: ast.stmt, parts: Sequence[ast.AST], *, stays: bool) -> Statement:
    digest, texts = spelt(parts)
    words = {*WORD.findall("\n".join(texts)), *_builtins(parts)}
    if not _is_program(node) and any(_acts(one) for part in parts for one in _executed(part)):
        words.add(ACTS)
    return Statement(name, digest, node.lineno, stays or bool(PYTHONS.fullmatch(name)), sorted(words))


def _is_program(node: ast.stmt) -> bool:
    """Whether a statement runs in a program alone, and not where its module is imported."""
    return isinstance(node, ast.If) and not node.orelse and spelt([node.test])[0] == AS_PROGRAM


def _builtins(parts: Iterable[ast.AST]) -> Iterator[str]:
    """Yield which builtins get at names, but for calls like `getattr(x, "y")`, which makes none."""
    nodes = [one for part in parts for one in ast.walk(part)]
    plain = [one.func for one in nodes if isinstance(one, ast.Call) and _names_its_attribute(one)]
    names = (one.id for one in nodes if isinstance(one, ast.Name) and one not in plain)
    yield from (f"{name}()" for name in names if name in BUILTINS)


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


AS_PROGRAM = spelt([ast.parse("__name__ == '__main__'", mode="eval").body])[0]


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


def _names_its_attribute(call: ast.Call) -> bool:
    return _root(call.func) == "getattr" and len(call.args) > 1 and isinstance(call.args[1], ast.Constant)


def _root(expression: ast.expr) -> str:
    """Return the name that an expression of names, calls and subscripts begins with."""
    while isinstance(expression, ast.Attribute | ast.Call | ast.Subscript):
        expression = expression.func if isinstance(expression, ast.Call) else expression.value
    return expression.id if isinstance(expression, ast.Name) else ""
