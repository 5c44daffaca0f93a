"""Drawing in arithmetic that is the same on every machine.

IEEE 754 rounds +, −, ×, ÷ and √ correctly; exp, sin and powers differ by platform, and so does the order
in which a library adds up a sum. Pictures here are therefore made of the former only, element by element:
bells and edges are polynomials, rotations come from the tangent of half the angle, random numbers from
`Generator.random` and `Generator.integers`. A seed then gives the same bytes everywhere.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]  # float32, which NumPy’s stubs lose in a product with a Python float
Bytes = NDArray[np.uint8]


def between(rng: np.random.Generator, low: float, high: float, count: int) -> Array:
    """Draw uniformly between two values, one number an image, (count, 1, 1)."""
    return (low + (high - low) * rng.random((count, 1, 1))).astype(np.float32)


def around(rng: np.random.Generator, centre: float, reach: float, count: int) -> Array:
    """Draw from the triangle on centre ± reach, one number an image, (count, 1, 1)."""
    return (centre + reach * (rng.random((count, 1, 1)) - rng.random((count, 1, 1)))).astype(np.float32)


def chance(rng: np.random.Generator, share: float, count: int) -> Array:
    """Draw 1 with this probability, else 0, one number an image, (count, 1, 1)."""
    return (rng.random((count, 1, 1)) < share).astype(np.float32)


def square_grid(side: int) -> tuple[Array, Array]:
    """Return x, (1, 1, side), and y, downwards, (1, side, 1), of the pixels of a picture from −1 to 1."""
    line = (2 * np.arange(side, dtype=np.float32) - (side - 1)) / side
    return line[None, None, :], line[None, :, None]


def edge(distance: Array, width: float | Array) -> Array:
    """Rise smoothly from 0 to 1 while a distance goes from −width to +width."""
    t: Array = distance * (0.5 / width)
    t += 0.5
    np.clip(t, 0, 1, out=t)
    rise: Array = -2 * t
    rise += 3
    rise *= t
    rise *= t
    return rise


def bell(x: Array, y: Array | float = 0.0) -> Array:
    """Return (1 − (x² + y²)/8)⁴, much like exp(−(x² + y²)/2), and 0 from a radius of √8 on."""
    q: Array = np.maximum(1 - (x * x + y * y) / 8, 0)
    q *= q
    q *= q
    return q


def wave(phase: Array) -> Array:
    """Return a triangle wave of period 1: 1 at whole numbers, 0 half-way between."""
    waves: Array = np.abs(2 * (phase - np.floor(phase)) - 1)
    return waves


def path(position: Array, knots: tuple[float | Array, ...], values: tuple[Array, ...]) -> Array:
    """Return values that go smoothly from knot to knot, and stay as they are outside."""
    result: Array = values[0]
    for k in range(len(knots) - 1):
        middle, half = (knots[k] + knots[k + 1]) / 2, (knots[k + 1] - knots[k]) / 2
        result = result + (values[k + 1] - values[k]) * edge(position - middle, half)
    return result


def mix(below: Array | float, above: Array | float, cover: Array) -> Array:
    """Lay one tone over another where `cover` is 1."""
    laid: Array = below + (above - below) * cover
    return laid


def turn(tangent: Array) -> tuple[Array, Array]:
    """Return cosine and sine of the angle whose half has this tangent."""
    square = tangent * tangent
    return (1 - square) / (1 + square), 2 * tangent / (1 + square)


def smooth(images: Array, weight: float = 0.25) -> Array:
    """Blur with the kernel (w, 1 − 2w, w) in both directions; the border is repeated."""
    rows = _along_rows(images, weight)
    return _along_rows(rows.swapaxes(1, 2), weight).swapaxes(1, 2)


def grain(rng: np.random.Generator, count: int, cells: int, side: int) -> Array:
    """Draw soft noise in ±1 of about `cells` spots a side, (count, side, side)."""
    coarse = _noise(rng, (count, cells, cells))
    size = -(-side // cells)
    fine = coarse.repeat(size, axis=1).repeat(size, axis=2)[:, :side, :side]
    for _ in range(size):
        fine = smooth(fine)
    return fine


def develop(rng: np.random.Generator, pictures: Array, film_grain: float | Array) -> Bytes:
    """Add noise in ± `film_grain` to pictures in 0–1 and turn them into whole grey values 0–255."""
    noisy = pictures + film_grain * _noise(rng, pictures.shape)
    return np.floor(np.clip(noisy, 0, 1) * 255 + 0.5).astype(np.uint8)


def _noise(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return (2 * rng.random(shape) - 1).astype(np.float32)


def _along_rows(images: Array, weight: float) -> Array:
    padded = np.pad(images, ((0, 0), (0, 0), (1, 1)), mode="edge")
    blurred: Array = padded[:, :, 2:] + padded[:, :, :-2]
    blurred *= weight
    blurred += images * (1 - 2 * weight)
    return blurred
