"""Question 2.2: where the loss reaches a plateau at a fixed learning rate, and what dividing it does there.

A loss that falls like 1/epoch looks flat on a linear axis long before it is, so the plateau is defined by the
relative fall, which a logarithmic axis shows (Smith 2018, arXiv:1803.09820, on reading such curves).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hw2.networks.batches import Examples
from hw2.profile import Profile
from hw2.questions.q2_q3 import model_selection, perceptrons
from hw2.questions.q2_q3.perceptrons import SHALLOW, Images
from hw2.statistics import Estimate, crossed, paired
from hw2.training.experiments import Trained, seeded
from hw2.training.schedules import Flat, Steps

FLAT = Flat(window=10, tolerance=0.1)
FACTOR = 0.1  # of the learning rate
EARLIER = (16, 4)  # the plateau's epoch is divided by these: even steps on a logarithmic axis
NAMES = ("early", "middle", "plateau")


def plateau(fixed: Sequence[Trained]) -> int | None:
    """Return the first epoch at which the mean training loss of the runs is flat, or None if it never is."""
    curves = [each.run.history.train_loss for each in fixed if not each.run.diverged]
    return FLAT.first(np.mean(curves, axis=0)) if curves else None


def drop_epochs(fixed: Sequence[Trained]) -> dict[str, int]:
    """Return the epochs at whose end the rate is divided: at the plateau, and well before it, twice.

    Without a plateau, or with one that the training ends at, half of the epochs is taken in its place.
    """
    epochs = fixed[0].run.settings.epochs
    found = plateau(fixed)
    last = epochs // 2 if found is None or found > epochs - FLAT.window else found
    early = max(1, last // EARLIER[0])
    middle = max(early + 1, last // EARLIER[1])
    return dict(zip(NAMES, (early, middle, max(middle + 1, last)), strict=True))


def dropped(fixed: Sequence[Trained], data: Images, profile: Profile) -> dict[str, tuple[Trained, ...]]:
    """Train 784-32-10 with the seeds of the fixed rate, the rate divided at each of the epochs."""
    settings = perceptrons.at_rate(SHALLOW, fixed[0].run.settings.learning_rate)
    members = [
        each
        for epoch in drop_epochs(fixed).values()
        for each in seeded(replace(settings, schedule=Steps((epoch,), FACTOR)), profile.seeds)
    ]
    found = perceptrons.fit(tuple(members), data, profile)
    seeds = len(profile.seeds)
    return {name: found[i * seeds : (i + 1) * seeds] for i, name in enumerate(NAMES)}


def networks(data: Images, profile: Profile) -> tuple[Trained, ...]:
    """Return all trainings of question 2."""
    search = perceptrons.searched(SHALLOW, data, profile)
    fixed = perceptrons.trained(SHALLOW, search, data, profile)
    divided = (each for group in dropped(fixed, data, profile).values() for each in group)
    return (*perceptrons.together(search, fixed), *divided)


@dataclass(frozen=True)
class Effect:
    """What dividing the rate at the end of an epoch changes, seed by seed, against the fixed rate.

    `step`, `training` and `validation` are differences of logarithms: of the training loss in the epoch after
    the drop, and of both losses at the end. `accuracy` is that of the test accuracy at the end.
    """

    epoch: int
    step: Estimate
    training: Estimate
    validation: Estimate
    accuracy: Estimate


def effects(
    fixed: Sequence[Trained], divided: Mapping[str, Sequence[Trained]], test: Examples
) -> dict[str, Effect]:
    """Compare each setting with the fixed rate."""
    return {name: _effect(fixed, divided[name], epoch, test) for name, epoch in drop_epochs(fixed).items()}


def _effect(fixed: Sequence[Trained], divided: Sequence[Trained], epoch: int, test: Examples) -> Effect:
    ends = model_selection.ends
    return Effect(
        epoch,
        paired(np.log(_after(divided, epoch)), np.log(_after(fixed, epoch))),
        paired(np.log(ends(divided, "train_loss")), np.log(ends(fixed, "train_loss"))),
        paired(np.log(ends(divided, "held_out_loss")), np.log(ends(fixed, "held_out_loss"))),
        crossed(*(model_selection.picked(each, "final", test).hits for each in (divided, fixed))),
    )


def _after(trained: Sequence[Trained], epoch: int) -> NDArray[np.float64]:
    """Return the training loss of each run in the epoch after a drop, NaN where it diverged."""
    runs = [each.run for each in trained]
    return np.array([np.nan if run.diverged else run.history.train_loss[epoch] for run in runs])
