"""Digests in depth: equal for what is equal, other after any change, in doubt where nobody can look."""

import random
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from types import ModuleType
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from weaver.evidence import DoubtError, Moment

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=6,
)


def digest(value: object) -> str:
    """Return the digest of a value, for a chapter without names."""
    return Moment({}, lambda name: name == "lab").of(value)


@dataclass
class Record:
    """Something of a class with attributes."""

    values: list[int] = field(default_factory=lambda: [1])
    __hash__ = None


class Slots:
    """Something without a dictionary."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = [1]


@given(VALUES)
def test_what_has_not_changed_has_its_digest(value: object) -> None:
    """Digested again, by another moment."""
    assert digest(value) == digest(value)


def test_settings_of_matplotlib_are_no_doubt() -> None:
    """What is put back by itself may be named; another such object may not."""
    assert digest([mpl.rcParams]) == digest([mpl.rcParams])
    with pytest.raises(DoubtError):
        digest(mpl.rcParams.copy())


@given(VALUES)
def test_what_was_added_shows(value: object) -> None:
    """However deep it lies."""
    inner = [value]
    outer = {"a": ({"b": inner},)}
    before = digest(outer)
    inner.append(None)
    assert digest(outer) != before


def _array(value: Any) -> None:
    value[1, 0] = 2


CHANGES: list[tuple[Callable[[], object], Callable[[Any], object]]] = [
    (Record, lambda record: record.values.append(2)),
    (Slots, lambda slots: slots.value.append(2)),
    (lambda: np.zeros((2, 2)), _array),
    (lambda: np.zeros((2, 2))[:, :1], _array),
    (lambda: np.array([[1], ["a"]], dtype=object), _array),
    (lambda: [1, 2], lambda values: values.reverse()),
    (lambda: {"a": 1, "b": 2}, lambda values: values.update(a=values.pop("a"))),
    (lambda: iter([1, 2]), next),
    (lambda: random.Random(1), lambda generator: generator.random()),  # noqa: S311 - what chapters use
    (lambda: np.random.default_rng(1), lambda generator: generator.random()),
    (lambda: lru_cache(abs), lambda function: function(1)),
    (lambda: bytearray(b"a"), lambda value: value.extend(b"b")),
]


@pytest.mark.parametrize(("make", "change"), CHANGES)
def test_a_change_in_place_shows(make: Callable[[], object], change: Callable[[Any], object]) -> None:
    """Of objects of many kinds, whose identity stays."""
    value = make()
    before = digest(value)
    assert digest(value) == before
    change(value)
    assert digest(value) != before


def test_tensors_and_modules_of_torch_are_looked_into() -> None:
    """Values, gradients, and the mode that a network is in."""
    torch = pytest.importorskip("torch")
    network = torch.nn.Linear(2, 1)
    seen = [digest(network)]
    for change in (
        network.eval,
        lambda: network.weight.data.add_(1),
        lambda: network(torch.ones(2)).backward(),
    ):
        change()
        assert digest(network) not in seen
        seen.append(digest(network))


def test_functions_of_a_chapter_count_with_what_they_use() -> None:
    """Their code, their defaults, and the names of the chapter that they reach."""
    first: dict[str, Any] = {"__name__": "__main__"}
    exec("values = [1]\ndef f(more=[]):\n    return values + more", first)  # noqa: S102 - as a chunk is run
    moment = lambda: Moment(first, lambda _: False).of(first["f"])  # noqa: E731
    seen = [moment()]
    first["values"].append(2)
    seen.append(moment())
    first["f"].__defaults__[0].append(3)
    assert moment() not in seen
    assert len(set(seen)) == 2


def test_a_module_counts_with_what_it_holds() -> None:
    """Not with its modules, which are looked into themselves."""
    module = ModuleType("lab")
    exec("class A:\n    known = []\ntotal = {}\ndef f(): pass", vars(module))  # noqa: S102 - as an import does
    seen = [Moment({}, lambda name: name == "lab").of_module(module)]
    for change in (lambda: module.A.known.append(1), lambda: module.total.update(a=1)):
        change()
        seen.append(Moment({}, lambda name: name == "lab").of_module(module))
    module.sys = sys  # type: ignore[attr-defined]
    seen.append(Moment({}, lambda name: name == "lab").of_module(module))
    assert len(set(seen)) == 3


def _generator() -> Iterator[int]:
    yield 1


@pytest.mark.parametrize("value", [Figure(), _generator(), memoryview(b"a"), [_generator()]], ids=str)
def test_what_cannot_be_looked_into_is_in_doubt(value: object) -> None:
    """A figure too: drawing changes it."""
    with pytest.raises(DoubtError, match="cannot be looked into"):
        digest(value)


def test_what_holds_itself_and_what_only_has_a_name_are_no_trouble() -> None:
    """Circles, patterns, modules, built-in functions, types."""
    circle: list[object] = [re.compile("a"), np, len, int | None, list[int], np.add, "a".upper]
    circle.append(circle)
    assert digest(circle) == digest(circle)
