"""Corrupted faces, held-out people and how well faces are restored."""

import numpy as np
import pytest

from hw2.questions.q1 import corruption, denoising, restoration

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


def test_people_are_held_out_not_photographs() -> None:
    """Ten photographs in a row are on the same side, and every face is on one."""
    faces = np.repeat(np.arange(100, dtype=np.float32), 4).reshape(100, 4)
    parts = denoising.split(faces)
    assert len(parts.held_out) == 20
    assert len(parts.train.images) == 80
    people = {int(row[0]) // 10 for row in parts.held_out}
    assert people == set(parts.groups)
    assert not people & {int(row[0]) // 10 for row in parts.train.images}


def test_mean_is_that_of_the_training_part_alone() -> None:
    """Held-out faces must not help to centre what they judge."""
    parts = denoising.split(FACES)
    np.testing.assert_allclose(parts.train.mean, parts.train.images.mean(axis=0), atol=1e-6)


def test_scores_say_where_a_method_is_better() -> None:
    """Words about curves follow the curves."""
    levels = (0.0, 0.1, 0.2, 0.3)
    psnr = {
        "a": np.array([[[30.0], [20.0], [15.0], [9.0]]]),
        "b": np.array([[[25.0], [10.0], [12.0], [10.0]]]),
    }
    scores = restoration.Scores(levels, psnr)
    assert restoration.where_better(scores, "a", "b") == "from 0.1 to 0.2"
    assert restoration.where_better(scores, "b", "a", "%") == "at 30 %"
    assert scores.over_seeds("a", 0.1).mean == 20
