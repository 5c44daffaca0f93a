"""Why an autoencoder of raw pixels collapses: its ReLU units die, and what is left is the mean face."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from hw2.questions.q1 import learning_rate_sweep
from hw2.questions.q1.learning_rate_sweep import Sweep
from hw2.training.experiments import Trained
from hw2.training.results import Run

RATES = (1e-4, 1e-3, 1e-2)
"""The learning rates that are looked at closely, all of them in the search."""

ByUnits = Mapping[int, tuple[Trained, ...]]


def at_rate(trained: Sequence[Trained], rate: float) -> list[Run]:
    """Return the runs at one learning rate that have not diverged."""
    runs = [each.run for each in trained]
    return [run for run in runs if run.settings.learning_rate == rate and not run.diverged]


def rows(centred: ByUnits, raw: ByUnits, variance: float) -> list[tuple[str, ...]]:
    """Return the rows of a table: units, rate, and for either input live units and loss over the variance."""
    return [
        (
            str(units),
            f"{rate:g}",
            *_ending(at_rate(raw[units], rate), variance),
            *_ending(at_rate(centred[units], rate), variance),
        )
        for units in raw
        for rate in RATES
    ]


def _ending(runs: Sequence[Run], variance: float) -> tuple[str, str]:
    if not runs:
        return "diverged", "diverged"
    live = np.mean([learning_rate_sweep.live_share(run) * run.settings.widths[1] for run in runs])
    loss = np.mean([run.history.train_loss[-1] for run in runs])
    return f"{live:.1f}", f"{loss / variance:.2f}"


def verdict(search: Mapping[int, Sweep], variance: float) -> str:
    """Say in a sentence what the best training on raw pixels reaches, for each number of units."""
    lowest = {units: float(np.nanmin(sweep.losses)) / variance for units, sweep in search.items()}
    words = " and ".join(f"{share:.2f} times (n = {units})" for units, share in lowest.items())
    works = "no rate works" if min(lowest.values()) >= 1 else "hardly any rate works"
    return f"On raw pixels {works}: the lowest loss of all is {words} the variance of the faces"


def steps_to_cross(initial: NDArray[np.float32], mean: NDArray[np.float32], learning_rate: float) -> float:
    """Return the steps of Adam in which a typical unit of the first fc1 (n, D) crosses zero on raw images.

    Raw pixels are not negative, so while the error has one sign, so have the gradients of all weights of a
    unit. Adam's first steps then change each weight by the learning rate η, and what the unit receives from
    the mean image by η times the sum of its pixels. Typical is the root mean square of what units receive.
    """
    received = np.sqrt(((initial @ mean) ** 2).mean())
    return float(received / (learning_rate * mean.sum()))


def mean_share(images: NDArray[np.float32], mean: NDArray[np.float32]) -> float:
    """Return the share of the squared length of images that is their mean's: what centring takes away."""
    return float((mean**2).sum() * len(images) / (images**2).sum())
