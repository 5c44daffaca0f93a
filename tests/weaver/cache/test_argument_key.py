"""Arguments share a digest exactly when a function cannot tell them apart."""

import json
import math
from collections import OrderedDict, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from enum import Enum, IntEnum
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from weaver.cache.argument_key import describe, digest, know
from weaver.errors import StoreError


class Optimiser(Enum):
    """Two ways down."""

    SGD = "sgd"
    ADAM = "adam"


class Level(IntEnum):
    """A number with a name."""

    LOW = 1


@dataclass(frozen=True)
class Constant:
    """A rate."""

    rate: Any


@dataclass(frozen=True)
class Decay:
    """A rate, too."""

    rate: Any


@dataclass(frozen=True)
class Derived:
    """Works something out of its field."""

    side: int

    @cached_property
    def square(self) -> int:
        """Of the side."""
        return self.side**2


@dataclass
class Open:
    """Not frozen."""

    rate: float


@dataclass(frozen=True)
class Hidden:
    """A field that comparison passes over."""

    name: str = field(compare=False)


PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
ARRAYS = hnp.arrays(
    st.sampled_from(["?", "i4", "i8", "f4", "f8", "<U2", "M8[s]"]).map(np.dtype),
    hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=2),
)
VALUES = st.recursive(
    PLAIN | ARRAYS | st.sampled_from([Optimiser.SGD, Optimiser.ADAM, Level.LOW]),
    lambda part: (
        st.lists(part, max_size=3)
        | st.lists(part, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=2) | st.integers(0, 2), part, max_size=3)
        | part.map(Constant)
        | part.map(Decay)
    ),
    max_leaves=6,
)


def of(value: object) -> str:
    """Digest one argument."""
    return digest(dict(describe({"x": value}).values))


def alike(one: Any, other: Any) -> bool:  # noqa: PLR0911 - a case for each kind
    """Say whether two values are the same to any function: the oracle."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        same = one == other and math.copysign(1, one) == math.copysign(1, other)
        return same or (math.isnan(one) and math.isnan(other))
    if isinstance(one, np.ndarray):
        same = (one.dtype, one.shape) == (other.dtype, other.shape)
        return same and one.tobytes() == other.tobytes()
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(alike(one[key], other[key]) for key in one)
    if is_dataclass(one):
        return all(alike(getattr(one, each.name), getattr(other, each.name)) for each in fields(one))
    return bool(one == other)


def copied(value: Any) -> Any:
    """Build the same value anew."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, list | tuple):
        return type(value)(copied(part) for part in value)
    if isinstance(value, dict):
        return {key: copied(part) for key, part in value.items()}
    if is_dataclass(value):
        return type(value)(*(copied(getattr(value, each.name)) for each in fields(value)))
    return value


@given(VALUES)
def test_equal_values_share_a_digest(value: object) -> None:
    """A value built anew has the digest of the old one."""
    assert of(copied(value)) == of(value)


@given(VALUES, VALUES)
def test_digests_are_equal_exactly_where_values_are(one: object, other: object) -> None:
    """No two values that differ, in type or content, share a digest."""
    assert (of(one) == of(other)) == alike(one, other)


@given(st.lists(PLAIN, max_size=3), st.lists(PLAIN, max_size=3))
def test_lists_of_plain_values_are_told_apart(one: list[object], other: list[object]) -> None:
    """The same holds where values lie close together."""
    assert (of(one) == of(other)) == alike(one, other)


NEIGHBOURS = [
    *(
        None,
        False,
        True,
        0,
        1,
        -1,
        0.0,
        -0.0,
        1.0,
        math.nan,
        math.inf,
        -math.inf,
        "",
        "1",
        "1.0",
        "nan",
        b"",
        b"1",
    ),
    *([], (), {}, [1], (1,), [[1]], [(1,)], [1, 1], "[1]", {"1": 1}, {1: 1}, {"tuple": [1]}, {1.0: 1}),
    *(
        {"float": "nan"},
        [["1", 1]],
        {"array": 1},
        Constant(1),
        Decay(1),
        Constant(1.0),
        Constant(Constant(1)),
    ),
    *(Optimiser.SGD, Optimiser.ADAM, "sgd", "SGD", Level.LOW, Hidden("a"), Hidden("b")),
    *(np.float64(1), np.float32(1), np.int64(1), np.bool_(True), np.array(1.0), np.array([1.0])),
    *(np.array([1]), np.array([[1]]), np.zeros((0, 2)), np.zeros((2, 0)), np.zeros(0), np.zeros(0, "f4")),
    *(np.array([0.0]), np.array([-0.0]), np.array([math.nan]), np.array(["1"]), np.array([b"1"])),
    *(np.array([1], ">i8"), np.array([1], "M8[s]"), np.array([1], "M8[D]"), np.array([1], "m8[s]")),
]


