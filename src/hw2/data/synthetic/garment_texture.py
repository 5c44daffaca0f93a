"""What garments are made of and how they lie in the picture: folds, light, stripes, prints, tags, framing."""

import numpy as np

from hw2.data.synthetic.portable_arithmetic import (
    Array,
    around,
    bell,
    between,
    chance,
    edge,
    grain,
    mix,
    square_grid,
    wave,
)


def placed(rng: np.random.Generator, count: int, side: int) -> tuple[Array, Array]:
    """Return places x and y as seen from a garment, (count, side, side): shifted, scaled and leaning."""
    x, y = square_grid(side)
    x = x * around(rng, 1.0, 0.13, count) - around(rng, 0.0, 0.15, count)
    y = y * around(rng, 1.0, 0.13, count) - around(rng, 0.0, 0.15, count)
    return x + around(rng, 0.0, 0.1, count) * y, y + around(rng, 0.0, 0.06, count) * x


def cloth(rng: np.random.Generator, x: Array, y: Array) -> Array:
    """Return the tone of cloth: its colour in light and folds, with its pattern."""
    count, side = x.shape[:2]
    folds = 1 + between(rng, 0.15, 0.6, count) * grain(rng, count, 10, side)
    light = 1 + around(rng, 0.0, 0.2, count) * x + around(rng, 0.0, 0.2, count) * y
    colour = between(rng, 0.25, 1.0, count)
    tone: Array = colour * folds * light * stripes(rng, x, y) * print_on(rng, x, y)
    return tone


def stripes(rng: np.random.Generator, x: Array, y: Array) -> Array:
    """Return darker stripes, up or across, on some garments."""
    count = len(x)
    upright = chance(rng, 0.6, count)
    phase = mix(x, y, upright) * between(rng, 1.2, 4.0, count) + between(rng, 0.0, 1.0, count)
    depth = chance(rng, 0.35, count) * between(rng, 0.1, 0.6, count)
    return 1 - depth * edge(wave(phase) - between(rng, 0.3, 0.7, count), 0.2)


def print_on(rng: np.random.Generator, x: Array, y: Array) -> Array:
    """Return a brighter or darker spot on some garments."""
    count = len(x)
    size = between(rng, 0.08, 0.25, count)
    u, v = (x - around(rng, 0.0, 0.2, count)) / size, (y - around(rng, -0.1, 0.4, count)) / size
    return 1 + chance(rng, 0.3, count) * around(rng, 0.0, 0.9, count) * bell(u, v)


def with_tag(rng: np.random.Generator, picture: Array, x: Array, y: Array) -> Array:
    """Lay a tag of any tone over a part of some pictures."""
    count = len(x)
    half_width, half_height = between(rng, 0.06, 0.3, count), between(rng, 0.06, 0.3, count)
    inside_x = edge(half_width - np.abs(x - around(rng, 0.0, 0.9, count)), 0.05)
    inside_y = edge(half_height - np.abs(y - around(rng, 0.0, 0.9, count)), 0.05)
    return mix(picture, between(rng, 0.0, 0.9, count), chance(rng, 0.15, count) * inside_x * inside_y)
