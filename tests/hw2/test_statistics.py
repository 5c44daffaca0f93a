"""Means and spreads over seeds."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw2.statistics import difference, signed, spread, verdict

VALUES = st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=8)


def test_spread_is_mean_and_sample_deviation() -> None:
    """The deviation has n − 1 in its denominator, as a spread over few seeds must."""
    found = spread([1.0, 2.0, 3.0])
    assert (found.mean, found.deviation, found.count) == (2.0, 1.0, 3)


def test_one_value_has_no_spread() -> None:
    """A single seed says nothing about the spread, and must not look exact."""
    found = spread([0.5])
    assert math.isnan(found.deviation)
    assert found.format(2) == "0.50"
    assert found.percent() == "50.0 %"


@pytest.mark.parametrize("values", [[], [math.nan, 1.0], [math.inf]])
def test_what_is_not_finite_is_never_averaged(values: list[float]) -> None:
    """A diverged run must not disappear in a mean."""
    with pytest.raises(ValueError, match="finite"):
        spread(values)


def test_formats() -> None:
    """Numbers are written the way the tables and the prose need them."""
    found = spread([0.50, 0.52])
    assert found.format(3) == "0.510 ± 0.014"
    assert found.percent() == "51.0 ± 1.4 %"
    assert difference([0.52, 0.50], [0.50, 0.50]).points() == "+1.00 ± 1.41 points"


def test_a_negative_number_has_a_minus() -> None:
    """A hyphen would stand in the page, and in the PDF a minus or a hyphen by what is before it."""
    assert difference([0.50, 0.50], [0.52, 0.50]).points() == "\N{MINUS SIGN}1.00 ± 1.41 points"
    assert spread([-1.5]).format(1) == "\N{MINUS SIGN}1.5"
    assert (signed(-22.04), signed(0.94)) == ("\N{MINUS SIGN}22.0", "+0.9")


@given(VALUES)
def test_nothing_differs_from_itself(values: list[float]) -> None:
    """Equal results must never be called higher or lower."""
    assert verdict(values, values) == "no different from"


@given(VALUES, st.floats(1e-3, 1e3))
def test_a_constant_gap_is_a_difference(values: list[float], gap: float) -> None:
    """A gap that every seed shows alike is found, in the right direction."""
    above = [value + gap for value in values]
    assert verdict(above, values) == "higher than"
    assert verdict(values, above) == "lower than"


def test_a_gap_within_the_noise_is_none() -> None:
    """A mean difference of less than two standard errors must not be called one."""
    assert verdict([1.0, 3.0, 2.0], [2.0, 2.0, 1.5]) == "no different from"
