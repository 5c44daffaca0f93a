"""Means and spreads over seeds."""

import math
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from hw2.statistics import (
    Estimate,
    Primary,
    adjusted,
    crossed,
    holm,
    judged,
    mean_of,
    paired,
    signed,
    spread,
)

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


def test_a_negative_number_has_a_minus() -> None:
    """A hyphen would stand in the page, and in the PDF a minus or a hyphen by what is before it."""
    assert spread([-1.5]).format(1) == "\N{MINUS SIGN}1.5"
    assert (signed(-22.04), signed(0.94)) == ("\N{MINUS SIGN}22.0", "+0.9")


@settings(deadline=None)
@given(VALUES)
def test_nothing_differs_from_itself(values: list[float]) -> None:
    """Equal results must never be called higher or lower."""
    assert paired(values, values).comparison("same", margin=0).outcome == "equal"


@settings(deadline=None)
@given(VALUES, st.floats(1e-3, 1e3))
def test_a_constant_gap_is_a_difference(values: list[float], gap: float) -> None:
    """A gap that every seed shows alike is found, in the right direction."""
    above = [value + gap for value in values]
    assert paired(above, values).comparison("gap", margin=0).outcome == "higher"
    assert paired(values, above).comparison("gap", margin=0).outcome == "lower"


def test_a_gap_within_the_noise_is_none() -> None:
    """A mean difference whose interval contains zero must not be called one."""
    assert paired([1.0, 3.0, 2.0], [2.0, 2.0, 1.5]).comparison("gap", margin=0).outcome == "open"


def test_paired_interval_is_student_s() -> None:
    """Five seeds need 2.78 standard errors, not two; SciPy's own test gives the same p value."""
    ours, theirs = np.array([3.0, 2.5, 4.0, 3.5, 2.0]), np.array([2.0, 2.5, 2.0, 3.0, 2.5])
    found, expected = paired(ours, theirs), stats.ttest_rel(ours, theirs)
    assert found.p == pytest.approx(expected.pvalue)
    assert (found.low, found.high) == pytest.approx(tuple(expected.confidence_interval(0.95)))


def test_a_diverged_seed_is_left_out_with_its_pair() -> None:
    """Seeds stay in their places: the partner of a diverged training says nothing either."""
    assert paired([1.0, math.nan, 3.0, 5.0], [0.0, 9.0, 1.0, 2.0]) == paired([1.0, 3.0, 5.0], [0.0, 1.0, 2.0])


@pytest.mark.parametrize("values", [[], [1.0], [math.nan, 1.0]])
def test_fewer_than_two_seeds_leave_everything_open(values: list[float]) -> None:
    """One seed tells nothing of another, and the report says so instead of ending."""
    found = mean_of(values)
    assert found.comparison("depth", margin=1.0).outcome == "open"
    assert found.format(2) == "no interval: fewer than two seeds to compare"


@pytest.mark.parametrize(
    ("values", "outcome"),
    [
        ([1.0, 1.1, 0.9], "higher"),
        ([-1.0, -1.1, -0.9], "lower"),
        ([0.01, -0.01, 0.02], "equal"),
        ([1.0, -1.0, 0.5], "open"),
    ],
)
def test_an_estimate_is_a_fact_with_four_outcomes(values: list[float], outcome: str) -> None:
    """Not being shown to differ is not being shown to be equal: that needs the interval within the margin."""
    assert mean_of(values).comparison("depth", margin=0.2).outcome == outcome


def test_estimates_are_written_with_their_interval() -> None:
    """Points for shares, percent for logarithms of ratios, a minus that is one."""
    found = Estimate(mean=-0.01, error=0.002, freedom=4)
    assert found.points() == "−1.00 points (95 % interval −1.56 to −0.44)"
    assert Estimate(math.log(1.1), 0.0, 4).change() == "+10.0 % (95 % interval +10.0 to +10.0)"
    assert found.comparison("depth", margin=0.0).evidence == "−0.010 (95 % interval −0.016 to −0.004)"


def accuracies(generator: np.random.Generator, share: float, seeds: int = 5, images: int = 400) -> np.ndarray:
    """Draw which images the networks get right, (S, N)."""
    return (generator.random((seeds, images)) < share).astype(float)


def test_crossed_interval_counts_the_images_too() -> None:
    """Networks that agree over the seeds, on few images, are not known as well as the seeds alone say."""
    ours, theirs = np.zeros((5, 40)), np.zeros((5, 40))
    ours[:, :6] = theirs[:, 6:8] = 1
    assert paired(ours.mean(1), theirs.mean(1)).error == 0
    found = crossed(ours, theirs)
    gaps = ours[0] - theirs[0]
    assert found.mean == pytest.approx(0.1)
    assert found.error == pytest.approx(gaps.std() / math.sqrt(40), rel=0.05)


