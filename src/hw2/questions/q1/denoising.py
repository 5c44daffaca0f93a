"""Question 1.3: people are held out fold by fold; networks learn from the others to rebuild or restore."""

from dataclasses import dataclass

import numpy as np

from hw2.networks.batches import Corruption, Examples, GaussianNoise, ZeroPixels
from hw2.networks.stacked_mlp import Weights
from hw2.profile import Profile
from hw2.questions.q1 import faces
from hw2.questions.q1.corruption import Images
from hw2.questions.q1.faces import BATCH_SIZE, Data
from hw2.training.experiments import Trained, seeded, train

GROUP = 10  # the course's file holds ten photographs of a person in a row
FOLDS = 5
SPLIT_SEED = 0
LARGEST_SHARE = 0.9
TRAINING_STD = 0.2


@dataclass(frozen=True, eq=False)
class Parts:
    """Faces to train on, with the mean of these alone, and faces of other people to judge by."""

    train: Data
    held_out: Images  # (M, 4096)
    people: np.ndarray  # (M,), which group of ten in the file each of them is from


def split(images: Images, seed: int = SPLIT_SEED) -> tuple[Parts, ...]:
    """Deal groups of ten faces in a row, people rather than photographs, into folds drawn by `seed`."""
    group = np.arange(len(images)) // GROUP
    drawn = np.random.default_rng(seed).permutation(group[-1] + 1)
    held_out = [np.isin(group, drawn[first::FOLDS]) for first in range(min(FOLDS, len(drawn)))]
    return tuple(Parts(faces.data(images[~out]), images[out], group[out]) for out in held_out)


@dataclass(frozen=True, eq=False)
class Networks:
    """The networks of 1.3, one for each fold and purpose."""

    parts: tuple[Parts, ...]  # the faces of each fold
    plain: tuple[Trained, ...]  # trained to rebuild what they are shown
    filled: tuple[Trained, ...]  # trained to restore zeroed pixels, which are filled with the mean face
    noise: tuple[Trained, ...]  # trained to remove Gaussian noise

    @property
    def all(self) -> tuple[Trained, ...]:
        """Every network."""
        return (*self.plain, *self.filled, *self.noise)

    @property
    def weights(self) -> tuple["Restorers", ...]:
        """What the networks of each fold have learned; those of a diverged training restore only NaN."""
        return tuple(
            Restorers(*(each.run.final for each in of_fold))
            for of_fold in zip(self.plain, self.filled, self.noise, strict=True)
        )


@dataclass(frozen=True, eq=False)
class Restorers:
    """The weights of the three networks of a fold."""

    plain: Weights
    filled: Weights
    noise: Weights


def networks(folds: tuple[Parts, ...], units: int, rate: float, updates: int, profile: Profile) -> Networks:
    """Train the three networks of each fold for so many updates, fewer in the quick profile."""

    def fit(centred: Examples, fold: int, corrupted_by: Corruption | None = None) -> Trained:
        epochs = profile.epochs(round(updates / steps(len(centred.inputs))))
        return train(seeded(faces.settings(units, rate, epochs, corrupted_by), [fold]), centred)[0]

    parts = [(each.train.centred, fold) for fold, each in enumerate(folds)]
    # Without `black` a zeroed pixel is 0 in centred faces, which is the mean face's value.
    zeros, noise = ZeroPixels(LARGEST_SHARE), GaussianNoise(TRAINING_STD)
    return Networks(
        folds,
        plain=tuple(fit(centred, fold) for centred, fold in parts),
        filled=tuple(fit(Examples(centred.inputs), fold, zeros) for centred, fold in parts),
        noise=tuple(fit(centred, fold, noise) for centred, fold in parts),
    )


def steps(images: int) -> int:
    """Return the updates of an epoch."""
    return -(-images // BATCH_SIZE)
