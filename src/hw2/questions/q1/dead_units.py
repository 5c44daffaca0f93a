"""Why an autoencoder of raw pixels collapses: its ReLU units die, and what is left is the mean face."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from hw2.questions.q1.learning_rate_sweep import Sweep, size
from hw2.training.experiments import Trained

ByUnits = Mapping[int, tuple[Trained, ...]]


def rows(centred: Mapping[int, Sweep], raw: Mapping[int, Sweep], variance: float) -> list[tuple[str, ...]]:
    """Return the rows of a table: units, input, what was tried, and how the best training ended."""
    return [
        (str(units), name, size(sweeps[units]), *_best(sweeps[units], units, variance))
        for units in raw
        for name, sweeps in (("raw", raw), ("centred", centred))
    ]


def _best(sweep: Sweep, units: int, variance: float) -> tuple[str, str, str]:
    """Return the rate with the lowest loss of all, that loss over the variance, and the units live there."""
    if sweep.diverged.all():
        return "–", "diverged", "–"
    rate, seed = np.unravel_index(np.nanargmin(sweep.losses), sweep.losses.shape)
    loss, live = sweep.losses[rate, seed] / variance, units * sweep.live[rate, seed]
    return f"{sweep.rates[rate]:g}", f"{loss:.2f}", f"{live:.0f} of {units}"


def lowest(search: Mapping[int, Sweep], variance: float) -> float:
    """Return the lowest final loss of all trainings as a multiple of the variance of the faces."""
    return min(float(np.nanmin(sweep.losses)) for sweep in search.values()) / variance


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
