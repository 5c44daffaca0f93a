"""The stand-ins as every question gets them: drawn with one seed, once, and kept in the cache."""

from typing import Any

from numpy.typing import NDArray

from hw2.data import synthetic
from weaver.cache import cached

SEED = 2021
Arrays = tuple[NDArray[Any], ...]


@cached
def faces() -> Arrays:
    """Return the faces of question 1, (N, 64, 64), as the one array of their file."""
    return (synthetic.faces(seed=SEED),)


@cached
def garments() -> Arrays:
    """Return the six arrays of questions 2 and 3: images (784, N) and labels (N,) of each split."""
    return synthetic.garments(seed=SEED)


def mislabelled_garments() -> Arrays:
    """Return the four arrays of question 4: images (784, N) and labels (N,) of each split."""
    return _mislabelled()[:4]


def true_labels() -> NDArray[Any]:
    """Return the true labels (N,) of the training images of question 4."""
    return _mislabelled()[4]


@cached
def _mislabelled() -> Arrays:
    arrays, labels = synthetic.mislabelled_garments(seed=SEED + 1)  # other images than those of question 2
    return (*arrays, labels)
