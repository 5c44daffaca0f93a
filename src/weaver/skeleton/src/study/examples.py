"""The examples: read from `data/`, or drawn where there are none."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

DATA = Path(__file__).parents[2] / "data"  # found from any working directory
SEEDS = {"train": 0, "test": 1}


@dataclass(frozen=True)
class Examples:
    """Points in the plane and their class, 0 or 1."""

    points: NDArray[np.float64]  # (N, 2)
    labels: NDArray[np.int64]  # (N,)


def load(name: str) -> Examples:
    """Read `data/<name>.csv`, or draw examples of that name where there is no such file."""
    path = DATA / f"{name}.csv"
    if not path.is_file():
        return draw(SEEDS[name])
    rows = np.loadtxt(path, delimiter=",", skiprows=1)  # (N, 3)
    return Examples(rows[:, :2], rows[:, 2].astype(np.int64))


def draw(seed: int, count: int = 200, noise: float = 0.2) -> Examples:
    """Draw two half-moons that reach into each other."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    angles = rng.uniform(0, np.pi, count)
    arcs = np.stack([np.cos(angles), np.sin(angles)], axis=1)  # (N, 2)
    turned = np.where(labels[:, None] == 1, (1.0, 0.5) - arcs, arcs)
    return Examples(turned + rng.normal(0, noise, turned.shape), labels)
