"""Numbers over seeds: mean and spread, differences with their intervals, and how they are written.

A difference is judged by its interval. `paired` and `crossed` estimate one; `Estimate.comparison` makes a
fact for `weaver.claims` of it: higher, lower, equal within a margin that the caller states, or open. `holm`
widens the intervals of claims that are made together.

    depth = crossed(right_deep, right_shallow)               # (seeds, images) each
    claim = depth.comparison("depth", margin=0.005)          # half a percentage point
    depth.points()                                           # "−0.80 points (95 % interval −1.20 to −0.40)"
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special  # type: ignore[import-untyped]  # scipy.stats takes a second to load

from weaver.cache import cached
from weaver.claims import Comparison

LEVEL = 0.95
"""The confidence level of a single comparison."""

RESAMPLES = 10_000

Values = Sequence[float] | np.ndarray


@dataclass(frozen=True)
class Spread:
    """Mean and standard deviation (n − 1 in the denominator) of `count` values."""

    mean: float
    deviation: float
    count: int

    def __str__(self) -> str:
        return self.format(4)

    def format(self, digits: int) -> str:
        """Write `mean ± deviation` with `digits` decimals; a single value stands alone."""
        return self._written(1, f".{digits}f")

    def percent(self, digits: int = 1) -> str:
        """Write a share as a percentage: `87.3 ± 0.2 %`."""
        return f"{self._written(100, f'.{digits}f')} %"

    def _written(self, factor: int, form: str) -> str:
        mean = _with_minus(f"{factor * self.mean:{form}}")
        if self.count == 1:
            return mean
        return f"{mean} ± {factor * self.deviation:{form}}"


def signed(value: float, digits: int = 1) -> str:
    """Write a number with its sign: `+0.9`, `−22.0`."""
    return _with_minus(f"{value:+.{digits}f}")


def _with_minus(number: str) -> str:
    """Write a negative number with a minus; a hyphen is shorter, and only some typesetters replace it."""
    return number.replace("-", "\N{MINUS SIGN}")


def spread(values: Values) -> Spread:
    """Summarise values, one a seed.

    Raises:
        ValueError: there are none, or one is not finite: a diverged run is shown, never averaged in.
    """
    numbers = np.asarray(values, dtype=float)
    if numbers.size == 0 or not np.isfinite(numbers).all():
        raise ValueError(f"expected finite values, one a seed, found {numbers.tolist()}")
    deviation = float(numbers.std(ddof=1)) if numbers.size > 1 else math.nan
    return Spread(float(numbers.mean()), deviation, numbers.size)


def sound(values: Values) -> NDArray[np.float64]:
    """Return the values of those trainings that have one: that of a diverged training is NaN."""
    numbers = np.asarray(values, dtype=float)
    found: NDArray[np.float64] = numbers[~np.isnan(numbers)]
    return found


@dataclass(frozen=True)
class Estimate:
    """A mean difference, its standard error and the degrees of freedom of that; `level` is its interval's.

    Mean and error are NaN where fewer than two seeds can be compared: nothing is known then, and every
    comparison is open.
    """

    mean: float
    error: float
    freedom: int
    level: float = LEVEL

    @property
    def low(self) -> float:
        """The lower end of the interval."""
        return self.mean - self._reach

    @property
    def high(self) -> float:
        """The upper end of the interval."""
        return self.mean + self._reach

    @property
    def p(self) -> float:
        """The two-sided p value of no difference, for this comparison alone."""
        if self.error == 0:
            return 1.0 if self.mean == 0 else 0.0
        return float(2 * special.stdtr(self.freedom, -abs(self.mean) / self.error))

    @property
    def _reach(self) -> float:
        return float(self.error * special.stdtrit(self.freedom, (1 + self.level) / 2))

    def comparison(self, name: str, margin: float, evidence: str = "") -> Comparison:
        """Return the difference as a fact with four outcomes; `margin` is the largest that does not matter.

        It is "equal" where the whole interval lies within ± `margin`: the two one-sided tests of equivalence
        (Lakens 2017, doi:10.1177/1948550617697177), at half of 1 − `level` each. `evidence` is the estimate
        in the units of the text; without it, the bare numbers.
        """
        return Comparison(name, self.low, self.high, margin, evidence or self.format(3))

    def format(self, digits: int) -> str:
        """Write difference and interval with `digits` decimals: `+0.31 (95 % interval −0.10 to +0.72)`."""
        return self._written(1, digits, "")

    def points(self, digits: int = 2) -> str:
        """Write a difference of shares as `+0.31 points (95 % interval −0.10 to +0.72)`, of percentages."""
        return self._written(100, digits, " points")

    def change(self, digits: int = 1) -> str:
        """Write a difference of logarithms as a relative change: `−5.2 % (95 % interval −8.0 to −2.3)`."""
        return self._interval(self._changes, digits, " %")

    def points_cell(self, scale: float = 100) -> str:
        """Write a difference, by default of shares, for a table with its unit: `+0.3 (−0.1 to +0.7)`."""
        return self._bare([scale * value for value in (self.mean, self.low, self.high)], 1)

    def change_cell(self, digits: int = 0) -> str:
        """Write a relative change for a table that names level and unit: `−5 (−8 to −2)`."""
        return self._bare(self._changes, digits)

    @property
    def _changes(self) -> list[float]:
        return [100 * math.expm1(value) for value in (self.mean, self.low, self.high)]

    def _bare(self, values: Sequence[float], digits: int) -> str:
        if math.isnan(values[1]):
            return "–"
        mean, low, high = (signed(value, digits) for value in values)
        return f"{mean} ({low} to {high})"

    def _written(self, factor: float, digits: int, unit: str) -> str:
        return self._interval([factor * value for value in (self.mean, self.low, self.high)], digits, unit)

    def _interval(self, values: Sequence[float], digits: int, unit: str) -> str:
        if math.isnan(values[1]):
            return "no interval: fewer than two seeds to compare"
        mean, low, high = (signed(value, digits) for value in values)
        return f"{mean}{unit} ({100 * self.level:.3g} % interval {low} to {high})"


UNKNOWN = Estimate(math.nan, math.nan, 1)


def mean_of(values: Values) -> Estimate:
    """Estimate the mean of independent values, one a seed or a person, by Student's t; NaN are left out."""
    numbers = sound(values)
    if numbers.size < 2:
        return UNKNOWN
    error = float(numbers.std(ddof=1) / math.sqrt(numbers.size))
    return Estimate(float(numbers.mean()), error, numbers.size - 1)


