"""Question 1.3: how well faces of new people are restored, by networks and by projections onto eigenfaces."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from hw2 import tables
from hw2.networks.stacked_mlp import Weights
from hw2.questions.q1 import corruption
from hw2.questions.q1.corruption import Images
from hw2.questions.q1.denoising import Parts, Restorers
from hw2.questions.q1.eigenfaces import Eigenfaces
from hw2.questions.q1.faces import Data
from hw2.questions.q1.learned_codes import without_inert_part
from hw2.statistics import Estimate, Spread, paired, sound, spread
from hw2.training.evaluation import outputs
from weaver.cache import cached
from weaver.claims import Comparison

NOISE_SEED = 1
SHARES = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9)
STDS = (0.0, 0.05, 0.1, 0.2, 0.3)
PICTURED = (0.3, 0.5, 0.9)  # shares of the pixels
MARGIN = 0.5  # dB: a smaller difference does not matter here

INPUT, MEAN, PCA, NETWORK, TRAINED = "input", "mean face", "PCA", "n = 64", "n = 64, trained for it"
KEPT = ", known pixels kept"
NETWORK_KEPT, TRAINED_KEPT = NETWORK + KEPT, TRAINED + KEPT
KNOWN = "PCA of known pixels" + KEPT
CLEANED = "cleaned"

Restore = Callable[[Images], Images]
Corrupt = Callable[[Images, float, int], Images]
Methods = Mapping[str, Restore]


@dataclass(frozen=True, eq=False)
class Fold:
    """People to judge by, and all that has been learned from the others."""

    parts: Parts
    networks: Restorers
    eigen: Eigenfaces  # of the others


@dataclass(frozen=True, eq=False)
class Bench:
    """Methods to compare on three tasks."""

    zeroed: Methods  # pixels set to zero, the image taken as it is
    filled: Methods  # the same, but it is known which pixels are missing
    noisy: Methods


def bench(fold: Fold) -> Bench:
    """Gather the methods of a fold; as many eigenfaces are used as the networks have hidden units."""
    mean, count = fold.parts.train.mean, len(fold.networks.plain["fc1.bias"])
    network = partial(through, fold.networks.plain, mean)
    trained = partial(through, fold.networks.filled, mean)
    constant = partial(fold.eigen.rebuilt, count=0)
    as_it_is: Methods = {
        INPUT: _itself,
        MEAN: constant,
        NETWORK: network,
        PCA: partial(fold.eigen.rebuilt, count=count),
    }
    return Bench(
        zeroed=as_it_is,
        filled={
            INPUT: _filled_first(_itself, mean),
            MEAN: constant,
            NETWORK_KEPT: _keeping_known(_filled_first(network, mean)),
            TRAINED_KEPT: _keeping_known(_filled_first(trained, mean)),
            KNOWN: _keeping_known(partial(_from_known, eigen=fold.eigen, count=count)),
        },
        noisy={**as_it_is, TRAINED: partial(through, fold.networks.noise, mean)},
    )


@dataclass(frozen=True, eq=False)
class Scores:
    """PSNR in dB of every method at every level of a corruption, a mean over the faces of each of P people.

    The person is the unit: ten pictures of one are no ten independent trials.
    """

    levels: tuple[float, ...]
    psnr: Mapping[str, NDArray[np.float64]]  # (L, P)

    def at(self, method: str, level: float) -> NDArray[np.float64]:
        """Return the PSNR (P,) of a method at one level."""
        return np.asarray(self.psnr[method][self.levels.index(level)])

    def over_people(self, method: str, level: float) -> Spread:
        """Return the PSNR of a method at one level, with its spread over the people."""
        return spread(sound(self.at(method, level)))

    def gain(self, method: str, rival: str, level: float) -> Estimate:
        """Return by how many dB a method is better than a rival, person by person."""
        return paired(self.at(method, level), self.at(rival, level))

    def compared(self, name: str, method: str, rival: str, level: float) -> Comparison:
        """Return the gain over a rival as a fact."""
        gain = self.gain(method, rival, level)
        return gain.comparison(name, MARGIN, f"{gain.format(1)} dB")


@dataclass(frozen=True, eq=False)
class Results:
    """The scores of all methods on the three tasks, at every level."""

    zeroed: Scores
    filled: Scores
    noisy: Scores


@cached
def results(folds: tuple[Fold, ...]) -> Results:
    """Let all methods restore the people of each fold."""
    ways = [bench(fold) for fold in folds]
    return Results(
        zeroed=scores(folds, [each.zeroed for each in ways], zeroed, SHARES),
        filled=scores(folds, [each.filled for each in ways], zeroed, SHARES),
        noisy=scores(folds, [each.noisy for each in ways], noisy, STDS),
    )


@cached
def cleaned(folds: tuple[Fold, ...], std: float) -> Scores:
    """Let networks without the inert part of their weights restore the people of each fold from noise."""
    weights = [without_inert_part(fold.networks.plain, fold.eigen) for fold in folds]
    ways = [
        {CLEANED: partial(through, each, fold.parts.train.mean)}
        for each, fold in zip(weights, folds, strict=True)
    ]
    return scores(folds, ways, noisy, (std,))


def scores(
    folds: Sequence[Fold], methods: Sequence[Methods], corrupt: Corrupt, levels: Sequence[float]
) -> Scores:
    """Restore the people of each fold, by that fold's methods, at every level of a corruption."""
    parts = [fold.parts for fold in folds]
    corrupted = [
        [corrupt(each.held_out, level, number) for level in levels] for number, each in enumerate(parts)
    ]
    psnr = {
        name: np.concatenate(
            [
                [by_person(corruption.psnr(ways[name](images), each.held_out), each) for images in at_levels]
                for ways, each, at_levels in zip(methods, parts, corrupted, strict=True)
            ],
            axis=1,
        )
        for name in methods[0]
    }
    return Scores(tuple(levels), psnr)


