"""The code of a module as normalised syntax trees, statement by statement, with the words in each.

Comments, docstrings and layout do not count, all else does.
"""

import ast
import gc
import hashlib
import re
import warnings
from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import Any, NamedTuple, TypeAlias

TOOL = "weaver"  # makes the report and is no input of it
Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
IMPORTS = (ast.Import, ast.ImportFrom)
COMPOUND = (ast.If, ast.Try, ast.With, ast.For, ast.While, ast.ClassDef)
INERT = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Assert, ast.Raise, *IMPORTS)
CALLING = (ast.Call, ast.NamedExpr, ast.Await)
TARGETS = (ast.Name, ast.Tuple, ast.List, ast.Starred, ast.Store)
PLAIN = frozenset({"property", "staticmethod", "classmethod"})  # decorators that take hold of nothing
MAIN_GUARD = ast.dump(ast.parse("__name__ == '__main__'", mode="eval").body)

WORD = re.compile(r"[^\W\d]\w*")
OWN_NAMES, ALL_MODULES = "?own", "?all"  # marks among the words: code that makes names at run time
HANDED_ON = "="  # and before an imported name that is a value of its own, not only called or looked into
NAMESPACES = frozenset({"globals", "locals", "vars", "eval", "exec", "getattr"})

IGNORED = frozenset({"ctx", "kind", "type_comment", "type_ignores"})  # they follow from the rest
FIELDS = {
    kind: [attrgetter(name) for name in kind._fields if name not in IGNORED]
    for kind in vars(ast).values()
    if isinstance(kind, type) and issubclass(kind, ast.AST)
}
IMPORT, CONSTANT, DEFINITION, EFFECT = "import", "constant", "definition", "effect"


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
        up = self.level - 1 if is_package else self.level
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
    """A module: `digest` is that of its normalised tree, `text` that of its file.

    `aliases` are those of all imports, wherever they stand. `acts` says that its import does more than to
    bind names, `leans` has the names of decorators and bases, which may do so too.
    """

    digest: str
    text: str
    statements: list[Statement]
    aliases: list[Alias]
    acts: bool
    leans: list[str]


def read_module(source: bytes) -> ModuleCode:
    """Read the source of a module."""
    collects = gc.isenabled()
    gc.disable()  # syntax trees are no garbage, and searching them takes a third of the time
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the interpreter gives them when it runs the code
            return _Reader(ast.parse(source).body).module(hashlib.sha256(source).hexdigest())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return unread(source)
    finally:
        if collects:
            gc.enable()


def unread(content: bytes) -> ModuleCode:
    """Return what is known of code that is no Python: a digest of its bytes."""
    text = hashlib.sha256(content).hexdigest()
    return ModuleCode(text, text, [], [], acts=False, leans=[])


def digest(*parts: object) -> str:
    """Return the digest of syntax trees, texts, numbers and lists of them."""
    return _spelt(parts)[0]


class _Reader:
    def __init__(self, body: list[ast.stmt]) -> None:
        self._body = [node for node in body if not is_idle(node)]
        nodes = [node for one in self._body for node in ast.walk(one)]
        self._aliases = [alias for node in nodes if isinstance(node, IMPORTS) for alias in _aliases(node)]
        of_tool = {one.bound for one in self._aliases if f"{one.module}.".startswith(f"{TOOL}.")}
        self._harmless = PLAIN | of_tool
        self._bound = {one.bound for one in self._aliases}
        self._of_sys = {one.bound: one.name for one in self._aliases if one.module == "sys"}

    def module(self, text: str) -> ModuleCode:
        """Return all that is told of the module."""
        statements = [found for node in self._body for found in self._statements(node)]
        leans = {_root(one) for node in self._body for one in _hooks(node)} - self._harmless
        acts = any(map(_acts, self._body))
        aliases = list(dict.fromkeys(self._aliases))
        return ModuleCode(digest(self._body), text, statements, aliases, acts, sorted(leans))

    def _statements(self, node: ast.stmt) -> Iterator[Statement]:
        if isinstance(node, IMPORTS):
            yield Statement(EFFECT, "", digest(node), node.lineno, True, [])
            for alias in _aliases(node):
                yield Statement(IMPORT, alias.bound, "", node.lineno, False, [alias.name])
        elif isinstance(node, DEFINITIONS):
            yield self._statement(DEFINITION, node.name, node, stays=self._takes_hold(node))
        else:
            name = _assigned(node)
            yield self._statement(CONSTANT if name else EFFECT, name, node, stays=not _is_main_guard(node))

    def _statement(self, kind: str, name: str, node: ast.stmt, *, stays: bool) -> Statement:
        spelt, texts = _spelt([node])
        words = {*WORD.findall("\n".join(texts)), *self._marks(node)}
        return Statement(kind, name, spelt, node.lineno, stays, sorted(words))

    def _marks(self, node: ast.stmt) -> Iterator[str]:
        """Give out the marks of names that are made at run time, and of imported names that are handed on."""
        nodes = list(ast.walk(node))
        calls = [one for one in nodes if isinstance(one, ast.Call)]
        attributes = [one for one in nodes if isinstance(one, ast.Attribute)]
        plain = [one for call in calls if _names_its_attribute(call) for one in (call.func, call.args[0])]
        names = {one.id for one in nodes if isinstance(one, ast.Name) and one not in plain}
        if not names.isdisjoint(NAMESPACES):
            yield OWN_NAMES
        asked = {one.attr for one in attributes}
        if any(bound in names and "modules" in {name, *asked} for bound, name in self._of_sys.items()):
            yield ALL_MODULES
        used = {*plain, *(one.func for one in calls)}
        used.update(one.value for one in attributes if not is_dunder(one.attr))
        chains = (
            _chain(one) for one in nodes if isinstance(one, ast.Attribute | ast.Name) and one not in used
        )
        yield from (HANDED_ON + one for one in chains if one.partition(".")[0] in self._bound)

    def _takes_hold(self, node: Definition) -> bool:
        """Whether a definition may do more than to bind its name: with it, something else may reach it."""
        if is_dunder(node.name):
            return True
        hooks = {_root(one) for one in _hooks(node)}
        calls = any(isinstance(one, CALLING) for part in _executed(node) for one in ast.walk(part))
        return not hooks <= self._harmless or calls or (isinstance(node, ast.ClassDef) and _acts(node))


