"""Questions 2 and 3 on images that take a second: a bright band among ten is the class."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from hw2.networks.batches import Examples
from hw2.profile import QUICK, Profile
from hw2.questions.q2_q3 import perceptrons
from hw2.questions.q2_q3.perceptrons import Images
from hw2.training.experiments import Trained
from hw2.training.results import History


def examples(count: int, seed: int) -> Examples:
    """Draw images whose class is the bright band among ten."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 10, count)
    inputs = generator.random((count, 784), dtype=np.float32) * 0.5
    for image, label in zip(inputs, labels, strict=True):
        image[label * 78 : label * 78 + 78] += 0.5
    return Examples(inputs, labels)


@pytest.fixture(scope="package")
def profile() -> Profile:
    """Two seeds, a few epochs."""
    return replace(QUICK, seeds=(0, 1), epoch_share=0.05)


@pytest.fixture(scope="package")
def images() -> Images:
    """Small splits."""
    return Images(examples(120, 0), examples(60, 1), examples(60, 2))


@pytest.fixture(scope="package")
def fixed(images: Images, profile: Profile) -> tuple[Trained, ...]:
    """The shallow network at its best rate."""
    search = perceptrons.searched(perceptrons.SHALLOW, images, profile)
    return perceptrons.trained(perceptrons.SHALLOW, search, images, profile)


@pytest.fixture
def with_curves() -> Callable[..., Trained]:
    """Return a function that gives a training other curves."""

    def changed(trained: Trained, **curves: list[float]) -> Trained:
        arrays = {name: np.array(values) for name, values in curves.items()}
        history = replace(trained.run.history, **arrays)
        return replace(trained, run=replace(trained.run, history=history))

    return changed


@pytest.fixture
def diverged() -> Callable[[Trained], Trained]:
    """Return a function that makes of a training one whose loss becomes NaN in the third epoch."""

    def changed(trained: Trained) -> Trained:
        curves = {name: getattr(trained.run.history, name)[:3].copy() for name in vars(trained.run.history)}
        curves["train_loss"][-1] = curves["held_out_loss"][-1] = np.nan
        curves["held_out_accuracy"][-1] = 0.0
        return replace(trained, run=replace(trained.run, history=History(**curves), ending="diverged"))

    return changed
