"""What code does to its process that a warm kernel could not take back, and which names it uses.

Lasting is what changes something outside the project: a call for its effect alone, an assignment to a part
of a module, code that nobody can read. Random states and the settings of `weaver.process_state` are put back,
and files are watched, so what concerns those alone does not count.
"""

import ast
import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from weaver import outside
from weaver.scopes import bound_name
from weaver.script import read_chunks

WHOLE_NAMESPACE = frozenset({"eval", "exec", "compile", "globals", "locals", "vars", "dir", "get_ipython"})
BY_TEXT = frozenset({"query", "eval"})  # methods of pandas that find names of their caller
STAR = "*"
UNREADABLE = frozenset({"get_ipython", "exec", "eval", "compile", "setattr", "delattr", "__import__"})
SETTERS = re.compile(
    r"(set|reset|seed|register|unregister|use|enable|disable|install|patch|add_option|basicConfig|config|"
    r"configure|options?|filterwarnings|simplefilter|monkeypatch|start)(_|$)"
)


@dataclass(frozen=True)
class Needs:
    """What a piece of code uses of its namespace, None for anything; whether what it does lasts."""

    names: frozenset[str] | None
    lasts: bool


def needs(code: str, imported: Mapping[str, str]) -> Needs:
    """Analyse a chunk or an inline expression of a chapter that imports this, as `imports` gives it."""
    nodes = _nodes(code)
    names = frozenset(node.id for node in nodes if isinstance(node, ast.Name))
    by_text = any(isinstance(node, ast.Attribute) and node.attr in BY_TEXT for node in nodes)
    lasts = (
        STAR in imported
        or bool(names & UNREADABLE)
        or _sets(nodes, imported)
        or _is_for_effect(nodes, imported)
    )
    return Needs(None if by_text or names & WHOLE_NAMESPACE else names, lasts)


@functools.lru_cache(maxsize=4096)
def of_module(source: bytes, own: frozenset[str]) -> bool:
    """Whether a module of the project sets something outside of it that lasts."""
    try:
        nodes = tuple(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError):
        return True
    imported = dict(_imported(nodes, own))
    return STAR in imported or _sets(nodes, imported)


def imports(codes: Sequence[str], own: frozenset[str]) -> dict[str, str]:
    """Return what the names that code imports from outside the project stand for; `own` are its packages."""
    return {name: dotted for code in codes for name, dotted in _imported(_nodes(code), own)}


@functools.lru_cache(maxsize=4096)
def import_code(code: str) -> tuple[str, ...]:
    """Return the imports in a piece of code, each as code."""
    return tuple(ast.unparse(node) for node in _nodes(code) if isinstance(node, ast.Import | ast.ImportFrom))


@functools.lru_cache(maxsize=4096)
def imported_at_once(code: str) -> frozenset[str]:
    """Return the packages that code imports as it runs, not in a function that may never be called."""
    statements = read_chunks([code]).statements
    plain = [node for node in statements if isinstance(node, ast.Import | ast.ImportFrom)]
    return frozenset(_top(dotted) for _, dotted in _imported(plain, frozenset()))


@functools.lru_cache(maxsize=4096)
def _nodes(code: str) -> tuple[ast.AST, ...]:
    return tuple(node for statement in read_chunks([code]).statements for node in ast.walk(statement))


def _imported(nodes: Sequence[ast.AST], own: frozenset[str]) -> Iterator[tuple[str, str]]:
    for node in nodes:
        if isinstance(node, ast.Import):
            found = [(bound_name(one, node), one.name if one.asname else "") for one in node.names]
            yield from ((name, dotted or name) for name, dotted in found if _top(dotted or name) not in own)
        elif (
            isinstance(node, ast.ImportFrom)
            and node.module
            and not node.level
            and _top(node.module) not in own
        ):
            yield from ((bound_name(one, node), f"{node.module}.{one.name}") for one in node.names)


def _top(dotted: str) -> str:
    return dotted.partition(".")[0]


def _sets(nodes: Sequence[ast.AST], imported: Mapping[str, str]) -> bool:
    """Whether code assigns to a part of something outside, or calls what sets something there."""
    return any(
        _is_outside(node, imported, outside.PUT_BACK) and not isinstance(node.ctx, ast.Load)
        for node in nodes
        if isinstance(node, ast.Attribute | ast.Subscript)
    ) or any(
        _is_outside(node.func, imported, outside.PUT_BACK) and SETTERS.match(_last(node.func))
        for node in nodes
        if isinstance(node, ast.Call)
    )


def _is_for_effect(nodes: Sequence[ast.AST], imported: Mapping[str, str]) -> bool:
    """Whether code calls something outside and passes over what that returns."""
    calls = (node.value for node in nodes if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call))
    return any(_is_outside(call.func, imported, outside.PUT_BACK | outside.LEAVES_NO_TRACE) for call in calls)


def _is_outside(node: ast.expr, imported: Mapping[str, str], known: frozenset[str]) -> bool:
    """Whether an expression is a part of something outside that is not known to be harmless."""
    path: list[str] = []
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Attribute):
            path, node = [node.attr, *path], node.value
        elif isinstance(node, ast.Call | ast.Subscript):
            path, node = [], node.func if isinstance(node, ast.Call) else node.value
        else:
            return False
    if node.id not in imported:
        return False
    dotted = ".".join((imported[node.id], *path))
    return outside.covers(outside.STAYS, dotted) or not outside.covers(known, dotted)


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
