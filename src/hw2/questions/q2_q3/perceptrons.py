"""Questions 2 and 3: one shallow and two deep perceptrons on the same images, trained by SGD alone."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from hw2.data import datasets
from hw2.data.datasets import Classification, Split
from hw2.networks.batches import Examples
from hw2.networks.stacked_mlp import Widths, parameter_count
from hw2.profile import Profile
from hw2.questions.q2_q3.model_selection import CRITERIA
from hw2.training.experiments import Trained, seeded, train
from hw2.training.schedules import Steps
from hw2.training.settings import Settings

SHALLOW: Widths = (784, 32, 10)
DEEP: Widths = (784, 32, 64, 32, 10)
WIDE_DEEP: Widths = (784, 128, 64, 128, 10)

SHALLOW_SETTINGS = Settings(SHALLOW, learning_rate=0.1, epochs=300)
DEEP_SETTINGS = Settings(DEEP, learning_rate=0.05, epochs=150)
WIDE_DEEP_SETTINGS = Settings(WIDE_DEEP, learning_rate=0.05, epochs=100)

WINDOW = 10  # epochs
SMALL = 0.01  # of the first epoch's loss
FACTOR = 0.1  # of the learning rate at the plateau


@dataclass(frozen=True, eq=False)
class Images:
    """The images of questions 2 and 3 as examples."""

    train: Examples
    validation: Examples
    test: Examples


def images(data: Classification, profile: Profile) -> Images:
    """Return the examples of all splits, as many as the profile takes."""
    return Images(*(_examples(split, profile) for split in (data.train, data.validation, data.test)))


def load(profile: Profile) -> Images:
    """Load the images of questions 2 and 3."""
    return images(datasets.load_classification(), profile)


def fit(settings: Settings, data: Images, profile: Profile) -> tuple[Trained, ...]:
    """Train a network for each seed of the profile, keeping the weights that each criterion picks."""
    shortened = replace(settings, epochs=profile.epochs(settings.epochs))
    return train(seeded(shortened, profile.seeds), data.train, data.validation, keep=("final", *CRITERIA))


def plateau(trained: Sequence[Trained]) -> int | None:
    """Return the first epoch at which the mean training loss of the runs is flat, or None if it never is.

    Flat means: over the last `WINDOW` epochs its mean is lower than over the `WINDOW` epochs before by less
    than the share `SMALL` of the first epoch's loss: what the eye calls flat on a linear axis. At least
    `WINDOW` epochs must follow, for the plateau to be seen as one.
    """
    curves = [each.run.history.train_loss for each in trained if not each.run.diverged]
    losses = np.mean(curves, axis=0)  # (E,)
    for epoch in range(2 * WINDOW, len(losses) - WINDOW + 1):
        fall = losses[epoch - 2 * WINDOW : epoch - WINDOW].mean() - losses[epoch - WINDOW : epoch].mean()
        if fall < SMALL * losses[0]:
            return epoch
    return None


def dropped_at(epoch: int) -> Settings:
    """Return the shallow network's settings with the rate divided at the end of an epoch."""
    return replace(SHALLOW_SETTINGS, schedule=Steps((epoch,), FACTOR))


def shallow(data: Images, profile: Profile) -> tuple[Trained, ...]:
    """Train 784-32-10 at a fixed rate."""
    return fit(SHALLOW_SETTINGS, data, profile)


def shallow_dropped(data: Images, profile: Profile) -> tuple[Trained, ...]:
    """Train 784-32-10 with the rate divided at the plateau of the fixed rate, or half-way without one."""
    return fit(dropped_at(drop_epoch(shallow(data, profile))), data, profile)


def drop_epoch(fixed: Sequence[Trained]) -> int:
    """Return the epoch at whose end the rate is divided: the plateau, or half of the epochs without one."""
    return plateau(fixed) or fixed[0].run.settings.epochs // 2


def count(widths: Widths) -> int:
    """Return the number of parameters of a network."""
    return parameter_count(widths).total


def deep(data: Images, profile: Profile) -> tuple[Trained, ...]:
    """Train 784-32-64-32-10."""
    return fit(DEEP_SETTINGS, data, profile)


def wide_deep(data: Images, profile: Profile) -> tuple[Trained, ...]:
    """Train 784-128-64-128-10."""
    return fit(WIDE_DEEP_SETTINGS, data, profile)


def _examples(split: Split, profile: Profile) -> Examples:
    return Examples(split.images[: profile.images], split.labels[: profile.images])
