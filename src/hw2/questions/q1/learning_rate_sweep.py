"""The search for a learning rate: log-spaced rates × seeds in one stack, and a rule that chooses.

`members` gives the settings to train with a `LiveUnits` probe, `summary` says how the runs ended, and
`Sweep.choice` gives the learning rate.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hw2.training.probes import LiveUnits
from hw2.training.results import Run
from hw2.training.settings import Settings

Values = NDArray[np.float64]


class SweepError(ValueError):
    """A search that leaves no learning rate to choose."""


def log_spaced(first: float, per_decade: int, count: int) -> tuple[float, ...]:
    """Return `count` rates from `first` upwards, rounded to three digits so that they print as they are."""
    return tuple(float(f"{first * 10 ** (k / per_decade):.3g}") for k in range(count))


def members(settings: Settings, rates: Sequence[float], seeds: Sequence[int]) -> tuple[Settings, ...]:
    """Return the settings for each rate and seed.

    A seed draws the first weights. All see the same batches, so that rates differ in nothing else.
    """
    return tuple(replace(settings, learning_rate=rate, seed=seed) for rate in rates for seed in seeds)


@dataclass(frozen=True, eq=False)
class Sweep:
    """How trainings of R rates × S seeds ended; a diverged one has no loss (NaN).

    `live` is the share of hidden units that are positive for some of the examples.
    """

    rates: Values  # (R,), ascending
    losses: Values  # (R, S)
    live: Values  # (R, S)

    @property
    def diverged(self) -> NDArray[np.bool_]:
        """Which trainings (R, S) ended with a loss that was no number."""
        return ~np.isfinite(self.losses)

    @property
    def with_dead_units(self) -> NDArray[np.bool_]:
        """Which of the others (R, S) lost at least one hidden unit for good."""
        return ~self.diverged & (self.live < 1)

    @property
    def sound(self) -> NDArray[np.bool_]:
        """The rates (R,) at which no seed diverged or lost a unit."""
        sound: NDArray[np.bool_] = np.all(np.isfinite(self.losses) & (self.live == 1), axis=1)
        return sound

    @property
    def medians(self) -> Values:
        """The median final loss over the seeds (R,), NaN where a seed diverged."""
        medians: Values = np.median(self.losses, axis=1)
        return medians

    def choice(self, tolerance: float) -> float:
        """Return the smallest sound rate whose median loss is at most 1 + `tolerance` times the lowest.

        Raises:
            SweepError: no rate is sound.
        """
        if not self.sound.any():
            raise SweepError(
                f"expected a rate at which no seed diverges or loses a unit, found none from"
                f" {self.rates[0]:g} to {self.rates[-1]:g}: widen the search, or centre the inputs"
            )
        lowest = self.medians[self.sound].min()
        return float(self.rates[self.sound & (self.medians <= (1 + tolerance) * lowest)][0])


def summary(runs: Sequence[Run]) -> Sweep:
    """Summarise runs that a `LiveUnits` probe watched, as many seeds for each rate."""
    rates = sorted({run.settings.learning_rate for run in runs})
    at_rate = [[run for run in runs if run.settings.learning_rate == rate] for rate in rates]
    return Sweep(
        np.array(rates),
        np.array([[_final_loss(run) for run in group] for group in at_rate]),
        np.array([[live_share(run) for run in group] for group in at_rate]),
    )


def size(sweep: Sweep) -> str:
    """Write how many rates were tried, and with how many seeds."""
    seeds = sweep.losses.shape[1]
    return f"{len(sweep.rates)} rates × {seeds} seed{'s' if seeds > 1 else ''}"


def live_share(run: Run) -> float:
    """Return the share of the first layer's hidden units that were live at the last look."""
    return float(run.probes[LiveUnits.name].values[-1]) / run.settings.widths[1]


def _final_loss(run: Run) -> float:
    return np.nan if run.diverged else float(run.history.train_loss[-1])
