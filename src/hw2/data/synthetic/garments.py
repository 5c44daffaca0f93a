"""Drawn garments of ten classes in the course's layout, as a stand-in for its images."""

import numpy as np

from hw2.data.synthetic.garment_shapes import CLASS_NAMES, CUTS, Box, Labels, Leg, Shoe, Top, measures
from hw2.data.synthetic.garment_silhouettes import silhouette
from hw2.data.synthetic.garment_texture import cloth, placed, with_tag
from hw2.data.synthetic.label_noise import mislabel
from hw2.data.synthetic.portable_arithmetic import Bytes, develop

SIDE = 28
AT_ONCE = 100  # pictures whose layers fit the processor's cache
GRAIN = 0.05
WRONG = 0.4
CLASSES_OF_A_KIND = [
    [label for label, cut in enumerate(CUTS) if isinstance(cut, kind)] for kind in (Top, Leg, Shoe, Box)
]


def garments(
    train: int = 10_000, validation: int = 2_000, test: int = 10_000, *, seed: int
) -> tuple[Bytes, Labels, Bytes, Labels, Bytes, Labels]:
    """Draw the training, validation and test images of ten classes, each followed by its labels.

    Images are columns, uint8 of the shape (784, N); labels are int64, (N,), and `CLASS_NAMES` names them.
    Classes are equally likely. The same seed gives the same bytes on every machine.
    """
    rng = np.random.default_rng(seed)
    return *_labelled(rng, train), *_labelled(rng, validation), *_labelled(rng, test)


def mislabelled_garments(
    train: int = 5_000, test: int = 2_000, *, seed: int
) -> tuple[tuple[Bytes, Labels, Bytes, Labels], Labels]:
    """Draw training images of which 40 % have a wrong label, and test images; then the true training labels.

    Images are columns, uint8 of the shape (784, N); labels are int64, (N,).
    """
    rng = np.random.default_rng(seed)
    images, true_labels = _labelled(rng, train)
    labels, _ = mislabel(true_labels, WRONG, seed=int(rng.integers(2**63)))
    return (images, labels, *_labelled(rng, test)), true_labels


def _labelled(rng: np.random.Generator, count: int) -> tuple[Bytes, Labels]:
    labels = rng.integers(0, len(CLASS_NAMES), count)
    return draw(rng, labels).reshape(count, SIDE * SIDE).T, labels


def draw(rng: np.random.Generator, labels: Labels) -> Bytes:
    """Draw one garment for each label, (N, 28, 28)."""
    images = np.empty((len(labels), SIDE, SIDE), np.uint8)
    for classes in CLASSES_OF_A_KIND:
        of_kind = np.flatnonzero(np.isin(labels, classes))
        for start in range(0, len(of_kind), AT_ONCE):
            chosen = of_kind[start : start + AT_ONCE]
            images[chosen] = _of_one_kind(rng, labels[chosen])
    return images


def _of_one_kind(rng: np.random.Generator, labels: Labels) -> Bytes:
    """Draw garments that share a kind of cut."""
    x, y = placed(rng, len(labels), SIDE)
    cover, tone = silhouette(measures(rng, labels), x, y)
    picture = cover * np.clip(tone * cloth(rng, x, y), 0.04, 1.25)
    return develop(rng, with_tag(rng, picture, x, y), GRAIN * cover)
