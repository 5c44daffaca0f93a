"""The canonical description of arguments: equal exactly where a function cannot tell them apart.

The description is plain JSON for a reader as well as for a key: None, bools, integers, floats, text and lists
stand for themselves, everything else is an object that names its kind. Arrays stand in it by their SHA-256,
which those of a kept result know.
"""

import hashlib
import json
import math
import weakref
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import Enum
from functools import cached_property
from types import MappingProxyType, NoneType
from typing import Any, TypeAlias

import numpy as np

from weaver.errors import StoreError

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"
Describe = Callable[[Any, str, set[type]], JSON]

NUMBERS_AND_TEXT = "biufcSUmM"  # numpy's letters for what an array of plain values may hold


@dataclass(frozen=True)
class Description:
    """Arguments by name as JSON, and the dataclasses and enumerations among them, whose code counts too."""

    values: Mapping[str, JSON]
    classes: frozenset[type]

    def __or__(self, other: "Description") -> "Description":
        return Description({**self.values, **other.values}, self.classes | other.classes)


def describe(arguments: Mapping[str, object]) -> Description:
    """Describe arguments, given by name.

    Raises:
        StoreError: an argument, or something in it, is of a type that has no canonical description.
    """
    classes: set[type] = set()
    values = {name: _describe(value, name, classes) for name, value in arguments.items()}
    return Description(values, frozenset(classes))


def digest(description: "JSON | Mapping[str, JSON]") -> str:
    """Return the SHA-256 of a description as hexadecimal digits."""
    return hashlib.sha256(_text(description).encode()).hexdigest()


def symbol(kind: Any) -> str:  # noqa: ANN401 - a class or a function
    """Return the full name of a class or function, module and name apart: `hw2.training.loop:fit`."""
    return f"{kind.__module__}:{kind.__qualname__}"


def is_frozen(kind: Any) -> bool:  # noqa: ANN401 - a class, as a rule
    """Whether this is a frozen dataclass."""
    parameters: Any = getattr(kind, "__dataclass_params__", None)
    return isinstance(kind, type) and parameters is not None and bool(parameters.frozen)


def _describe(value: object, place: str, classes: set[type]) -> JSON:
    for kind, description in BY_KIND.items():
        if type(value) is kind:
            return description(value, place, classes)
    for base, description in BY_BASE.items():
        if isinstance(value, base):
            return description(value, place, classes)
    if is_frozen(type(value)):
        return _record(value, place, classes)
    raise StoreError(
        f"argument {place}: expected None, a bool, int, float, str, bytes, Enum, tuple, list, mapping, frozen"
        f" dataclass or numpy array, found {symbol(type(value))}: its content cannot be part of a key"
    )


def _text(description: "JSON | Mapping[str, JSON]") -> str:
    return json.dumps(description, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _itself(value: Any, _place: str, _classes: set[type]) -> JSON:  # noqa: ANN401
    plain: JSON = value
    return plain


def _float(value: float, _place: str, _classes: set[type]) -> JSON:
    return value if math.isfinite(value) else {"float": repr(value)}  # JSON has no NaN


def _bytes(value: bytes, _place: str, _classes: set[type]) -> JSON:
    return {"bytes": value.hex()}


def _list(value: list[object], place: str, classes: set[type]) -> JSON:
    return [_describe(item, f"{place}[{index}]", classes) for index, item in enumerate(value)]


def _tuple(value: tuple[object, ...], place: str, classes: set[type]) -> JSON:
    return {"tuple": _list(list(value), place, classes)}


def _mapping(value: Mapping[object, object], place: str, classes: set[type]) -> JSON:
    """Describe a mapping in its order, which a loop over it tells, and by its type, which compares by it."""
    pairs: list[JSON] = [
        [_describe(key, f"{place}, a key", classes), _describe(item, f"{place}[{key!r}]", classes)]
        for key, item in value.items()
    ]
    return {"mapping": pairs} if type(value) is dict else {"mapping": pairs, "type": symbol(type(value))}


def _enum(value: Enum, place: str, classes: set[type]) -> JSON:
    _add(type(value), place, classes)
    content = _describe(value.value, f"{place}.value", classes)
    return {"enum": symbol(type(value)), "name": value.name, "value": content}


def _record(value: Any, place: str, classes: set[type]) -> JSON:  # noqa: ANN401
    _add(type(value), place, classes)
    _require_no_more(value, place)
    content: dict[str, JSON] = {
        field.name: _describe(getattr(value, field.name), f"{place}.{field.name}", classes)
        for field in fields(value)
    }
    return {"dataclass": symbol(type(value)), "fields": content}


def _require_no_more(value: Any, place: str) -> None:  # noqa: ANN401
    """Refuse a record that was given more than its fields; what it derives from these itself is no more."""
    more = getattr(value, "__dict__", {}).keys() - {field.name for field in fields(value)}
    hidden = [name for name in more if not isinstance(getattr(type(value), name, None), cached_property)]
    if hidden:
        raise StoreError(
            f"argument {place}: expected a {type(value).__name__} with its fields alone, found"
            f" {', '.join(sorted(hidden))} beside them: make a field of it"
        )


def _add(kind: type, place: str, classes: set[type]) -> None:
    if "<locals>" in kind.__qualname__:
        raise StoreError(f"argument {place}: expected a class at the top of a module, found {symbol(kind)}")
    classes.add(kind)


def _array(value: np.ndarray[Any, Any], place: str, _classes: set[type]) -> JSON:
    if value.dtype.kind not in NUMBERS_AND_TEXT:
        raise StoreError(f"argument {place}: expected an array of numbers or text, found dtype {value.dtype}")
    found: dict[str, JSON] = {
        "array": known(value) or sha256(value),
        "dtype": value.dtype.str,
        "shape": list(value.shape),
    }
    if not value.flags.c_contiguous:  # sums go along the memory
        found["strides"] = list(value.strides)
    return found if type(value) is np.ndarray else {**found, "type": symbol(type(value))}


def sha256(array: np.ndarray[Any, Any]) -> str:
    """Return the SHA-256 of the numbers in an array, in C order."""
    return hashlib.sha256(np.asarray(array, order="C").reshape(-1).view(np.uint8).data).hexdigest()


KNOWN: dict[int, tuple[weakref.ref[np.ndarray[Any, Any]], str]] = {}


def know(array: np.ndarray[Any, Any], digest: str) -> None:
    """Remember the SHA-256 of an array that cannot be changed."""
    number = id(array)
    KNOWN[number] = (weakref.ref(array, lambda _gone: KNOWN.pop(number, None)), digest)


def known(array: np.ndarray[Any, Any]) -> str | None:
    """Return the SHA-256 of an array that is known and was not made writable since."""
    reference, digest = KNOWN.get(id(array), (None, ""))
    if reference is None or reference() is not array or array.flags.writeable:
        return None
    return digest


def _scalar(value: np.generic, place: str, classes: set[type]) -> JSON:
    return {"scalar": _array(np.asarray(value), place, classes)}


BY_KIND: Mapping[type, Describe] = {
    **dict.fromkeys((NoneType, bool, int, str), _itself),
    float: _float,
    bytes: _bytes,
    list: _list,
    tuple: _tuple,
    **dict.fromkeys((dict, OrderedDict, MappingProxyType), _mapping),
    np.ndarray: _array,
    np.memmap: _array,
}
BY_BASE: Mapping[type, Describe] = {Enum: _enum, np.generic: _scalar}