def by_person(values: NDArray[np.float64], parts: Parts) -> NDArray[np.float64]:
    """Return the means (P,) of the values (M,) of held-out faces over each person's pictures."""
    return np.array([values[parts.people == person].mean() for person in np.unique(parts.people)])


@dataclass(frozen=True)
class Clean:
    """PSNR of faces without corruption, a mean over faces and folds, in dB.

    `best_code` is what the best encoder with a ReLU could do with this decoder.
    """

    network: float
    best_code: float
    pca: float


@cached
def clean(folds: tuple[Fold, ...], new_people: bool) -> Clean:
    """Rebuild uncorrupted faces: those that a fold was trained on, or its new people."""
    found = []
    for fold in folds:
        images = fold.parts.held_out if new_people else fold.parts.train.images
        weights, mean = fold.networks.plain, fold.parts.train.mean
        codes = best_codes(weights, images - mean).astype(np.float32)
        best = codes @ weights["fc2.weight"].T + weights["fc2.bias"] + mean
        rebuilt = through(weights, mean, images), best, fold.eigen.rebuilt(images, len(weights["fc1.bias"]))
        found.append([corruption.psnr(each, images).mean() for each in rebuilt])
    return Clean(*np.mean(found, axis=0).tolist())


def best_codes(weights: Weights, centred: Images) -> NDArray[np.float64]:
    """Return the codes (M, n), none of them negative, from which fc2 rebuilds centred faces (M, D) best.

    Non-negative least squares (Lawson and Hanson 1974), on the coordinates in the span of fc2's columns.
    """
    from scipy.optimize import nnls  # type: ignore[import-untyped]  # noqa: PLC0415 - slow to load, and kept

    basis, mixing = np.linalg.qr(weights["fc2.weight"].astype(np.float64))  # (D, n), (n, n)
    targets = (centred - weights["fc2.bias"]) @ basis
    return np.array([nnls(mixing, target)[0] for target in targets])


def pictured(fold: Fold, face: Images) -> list[Images]:
    """Restore a face (4096,) from zeroed pixels: for each share the images (methods, 4096) of `PICTURES`."""
    ways = bench(fold)
    rows = []
    for share in PICTURED:
        image = zeroed(face[None], share, 0)
        upper = [ways.zeroed[name](image) for name in (INPUT, NETWORK, PCA)]
        lower = [ways.filled[name](image) for name in (NETWORK_KEPT, TRAINED_KEPT, KNOWN)]
        rows.append(np.concatenate([face[None], *upper, *lower]))
    return rows


PICTURES = (
    "original",
    "input",
    "network",
    "PCA",
    "network,\nknown kept",
    "trained for it,\nknown kept",
    "PCA of known,\nknown kept",
)


def zeroed(images: Images, share: float, fold: int) -> Images:
    """Set a share of the pixels to zero, the same pixels for every method."""
    return corruption.zeroed(images, share, NOISE_SEED + fold)


def noisy(images: Images, std: float, fold: int) -> Images:
    """Add Gaussian noise, the same for every method."""
    return corruption.noisy(images, std, NOISE_SEED + fold)


def through(weights: Weights, mean: Images, images: Images) -> Images:
    """Send raw images through a network that was trained on centred ones, and return raw images."""
    return outputs(weights, images - mean) + mean


def _itself(images: Images) -> Images:
    return images


def _filled_first(way: Restore, mean: Images) -> Restore:
    """Let a method see images whose missing pixels are the mean face's."""
    return lambda images: way(corruption.filled(images, mean))


def _keeping_known(way: Restore) -> Restore:
    """Take from a method the missing pixels alone."""
    return lambda images: np.where(corruption.known(images), images, way(images))


def _from_known(images: Images, eigen: Eigenfaces, count: int) -> Images:
    return eigen.rebuilt_from_known(images, corruption.known(images), count)


def rows(scores: Scores, levels: Sequence[float], methods: Mapping[str, str]) -> list[tuple[str, ...]]:
    """Return a table's rows: methods by the names to print, mean PSNR at some levels, the best in bold."""
    means = np.array([[scores.at(name, level).mean() for level in levels] for name in methods])  # (R, L)
    columns = [in_bold(column) for column in means.T]
    return [(printed, *cells) for printed, *cells in zip(methods.values(), *columns, strict=True)]


def in_bold(values: Sequence[float] | NDArray[np.float64]) -> list[str]:
    """Write PSNR with a decimal, the highest in bold; a dash is an image without error."""
    compared = [value if np.isfinite(value) else np.nan for value in values]
    cells = [f"{value:.1f}" if np.isfinite(value) else "–" for value in values]
    return tables.emphasised(cells, compared, max)


def shift(data: Data, share: float) -> float:
    """Return how far zeroing a share of the pixels moves faces, over their own distance from their mean.

    The expected image is (1 − share) x. Less the mean face it is (1 − share) (x − mean) − share · mean: all
    faces are moved by the same vector, of length share · ‖mean‖.
    """
    own = np.sqrt((data.centred.inputs**2).sum(axis=1).mean())
    return float(share * np.linalg.norm(data.mean) / own)


def brightness(folds: Sequence[Fold], method: str, share: float) -> float:
    """Return the mean pixel of faces restored from zeroed pixels over that of the originals."""
    ratios = [
        bench(fold).zeroed[method](zeroed(fold.parts.held_out, share, number)).mean()
        / fold.parts.held_out.mean()
        for number, fold in enumerate(folds)
    ]
    return float(np.mean(ratios))
