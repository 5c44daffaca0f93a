"""Question 1.3: people are held out; networks learn to reconstruct the others, or to undo corruption."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hw2.networks.batches import Corruption, Examples, GaussianNoise, ZeroPixels
from hw2.networks.stacked_mlp import Weights
from hw2.profile import Profile
from hw2.questions.q1 import faces
from hw2.questions.q1.corruption import Images
from hw2.questions.q1.faces import Data
from hw2.training.experiments import Trained, final_weights, seeded, train

GROUP = 10  # the course's file holds ten photographs of a person in a row
HELD_OUT = 0.2
SPLIT_SEED = 0

EPOCHS = 100
LARGEST_SHARE = 0.9
TRAINING_STD = 0.2


@dataclass(frozen=True, eq=False)
class Parts:
    """Faces to train on, with the mean of these alone, and faces of other people to judge by."""

    train: Data
    held_out: Images  # (M, 4096)
    groups: tuple[int, ...]  # which groups of ten are held out, counted from 0


def split(images: Images, seed: int = SPLIT_SEED) -> Parts:
    """Hold out a fifth of the groups of ten faces in a row, drawn by `seed`: people, not photographs."""
    group = np.arange(len(images)) // GROUP
    count = max(1, round(HELD_OUT * (group[-1] + 1)))
    drawn = np.random.default_rng(seed).permutation(group[-1] + 1)[:count]
    held_out = np.isin(group, drawn)
    groups = tuple(sorted(drawn.tolist()))
    return Parts(faces.data(images[~held_out]), images[held_out], groups)


@dataclass(frozen=True, eq=False)
class Networks:
    """The networks of 1.3, each for several seeds: two without corruption, the others trained to undo one."""

    plain: Mapping[int, tuple[Trained, ...]]  # by hidden units
    zeros: tuple[Trained, ...]  # zeroed pixels as they are
    filled: tuple[Trained, ...]  # zeroed pixels replaced by the mean face
    noise: tuple[Trained, ...]  # Gaussian noise

    @property
    def all(self) -> tuple[Trained, ...]:
        """Every network."""
        plain = (each for group in self.plain.values() for each in group)
        return (*plain, *self.zeros, *self.filled, *self.noise)

    @property
    def weights(self) -> "Restorers":
        """What those that have not diverged have learned."""
        plain = {units: final_weights(group) for units, group in self.plain.items()}
        return Restorers(plain, *map(final_weights, (self.zeros, self.filled, self.noise)))


@dataclass(frozen=True, eq=False)
class Restorers:
    """The weights of the networks of 1.3 that have not diverged, for several seeds each."""

    plain: Mapping[int, tuple[Weights, ...]]  # by hidden units
    zeros: tuple[Weights, ...]
    filled: tuple[Weights, ...]
    noise: tuple[Weights, ...]


def networks(parts: Parts, rates: Mapping[int, float], profile: Profile) -> Networks:
    """Train at the learning rate that was found for each number of hidden units; denoise with the most."""
    centred, most, zeros = parts.train.centred, max(rates), ZeroPixels(LARGEST_SHARE)

    def fit(units: int, examples: Examples, corrupted_by: Corruption | None = None) -> tuple[Trained, ...]:
        recipe = faces.settings(units, rates[units], profile.epochs(EPOCHS), corrupted_by)
        return train(seeded(recipe, profile.seeds), examples)

    return Networks(
        plain={units: fit(units, centred) for units in rates},
        zeros=fit(most, centred, zeros),
        filled=fit(most, Examples(centred.inputs), zeros),  # black is 0 here, which is the mean face
        noise=fit(most, centred, GaussianNoise(TRAINING_STD)),
    )
