"""Results come back from JSON and arrays as they were, and only as the annotation says."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, make_dataclass
from enum import Enum, Flag, auto
from typing import TYPE_CHECKING, Any, Literal, Optional, Union

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from weaver.cache.codec import MismatchError, ValuePlace
from weaver.cache.codec_of_type import codec, member_codec, return_codec
from weaver.errors import StoreError

if TYPE_CHECKING:
    from fractions import Fraction


class Stop(Enum):
    """Why a training ended."""

    FLAT = auto()
    DIVERGED = auto()


class Marks(Flag):
    """Marks that add up."""

    A = auto()
    B = auto()


@dataclass(frozen=True)
class Curve:
    """A curve."""

    losses: npt.NDArray[np.float64]
    plateau: int | None


@dataclass(frozen=True)
class Run:
    """A run with everything in it."""

    curve: Curve
    weights: Mapping[str, np.ndarray]
    best: tuple[int, float]
    stop: Stop
    split: Literal["train", "test"]
    schedule: Union[Curve, str, None]  # noqa: UP007 - both spellings are met


@dataclass(frozen=True)
class Late:
    """A field that the constructor does not take."""

    total: int = field(init=False, default=0)


@dataclass(frozen=True)
class Chain:
    """A class that contains itself."""

    next: "Chain | None"


@dataclass
class Open:
    """Not frozen."""

    rate: float


def through_json(annotation: Any, value: Any) -> Any:
    """Encode and decode a value, through the text of a file."""
    made = codec(annotation, "f")
    place = ValuePlace("f()", {})
    data = json.loads(json.dumps(made.encode(value, place), allow_nan=False))
    return made.decode(data, place)


def alike(one: Any, other: Any) -> bool:  # noqa: PLR0911 - a case for each kind
    """Say whether two values are equal, of equal types, arrays and NaN included."""
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        return (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())
    if isinstance(one, float):
        return repr(one) == repr(other)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, dict):
        return [*one] == [*other] and all(alike(one[key], other[key]) for key in one)
    if is_dataclass(one):
        return all(alike(getattr(one, each.name), getattr(other, each.name)) for each in fields(one))
    return bool(one == other)


Typed = tuple[Any, Any]  # an annotation and a value of it
ARRAYS = hnp.arrays(
    st.sampled_from([np.dtype("f4"), np.dtype("i8")]), hnp.array_shapes(min_dims=0, max_dims=2)
)
LEAVES: st.SearchStrategy[Typed] = st.one_of(
    st.tuples(st.just(type(None)), st.none()),
    st.tuples(st.just(bool), st.booleans()),
    st.tuples(st.just(int), st.integers()),
    st.tuples(st.just(float), st.floats()),
    st.tuples(st.just(str), st.text()),
    st.tuples(st.just(np.ndarray), ARRAYS),
    st.tuples(st.just(npt.NDArray[np.float32]), ARRAYS),
    st.tuples(st.just(Literal["a", 1, None, True]), st.sampled_from(["a", 1, None, True])),
    st.tuples(st.just(Stop), st.sampled_from(Stop)),
)


def containers(parts: st.SearchStrategy[Typed]) -> st.SearchStrategy[Typed]:
    """Build annotated containers from annotated parts."""
    several = st.lists(parts, min_size=1, max_size=3)
    return st.one_of(
        several.map(lambda items: (tuple[*(t for t, _ in items)], tuple(v for _, v in items))),
        parts.map(lambda part: (tuple[part[0], ...], (part[1],) * 2)),
        parts.map(lambda part: (Sequence[part[0]], (part[1],))),
        parts.map(lambda part: (list[part[0]], [part[1]] * 2)),
        st.tuples(parts, st.text()).map(lambda both: (dict[str, both[0][0]], {both[1]: both[0][1]})),
        st.tuples(parts, st.booleans()).map(
            lambda both: (Optional[both[0][0]], both[0][1] if both[1] else None)  # noqa: UP045
        ),
        several.map(_record),
    )


def _record(items: list[Typed]) -> Typed:
    names = [f"field_{number}" for number in range(len(items))]
    annotated = [(name, annotation) for name, (annotation, _) in zip(names, items, strict=True)]
    kind = make_dataclass("Generated", annotated, frozen=True, eq=False)
    return kind, kind(*(value for _, value in items))


@given(st.recursive(LEAVES, containers, max_leaves=6))
def test_every_value_comes_back(typed: Typed) -> None:
    """Decoding what was encoded gives an equal value of equal types."""
    annotation, value = typed
    assert alike(through_json(annotation, value), value)


RUN = Run(
    Curve(np.array([0.5, math.nan]), None),
    {"b": np.zeros((0, 2), np.float32), "a": np.array(1)},
    (3, math.inf),
    Stop.FLAT,
    "test",
    Curve(np.array([]), 7),
)


def test_a_run_comes_back() -> None:
    """Nested records, unions, enumerations and arrays work together; a mapping keeps its order."""
    assert alike(through_json(Run, RUN), RUN)


@pytest.mark.parametrize(
    ("annotation", "value", "expected"),
    [
        (float, 3, 3.0),
        (float, np.float32(0.5), 0.5),
        (int, np.int64(3), 3),
        (bool, np.bool_(True), True),
        (Sequence[int], [1, 2], (1, 2)),
        (list[int], (1, 2), [1, 2]),
        (int | float, 3, 3),
        (float | int, 3, 3),
        (float | int, 3.0, 3.0),
        (bool | int, 1, 1),
        (bool | int, True, True),
    ],
)
def test_values_take_the_types_of_the_annotation(annotation: Any, value: object, expected: object) -> None:
    """What a type checker lets pass is turned into what the annotation names, the nearest in a union."""
    assert alike(through_json(annotation, value), expected)


def test_an_array_in_a_union_leaves_nothing_of_a_failed_try() -> None:
    """A member of a union that does not take the value must not leave its arrays behind."""
    made = codec(tuple[np.ndarray, int] | tuple[np.ndarray, str], "f")
    place = ValuePlace("f()", {})
    data = made.encode((np.ones(2), "a"), place)
    assert list(place.arrays) == ["f()[0]"]
    assert alike(made.decode(data, place), (np.ones(2), "a"))


@pytest.mark.parametrize(
    "annotation",
    [
        Any,
        object,
        complex,
        bytes,
        set[int],
        tuple,
        dict,
        list,
        dict[int, str],
        Callable[[], int],
        Literal[b"a"],
        Late,
        Chain,
        Open,
        tuple[int, Open],
        np.float64,
        "unresolved",
    ],
)
def test_a_type_that_cannot_be_kept_is_refused(annotation: Any) -> None:
    """The error names the function's result and the type, before anything is computed."""
    with pytest.raises(StoreError, match=r"f: its result.*expected None.*found"):
        codec(annotation, "f: its result")