def is_idle(statement: object) -> bool:
    """Whether a statement does nothing: a docstring, `...`, `pass`."""
    is_constant = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return is_constant or isinstance(statement, ast.Pass)


def is_dunder(name: str) -> bool:
    """Whether Python itself knows a name."""
    return name.startswith("__") and name.endswith("__")


def _spelt(parts: Iterable[object]) -> tuple[str, list[str]]:
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
    return hashlib.sha256("\n".join(tokens).encode("utf-8", "surrogatepass")).hexdigest()[:32], texts


def _aliases(node: ast.Import | ast.ImportFrom) -> Iterator[Alias]:
    for alias in node.names:
        if isinstance(node, ast.ImportFrom):
            yield Alias(alias.asname or alias.name, node.level, node.module or "", alias.name)
        else:
            yield Alias(alias.asname or alias.name.partition(".")[0], 0, alias.name, "")


def _assigned(node: ast.stmt) -> str:
    """Return the first name that an assignment binds, if it does nothing but bind names."""
    single = [node.target] if isinstance(node, ast.AnnAssign) else []
    targets = node.targets if isinstance(node, ast.Assign) else single
    parts = [part for target in targets for part in ast.walk(target)]
    names = [part.id for part in parts if isinstance(part, ast.Name)]
    return names[0] if names and all(isinstance(part, TARGETS) for part in parts) else ""


def _hooks(node: ast.stmt) -> Iterator[ast.expr]:
    """Give out what gets a function or class as soon as it is there: decorators and bases, also within."""
    if isinstance(node, DEFINITIONS):
        yield from node.decorator_list
    if isinstance(node, ast.ClassDef):
        yield from (*node.bases, *(keyword.value for keyword in node.keywords))
    if isinstance(node, COMPOUND):
        yield from (hook for one in _within(node) for hook in _hooks(one))


def _executed(node: Definition) -> Iterator[ast.AST]:
    """Give out what runs when a definition is executed: defaults, annotations, the body of a class."""
    if isinstance(node, ast.ClassDef):
        for one in node.body:
            yield from _executed(one) if isinstance(one, DEFINITIONS) else (one,)
    else:
        yield from (node.args, *filter(None, [node.returns]))


def _acts(node: ast.stmt) -> bool:
    """Whether a statement does more than to bind names when it runs."""
    if isinstance(node, COMPOUND):
        return not _is_main_guard(node) and any(map(_acts, _within(node)))
    return not (isinstance(node, INERT) or is_idle(node) or _assigned(node))


def _is_main_guard(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.dump(node.test) == MAIN_GUARD


def _within(node: ast.stmt) -> list[ast.stmt]:
    """Return the statements within a compound one."""
    handled = [one for handler in getattr(node, "handlers", ()) for one in handler.body]
    blocks = (getattr(node, name, ()) for name in ("body", "orelse", "finalbody"))
    return [*(one for block in blocks for one in block), *handled]


def _names_its_attribute(call: ast.Call) -> bool:
    """Whether a call is like `getattr(x, "y")`, which makes no name."""
    return _root(call.func) == "getattr" and len(call.args) > 1 and isinstance(call.args[1], ast.Constant)


def _chain(node: ast.expr) -> str:
    """Return the text of `a.b.c`, none of other expressions."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(names)]) if isinstance(node, ast.Name) else ""


def _root(expression: ast.expr) -> str:
    """Return the name that an expression of names, calls and subscripts begins with."""
    while isinstance(expression, ast.Attribute | ast.Call | ast.Subscript):
        expression = expression.func if isinstance(expression, ast.Call) else expression.value
    return expression.id if isinstance(expression, ast.Name) else ""
