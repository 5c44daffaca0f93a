"""Question 1.3: how well held-out faces are restored, by networks and by projections onto eigenfaces."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from hw2.networks.stacked_mlp import Weights
from hw2.questions.q1 import corruption
from hw2.questions.q1.corruption import Images
from hw2.questions.q1.denoising import Parts, Restorers
from hw2.questions.q1.eigenfaces import Eigenfaces
from hw2.questions.q1.faces import Data
from hw2.questions.q1.learned_codes import without_inert_part
from hw2.statistics import Spread, spread, verdict
from hw2.training.evaluation import outputs
from weaver.cache import cached

NOISE_SEED = 1
SHARES = tuple(round(0.1 * tenths, 1) for tenths in range(10))
PICTURED = (0.0, 0.3, 0.5, 0.7, 0.9)  # shares of the pixels
STDS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3)

INPUT, MEAN, PCA, DENOISER, KNOWN = (
    "corrupted input",
    "mean face",
    "PCA",
    "trained to denoise",
    "PCA of known pixels",
)
CLEANED = "cleaned"

Restore = Callable[[Images], Images]
Corrupt = Callable[[Images, float], Images]
Methods = Mapping[str, tuple[Restore, ...]]
"""Ways to restore by name, one for each seed."""


@dataclass(frozen=True, eq=False)
class Bench:
    """Methods to compare on three tasks."""

    zeroed: Methods  # pixels set to zero, the image taken as it is
    filled: Methods  # the same, but it is known which pixels are missing
    noisy: Methods


def bench(parts: Parts, networks: Restorers, eigen: Eigenfaces) -> Bench:
    """Gather the methods; of `eigen`, the training part's eigenfaces, as many are used as there are units."""
    mean, most = parts.train.mean, max(networks.plain)
    plain = {plain_name(units): ways_of(group, mean) for units, group in networks.plain.items()}
    nothing: Methods = {INPUT: (_itself,)}
    constant: Methods = {MEAN: (partial(eigen.rebuilt, count=0),)}
    pca: Methods = {PCA: (partial(eigen.rebuilt, count=most),)}
    as_it_is = {**nothing, **constant, **plain, **pca}
    largest = {plain_name(most): plain[plain_name(most)]}
    to_fill = {**nothing, **largest, **pca, DENOISER: ways_of(networks.filled, mean)}
    return Bench(
        zeroed={**as_it_is, DENOISER: ways_of(networks.zeros, mean)},
        filled={
            **constant,
            **_after_filling(to_fill, mean),
            KNOWN: (partial(_from_known, eigen=eigen, count=most),),
        },
        noisy={**as_it_is, DENOISER: ways_of(networks.noise, mean)},
    )


@dataclass(frozen=True, eq=False)
class Scores:
    """PSNR in dB of every method at every level of a corruption, for S seeds and M held-out faces."""

    levels: tuple[float, ...]
    psnr: Mapping[str, NDArray[np.float64]]  # (S, L, M)

    def at(self, method: str, level: float) -> NDArray[np.float64]:
        """Return the PSNR (S, M) of a method at one level."""
        return self.psnr[method][:, self.levels.index(level)]

    def over_seeds(self, method: str, level: float) -> Spread:
        """Return the PSNR of a method at one level, a mean over the faces, with its spread over the seeds."""
        return spread(self.at(method, level).mean(axis=1))


@dataclass(frozen=True, eq=False)
class Results:
    """The scores of all methods on the three tasks, at every level."""

    zeroed: Scores
    filled: Scores
    noisy: Scores


@cached
def results(parts: Parts, networks: Restorers, eigen: Eigenfaces) -> Results:
    """Let all methods restore the held-out faces."""
    ways = bench(parts, networks, eigen)
    return Results(
        zeroed=scores(ways.zeroed, parts.held_out, zeroed, SHARES),
        filled=scores(ways.filled, parts.held_out, zeroed, SHARES),
        noisy=scores(ways.noisy, parts.held_out, noisy, STDS),
    )


@cached
def cleaned(parts: Parts, networks: Sequence[Weights], eigen: Eigenfaces, std: float) -> Scores:
    """Let networks without the inert part of their weights restore the held-out faces from noise."""
    ways = ways_of([without_inert_part(weights, eigen) for weights in networks], parts.train.mean)
    return scores({CLEANED: ways}, parts.held_out, noisy, (std,))


@cached
def pictured(parts: Parts, networks: Restorers, eigen: Eigenfaces, faces: Images) -> dict[str, Images]:
    """Let the first seed's methods restore faces from zeroed pixels: a row for each face and share."""
    ways, most = bench(parts, networks, eigen), plain_name(max(networks.plain))
    upper = (INPUT, *map(plain_name, networks.plain), PCA, DENOISER)
    methods = {name: ways.zeroed[name] for name in upper}
    methods |= {f"filled: {name}": ways.filled[name] for name in (most, DENOISER)}
    return examples({**methods, KNOWN: ways.filled[KNOWN]}, faces, zeroed, PICTURED)


