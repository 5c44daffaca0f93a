"""Drawn garments: layout, repeatability, and classes that can be learnt but not easily."""

from hashlib import sha256
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from hw2.data.synthetic import CLASS_NAMES, garments, mislabelled_garments

Pixels = NDArray[np.float64]
Labels = NDArray[np.int64]


@pytest.fixture(scope="module")
def sample() -> tuple[Pixels, Labels, Pixels, Labels]:
    """Training and test images in 0–1, one row an image, with their labels."""
    images, labels, _, _, test_images, test_labels = garments(2000, 10, 2000, seed=5)
    return images.T / 255, labels, test_images.T / 255, test_labels


def hash_of(array: NDArray[Any]) -> str:
    """Return the SHA-256 of an array's bytes."""
    return sha256(array.tobytes()).hexdigest()


def centroids(images: Pixels, labels: Labels) -> Pixels:
    """Return the mean image of each class."""
    return np.stack([images[labels == label].mean(axis=0) for label in range(10)])


def nearest(images: Pixels, centres: Pixels) -> Labels:
    """Return the class of the nearest mean image."""
    guesses: Labels = ((centres * centres).sum(axis=1) - 2 * images @ centres.T).argmin(axis=1)
    return guesses


def evenly_lit(images: Pixels) -> Pixels:
    """Return images of the same length: dark and bright cloth look the same."""
    lit: Pixels = images / np.linalg.norm(images, axis=1, keepdims=True)
    return lit


def test_layout() -> None:
    """Images are columns of bytes, each split followed by its labels, as in the course's file."""
    arrays = garments(30, 20, 10, seed=0)
    assert [array.shape for array in arrays] == [(784, 30), (30,), (784, 20), (20,), (784, 10), (10,)]
    assert [array.dtype for array in arrays] == [np.uint8, np.int64] * 3


def test_class_names() -> None:
    """Ten classes have ten different names."""
    assert isinstance(CLASS_NAMES, tuple)
    assert len(set(CLASS_NAMES)) == 10


def test_seed_decides_every_byte() -> None:
    """The same seed gives the same bytes, another seed other images."""
    first, again, other = (garments(60, 20, 20, seed=seed) for seed in (3, 3, 4))
    assert [hash_of(a) for a in first] == [hash_of(a) for a in again]
    assert all(hash_of(a) != hash_of(b) for a, b in zip(first, other, strict=True))


def test_splits_share_no_image(sample: tuple[Pixels, Labels, Pixels, Labels]) -> None:
    """No test image is a training image, and no image comes twice."""
    images, _, test_images, _ = sample
    both = np.concatenate([images, test_images])
    assert len(np.unique(both, axis=0)) == len(both)


def test_classes_are_about_equally_frequent(sample: tuple[Pixels, Labels, Pixels, Labels]) -> None:
    """Every class has about a tenth of the images."""
    counts = np.bincount(sample[1], minlength=10)
    assert counts.min() > 140
    assert counts.max() < 260


def test_garments_stand_on_black(sample: tuple[Pixels, Labels, Pixels, Labels]) -> None:
    """The corners of nearly all images are black, and no image is empty or full."""
    images = sample[0].reshape(-1, 28, 28)
    assert np.mean(images[:, [0, 0, -1, -1], [0, -1, 0, -1]] < 0.05) > 0.9
    covered = np.mean(images > 0.05, axis=(1, 2))
    assert covered.min() > 0.02
    assert covered.max() < 0.9


def test_classes_can_be_learnt_but_not_easily(sample: tuple[Pixels, Labels, Pixels, Labels]) -> None:
    """The nearest mean image is far better than chance and far from perfect."""
    images, labels, test_images, test_labels = sample
    accuracy = np.mean(nearest(test_images, centroids(images, labels)) == test_labels)
    assert 0.5 < accuracy < 0.85


def test_a_network_learns_the_classes_but_not_all_of_them(
    sample: tuple[Pixels, Labels, Pixels, Labels],
) -> None:
    """Least squares on 400 random ReLU units beats the mean images and is far from perfect."""
    images, labels, test_images, test_labels = sample
    weights = np.random.default_rng(0).normal(size=(784, 400)) / 28
    hidden, test_hidden = np.maximum(images @ weights, 0), np.maximum(test_images @ weights, 0)
    targets = hidden.T @ np.eye(10)[labels]
    readout = np.linalg.solve(hidden.T @ hidden + 3 * np.eye(400), targets)
    accuracy = np.mean((test_hidden @ readout).argmax(axis=1) == test_labels)
    assert np.mean(nearest(test_images, centroids(images, labels)) == test_labels) + 0.05 < accuracy < 0.88


def test_tops_and_shoes_are_confused_among_themselves(
    sample: tuple[Pixels, Labels, Pixels, Labels],
) -> None:
    """Mistakes stay within what looks alike: hardly ever is a shoe taken for a top, or a top for a shoe."""
    images, labels, test_images, test_labels = sample
    guesses = nearest(evenly_lit(test_images), centroids(evenly_lit(images), labels))
    shoes = [CLASS_NAMES.index(name) for name in ("Sandal", "Sneaker", "Ankle boot")]
    tops = [CLASS_NAMES.index(name) for name in ("T-shirt", "Pullover", "Coat", "Shirt")]
    wrong = guesses != test_labels
    for alike, unlike in ((shoes, tops), (tops, shoes)):
        of_these = np.isin(test_labels, alike)
        assert np.mean(wrong[of_these]) > 0.1
        assert np.mean(np.isin(guesses[of_these], unlike)) < 0.03


def test_mislabelled_layout() -> None:
    """Forty per cent of the training labels are wrong; images and test labels are in order."""
    (images, labels, test_images, test_labels), true_labels = mislabelled_garments(500, 100, seed=2)
    assert images.shape == (784, 500)
    assert test_images.shape == (784, 100)
    assert np.count_nonzero(labels != true_labels) == 200
    assert test_labels.shape == (100,)


def test_true_labels_are_those_of_the_images() -> None:
    """Mean images found with the true labels classify test images better than those with the wrong ones."""
    (images, labels, test_images, test_labels), true_labels = mislabelled_garments(1500, 500, seed=2)
    wrong = labels != true_labels
    rows, test_rows = images.T / 255, test_images.T / 255
    of_true = nearest(test_rows, centroids(rows[wrong], true_labels[wrong]))
    of_wrong = nearest(test_rows, centroids(rows[wrong], labels[wrong]))
    assert np.mean(of_true == test_labels) > 0.5
    assert np.mean(of_wrong == test_labels) < 0.2
