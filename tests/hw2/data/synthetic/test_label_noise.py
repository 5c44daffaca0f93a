"""Wrong labels: exactly as many as asked for, and wrong indeed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from hw2.data.synthetic import mislabel

LABELS = arrays(np.uint8, st.integers(0, 200), elements=st.integers(0, 9))


@given(LABELS, st.floats(0, 1), st.integers(0, 2**32))
def test_exactly_the_share_is_wrong(labels: NDArray[np.uint8], share: float, seed: int) -> None:
    """Exactly round(share × N) labels change; each is another class, and the mask says which."""
    noisy, wrong = mislabel(labels, share, seed=seed)
    assert np.count_nonzero(wrong) == round(share * len(labels))
    assert np.array_equal(noisy != labels, wrong)
    assert noisy.dtype == np.int64
    assert np.all((noisy >= 0) & (noisy < 10))


@given(LABELS, st.integers(0, 2**32))
def test_seed_decides(labels: NDArray[np.uint8], seed: int) -> None:
    """The same seed mislabels the same way and leaves its input alone."""
    before = labels.copy()
    first, second = mislabel(labels, seed=seed), mislabel(labels, seed=seed)
    assert np.array_equal(first[0], second[0])
    assert np.array_equal(labels, before)


def test_wrong_classes_are_equally_likely() -> None:
    """A wrong label is each of the other classes about as often, whatever the class (symmetric noise)."""
    labels = np.full(90_000, 7)
    noisy, wrong = mislabel(labels, 0.5, seed=0)
    counts = np.bincount(noisy[wrong], minlength=10)
    assert counts[7] == 0
    assert np.all(np.abs(np.delete(counts, 7) - 5000) < 350)


@pytest.mark.parametrize(("share", "classes"), [(-0.1, 10), (1.1, 10), (float("nan"), 10), (0.4, 1)])
def test_impossible_noise_is_refused(share: float, classes: int) -> None:
    """A share outside 0–1 or a single class is an error that says so."""
    with pytest.raises(ValueError, match="expected a share in 0–1 of at least 2 classes"):
        mislabel(np.zeros(5, np.int64), share, classes=classes, seed=0)
