"""Drawn faces: layout, repeatability, and the statistics that question 1 relies on."""

import numpy as np
import pytest
from numpy.typing import NDArray

from hw2.data.synthetic import faces
from hw2.data.synthetic.faces import PICTURES_OF_A_PERSON
from hw2.data.synthetic.portable_arithmetic import between, chance
from hw2.data.synthetic.portrait_factors import moments, persons, take

Pixels = NDArray[np.float64]


@pytest.fixture(scope="module")
def drawn() -> NDArray[np.uint8]:
    """All faces of one seed."""
    return faces(seed=1)


@pytest.fixture(scope="module")
def deviations(drawn: NDArray[np.uint8]) -> Pixels:
    """Faces in 0–1 without their mean, one row a face."""
    rows: Pixels = drawn.reshape(len(drawn), -1) / 255
    rows -= rows.mean(axis=0)
    return rows


def explained(deviations: Pixels, components: int) -> float:
    """Return the share of the variance in the first principal components."""
    variances = np.linalg.eigvalsh(deviations @ deviations.T)[::-1]
    return float(variances[:components].sum() / variances.sum())


def distances(rows: Pixels) -> Pixels:
    """Return the squared distance of each row to each other."""
    squares = (rows * rows).sum(axis=1)
    apart: Pixels = squares[:, None] + squares[None, :] - 2 * rows @ rows.T
    return apart


def test_layout(drawn: NDArray[np.uint8]) -> None:
    """Four hundred grey pictures of 64×64 use most of the grey scale without being burnt out."""
    assert drawn.shape == (400, 64, 64)
    assert drawn.dtype == np.uint8
    assert drawn.min() < 30
    assert drawn.max() > 220
    assert np.mean(drawn == 255) < 0.01


@pytest.mark.parametrize("count", [1, 10, 23])
def test_any_number_of_faces(count: int) -> None:
    """A number of faces that is no multiple of ten ends with an incomplete person."""
    assert faces(count, seed=0).shape == (count, 64, 64)


def test_seed_decides_every_byte() -> None:
    """The same seed gives the same bytes, another seed other faces."""
    first = faces(20, seed=3)
    assert faces(20, seed=3).tobytes() == first.tobytes()
    other = faces(20, seed=4).astype(float)
    assert np.abs(other - first).mean(axis=(1, 2)).min() > 5


def test_principal_components_explain_as_much_as_of_real_faces(deviations: Pixels) -> None:
    """Sixteen components explain 65–85 % of the variance and 64 explain 85–95 %; real faces: 73 and 90 %."""
    assert 0.65 < explained(deviations, 16) < 0.85
    assert 0.85 < explained(deviations, 64) < 0.95


def test_variance_is_that_of_real_faces(deviations: Pixels) -> None:
    """Squared errors have the scale of those on real faces, whose pixels have a variance of 0.0174."""
    assert 0.014 < np.mean(deviations**2) < 0.023


def test_faces_of_a_person_resemble_each_other(deviations: Pixels) -> None:
    """Two pictures of one person are closer than two of different people, on average and for most people."""
    person = np.arange(len(deviations)) // PICTURES_OF_A_PERSON
    apart = distances(deviations)
    same = (person[:, None] == person[None, :]) & ~np.eye(len(person), dtype=bool)
    others = person[:, None] != person[None, :]
    assert apart[same].mean() < 0.75 * apart[others].mean()
    closer = [apart[k][same[k]].mean() < apart[k][others[k]].mean() for k in range(len(person))]
    assert np.mean(closer) > 0.9


def test_pictures_of_a_person_differ(drawn: NDArray[np.uint8]) -> None:
    """No two pictures are alike, not even nearly."""
    apart = distances(drawn.reshape(len(drawn), -1) / 255)
    np.fill_diagonal(apart, np.inf)
    assert apart.min() / 64**2 > 0.0005


def test_faces_are_nearly_symmetric_on_average(drawn: NDArray[np.uint8]) -> None:
    """Poses and lights favour no side: the mean face is close to its mirror image."""
    mean = drawn.mean(axis=0)
    assert np.abs(mean - mean[:, ::-1]).mean() < 0.1 * np.abs(mean - mean.mean()).mean() + 3


def test_identity_is_shared_and_pose_is_not() -> None:
    """What belongs to a person is equal in all pictures, expression and pose are not."""
    rng = np.random.default_rng(0)
    who = np.arange(20) // PICTURES_OF_A_PERSON
    person, moment = take(persons(rng, 2), who), moments(rng, who)
    assert len(np.unique(person.nose_length)) == 2
    assert len(np.unique(moment.zoom)) == 2
    assert len(np.unique(moment.yaw)) == 20


def test_draws_stay_in_their_range() -> None:
    """Uniform factors lie between their bounds, and a share of the images has a property."""
    rng = np.random.default_rng(0)
    values = between(rng, 2.0, 3.0, 1000)
    assert values.shape == (1000, 1, 1)
    assert values.min() >= 2
    assert values.max() <= 3
    assert 0.2 < chance(rng, 0.25, 1000).mean() < 0.3
