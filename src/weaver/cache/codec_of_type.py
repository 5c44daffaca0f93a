"""Results are kept by the type that a function says it returns: from its annotation to a tree of codecs.

No type is ever read from an entry: what is decoded is what the annotation names, or else the entry does not
fit it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

from weaver.cache.argument_key import is_frozen
from weaver.cache.codec import (
    Choice,
    Codec,
    Either,
    Many,
    Maybe,
    Member,
    Plain,
    Real,
    Record,
    Row,
    Table,
    Tensor,
)
from weaver.errors import StoreError

PLAIN = (NoneType, bool, int, str)

Nested = Callable[[Any], Codec]
Maker = Callable[[Any, tuple[Any, ...], Nested], Codec | None]


def return_codec(function: Callable[..., object]) -> Codec:
    """Return the codec of what a function returns.

    Raises:
        StoreError: the return annotation is missing, cannot be resolved or names a type that cannot be kept.
    """
    name = f"{function.__module__}.{function.__qualname__}"
    annotations = _hints(function, name)
    if "return" not in annotations:
        raise StoreError(f"{name}: expected a return annotation, found none: results are kept by type")
    return codec(annotations["return"], f"{name}: its result")


def member_codec(function: Callable[..., object]) -> Codec:
    """Return the codec of one of the results that a function of several members returns.

    Raises:
        StoreError: as `return_codec`, or the function does not return a tuple, list or Sequence of one type.
    """
    whole = return_codec(function)
    if not isinstance(whole, Many):
        name = f"{function.__module__}.{function.__qualname__}"
        raise StoreError(f"{name}: expected it to return Sequence[...] or tuple[..., ...], found {whole}")
    return whole.item


def codec(annotation: Any, where: str, above: tuple[type, ...] = ()) -> Codec:  # noqa: ANN401
    """Return the codec of an annotation; `where` names it in errors, `above` are the dataclasses around it.

    Raises:
        StoreError: values of this type cannot be kept.
    """

    def nested(part: Any) -> Codec:  # noqa: ANN401
        return codec(part, where, above)

    kind, arguments = get_origin(annotation) or annotation, get_args(annotation)
    if kind in MAKERS:
        found = MAKERS[kind](kind, arguments, nested)
    elif isinstance(kind, type) and issubclass(kind, Enum):
        found = Member(kind)
    else:
        found = _record(kind, where, above)
    if found is None:
        raise StoreError(
            f"{where}: expected None, bool, int, float, str, Enum, Literal, numpy array, frozen dataclass, or"
            f" a union, tuple, list, Sequence or dict with str keys of these, found {annotation}"
        )
    return found


def _choice(_kind: object, values: tuple[Any, ...], _nested: Nested) -> Codec | None:
    return Choice(values) if all(type(value) in PLAIN for value in values) else None


def _union(_kind: object, members: tuple[Any, ...], nested: Nested) -> Codec:
    codecs = [nested(member) for member in members if member is not NoneType]
    codecs.sort(key=lambda member: isinstance(member, Real))  # it takes integers too, so it comes last
    found = codecs[0] if len(codecs) == 1 else Either(tuple(codecs))
    return Maybe(found) if NoneType in members else found


def _tuple(_kind: object, items: tuple[Any, ...], nested: Nested) -> Codec | None:
    if len(items) == 2 and items[1] is Ellipsis:
        return Many(nested(items[0]), tuple)
    return Row(tuple(nested(item) for item in items)) if items else None


def _sequence(kind: object, items: tuple[Any, ...], nested: Nested) -> Codec | None:
    return Many(nested(items[0]), list if kind is list else tuple) if items else None


def _table(_kind: object, items: tuple[Any, ...], nested: Nested) -> Codec | None:
    return Table(nested(items[1])) if items and items[0] is str else None


def _record(kind: Any, where: str, above: tuple[type, ...]) -> Codec | None:  # noqa: ANN401
    """Return the codec of a frozen dataclass that does not contain itself and is made from all its fields."""
    if not is_frozen(kind) or kind in above or not all(field.init for field in fields(kind)):
        return None
    annotations = _hints(kind, where)
    names = [field.name for field in fields(kind)]
    parts = {name: codec(annotations[name], f"{where}.{name}", (*above, kind)) for name in names}
    return Record(kind, parts)


def _hints(owner: Any, where: str) -> Mapping[str, Any]:  # noqa: ANN401
    try:
        return get_type_hints(owner)
    except NameError as error:
        raise StoreError(
            f"{where}: its annotations name {error.name}, which is not there when the program runs: import it"
        ) from None


MAKERS: Mapping[object, Maker] = {
    **dict.fromkeys(PLAIN, lambda kind, _arguments, _nested: Plain(kind)),
    float: lambda _kind, _arguments, _nested: Real(),
    np.ndarray: lambda _kind, _arguments, _nested: Tensor(),
    Literal: _choice,
    Union: _union,
    UnionType: _union,
    tuple: _tuple,
    list: _sequence,
    Sequence: _sequence,
    dict: _table,
    Mapping: _table,
}
