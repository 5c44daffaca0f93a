"""What a value holds that may change, as a digest: lists, arrays, networks, what a function closes over."""

import hashlib
import sys
from collections.abc import Iterable
from dataclasses import fields
from enum import EnumMeta
from types import BuiltinFunctionType, CodeType, FunctionType, MappingProxyType, MethodType, ModuleType
from typing import Any

from weaver.cache.argument_key import is_frozen
from weaver.dependencies.first_party import is_first_party

FIXED = (type(None), bool, int, float, complex, str, bytes, range, type(...), type(NotImplemented))
PRINTS = "repr_running"  # what keeps the `__repr__` of a dataclass from printing itself without end
SINGLE = (type, ModuleType, BuiltinFunctionType)
OWN = f"{__name__.partition('.')[0]}."  # what the tool makes of a function keeps no state of the project's
CONSTANT = (
    "typing",
    "types",
    "collections.abc",
    "re",
    "pathlib",
    "datetime",
    "decimal",
    "fractions",
    "functools",
)
"""Modules whose instances cannot be changed, or only by calling their functions."""


def is_fixed(value: object, within: frozenset[int] = frozenset()) -> bool:
    """Whether a value can hold nothing else than it does: a number, a text, a class, a plain function."""
    if isinstance(value, (*FIXED, *SINGLE)) or id(value) in within:
        return True
    kind, within = type(value), within | {id(value)}
    if isinstance(value, FunctionType):
        return _is_fixed_function(value, within)
    parts = _unchanging(value)
    if parts is not None:
        return all(is_fixed(one, within) for one in parts)
    return kind.__module__ in CONSTANT or kind.__module__.startswith(OWN) or isinstance(kind, EnumMeta)


def _is_fixed_function(function: FunctionType, within: frozenset[int]) -> bool:
    held = (*_held(function), *function.__dict__.values())
    if is_first_party(function.__code__.co_filename):
        return all(is_fixed(one, within) for one in held)
    if PRINTS in function.__code__.co_freevars:
        return is_fixed(getattr(function, "__wrapped__", None), within)
    inner = [one for one in held if isinstance(one, FunctionType | MappingProxyType | dict | list | set)]
    return all(isinstance(one, FunctionType) and is_fixed(one, within) for one in inner)


def _unchanging(value: Any) -> Iterable[object] | None:  # noqa: ANN401
    """Return the parts of what always has the same; None of what may come to have others."""
    if isinstance(value, property | classmethod | staticmethod):
        return [getattr(value, name, None) for name in ("fget", "fset", "fdel", "__func__")]
    if type(value) in (tuple, frozenset):
        return list(value)
    if is_frozen(type(value)):
        held = {one.name: getattr(value, one.name, None) for one in fields(value)}
        return held.values() if getattr(value, "__dict__", {}).keys() <= held.keys() else None
    return None


def _held(function: FunctionType) -> list[object]:
    """Return what a function has taken with it."""
    cells = [cell.cell_contents for cell in function.__closure__ or () if _is_filled(cell)]
    return [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values(), *cells]


def content(value: object) -> "Content":
    """Return what a value holds now; of one that is fixed, nothing."""
    if is_fixed(value):
        return NOTHING
    found = Content()
    found.add(value)
    return found


class Content:
    """A digest of what is added; `modules` are those of the functions and classes that were met."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._seen: dict[int, int] = {}
        self._alive: list[object] = []  # or another object would come to the address of one that was met
        self.modules: set[str] = set()

    @property
    def digest(self) -> str:
        """The digest of all that was added."""
        return self._hash.hexdigest()

    def add(self, value: object) -> None:
        """Add a value with all that it holds; what cannot be looked into, a lock or a file, by its class."""
        pending = [value]
        while pending:
            one = pending.pop()
            if isinstance(one, FIXED):
                self._write(type(one).__name__, repr(one))
            elif id(one) in self._seen:
                self._write("seen", self._seen[id(one)])
            else:
                self._seen[id(one)] = len(self._seen)
                self._alive.append(one)
                parts = list(self._parts(one))
                self._write(type(one).__qualname__, len(parts))
                pending += reversed(parts)

    def _write(self, *words: object) -> None:
        self._hash.update(f"{words}\n".encode("utf-8", "surrogatepass"))

    def _parts(self, value: Any) -> Iterable[object]:  # noqa: ANN401 - by its kind
        """Return what a value consists of; what an array holds is written at once."""
        kind = type(value)
        if isinstance(value, type | FunctionType):
            self.modules.add(value.__module__)
        elif isinstance(value, ModuleType):
            self.modules.add(value.__name__)
        if isinstance(value, SINGLE) or kind.__module__.startswith((OWN, "weakref")):
            return getattr(value, "__module__", ""), getattr(value, "__qualname__", "")
        if isinstance(value, FunctionType):
            held = (*_held(value), value.__dict__)
            return value.__module__, value.__qualname__, *_code(value.__code__), *held
        if kind is MethodType:
            return value.__func__, value.__self__
        if kind in (dict, MappingProxyType):
            return [part for pair in value.items() for part in pair]
        if kind in (set, frozenset):
            return sorted(value, key=lambda one: content(one).digest)
        return value if kind in (list, tuple) else self._array(value) or _reduced(value)

    def _array(self, value: Any) -> tuple[object, ...]:  # noqa: ANN401
        numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
        if torch and isinstance(value, torch.Tensor):
            kind = (str(value.dtype), tuple(value.shape), str(value.device), value.requires_grad)
            flat = value.detach().cpu().contiguous().reshape(-1)
            return (*kind, self._bytes(flat.view(torch.uint8).numpy()), value.grad)
        if torch and isinstance(value, torch.Generator):
            return ("generator", bytes(value.get_state().numpy()))
        if numpy and isinstance(value, numpy.ndarray) and not value.dtype.hasobject:
            return ("array", str(value.dtype), value.shape, self._bytes(numpy.ascontiguousarray(value)))
        return ()

    def _bytes(self, values: Any) -> str:  # noqa: ANN401
        return hashlib.sha256(memoryview(values).cast("B")).hexdigest()


def _is_filled(cell: Any) -> bool:  # noqa: ANN401
    try:
        return cell.cell_contents is cell.cell_contents
    except ValueError:  # a name that a function closes over before it is bound
        return False


def _code(code: CodeType) -> tuple[object, ...]:
    """Return what code does, without the lines that it stands in."""
    constants = [_code(one) if isinstance(one, CodeType) else one for one in code.co_consts]
    return code.co_code, code.co_names, repr(constants)


def _reduced(value: object) -> Iterable[object]:
    """Return the parts that a copy of an object would be made of; of one that cannot be copied, the class."""
    try:
        reduced = value.__reduce_ex__(4)
    except Exception:  # noqa: BLE001 - whatever a class says of itself
        return (type(value),)
    if isinstance(reduced, str):
        return type(value), reduced
    maker, arguments, *rest = reduced
    return [maker, arguments, *(list(one) if hasattr(one, "__next__") else one for one in rest)]


NOTHING = Content()