@pytest.mark.parametrize(
    ("annotation", "value", "place"),
    [
        (int, 1.0, r"f\(\)"),
        (int, True, r"f\(\)"),
        (float, "1.0", r"f\(\)"),
        (str, None, r"f\(\)"),
        (np.ndarray, [1.0], r"f\(\)"),
        (np.ndarray, np.ma.masked_array([1.0]), r"f\(\)"),
        (tuple[int, int], (1,), r"f\(\)"),
        (tuple[int, ...], (1, "2"), r"f\(\)\[1\]"),
        (dict[str, int], {"a": 1.5}, r"f\(\)\['a'\]"),
        (dict[str, int], {1: 1}, r"f\(\)"),
        (Literal[1, 2], True, r"f\(\)"),
        (Curve, Curve(np.ones(1), 1.5), r"f\(\)\.plateau"),
        (Curve, RUN, r"f\(\)"),
        (Marks, Marks.A | Marks.B, r"f\(\)"),
        (int | str, 1.5, r"f\(\)"),
    ],
)
def test_a_value_of_another_type_is_refused(annotation: Any, value: object, place: str) -> None:
    """The error says where in the result the value stands."""
    with pytest.raises(StoreError, match=rf"^{place}: expected .*, found "):
        codec(annotation, "f").encode(value, ValuePlace("f()", {}))


@pytest.mark.parametrize(
    ("annotation", "data"),
    [
        (int, 1.0),
        (int, True),
        (float, 1),
        (float, "1.0"),
        (bool, 1),
        (str, None),
        (np.ndarray, "g()"),
        (np.ndarray, ["f()"]),
        (tuple[int, int], [1]),
        (tuple[int, ...], {"0": 1}),
        (list[int], "12"),
        (dict[str, int], [1]),
        (dict[str, int], {"a": None}),
        (Literal[1, 2], 3),
        (Stop, "WON"),
        (Stop, ["FLAT"]),
        (int | str, 1),
        (int | str, [2, 1]),
        (int | str, [-1, "a"]),
        (int | str, [0, "a"]),
        (Curve, {"losses": "f().losses"}),
        (Curve, []),
    ],
)
def test_data_of_another_type_is_a_mismatch(annotation: Any, data: object) -> None:
    """Whatever an entry holds, decoding gives a value of the annotated type or says that it does not fit."""
    with pytest.raises(MismatchError, match=r"^f"):
        codec(annotation, "f").decode(data, ValuePlace("f()", {}))


def test_the_return_annotation_rules() -> None:
    """A function without one, or with one that cannot be resolved, is refused by name."""

    def fit() -> Curve: ...

    def silent(): ...  # noqa: ANN202

    def hidden() -> "Fraction": ...

    assert return_codec(fit) == codec(Curve, "")
    with pytest.raises(StoreError, match=r"silent: expected a return annotation"):
        return_codec(silent)
    with pytest.raises(StoreError, match=r"hidden: its annotations name Fraction.*import it"):
        return_codec(hidden)


def test_a_function_of_members_returns_a_sequence() -> None:
    """Each member's result has the type of the sequence's elements."""

    def fit_all() -> Sequence[Curve]: ...

    def fit() -> Curve: ...

    assert member_codec(fit_all) == codec(Curve, "")
    with pytest.raises(StoreError, match=r"fit: expected it to return Sequence\[\.\.\.\]"):
        member_codec(fit)


def test_a_codec_describes_its_type() -> None:
    """The description is part of the key: other fields or types, another key; the same in every process."""
    assert repr(codec(Curve, "")) == repr(codec(Curve, "elsewhere"))
    assert repr(codec(tuple[int, ...], "")) != repr(codec(list[int], ""))
    assert repr(codec(int | None, "")) != repr(codec(int, ""))
    assert " at 0x" not in repr(codec(Run, ""))
