"""The networks of the report as training problems of a fixed size, and how much arithmetic they need."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from hw2.networks.batches import Examples
from hw2.networks.stacked_mlp import Widths
from hw2.questions.q1 import faces
from hw2.questions.q2_q3 import perceptrons
from hw2.training.settings import Settings

IMAGES, CLASSES = 10_000, 10
FACES = 400
RATE = 1e-3  # of the autoencoders


@dataclass(frozen=True, eq=False)
class Workload:
    """A network, its settings in the report, and examples; `epochs` are trained for one sample.

    What the images show has no part in the time, so they are drawn at random.
    """

    settings: Settings
    examples: Examples

    @property
    def name(self) -> str:
        """The widths of the network: 784-32-10."""
        return "-".join(map(str, self.settings.widths))

    @property
    def flops(self) -> int:
        """The floating-point operations of one epoch of one network."""
        return len(self.examples.inputs) * flops_of_example(self.settings.widths)

    def members(self, count: int, *, sweep: bool = False) -> tuple[Settings, ...]:
        """Return the settings of some networks: seeds that differ, or rates over the same batches."""
        if sweep:
            rates = self.settings.learning_rate * np.geomspace(0.5, 1, count)
            return tuple(replace(self.settings, learning_rate=float(rate)) for rate in rates)
        return tuple(replace(self.settings, seed=seed, batch_seed=seed) for seed in range(count))


def flops_of_example(widths: Widths) -> int:
    """Count the arithmetic of the products alone, 2·in·out a product.

    Each layer takes one for its outputs and one for the gradient of its weights, all but the first one more
    for the gradient of their inputs.
    """
    products = [inputs * outputs for inputs, outputs in pairwise(widths)]
    return 2 * (3 * sum(products) - products[0])


def classifier(recipe: Settings, epochs: int, images: int = IMAGES) -> Workload:
    """Return a classifier of random images of 784 pixels."""
    rng = np.random.default_rng(0)
    inputs = rng.random((images, recipe.widths[0]), np.float32)
    return Workload(replace(recipe, epochs=epochs), Examples(inputs, rng.integers(CLASSES, size=images)))


def autoencoder(units: int, epochs: int, images: int = FACES) -> Workload:
    """Return an autoencoder of random faces, centred."""
    inputs = np.random.default_rng(0).random((images, faces.PIXELS), np.float32) - np.float32(0.5)
    return Workload(faces.settings(units, RATE, epochs), Examples(inputs))


def full() -> tuple[Workload, ...]:
    """Return the report's three classifiers and two autoencoders at their full size."""
    widths = (perceptrons.SHALLOW, perceptrons.DEEP, perceptrons.WIDE_DEEP)
    recipes = [perceptrons.at_rate(each, 0.1) for each in widths]
    return (*(classifier(recipe, epochs=2) for recipe in recipes), autoencoder(16, 5), autoencoder(64, 5))


def quick() -> tuple[Workload, ...]:
    """Return a classifier and an autoencoder that take a moment."""
    return classifier(perceptrons.at_rate(perceptrons.SHALLOW, 0.1), epochs=1, images=128), autoencoder(
        4, 1, images=32
    )
