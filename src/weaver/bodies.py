"""Edits of modules that a kernel can take over as it goes: those of the bodies of functions alone.

The objects that a module has made stay, and so does all that holds them; only what a function does is
another. Where more has changed, or where a module computes something from a changed function as it is
imported, modules must be loaded anew.
"""

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from weaver.fingerprint import Dependency, Sources
from weaver.normal_form import FUNCTIONS
from weaver.reach import as_text
from weaver.source_files import File

PLAIN = frozenset({"property", "staticmethod", "classmethod"})  # decorators that remember nothing


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
    definitions = (one for name, pair in pairs.items() for one in _edited(name, *pair))
    edit = Edit(pairs, sources.importers(edited), frozenset(definitions))
    return None if edit.concerns(sources.at_import(edit.touched)) else edit


def differ_in_bodies(before: bytes, now: bytes) -> bool:
    """Whether two sources of a module differ in nothing but bodies of functions, comments and layout.

    The body of a decorated function counts as more, since its decorator may remember what it did.
    """
    try:
        return _outline(before) == _outline(now)
    except (SyntaxError, ValueError):
        return False


def _pairs(
    before: Mapping[str, File], now: Mapping[str, File], edited: Collection[str]
) -> Iterator[tuple[str, tuple[bytes, bytes]]]:
    for name in edited:
        sources = [files[name].source for files in (before, now) if name in files]
        first, last = sources[0] if sources else None, sources[-1] if sources else None
        if len(sources) == len((before, now)) and first is not None and last is not None:
            yield name, (first, last)


def _edited(module: str, before: bytes, now: bytes) -> Iterator[str]:
    """Name what was edited in a module: the statements at its top that differ, and its text."""
    yield as_text(module)
    for old, new in zip(*(ast.parse(source).body for source in (before, now)), strict=True):
        if isinstance(old, (*FUNCTIONS, ast.ClassDef)) and ast.dump(old) != ast.dump(new):
            yield f"{module}.{old.name}"


def _outline(source: bytes) -> str:
    tree = ast.parse(source)
    for function in _plain_functions(tree):
        function.body = []
    return ast.dump(tree)


def _plain_functions(parent: ast.Module | ast.ClassDef) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in parent.body:
        if isinstance(node, ast.ClassDef):
            yield from _plain_functions(node)
        elif isinstance(node, FUNCTIONS) and all(map(_is_plain, node.decorator_list)):
            yield node


def _is_plain(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Name) and decorator.id in PLAIN