def test_crossed_interval_counts_the_seeds_too() -> None:
    """With countless images it is the paired interval over the seeds."""
    levels = np.array([0.2, 0.4, 0.3, 0.5, 0.25])
    ours = (np.arange(20_000) / 20_000 < levels[:, None]).astype(float)
    ours = np.random.default_rng(1).permuted(ours, axis=1)
    theirs = np.zeros_like(ours)
    assert crossed(ours, theirs).error == pytest.approx(mean_of(levels).error, rel=0.05)


def test_crossed_interval_rarely_finds_what_is_not_there() -> None:
    """Of networks that are equally good, at most one pair in twenty is called different."""
    generator = np.random.default_rng(0)
    pairs = [(accuracies(generator, 0.8), accuracies(generator, 0.8)) for _ in range(20)]
    found = [crossed(*pair).comparison("depth", margin=0).outcome for pair in pairs]
    assert found.count("open") >= 19


def test_crossed_leaves_out_a_diverged_seed() -> None:
    """A row of NaN is no accuracy of nought."""
    ours, theirs = accuracies(np.random.default_rng(0), 0.9), accuracies(np.random.default_rng(1), 0.6)
    diverged = np.vstack([ours, np.full((1, 400), math.nan)])
    assert crossed(diverged, np.vstack([theirs, theirs[:1]])) == crossed(ours, theirs)
    assert math.isnan(crossed(diverged[-2:], theirs[:2]).low)


def test_holm_judges_the_claims_in_the_order_of_their_p_values() -> None:
    """At 0.05/3, 0.05/2 and 0.05: the second fails here, and with it the third, which alone would hold."""
    claims = {"sure": estimate(0.001), "third": estimate(0.04), "second": estimate(0.03)}
    widened = holm(claims)
    assert {name: 1 - each.level for name, each in widened.items()} == pytest.approx(
        {"sure": 0.05 / 3, "second": 0.05 / 2, "third": 0.05 / 2}
    )
    assert {name: each.comparison(name, 0).outcome for name, each in widened.items()} == {
        "sure": "higher",
        "third": "open",
        "second": "open",
    }
    assert adjusted(claims) == pytest.approx({"sure": 0.003, "third": 0.06, "second": 0.06})


@settings(deadline=None)
@given(st.lists(st.floats(1e-6, 1), min_size=1, max_size=6))
def test_holm_s_intervals_and_p_values_agree(values: list[float]) -> None:
    """An interval leaves zero out exactly where the adjusted p value is below 0.05."""
    claims = {str(number): estimate(p) for number, p in enumerate(values)}
    widened, corrected = holm(claims), adjusted(claims)
    for name, each in widened.items():
        if corrected[name] != pytest.approx(0.05):  # there, rounding decides
            assert (each.low > 0) == (corrected[name] < 0.05)


def test_holm_leaves_open_what_is_not_known() -> None:
    """A claim without an interval is one of the family, and spoils no other."""
    widened = holm({"unknown": mean_of([1.0]), "sure": estimate(0.001)})
    assert widened["unknown"].comparison("unknown", 1).outcome == "open"
    assert widened["sure"].comparison("sure", 0).outcome == "higher"


@pytest.mark.parametrize(
    ("unit", "text", "cell"),
    [
        ("points", "+20.00 points (95 % interval", "+20.0 ("),
        ("%", "+22.1 % (95 % interval", "+22 ("),
        ("dB", "+0.2 (95 % interval", "+0.2 ("),
    ],
)
def test_a_primary_claim_is_written_in_its_unit(
    unit: Literal["points", "%", "dB"], text: str, cell: str
) -> None:
    """Shares in percentage points, logarithms in percent, decibels as they are."""
    (claim,) = judged(Primary("gain", "a gain", Estimate(0.2, 0.01, 4), 0.0, unit))
    assert str(claim).startswith(text)
    assert claim.cell.startswith(cell)
    assert claim.fact.evidence == str(claim)
    assert claim.p == claim.estimate.p


def test_primary_claims_are_judged_together() -> None:
    """Each has Holm's interval and his adjusted p value."""
    first, second = judged(Primary("a", "", estimate(0.03), 0.0), Primary("b", "", estimate(0.04), 0.0))
    assert first.p == second.p == pytest.approx(0.06)
    assert {first.fact.outcome, second.fact.outcome} == {"open"}
    assert first.factor == math.exp(first.estimate.mean)


def estimate(p: float) -> Estimate:
    """Return a positive difference with a p value, as five seeds might show it."""
    return Estimate(mean=float(stats.t.isf(p / 2, 4)), error=1.0, freedom=4)