def paired(ours: Values, theirs: Values) -> Estimate:
    """Estimate ours less theirs by the paired t interval: one value a seed (or person), the same in both.

    The seeds are the sample: the interval says how another draw of first weights and orders would differ, on
    the same images (Dietterich 1998, doi:10.1162/089976698300017197). Pairs with a NaN, a diverged training,
    are left out.
    """
    return mean_of(np.asarray(ours, dtype=float) - np.asarray(theirs, dtype=float))


@cached
def crossed(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> Estimate:
    """Estimate a difference of accuracies where both the seeds and the test images are a sample.

    `ours` and `theirs` are (S, N): 1 where the network of a seed is right on an image, else 0; a row of NaN
    is a diverged training and leaves its pair out. Seeds and images are drawn anew independently of each
    other, each image with all its seeds: the crossed bootstrap (Owen 2007, doi:10.1214/07-AOAS122; Efron and
    Tibshirani 1993, An Introduction to the Bootstrap). Of S seeds S − 1 are drawn, which makes their part of
    the variance unbiased (McCarthy and Snowden 1985), and the interval is Student's with S − 1 degrees of
    freedom, as so few seeds need it. The same arrays give the same interval.
    """
    gaps = np.asarray(ours, dtype=float) - np.asarray(theirs, dtype=float)  # (S, N)
    gaps = gaps[~np.isnan(gaps).any(axis=1)]
    seeds, images = gaps.shape
    if seeds < 2:
        return UNKNOWN
    # Images on which the seeds differ alike need not be told apart: their number is drawn.
    patterns, counts = np.unique(gaps, axis=1, return_counts=True)  # (S, P), (P,)
    generator = np.random.default_rng(0)
    drawn_seeds = generator.multinomial(seeds - 1, np.full(seeds, 1 / seeds), RESAMPLES) / (
        seeds - 1
    )  # (R, S)
    drawn_images = generator.multinomial(images, counts / images, RESAMPLES) / images  # (R, P)
    means = np.einsum("rs,sp,rp->r", drawn_seeds, patterns, drawn_images, optimize=True)
    return Estimate(float(gaps.mean()), float(means.std(ddof=1)), seeds - 1)


def holm(estimates: Mapping[str, Estimate]) -> dict[str, Estimate]:
    """Widen the intervals of claims made together: the chance that any leaves zero out by mistake is 5 %.

    Holm's step-down procedure (Holm 1979, Scandinavian Journal of Statistics 6, 65–70): the claim with the
    smallest of m p values is judged at 0.05/m, the next at 0.05/(m − 1), and from the first that fails on all
    at the level of that one. Zero lies outside of an interval exactly where the procedure rejects. One of
    which nothing is known counts, and stays open.
    """
    ordered = sorted(estimates, key=lambda name: (math.isnan(estimates[name].p), estimates[name].p))
    widened: dict[str, Estimate] = {}
    share = 1 - LEVEL
    failed = False
    for rank, name in enumerate(ordered):
        if not failed:
            share = (1 - LEVEL) / (len(ordered) - rank)
            failed = not estimates[name].p < share
        widened[name] = replace(estimates[name], level=1 - share)
    return {name: widened[name] for name in estimates}


def adjusted(estimates: Mapping[str, Estimate]) -> dict[str, float]:
    """Return Holm's adjusted p values: a claim holds at 0.05 where its own is below that."""
    ordered = sorted(estimates, key=lambda name: (math.isnan(estimates[name].p), estimates[name].p))
    highest, found = 0.0, {}
    for rank, name in enumerate(ordered):
        highest = max(highest, min(1.0, (len(ordered) - rank) * estimates[name].p))
        found[name] = highest
    return {name: found[name] for name in estimates}


@dataclass(frozen=True)
class Primary:
    """A primary claim, one of few that are judged together: what is compared, and the estimate of it.

    The unit is "points" for a difference of shares, "%" for one of logarithms, and "dB" for one of decibels;
    `p` is Holm's adjusted p value.
    """

    name: str
    what: str
    estimate: Estimate
    margin: float
    unit: Literal["points", "%", "dB"] = "points"
    p: float = math.nan

    @property
    def fact(self) -> Comparison:
        """The claim as a fact with four outcomes."""
        return self.estimate.comparison(self.name, self.margin, str(self))

    @property
    def factor(self) -> float:
        """By which factor a quantity changes, where the estimate is a difference of logarithms."""
        return math.exp(self.estimate.mean)

    @property
    def cell(self) -> str:
        """The claim for a table that names its unit: `+0.3 (−0.1 to +0.7)`."""
        return self.estimate.change_cell() if self.unit == "%" else self.estimate.points_cell(self._scale)

    def __str__(self) -> str:
        if self.unit == "%":
            return self.estimate.change()
        return self.estimate.points() if self.unit == "points" else f"{self.estimate.format(1)} dB"

    @property
    def _scale(self) -> float:
        return 100 if self.unit == "points" else 1


def judged(*claims: Primary) -> tuple[Primary, ...]:
    """Judge claims together: with Holm's intervals, and his adjusted p values."""
    estimates = {claim.name: claim.estimate for claim in claims}
    widened, p_values = holm(estimates), adjusted(estimates)
    return tuple(replace(claim, estimate=widened[claim.name], p=p_values[claim.name]) for claim in claims)
