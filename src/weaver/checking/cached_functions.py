"""Whether what cached functions say they return can be kept, as far as the words of their annotations tell.

`weaver.cache.codec_of_type` decides when a function is called. Here code is only parsed: a name that is
imported is believed.
"""

import ast
import re
from collections.abc import Iterator
from functools import cached_property

from weaver.checking.code import CodeToCheck, Text
from weaver.checking.findings import Finding, Kind

DECORATORS = frozenset({"cached", "cached_members"})
OFFERED = re.compile(r"(?m)^\s*(?:from|import)\s+weaver\b")
Function = ast.FunctionDef | ast.AsyncFunctionDef
NEVER = frozenset({"Any", "object", "bytes", "complex", "set", "frozenset", "Path", "Callable", "Iterator"})
NEVER_BARE = frozenset({"list", "tuple", "dict", "Sequence", "Mapping"})
MANY = frozenset({"list", "tuple", "Sequence"})
KEPT = (
    "None, bool, int, float, str, Enum, Literal, numpy array, frozen dataclass, or a union, tuple, list,"
    " Sequence or dict of these"
)


def findings(code: CodeToCheck) -> Iterator[Finding]:
    """Yield the functions whose results cannot be kept: faults where something uses them, else notices."""
    for text in (*code.chunks, *code.modules):
        if OFFERED.search(text.text):
            yield from _Module(text, code).findings()


class _Module:
    """A piece of code, and the classes that stand in it."""

    def __init__(self, text: Text, code: CodeToCheck) -> None:
        self.text = text
        self.code = code

    @cached_property
    def classes(self) -> dict[str, ast.ClassDef]:
        return {one.name: one for one in self.text.statements if isinstance(one, ast.ClassDef)}

    def findings(self) -> Iterator[Finding]:
        top = set(map(id, self.text.statements))
        for statement in self.text.statements:
            for node in ast.walk(statement):
                if isinstance(node, Function) and (decorator := _decorator(node)):
                    for what in self._wrong(node, decorator, is_top=id(node) in top):
                        text = f"the cached function '{node.name}': {what}"
                        kind: Kind = "fault" if self._is_used(node.name) else "notice"
                        yield Finding(self.text.place_of(node), text, kind)

    def _wrong(self, function: Function, decorator: str, *, is_top: bool) -> Iterator[str]:
        if self.text in self.code.chunks or not is_top:
            where = "a chunk" if self.text in self.code.chunks else "a class or a function"
            yield f"expected it at the top of a module, found it in {where}: put it into a module below src/"
        elif function.returns is None:
            yield "expected a return annotation, found none: results are kept by type"
        elif wrong := self._unkept(_read(function.returns)):
            yield f"expected a result of {KEPT}, found {ast.unparse(wrong)}"
        elif decorator == "cached_members" and _name(function.returns) not in (*MANY, ""):
            yield f"expected it to return Sequence[…] or tuple[…, ...], found {ast.unparse(function.returns)}"

    def _is_used(self, name: str) -> bool:
        word = re.compile(rf"\b{re.escape(name)}\b")
        return sum(len(word.findall(one.text)) for one in (*self.code.chunks, *self.code.modules)) > 1

    def _unkept(self, annotation: ast.expr | None) -> ast.expr | None:
        """Return the part of an annotation that surely cannot be kept."""
        if isinstance(annotation, ast.BinOp):
            return self._unkept(annotation.left) or self._unkept(annotation.right)
        name = _name(annotation)
        if isinstance(annotation, ast.Subscript) and name in MANY | {"Optional", "Union", "dict", "Mapping"}:
            inner = annotation.slice
            parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            keys = parts[0] if name in {"dict", "Mapping"} and _name(parts[0]) != "str" else None
            return keys or next(filter(None, map(self._unkept, map(_read, parts))), None)
        is_bare = not isinstance(annotation, ast.Subscript) and name in NEVER_BARE
        if name in NEVER or is_bare or (name in self.classes and _is_open(self.classes[name])):
            return annotation
        return None


def _decorator(function: Function) -> str:
    """Return by which of the cache's decorators the results of a function are kept, "" for none."""
    names = [_name(one) for one in function.decorator_list]
    return (
        names[0] if len(names) == 1 and names[0] in DECORATORS else ""
    )  # another may change what it returns


def _read(annotation: ast.expr) -> ast.expr:
    """Return an annotation that may be written as a text."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            return ast.parse(annotation.value, mode="eval").body
        except SyntaxError:
            return annotation
    return annotation


def _name(node: ast.expr | None) -> str:
    """Return the last name of `a.b.c`, or of `c[…]`; "" where it is neither."""
    node = node.value if isinstance(node, ast.Subscript) else node
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _is_open(kind: ast.ClassDef) -> bool:
    """Whether a class is a dataclass that is not frozen, or a plain one."""
    found = [
        one for one in kind.decorator_list if isinstance(one, ast.Call) and _name(one.func) == "dataclass"
    ]
    plain = any(_name(one) == "dataclass" for one in kind.decorator_list)
    frozen = any(key.arg == "frozen" for one in found for key in one.keywords)
    return plain or (bool(found) and not frozen) or not (kind.decorator_list or kind.bases)
