"""Learning rates over the epochs, and the rule that a loss is flat."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw2.training.schedules import Constant, Cosine, Flat, Plateau, Schedule, Steps, is_over

FLAT = Flat(window=2, tolerance=0.1)


def rates_of(schedule: Schedule, losses: list[float]) -> list[float]:
    """Return the rates of the epochs that end with these losses, from a first rate of 1."""
    rates: list[float] = []
    for epoch in range(len(losses)):
        rates.append(schedule.rate(1.0, np.array(rates), np.array(losses[:epoch])))
    return rates


@pytest.mark.parametrize(
    ("losses", "holds"),
    [
        ([1.0, 1.0, 1.0], False),  # fewer than two windows
        ([1.0, 1.0, 1.0, 1.0], True),
        ([1.0, 1.0, 0.91, 0.91], True),
        ([1.0, 1.0, 0.89, 0.89], False),
        ([1.0, 1.0, 2.0, 2.0], True),  # a rising loss has stopped falling
        ([0.0, 0.0, 0.0, 0.0], True),
        ([9.0, 1.0, 1.0, 1.0, 1.0], True),  # only the last two windows count
    ],
)
def test_flat(losses: list[float], holds: bool) -> None:
    """A loss is flat when the mean of the last window is less than 10 % below that of the window before."""
    assert FLAT.holds(np.array(losses)) is holds


def test_first_flat_epoch_of_a_finished_curve() -> None:
    """The epoch is counted from 1 and is the last of the second window; a falling curve has none."""
    assert FLAT.first(np.array([4.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0])) == 6
    assert FLAT.first(0.5 ** np.arange(9.0)) is None


def test_constant_rate() -> None:
    """The rate stays as it is."""
    assert rates_of(Constant(), [1.0] * 4) == [1.0] * 4


def test_steps_take_effect_after_their_epochs() -> None:
    """The epochs up to the step have the old rate, those after it the new one."""
    assert rates_of(Steps((2, 3)), [1.0] * 5) == pytest.approx([1, 1, 0.1, 0.01, 0.01])


def test_plateau_drops_where_the_loss_is_flat_and_no_more_often_than_allowed() -> None:
    """After a drop, two windows at the new rate are needed for the next; after the last drop it stays."""
    rates = rates_of(Plateau(FLAT, factor=0.5, drops=2), [1.0] * 14)
    assert rates == [1.0] * 4 + [0.5] * 4 + [0.25] * 6


def test_plateau_waits_while_the_loss_falls() -> None:
    """A loss that falls fast enough keeps its rate."""
    assert set(rates_of(Plateau(FLAT), [0.5**epoch for epoch in range(12)])) == {1.0}


@given(st.integers(2, 40), st.floats(0, 0.5))
def test_cosine_falls_from_the_first_rate_to_the_last(epochs: int, final: float) -> None:
    """The cosine starts at the first rate, never rises, passes the middle and ends at its final share."""
    rates = rates_of(Cosine(epochs, final), [1.0] * (epochs + 3))
    assert rates[0] == 1
    assert all(a >= b for a, b in pairwise(rates))
    assert rates[epochs:] == pytest.approx([final] * 3)
    if epochs % 2 == 0:
        assert math.isclose(rates[epochs // 2], (1 + final) / 2, rel_tol=1e-9)


def test_a_training_is_over_only_at_its_last_rate() -> None:
    """A flat loss ends a training when its schedule has no further rate to offer."""
    losses = np.ones(4)
    assert is_over(FLAT, Constant(), np.ones(4), losses)
    assert not is_over(None, Constant(), np.ones(4), losses)
    assert not is_over(FLAT, Plateau(FLAT), np.ones(4), losses)
    assert not is_over(FLAT, Plateau(FLAT), np.array([1, 1, 1, 0.1]), losses)
    assert is_over(FLAT, Plateau(FLAT), np.array([1] * 4 + [0.1] * 4), np.ones(8))
    assert not is_over(FLAT, Steps((9,)), np.ones(4), losses)
    assert not is_over(FLAT, Cosine(4), np.ones(4), losses)
