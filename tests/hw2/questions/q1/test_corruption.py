"""Corrupted faces, and how their restoration is measured."""

import numpy as np
import pytest

from hw2.questions.q1 import corruption

RNG = np.random.default_rng(0)
FACES = (0.2 + 0.6 * RNG.random((40, 50))).astype(np.float32)


def test_more_corruption_takes_the_same_pixels_and_more() -> None:
    """Curves over the share compare like with like."""
    some, more = (corruption.zeroed(FACES, share, seed=1) for share in (0.3, 0.6))
    assert (more[some == 0] == 0).all()
    assert (some == 0).mean() == pytest.approx(0.3, abs=0.05)
    np.testing.assert_array_equal(corruption.zeroed(FACES, 0.0, seed=1), FACES)


def test_psnr_is_in_decibels_for_a_peak_of_one() -> None:
    """An error of 0.1 everywhere is 20 dB; none is infinite."""
    np.testing.assert_allclose(corruption.psnr(FACES + np.float32(0.1), FACES), 20, atol=1e-3)
    assert np.isinf(corruption.psnr(FACES, FACES)).all()


def test_missing_pixels_are_filled_with_the_mean() -> None:
    """Known pixels stay as they are."""
    mean = FACES.mean(axis=0)
    filled = corruption.filled(corruption.zeroed(FACES, 0.5, seed=1), mean)
    known = corruption.known(corruption.zeroed(FACES, 0.5, seed=1))
    np.testing.assert_array_equal(filled[known], FACES[known])
    np.testing.assert_array_equal(filled[~known], np.broadcast_to(mean, FACES.shape)[~known])
