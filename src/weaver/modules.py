"""A module of the project, read but never imported: its statements, what each uses, and what names mean."""

import ast
import hashlib
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

from weaver import outside
from weaver.errors import FingerprintError
from weaver.normal_form import FUNCTIONS, IMPORTS, Function, Import, Pruner, digest, nested
from weaver.scopes import Chain, Uses, annotation_chains, bound_name, chain, uses

AMBIGUOUS = ""
PROPERTY_PARTS = ("setter", "getter", "deleter")


@dataclass(frozen=True)
class Imported:
    """What an import binds: a module, or the attribute `name` of one."""

    module: str
    name: str | None = None


@dataclass(frozen=True, eq=False)
class Statement:
    """A statement at the top of a module."""

    node: ast.stmt
    salt: bool  # whether annotations in it are kept as text, which their readers can tell
    verbatim: (
        str | None
    )  # digest with docstrings and all annotations, where decorators or bases may read them
    readers: tuple[Chain | None, ...]  # those decorators and bases; None is one that is no plain name
    uses: Uses
    annotations: tuple[ast.expr, ...]  # those that were taken out or are not looked into
    imported: tuple[tuple[str, Imported], ...]  # what it binds, if it is nothing but an import
    imports_now: tuple[str, ...]  # modules that are imported when it is executed
    imports_later: tuple[str, ...]  # when a function defined in it is called

    @property
    def line(self) -> int:
        """The line in the file, counted from 1."""
        return self.node.lineno

    @cached_property
    def digest(self) -> str:
        """The digest of what it does."""
        return digest(self.node, self.salt)

    @cached_property
    def annotated(self) -> frozenset[Chain]:
        """The chains that its annotations name."""
        return frozenset(one for annotation in self.annotations for one in annotation_chains(annotation))


Binding: TypeAlias = Statement | Imported


@dataclass(frozen=True)
class Module:
    """A module, a package (also a folder without `__init__.py`), or code of a document (without a name)."""

    name: str
    file: Path | None  # as it is told
    text: str  # digest of the file as it stands
    is_package: bool
    statements: tuple[Statement, ...]
    bindings: Mapping[str, tuple[Binding, ...]]
    stars: tuple[str, ...]  # modules of which all names are imported
    rebinds_globals: bool  # whether a function assigns to names of the module

    def definitions(self, name: str) -> list[Statement]:
        """Return the statements that define a name, in order."""
        return [found for found in self.bindings.get(name, ()) if isinstance(found, Statement)]


def read_module(name: str, file: Path, data: bytes, *, is_package: bool) -> Module:
    """Analyse the source of a module.

    Raises:
        FingerprintError: this is not Python.
    """
    tree = parse(data, str(file))
    reader = _Reader(name, is_package, tree.body, script=False)
    return reader.module(tree.body, file, hashlib.sha256(data).hexdigest())


def read_script(statements: list[ast.stmt]) -> Module:
    """Analyse statements that run as a program of their own, top to bottom."""
    return _Reader("", False, statements, script=True).module(statements, None, "")


