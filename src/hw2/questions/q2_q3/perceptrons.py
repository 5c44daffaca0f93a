"""Questions 2 and 3: one shallow and two deep perceptrons on the same images, trained by SGD alone.

All networks are treated alike: the same learning rates are tried, validation images choose among them, and
each training makes the same number of updates (Dodge et al. 2019, arXiv:1909.03004; Bouthillier et al. 2021,
arXiv:2103.03098).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hw2.data import datasets
from hw2.data.datasets import Classification, Split
from hw2.networks.batches import Examples
from hw2.networks.stacked_mlp import Widths, parameter_count
from hw2.profile import Profile
from hw2.questions.q2_q3.model_selection import CRITERIA, minima
from hw2.training.experiments import Trained, seeded, train
from hw2.training.settings import Settings

SHALLOW: Widths = (784, 32, 10)
DEEP: Widths = (784, 32, 64, 32, 10)
WIDE_DEEP: Widths = (784, 128, 64, 128, 10)

RATES = (0.1, 0.3, 1.0)
EPOCHS = 160
SEARCH_SEEDS = 1  # the first of the profile's


@dataclass(frozen=True, eq=False)
class Images:
    """The images of questions 2 and 3 as examples."""

    train: Examples
    validation: Examples
    test: Examples


Search = Mapping[float, tuple[Trained, ...]]
"""The networks of each learning rate that was tried, one a seed."""


def images(data: Classification, profile: Profile) -> Images:
    """Return the examples of all splits, as many as the profile takes."""
    return Images(*(_examples(split, profile) for split in (data.train, data.validation, data.test)))


def load(profile: Profile) -> Images:
    """Load the images of questions 2 and 3."""
    return images(datasets.load_classification(), profile)


def fit(members: tuple[Settings, ...], data: Images, profile: Profile) -> tuple[Trained, ...]:
    """Train networks for the profile's share of their epochs; keep the weights that each criterion picks."""
    shortened = [replace(each, epochs=profile.epochs(each.epochs)) for each in members]
    return train(shortened, data.train, data.validation, keep=("final", *CRITERIA))


def searched(widths: Widths, data: Images, profile: Profile) -> dict[float, tuple[Trained, ...]]:
    """Train a network at every learning rate of the grid, with the first seeds of the profile."""
    seeds = profile.seeds[:SEARCH_SEEDS]
    members = [each for rate in RATES for each in seeded(at_rate(widths, rate), seeds)]
    trained = fit(tuple(members), data, profile)
    return {rate: trained[i * len(seeds) : (i + 1) * len(seeds)] for i, rate in enumerate(RATES)}


def best_rate(search: Search) -> float:
    """Return the rate with the lowest mean over seeds of the lowest validation loss.

    The loss is steadier than an accuracy, which moves in steps of one image. A rate at which a training
    diverged is not taken; if all are such, the smallest is.
    """
    losses = {rate: minima(trained, "held_out_loss").mean() for rate, trained in search.items()}
    sound = {rate: loss for rate, loss in losses.items() if np.isfinite(loss)}
    return min(sound, key=sound.__getitem__) if sound else min(search)


def trained(widths: Widths, search: Search, data: Images, profile: Profile) -> tuple[Trained, ...]:
    """Train a network at the best rate of its search, which stays fixed, with all seeds of the profile."""
    return fit(seeded(at_rate(widths, best_rate(search)), profile.seeds), data, profile)


def networks(widths: Widths, data: Images, profile: Profile) -> tuple[Trained, ...]:
    """Return all trainings of a network at a fixed rate."""
    search = searched(widths, data, profile)
    return together(search, trained(widths, search, data, profile))


def together(search: Search, at_best: Sequence[Trained]) -> tuple[Trained, ...]:
    """Return the trainings of a search and those at its best rate, whose first seeds are the search's."""
    return (*(each for group in search.values() for each in group), *at_best[SEARCH_SEEDS:])


def count(widths: Widths) -> int:
    """Return the number of parameters of a network."""
    return parameter_count(widths).total


def at_rate(widths: Widths, rate: float) -> Settings:
    """Return how a network is trained at a learning rate."""
    return Settings(widths, learning_rate=rate, epochs=EPOCHS)


def _examples(split: Split, profile: Profile) -> Examples:
    return Examples(split.images[: profile.images], split.labels[: profile.images])
