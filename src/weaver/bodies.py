"""Edits of modules that a kernel can take over as it goes: those of the bodies of functions alone.

The objects that a module has made stay, and so does all that holds them; only what a function does is
another. Where more has changed, or where a module computes something from a changed function as it is
imported, modules must be loaded anew.
"""

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from weaver import outside
from weaver.fingerprint import Dependency, Sources
from weaver.modules import PROPERTY_PARTS, applied
from weaver.normal_form import FUNCTIONS, Function
from weaver.reach import as_text
from weaver.scopes import chain
from weaver.source_files import File


@dataclass(frozen=True)
class Edit:
    """An edit of bodies.

    `sources` are those of the edited modules, before and after; `touched` are these modules and all that
    import them, directly or not; `definitions` are the functions and classes that were edited, and the texts
    of their modules, as dependencies are named.
    """

    sources: Mapping[str, tuple[bytes, bytes]]
    touched: frozenset[str]
    definitions: frozenset[str]

    def concerns(self, dependencies: Iterable[Dependency]) -> bool:
        """Whether code with these dependencies may do something else after the edit."""
        return not self.definitions.isdisjoint(one.name for one in dependencies)


def find_edit(
    before: Mapping[str, File], now: Mapping[str, File], edited: Collection[str], sources: Sources
) -> Edit | None:
    """Return the edit that leads from modules before to those now, None for one of more than bodies."""
    pairs = dict(_pairs(before, now, edited))
    if pairs.keys() != set(edited) or not all(differ_in_bodies(*pair) for pair in pairs.values()):
        return None
    trees = {name: (ast.parse(old), ast.parse(new)) for name, (old, new) in pairs.items()}
    definitions = (one for name, pair in trees.items() for one in _edited(name, *pair))
    edit = Edit(pairs, sources.importers(edited), frozenset(definitions))
    decorators = ((name, one) for name, pair in trees.items() for one in _decorators(*pair))
    if not all(_only_calls(sources, *each) for each in decorators):
        return None
    return None if edit.concerns(sources.at_import(edit.touched)) else edit


def differ_in_bodies(before: bytes, now: bytes) -> bool:
    """Whether two sources of a module differ in nothing but bodies of functions, comments and layout."""
    try:
        return _outline(before) == _outline(now)
    except (SyntaxError, ValueError):
        return False


def _pairs(
    before: Mapping[str, File], now: Mapping[str, File], edited: Collection[str]
) -> Iterator[tuple[str, tuple[bytes, bytes]]]:
    for name in edited:
        first, last = (files[name].source if name in files else None for files in (before, now))
        if first is not None and last is not None:
            yield name, (first, last)


def _outline(source: bytes) -> str:
    tree = ast.parse(source)
    for function, _ in _functions(tree):
        function.body = []
    return ast.dump(tree)


def _edited(module: str, before: ast.Module, now: ast.Module) -> Iterator[str]:
    """Name what was edited in a module: the statements at its top that differ, and its text."""
    yield as_text(module)
    for old, new in zip(before.body, now.body, strict=True):
        if isinstance(old, (*FUNCTIONS, ast.ClassDef)) and ast.dump(old) != ast.dump(new):
            yield f"{module}.{old.name}"


def _decorators(before: ast.Module, now: ast.Module) -> Iterator[ast.expr]:
    """Give out the decorators of edited functions, and of the classes that they are in."""
    for (old, _), (new, classes) in zip(_functions(before), _functions(now), strict=True):
        if ast.dump(old) != ast.dump(new):
            yield from (decorator for one in (new, *classes) for decorator in one.decorator_list)


def _functions(
    parent: ast.Module | ast.ClassDef, classes: tuple[ast.ClassDef, ...] = ()
) -> Iterator[tuple[Function, tuple[ast.ClassDef, ...]]]:
    """Give out the functions at the top of a module, and those of its classes with these."""
    for node in parent.body:
        if isinstance(node, ast.ClassDef):
            yield from _functions(node, (*classes, node))
        elif isinstance(node, FUNCTIONS):
            yield node, classes


def _only_calls(sources: Sources, module: str, decorator: ast.expr) -> bool:
    """Whether all that a decorator does with a function is to call it when it is called itself."""
    found = chain(applied(decorator))
    if found is None:
        return False
    meant = sources.meant(module, found)
    return found[-1] in PROPERTY_PARTS or (bool(meant) and all(_is_harmless(one, decorator) for one in meant))


def _is_harmless(meant: str | ast.stmt, decorator: ast.expr) -> bool:
    if isinstance(meant, str):
        return outside.covers(outside.READS_NO_ANNOTATION, meant)
    return not isinstance(decorator, ast.Call) and _only_wraps(meant)


def _only_wraps(definition: ast.stmt) -> bool:
    """Whether a decorator defines a function around the one that it is given, and does no more."""
    if not isinstance(definition, ast.FunctionDef) or len(definition.args.args) != 1:
        return False
    inner = [node for node in definition.body if isinstance(node, FUNCTIONS)]
    rest = [node for node in definition.body if node not in inner]
    return (
        not definition.decorator_list
        and all(not (one.args.defaults or one.args.kw_defaults) for one in inner)
        and all(_is_wraps(decorator) for one in inner for decorator in one.decorator_list)
        and all(_is_text(node) or _gives_name(node) for node in rest)
    )


def _is_wraps(decorator: ast.expr) -> bool:
    return chain(applied(decorator)) in (("functools", "wraps"), ("wraps",))


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _gives_name(node: ast.stmt) -> bool:
    return isinstance(node, ast.Return) and isinstance(node.value, ast.Name)
