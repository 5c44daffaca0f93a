"""Question 1.3: people are held out, every method restores them, and the person is the unit."""

import numpy as np
import pytest

from hw2.profile import FULL, QUICK
from hw2.questions.q1 import corruption, denoising, faces, restoration
from hw2.questions.q1.eigenfaces import eigenfaces
from hw2.questions.q1.restoration import Fold, Scores
from weaver.cache import bypass

UNITS = 4


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    """Thirty faces of three people, each a random picture in changing light; no pixel is black."""
    generator = np.random.default_rng(0)
    person, light = generator.random((3, 1, faces.PIXELS)), generator.random((3, 10, 1))
    return (0.4 + 0.3 * person + 0.2 * light * person).reshape(30, faces.PIXELS).astype(np.float32)


@pytest.fixture(scope="module")
def networks(images: np.ndarray) -> denoising.Networks:
    """The networks of every fold, trained for four epochs."""
    with bypass():
        return denoising.networks(denoising.split(images), UNITS, 1e-3, 4, QUICK)


@pytest.fixture(scope="module")
def folds(images: np.ndarray, networks: denoising.Networks) -> tuple[Fold, ...]:
    """People with what was learned from the others."""
    return tuple(
        Fold(parts, weights, eigenfaces(parts.train.images))
        for parts, weights in zip(denoising.split(images), networks.weights, strict=True)
    )


def test_each_person_is_held_out_once_with_all_pictures() -> None:
    """Nobody is judged by networks, or by a mean face, that have seen another picture of them."""
    images = np.random.default_rng(0).random((60, 4), dtype=np.float32)
    parts = denoising.split(images)
    assert len(parts) == denoising.FOLDS
    assert sorted(np.concatenate([each.people for each in parts])) == sorted(np.arange(60) // 10)
    for each in parts:
        assert len(each.train.images) + len(each.held_out) == 60
        np.testing.assert_allclose(each.train.mean, each.train.images.mean(axis=0), atol=1e-6)
        assert set(np.unique(each.people, return_counts=True)[1]) == {10}


def test_updates_are_those_asked_for(images: np.ndarray) -> None:
    """Fewer faces make shorter epochs, so there are more of them: as many steps as in 1.1."""
    with bypass():
        trained = denoising.networks(denoising.split(images)[:1], 2, 1e-3, 4, FULL)
    settings = trained.plain[0].run.settings
    assert settings.epochs * denoising.steps(20) == 4
    assert len(trained.all) == 3


def test_denoisers_differ_in_what_they_are_shown(networks: denoising.Networks) -> None:
    """One network sees clean faces, one the mean face's pixels, one noise; the seed is the fold's."""
    losses = {
        group[0].run.history.train_loss[0] for group in (networks.plain, networks.filled, networks.noise)
    }
    assert len(losses) == 3
    assert [each.run.settings.seed for each in networks.plain] == [0, 1, 2]


def test_known_pixels_are_kept(folds: tuple[Fold, ...]) -> None:
    """A method that keeps them answers for the missing pixels alone."""
    parts = folds[0].parts
    image = restoration.zeroed(parts.held_out, 0.5, 0)
    ways, learned = restoration.bench(folds[0]).filled, folds[0].networks
    missing, mean = image == 0, parts.train.mean
    shown = corruption.filled(image, mean)
    for name, weights in (
        (restoration.NETWORK_KEPT, learned.plain),
        (restoration.TRAINED_KEPT, learned.filled),
    ):
        kept, whole = ways[name](image), restoration.through(weights, mean, shown)
        np.testing.assert_array_equal(kept[~missing], parts.held_out[~missing])
        np.testing.assert_array_equal(kept[missing], whole[missing])


def test_every_method_has_a_score_for_each_person(folds: tuple[Fold, ...]) -> None:
    """Three folds, three people; what is kept of the results is what was computed."""
    with bypass():
        computed = restoration.results(folds)
    for _ in range(2):
        kept = restoration.results(folds)
        for task in ("zeroed", "filled", "noisy"):
            one, other = getattr(computed, task), getattr(kept, task)
            assert {values.shape for values in one.psnr.values()} == {(len(one.levels), 3)}
            assert list(one.psnr) == list(other.psnr)
            assert all(np.array_equal(one.psnr[name], other.psnr[name]) for name in one.psnr)
    assert np.isinf(computed.zeroed.at(restoration.INPUT, 0.0)).all()


def test_gains_are_paired_by_person() -> None:
    """People differ more than methods: the interval is that of the differences."""
    easy = np.array([[20.0, 25.0, 30.0]])
    scores = Scores((0.5,), {"a": easy + np.array([[1.0, 1.1, 0.9]]), "b": easy})
    found = scores.compared("a-b", "a", "b", 0.5)
    assert found.outcome == "higher"
    assert 0.7 < found.low < 1 < found.high < 1.3
    assert scores.over_people("b", 0.5).mean == 25


def test_the_best_is_bold_and_an_image_without_error_a_dash() -> None:
    """An infinite PSNR competes with nothing."""
    psnr = {"a": np.array([[np.inf], [20.0]]), "b": np.array([[25.0], [19.0]])}
    found = restoration.rows(Scores((0.0, 0.5), psnr), (0.0, 0.5), {"a": "A", "b": "B"})
    assert found == [("A", "–", "**20.0**"), ("B", "**25.0**", "19.0")]


def test_clean_faces_are_limited_by_decoder_and_encoder(folds: tuple[Fold, ...]) -> None:
    """The best code for a decoder is no worse than its network, and PCA is best on its own faces."""
    found = restoration.clean(folds, new_people=False)
    assert found.network <= found.best_code <= found.pca


def test_the_best_code_has_no_negative_number() -> None:
    """A face that fc2 can only rebuild from a negative code is left at the bias."""
    columns = np.linalg.qr(np.random.default_rng(0).standard_normal((40, 2)))[0].astype(np.float32)
    weights = {"fc2.weight": columns, "fc2.bias": np.full(40, 0.1, np.float32)}
    faces_ = 0.1 + np.array([[2.0, -3.0], [1.0, 4.0]], np.float32) @ columns.T
    np.testing.assert_allclose(restoration.best_codes(weights, faces_), [[2, 0], [1, 4]], atol=1e-5)


def test_taking_out_the_inert_part_changes_what_noise_does(folds: tuple[Fold, ...]) -> None:
    """Noise has a component outside of the span of the faces."""
    found = restoration.cleaned(folds, 0.3).at(restoration.CLEANED, 0.3)
    assert found.shape == (3,)
    noisy = restoration.results(folds).noisy.at(restoration.NETWORK, 0.3)
    assert not np.allclose(found, noisy)


def test_zeroing_shifts_and_darkens(folds: tuple[Fold, ...]) -> None:
    """The shift grows with the share; the mean face keeps its brightness."""
    train = folds[0].parts.train
    assert restoration.shift(train, 0.6) == pytest.approx(2 * restoration.shift(train, 0.3))
    assert restoration.brightness(folds, restoration.MEAN, 0.5) == pytest.approx(1, abs=0.1)
    assert restoration.brightness(folds, restoration.INPUT, 0.5) == pytest.approx(0.5, abs=0.05)


def test_a_face_is_pictured_by_every_method(folds: tuple[Fold, ...]) -> None:
    """A row for each share, a column for each name."""
    rows = restoration.pictured(folds[0], folds[0].parts.held_out[0])
    assert [row.shape for row in rows] == [(len(restoration.PICTURES), faces.PIXELS)] * len(
        restoration.PICTURED
    )