def examples(methods: Methods, faces: Images, corrupt: Corrupt, levels: Sequence[float]) -> dict[str, Images]:
    """Return what the first seed's methods make of faces (M, D): a row for each face and level."""
    corrupted = [corrupt(faces, level) for level in levels]
    return {
        name: np.stack([ways[0](images) for images in corrupted], axis=1).reshape(-1, faces.shape[1])
        for name, ways in methods.items()
    }


def plain_name(units: int) -> str:
    """Name a network that was trained on clean faces."""
    return f"n = {units}"


def scores(methods: Methods, held_out: Images, corrupt: Corrupt, levels: Sequence[float]) -> Scores:
    """Restore held-out faces (M, D) at every level of a corruption."""
    corrupted = [corrupt(held_out, level) for level in levels]
    psnr = {
        name: np.array([[corruption.psnr(way(images), held_out) for images in corrupted] for way in ways])
        for name, ways in methods.items()
    }
    return Scores(tuple(levels), psnr)


def zeroed(images: Images, share: float) -> Images:
    """Set a share of the pixels to zero, the same pixels for every method."""
    return corruption.zeroed(images, share, NOISE_SEED)


def noisy(images: Images, std: float) -> Images:
    """Add Gaussian noise, the same for every method."""
    return corruption.noisy(images, std, NOISE_SEED)


def _itself(images: Images) -> Images:
    return images


def ways_of(networks: Sequence[Weights], mean: Images) -> tuple[Restore, ...]:
    """Return what each of several networks, trained on faces less `mean`, makes of raw images."""
    return tuple(partial(through, weights, mean) for weights in networks)


def through(weights: Weights, mean: Images, images: Images) -> Images:
    """Send raw images through a network that was trained on centred ones, and return raw images."""
    return outputs(weights, images - mean) + mean


def _after_filling(methods: Methods, mean: Images) -> Methods:
    """Let each method see images whose missing pixels are the mean face's."""

    def after(way: Restore) -> Restore:
        return lambda images: way(corruption.filled(images, mean))

    return {name: tuple(map(after, ways)) for name, ways in methods.items()}


def _from_known(images: Images, eigen: Eigenfaces, count: int) -> Images:
    return eigen.rebuilt_from_known(images, corruption.known(images), count)


def rows(scores: Scores, levels: Sequence[float], methods: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the rows of a table: a method and its PSNR at some levels, ± over seeds where there are any."""
    return [(name, *(_cell(scores.at(name, level).mean(axis=1)) for level in levels)) for name in methods]


def _cell(over_seeds: NDArray[np.float64]) -> str:
    if not np.isfinite(over_seeds).all():
        return "–"
    return spread(over_seeds).format(1) if len(over_seeds) > 1 else f"{over_seeds[0]:.1f}"


def compared(scores: Scores, method: str, rival: str, level: float) -> str:
    """Say how the PSNR of a method compares with a rival's at one level, face by face."""
    return verdict(*(scores.at(name, level).mean(axis=0) for name in (method, rival)))


def where_better(scores: Scores, method: str, rival: str, unit: str = "") -> str:
    """Say at which levels above zero the mean PSNR of a method exceeds a rival's."""
    levels = [level for level in scores.levels if level > 0]
    better = [level for level in levels if scores.at(method, level).mean() > scores.at(rival, level).mean()]
    if not better:
        return "at no level"
    if len(better) == len(levels):
        return "at every level"
    written = [f"{100 * level:.0f} %" if unit == "%" else f"{level:g}" for level in better]
    in_a_row = levels.index(better[-1]) - levels.index(better[0]) + 1 == len(better)
    if in_a_row and len(better) > 1:
        return f"from {written[0]} to {written[-1]}"
    return "at " + ", ".join(written)


def shift(data: Data, share: float) -> float:
    """Return how far zeroing a share of the pixels moves faces, over their own distance from their mean.

    The expected image is (1 − share) x. Less the mean face it is (1 − share) (x − mean) − share · mean: all
    faces are moved by the same vector, of length share · ‖mean‖.
    """
    own = np.sqrt((data.centred.inputs**2).sum(axis=1).mean())
    return float(share * np.linalg.norm(data.mean) / own)


def brightness(methods: Methods, name: str, faces: Images, share: float) -> float:
    """Return the mean pixel of faces restored from zeroed pixels over that of the originals."""
    images = zeroed(faces, share)
    return float(np.mean([way(images).mean() for way in methods[name]]) / faces.mean())
