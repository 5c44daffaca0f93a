"""The arguments of kept results in words."""

from dataclasses import dataclass
from enum import Enum

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weaver.cache import differences, summary, words
from weaver.cache.argument_key import describe


class Loss(Enum):
    """A choice."""

    SQUARED = 1


@dataclass(frozen=True)
class Steps:
    """A schedule."""

    factor: float = 0.1


@dataclass(frozen=True)
class Constant:
    """Another schedule."""


@dataclass(frozen=True)
class Settings:
    """What is asked for."""

    rate: float = 0.1
    seed: int = 0
    batch_seed: int = 0
    schedule: Steps | Constant = Constant()


@dataclass(frozen=True)
class Examples:
    """Data."""

    inputs: np.ndarray
    name: str = "faces"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        (0.1, "0.1"),
        (float("nan"), "nan"),
        ("adam", "adam"),
        (b"abc", "3 bytes"),
        ((784, 32, 10), "(784, 32, 10)"),
        ([1, (2,)], "[1, (2)]"),
        ({"a": 1}, "{a: 1}"),
        (Loss.SQUARED, "SQUARED"),
        (Steps(0.5), "Steps(factor=0.5)"),
        (np.zeros((2, 3)), "array 2 × 3"),
        (np.float32(1), "scalar <f4"),
        (Examples(np.zeros(2)), "Examples(name=faces)"),
    ],
)
def test_every_argument_has_words(value: object, text: str) -> None:
    """A reader sees what was asked for, not how it is kept; of data within others, nothing."""
    assert words(describe({"value": value}).values["value"]) == text


def settings(*given: Settings, data: float = 0.0) -> list[dict[str, object]]:
    """Describe calls with these settings and data of their own."""
    return [
        dict(describe({"members": each, "data": np.full(2, data + number), "scale": 1.0}).values)
        for number, each in enumerate(given)
    ]


def test_only_differences_are_named() -> None:
    """Parts of dataclasses by their own name, what goes together once, arrays never."""
    found = differences(settings(Settings(0.1), Settings(0.2, 1, 1)))
    assert found == {"rate": (0.1, 0.2), "seed, batch_seed": (0, 1)}
    assert differences(settings(Settings(), Settings())) == {}
    assert differences(settings(Settings())) == {}


def test_parts_of_one_name_go_by_their_paths() -> None:
    """Two seeds of two arguments are not confused."""
    calls = [
        describe({"one": Settings(seed=a), "other": Settings(seed=b)}).values
        for a, b in ((0, 5), (1, 5), (1, 6))
    ]
    assert differences([dict(call) for call in calls]) == {"one.seed": (0, 1, 1), "other.seed": (5, 5, 6)}


def test_classes_that_differ_are_told_whole() -> None:
    """Where there is no common field, the values themselves are the difference."""
    found = differences(settings(Settings(schedule=Steps()), Settings(schedule=Constant())))
    assert [words(value) for value in found["schedule"]] == ["Steps(factor=0.1)", "Constant()"]
    assert summary(found["schedule"]) == "Steps, Constant"


def test_a_function_that_has_other_arguments_now() -> None:
    """Runs of its older form are listed beside those of today."""
    assert list(differences([{"rate": 0.1}, {"speed": 0.1}])) == ["arguments"]


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([0.2, 0.1, 0.2], "0.1, 0.2"),
        ([5, 1, 2, 3, 4], "1 … 5 (5 values)"),
        (["b", "a"], "b, a"),
        (list("abcde"), "5 values"),
    ],
)
def test_a_summary_names_few_values_and_counts_many(values: list[object], text: str) -> None:
    """It stays short for any number of runs."""
    assert summary(values) == text


@given(st.lists(st.builds(Settings, rate=st.floats(0, 1), seed=st.integers(0, 3)), min_size=1, max_size=6))
def test_differences_tell_settings_apart(given: list[Settings]) -> None:
    """Two runs with the same values of all differences have the same settings."""
    found = differences([dict(describe({"members": each}).values) for each in given])
    told = [tuple(repr(values[number]) for values in found.values()) for number in range(len(given))]
    for one, text in zip(given, told, strict=True):
        for other, other_text in zip(given, told, strict=True):
            assert (text == other_text) == (repr(one) == repr(other))