def test_neighbours_have_digests_of_their_own() -> None:
    """Values that are easily confused are not, by type, shape, sign or class."""
    assert len({of(value) for value in NEIGHBOURS}) == len(NEIGHBOURS)


def test_the_kind_of_mapping_and_its_order_count() -> None:
    """A loop tells the order, and `type` the kind; what hides more than it maps is refused."""
    plain = {"a": 1, "b": 2}
    others = [{"b": 2, "a": 1}, OrderedDict(plain), MappingProxyType(plain)]
    assert len({of(each) for each in [plain, *others]}) == 4
    with pytest.raises(StoreError, match="found collections:defaultdict"):
        of(defaultdict(int, plain))


def test_a_record_that_hides_more_than_its_fields_is_refused() -> None:
    """What was set beside the fields could not be part of a key; what follows from them is."""
    marked = Constant(1)
    object.__setattr__(marked, "mark", 2)
    with pytest.raises(StoreError, match=r"argument x: .* found mark beside them: make a field of it"):
        of(marked)
    derived = Derived(2)
    assert derived.square == 4
    assert of(derived) == of(Derived(2))


def test_the_digest_of_a_read_only_array_is_known() -> None:
    """It is not worked out again, unless somebody made the array writable."""
    array = np.arange(3)
    know(array, "told")
    assert of(array) == of(np.arange(3))
    array.flags.writeable = False
    assert of(array) != of(np.arange(3))
    array.flags.writeable = True
    assert of(array) == of(np.arange(3))


def test_names_of_arguments_count() -> None:
    """The same value for another argument is another call."""
    assert digest(dict(describe({"x": 1}).values)) != digest(dict(describe({"y": 1}).values))


def test_layout_in_memory_counts() -> None:
    """A sum goes along the memory, and its last digits with it."""
    table = np.arange(12.0).reshape(3, 4)
    assert of(table.T) != of(np.array(table.T.tolist()))
    assert of(table.T) == of(np.asfortranarray(table.T.copy()))


def test_the_description_is_plain_json() -> None:
    """A record shows its settings to a reader, strictly in JSON."""
    values = describe({"settings": {"rate": 0.1, "schedule": Constant(math.nan)}, "seed": 3}).values
    text = json.dumps(values, allow_nan=False)
    assert json.loads(text) == {
        "settings": {
            "mapping": [
                ["rate", 0.1],
                [
                    "schedule",
                    {"dataclass": f"{__name__}:Constant", "fields": {"rate": {"float": "nan"}}},
                ],
            ]
        },
        "seed": 3,
    }


def test_classes_are_collected_wherever_they_stand() -> None:
    """Code of the classes among the arguments counts, so the key must know them all."""
    nested: Mapping[str, object] = {"a": [(Constant({"b": Optimiser.SGD}),)], "c": 1}
    assert describe(nested).classes == {Constant, Optimiser}


def test_a_class_inside_a_function_is_refused() -> None:
    """Two such classes share a name, so they cannot stand in a key."""

    @dataclass(frozen=True)
    class Local:
        rate: float

    with pytest.raises(StoreError, match=r"^argument settings\.rate: .* found .*<locals>\.Local"):
        describe({"settings": Constant(Local(0.1))})


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (Path("data"), "pathlib"),
        (object(), "object"),
        (Open(1.0), "Open"),
        (Constant, "builtins:type"),
        ({1, 2}, "set"),
        (1j, "complex"),
        (math.sqrt, "builtin_function"),
        (np.ma.masked_array([1.0]), "MaskedArray"),
        (np.array([None]), "object"),
        (np.zeros(1, [("a", "f4")]), "'a'"),
    ],
)
def test_other_types_are_refused_by_name(value: object, found: str) -> None:
    """What has no canonical content is an error that names the argument and the type."""
    with pytest.raises(StoreError, match=rf"^argument settings\['rates'\]\[1\]: expected .*{found}"):
        describe({"settings": {"rates": [0.1, value]}})
