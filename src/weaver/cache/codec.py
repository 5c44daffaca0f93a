# ruff: noqa: ANN401, D102 - values of any type pass through here; `Codec` documents the methods of all
"""Codecs: a value of one kind of type as JSON and named arrays, and back.

Values come back with exactly the types of the codec: a numpy scalar as Python's own, an integer for a
float as a float, any sequence as a tuple or list, arrays in C order.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

import numpy as np

from weaver.cache.argument_key import JSON, know
from weaver.errors import StoreError
from weaver.storage.safetensors_view import Array

NOT_FINITE = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}  # JSON has no such numbers


class MismatchError(Exception):
    """An entry does not hold what the return annotation names; the cache handles it."""


@dataclass(frozen=True)
class ValuePlace:
    """Where in a result a value stands, and the arrays of the whole result by the names of their places."""

    name: str
    arrays: dict[str, Array]
    digests: Mapping[str, str] = field(default_factory=dict)

    def inside(self, part: str) -> "ValuePlace":
        """Return the place of a part."""
        return ValuePlace(self.name + part, self.arrays, self.digests)

    def read_only(self, name: str) -> Array:
        """Return an array that cannot be changed, so that it keeps the digest that it is known by."""
        array = self.arrays[name]
        array.flags.writeable = False
        if name in self.digests:
            know(array, self.digests[name])
        return array


class Codec(Protocol):
    """Encodes and decodes the values of one type; its `repr` describes the type and can be part of a key."""

    def encode(self, value: Any, place: ValuePlace) -> JSON:
        """Return the value as JSON and put its arrays into the place; StoreError if it is of another type."""

    def decode(self, data: Any, place: ValuePlace) -> Any:
        """Return the value; MismatchError if the data is not that of such a value."""


@dataclass(frozen=True)
class Plain:
    """None, bool, int or str, as it is."""

    kind: type

    def encode(self, value: Any, place: ValuePlace) -> JSON:
        plain: JSON = _unboxed(value)
        _expect(type(plain) is self.kind, self.kind.__name__, value, place)
        return plain

    def decode(self, data: Any, place: ValuePlace) -> object:
        _fit(type(data) is self.kind, self.kind.__name__, data, place)
        return data


@dataclass(frozen=True)
class Real:
    """A float; an integer counts as one, as it does for type checkers."""

    def encode(self, value: Any, place: ValuePlace) -> JSON:
        plain = _unboxed(value)
        _expect(type(plain) in {float, int}, "float", value, place)
        return float(plain) if math.isfinite(plain) else str(plain)

    def decode(self, data: Any, place: ValuePlace) -> float:
        number: Any = NOT_FINITE.get(data) if isinstance(data, str) else data
        _fit(type(number) is float, "float", data, place)
        return float(number)


@dataclass(frozen=True)
class Tensor:
    """An array, kept by the name of its place."""

    def encode(self, value: Any, place: ValuePlace) -> JSON:
        _expect(type(value) is np.ndarray, "numpy array", value, place)
        place.arrays[place.name] = value
        return place.name

    def decode(self, data: Any, place: ValuePlace) -> Array:
        _fit(data == place.name and data in place.arrays, "the name of an array", data, place)
        return place.read_only(place.name)


@dataclass(frozen=True)
class Choice:
    """One of a few plain values."""

    values: tuple[object, ...]

    def encode(self, value: Any, place: ValuePlace) -> JSON:
        plain: JSON = _unboxed(value)
        _expect(self._has(plain), f"one of {self.values}", value, place)
        return plain

    def decode(self, data: Any, place: ValuePlace) -> object:
        _fit(self._has(data), f"one of {self.values}", data, place)
        return data

    def _has(self, value: object) -> bool:
        return any(type(value) is type(each) and value == each for each in self.values)


@dataclass(frozen=True)
class Member:
    """A member of an enumeration, by its name."""

    kind: type[Enum]

    def encode(self, value: Any, place: ValuePlace) -> JSON:
        known = type(value) is self.kind and value.name in self.kind.__members__
        _expect(known, f"a named member of {self.kind.__name__}", value, place)
        return str(value.name)

    def decode(self, data: Any, place: ValuePlace) -> Enum:
        known = isinstance(data, str) and data in self.kind.__members__
        _fit(known, f"the name of a {self.kind.__name__}", data, place)
        return self.kind[data]


@dataclass(frozen=True)
class Maybe:
    """A value or None."""

    item: Codec

    def encode(self, value: Any, place: ValuePlace) -> JSON:
        return None if value is None else self.item.encode(value, place)

    def decode(self, data: Any, place: ValuePlace) -> object:
        return None if data is None else self.item.decode(data, place)


@dataclass(frozen=True)
class Either:
    """One of several types, kept as the position of the first that takes the value, and the value."""

    members: tuple[Codec, ...]

    def encode(self, value: Any, place: ValuePlace) -> JSON:
        for position, member in enumerate(self.members):
            trial = ValuePlace(place.name, {})
            try:
                data = member.encode(value, trial)
            except StoreError:
                continue
            place.arrays.update(trial.arrays)
            return [position, data]
        raise _unexpected("one of the types of the union", value, place)

    def decode(self, data: Any, place: ValuePlace) -> object:
        tagged = type(data) is list and len(data) == 2 and type(data[0]) is int
        _fit(tagged and 0 <= data[0] < len(self.members), "a position and a value", data, place)
        return self.members[data[0]].decode(data[1], place)


@dataclass(frozen=True)
class Row:
    """A tuple of given types."""

    items: tuple[Codec, ...]

    def encode(self, value: Any, place: ValuePlace) -> JSON:
        fits = type(value) is tuple and len(value) == len(self.items)
        _expect(fits, f"a tuple of {len(self.items)}", value, place)
        parts = enumerate(zip(self.items, value, strict=True))
        return [item.encode(part, place.inside(f"[{index}]")) for index, (item, part) in parts]

    def decode(self, data: Any, place: ValuePlace) -> object:
        _fit(type(data) is list and len(data) == len(self.items), f"{len(self.items)} values", data, place)
        parts = enumerate(zip(self.items, data, strict=True))
        return tuple(item.decode(part, place.inside(f"[{index}]")) for index, (item, part) in parts)


@dataclass(frozen=True)
class Many:
    """A tuple or list of any length."""

    item: Codec
    kind: type[tuple[object, ...]] | type[list[object]]

    def encode(self, value: Any, place: ValuePlace) -> JSON:
        _expect(isinstance(value, list | tuple), self.kind.__name__, value, place)
        return [self.item.encode(part, place.inside(f"[{index}]")) for index, part in enumerate(value)]

    def decode(self, data: Any, place: ValuePlace) -> object:
        _fit(type(data) is list, "a list", data, place)
        return self.kind(
            self.item.decode(part, place.inside(f"[{index}]")) for index, part in enumerate(data)
        )


@dataclass(frozen=True)
class Table:
    """A dictionary with text for keys."""

    item: Codec

    def encode(self, value: Any, place: ValuePlace) -> JSON:
        fits = isinstance(value, Mapping) and all(type(key) is str for key in value)
        _expect(fits, "a mapping with str keys", value, place)
        return {key: self.item.encode(part, place.inside(f"[{key!r}]")) for key, part in value.items()}

    def decode(self, data: Any, place: ValuePlace) -> object:
        _fit(type(data) is dict, "an object", data, place)
        return {key: self.item.decode(part, place.inside(f"[{key!r}]")) for key, part in data.items()}


@dataclass(frozen=True)
class Record:
    """A frozen dataclass, field by field."""

    kind: type
    parts: Mapping[str, Codec]

    def encode(self, value: Any, place: ValuePlace) -> JSON:
        _expect(type(value) is self.kind, self.kind.__name__, value, place)
        return {
            name: part.encode(getattr(value, name), place.inside(f".{name}"))
            for name, part in self.parts.items()
        }

    def decode(self, data: Any, place: ValuePlace) -> object:
        _fit(type(data) is dict and data.keys() == self.parts.keys(), f"{[*self.parts]}", data, place)
        return self.kind(
            **{name: part.decode(data[name], place.inside(f".{name}")) for name, part in self.parts.items()}
        )


def _unboxed(value: object) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _expect(condition: bool, expected: str, value: object, place: ValuePlace) -> None:
    if not condition:
        raise _unexpected(expected, value, place)


def _unexpected(expected: str, value: object, place: ValuePlace) -> StoreError:
    return StoreError(f"{place.name}: expected {expected}, found {type(value).__name__}")


def _fit(condition: bool, expected: str, data: object, place: ValuePlace) -> None:
    if not condition:
        raise MismatchError(f"{place.name}: expected {expected}, found {type(data).__name__}")