def parse(source: bytes | str, file: str) -> ast.Module:
    """Parse a file.

    Raises:
        FingerprintError: this is not Python.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the interpreter gives them when it runs the code
            return ast.parse(source, file)
    except SyntaxError as error:
        raise FingerprintError(
            f"{file}:{error.lineno}: expected Python, found a syntax error: {error.msg}"
        ) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise FingerprintError(f"{file}:1: this Python cannot be analysed: {error}") from None


class _Reader:
    def __init__(self, name: str, is_package: bool, body: list[ast.stmt], *, script: bool) -> None:
        self._name = name
        self._is_package = is_package
        self._script = script
        self._known: dict[str, str] = {}
        for known, full in self._known_names(body):
            self._known[known] = full if self._known.get(known, full) == full else AMBIGUOUS
        self._importers = {
            (name, "import_module") for name, full in self._known.items() if full == "importlib"
        } | {(name,) for name, full in self._known.items() if full == "importlib.import_module"}
        self._later_annotations = self._known.get("annotations") == "__future__.annotations"

    def module(self, body: list[ast.stmt], file: Path | None, text: str) -> Module:
        statements: list[Statement] = []
        bindings: dict[str, list[Binding]] = {}
        for node in body:
            pruner = Pruner(self._never, self._typed)
            statements += self._statements(node, pruner)
            self._bind_imports(pruner.imports, bindings)
        for statement in statements:
            self._bind(statement, bindings)
        return Module(
            self._name,
            file,
            text,
            self._is_package,
            tuple(statements),
            bindings={name: tuple(dict.fromkeys(found)) for name, found in bindings.items()},
            stars=tuple(star for statement in statements for star in self._stars(statement.uses)),
            rebinds_globals=any(statement.uses.rebinds_globals for statement in statements),
        )

    def _statements(self, node: ast.stmt, pruner: Pruner) -> Iterator[Statement]:
        readers = tuple(self._readers(node))
        verbatim = digest(node, self._later_annotations) if readers else None
        keeps_text = self._script and isinstance(node, ast.Expr)  # a notebook shows it
        for kept in [node] if keeps_text else pruner.pruned([node]):
            yield self._statement(kept, verbatim, readers, pruner.annotations)

    def _statement(
        self,
        node: ast.stmt,
        verbatim: str | None,
        readers: tuple[Chain | None, ...],
        annotations: list[ast.expr],
    ) -> Statement:
        found = uses(node, self._importers)
        read = any(self._keeps_annotations(inner) for inner in nested([node]))
        return Statement(
            node,
            read and self._later_annotations,
            verbatim,
            readers,
            found,
            tuple(annotations),
            tuple(self._imported(node)) if isinstance(node, IMPORTS) else (),
            (*self._executed(found.imports_now), *map(self._named, sorted(found.named_imports))),
            tuple(self._executed(found.imports_later)),
        )

    def _bind(self, statement: Statement, bindings: dict[str, list[Binding]]) -> None:
        found = statement.uses
        self._bind_imports((*found.imports_now, *found.imports_later), bindings)
        for name in found.named_imports:
            bindings.setdefault(name, []).append(Imported(self._named(name)))
        if not isinstance(statement.node, IMPORTS):
            for name in found.binds:
                bindings.setdefault(name, []).append(statement)

    def _bind_imports(self, nodes: Iterable[Import], bindings: dict[str, list[Binding]]) -> None:
        for node in nodes:
            for name, imported in self._imported(node):
                bindings.setdefault(name, []).append(imported)

    def _imported(self, node: Import) -> Iterator[tuple[str, Imported]]:
        for alias in node.names:
            name = bound_name(alias, node)
            if isinstance(node, ast.ImportFrom):
                if alias.name != "*":
                    yield name, Imported(self._absolute(node.level, node.module), alias.name)
            else:
                yield name, Imported(alias.name if alias.asname else name)

    def _executed(self, nodes: Iterable[Import]) -> Iterator[str]:
        for node in nodes:
            if isinstance(node, ast.Import):
                yield from (name for alias in node.names for name in _with_packages(alias.name))
            else:
                module = self._absolute(node.level, node.module)
                yield from _with_packages(module)
                yield from (f"{module}.{alias.name}" for alias in node.names)

    def _stars(self, found: Uses) -> Iterator[str]:
        for node in (*found.imports_now, *found.imports_later):
            if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
                yield self._absolute(node.level, node.module)

    def _absolute(self, level: int, module: str | None) -> str:
        if level == 0:
            return module or ""
        up = level - 1 if self._is_package else level
        parts = self._name.split(".")
        base = parts[: len(parts) - up] if up < len(parts) else []
        return ".".join([*base, *([module] if module else [])])

    def _named(self, name: str) -> str:
        """Return the module that `"import .x"` means here."""
        module = name.removeprefix("import ")
        relative = module.lstrip(".")
        return self._absolute(len(module) - len(relative), relative or None)

    def _known_names(self, body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
        """Give out the imported names with their full names, those that are imported at all."""
        for node in nested(body):
            if isinstance(node, IMPORTS):
                for name, imported in self._imported(node):
                    yield name, f"{imported.module}.{imported.name}" if imported.name else imported.module

    def _dotted(self, expression: ast.expr) -> str | None:
        found = chain(expression)
        if found is None:
            return None
        root = self._known.get(found[0], f"builtins.{found[0]}" if found[0] in outside.BUILTINS else "")
        return ".".join((root, *found[1:])) if root else None

    def _never(self, condition: ast.expr) -> bool:
        if self._dotted(condition) in ("typing.TYPE_CHECKING", "typing_extensions.TYPE_CHECKING"):
            return True
        return not self._script and ast.dump(condition) == MAIN_GUARD

    def _typed(self, function: Function) -> bool:
        decorators = (self._dotted(applied(decorator)) for decorator in function.decorator_list)
        return any(found is not None and found.startswith(f"{outside.TOOL}.") for found in decorators)

    def _keeps_annotations(self, node: ast.stmt) -> bool:
        return isinstance(node, ast.ClassDef) or (isinstance(node, FUNCTIONS) and self._typed(node))

    def _readers(self, node: ast.stmt) -> Iterator[Chain | None]:
        """Give out the decorators and bases within a statement that are not known to read no annotation."""
        for inner in nested([node]):
            if isinstance(inner, (*FUNCTIONS, ast.ClassDef)):
                yield from self._unknown(inner.decorator_list, reads_no_annotation)
            if isinstance(inner, ast.ClassDef):
                bases = [
                    *inner.bases,
                    *(keyword.value for keyword in inner.keywords if keyword.arg == "metaclass"),
                ]
                yield from self._unknown(bases, outside.is_inert_base)

    def _unknown(
        self, expressions: list[ast.expr], is_known: Callable[[str], bool]
    ) -> Iterator[Chain | None]:
        for expression in expressions:
            function = applied(expression)
            name = self._dotted(function)
            found = chain(function)
            if not (name is not None and is_known(name)) and not (found and found[-1] in PROPERTY_PARTS):
                yield found


def _with_packages(module: str) -> list[str]:
    """Return the names of the packages above a module and its own: `a`, `a.b` and `a.b.c`."""
    return [module[:end] for end, character in enumerate(module) if character == "."] + [module]


def reads_no_annotation(name: str) -> bool:
    """Whether a decorator is known to read no annotation."""
    return outside.covers(outside.READS_NO_ANNOTATION, name)


def applied(expression: ast.expr) -> ast.expr:
    """Return the function or class behind calls and type arguments: `cache` for `cache(maxsize=None)`."""
    while isinstance(expression, ast.Call | ast.Subscript):
        expression = expression.func if isinstance(expression, ast.Call) else expression.value
    return expression


MAIN_GUARD = ast.dump(ast.parse('__name__ == "__main__"', mode="eval").body)
