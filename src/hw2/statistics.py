"""Numbers over seeds: mean, spread and how they are written."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


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

    def points(self, digits: int = 2) -> str:
        """Write a difference of shares in percentage points, with its sign: `+0.31 ± 0.20 points`."""
        return f"{self._written(100, f'+.{digits}f')} points"

    def _written(self, factor: int, form: str) -> str:
        mean = _with_minus(f"{factor * self.mean:{form}}")
        if self.count == 1:
            return mean
        return f"{mean} ± {factor * self.deviation:{form.lstrip('+')}}"


def signed(value: float, digits: int = 1) -> str:
    """Write a number with its sign: `+0.9`, `−22.0`."""
    return _with_minus(f"{value:+.{digits}f}")


def _with_minus(number: str) -> str:
    """Write a negative number with a minus; a hyphen is shorter, and only some typesetters replace it."""
    return number.replace("-", "\N{MINUS SIGN}")


def spread(values: Sequence[float] | np.ndarray) -> Spread:
    """Summarise values, one a seed.

    Raises:
        ValueError: there are none, or one is not finite: a diverged run is shown, never averaged in.
    """
    numbers = np.asarray(values, dtype=float)
    if numbers.size == 0 or not np.isfinite(numbers).all():
        raise ValueError(f"expected finite values, one a seed, found {numbers.tolist()}")
    deviation = float(numbers.std(ddof=1)) if numbers.size > 1 else math.nan
    return Spread(float(numbers.mean()), deviation, numbers.size)


def sound(values: Sequence[float] | np.ndarray) -> NDArray[np.float64]:
    """Return the values of those trainings that have one: that of a diverged training is NaN."""
    numbers = np.asarray(values, dtype=float)
    found: NDArray[np.float64] = numbers[~np.isnan(numbers)]
    return found


def difference(ours: Sequence[float] | np.ndarray, theirs: Sequence[float] | np.ndarray) -> Spread:
    """Summarise paired differences, seed by seed: ours less theirs, where neither of the two diverged."""
    return spread(sound(np.asarray(ours, dtype=float) - np.asarray(theirs, dtype=float)))


def verdict(ours: Sequence[float] | np.ndarray, theirs: Sequence[float] | np.ndarray) -> str:
    """Say whether ours are `higher than`, `lower than` or `no different from` theirs, paired seed by seed.

    They differ where the mean difference is more than two of its standard errors from zero, and is not zero.
    """
    gap = difference(ours, theirs)
    error = gap.deviation / math.sqrt(gap.count) if gap.count > 1 else 0.0
    if gap.mean == 0 or abs(gap.mean) <= 2 * error:
        return "no different from"
    return "higher than" if gap.mean > 0 else "lower than"
