"""The ten classes as distributions of shapes, which overlap where those of real garments do.

A shirt with long sleeves and no collar is drawn as a pullover is, a high sneaker as a low boot: such pairs
make the classes hard to tell apart. Every label is right.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Generic, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from hw2.data.synthetic.portable_arithmetic import Array

CLASS_NAMES = (
    "T-shirt",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)

Range = tuple[float, float]  # centre and reach of a triangular distribution
Labels = NDArray[np.int64]
M = TypeVar("M")  # a measure: the range of a class, or the numbers of N garments, (N, 1, 1)


@dataclass(frozen=True, eq=False)
class Top(Generic[M]):
    """A garment for the upper body or the whole, seen from the front.

    Lengths are in half widths of a picture. Collar, front, buttons and cuffs are there where above 0.
    """

    shoulder: M  # half widths at four heights
    chest: M
    waist: M
    hem: M
    length: M
    sleeve: M  # from 0, none, to 1, down to the wrist
    sleeve_width: M
    spread: M  # of the sleeves away from the body
    neck: M  # depth of the neckline
    collar: M
    front: M  # an opening from neck to hem
    buttons: M
    cuffs: M


@dataclass(frozen=True, eq=False)
class Leg(Generic[M]):
    """Trousers, seen from the front."""

    waist: M  # half widths
    hip: M
    ankle: M
    gap: M  # between the legs at the ankles
    crotch: M  # its place below the picture's middle
    length: M


@dataclass(frozen=True, eq=False)
class Shoe(Generic[M]):
    """A shoe seen from the side, the toe to the left."""

    toe: M  # heights above the sole
    instep: M
    shaft: M
    throat: M  # where along the shoe the instep ends and the shaft begins
    sole: M  # thickness
    heel: M
    open: M  # share of the upper that is left out between straps
    straps: M  # their number along the shoe
    laces: M  # there where above 0
    white_sole: M


@dataclass(frozen=True, eq=False)
class Box(Generic[M]):
    """A bag."""

    top: M  # half widths
    bottom: M
    height: M
    roundness: M
    handle: M  # its height; none where below 0
    handle_width: M
    flap: M  # there where above 0
    clasp: M


Cut = Top[M] | Leg[M] | Shoe[M] | Box[M]

CUTS: tuple[Cut[Range], ...] = (  # in the order of CLASS_NAMES
    Top(
        shoulder=(0.42, 0.12), chest=(0.42, 0.12), waist=(0.4, 0.12), hem=(0.43, 0.13), length=(1.55, 0.32),
        sleeve=(0.3, 0.36), sleeve_width=(0.2, 0.08), spread=(0.75, 0.4), neck=(0.22, 0.2),
        collar=(-0.5, 0.9), front=(-0.6, 0.9), buttons=(-0.65, 0.9), cuffs=(-0.2, 0.7),
    ),
    Leg(
        waist=(0.33, 0.14), hip=(0.37, 0.14), ankle=(0.22, 0.12), gap=(0.1, 0.19), crotch=(-0.35, 0.35),
        length=(1.78, 0.22),
    ),
    Top(
        shoulder=(0.4, 0.12), chest=(0.43, 0.12), waist=(0.42, 0.12), hem=(0.42, 0.13), length=(1.52, 0.3),
        sleeve=(0.92, 0.26), sleeve_width=(0.18, 0.07), spread=(0.36, 0.22), neck=(0.11, 0.15),
        collar=(-0.45, 0.9), front=(-0.55, 0.9), buttons=(-0.6, 0.9), cuffs=(0.3, 0.8),
    ),
    Top(
        shoulder=(0.31, 0.13), chest=(0.32, 0.12), waist=(0.28, 0.13), hem=(0.44, 0.25), length=(1.78, 0.22),
        sleeve=(0.22, 0.72), sleeve_width=(0.13, 0.06), spread=(0.42, 0.38), neck=(0.22, 0.22),
        collar=(-0.6, 0.9), front=(-0.5, 0.9), buttons=(-0.6, 0.9), cuffs=(-0.3, 0.7),
    ),
    Top(
        shoulder=(0.4, 0.12), chest=(0.41, 0.12), waist=(0.4, 0.13), hem=(0.46, 0.15), length=(1.72, 0.26),
        sleeve=(0.95, 0.24), sleeve_width=(0.17, 0.07), spread=(0.3, 0.2), neck=(0.24, 0.24),
        collar=(0.25, 0.9), front=(0.3, 0.8), buttons=(0.0, 0.9), cuffs=(-0.1, 0.8),
    ),
    Shoe(
        toe=(0.2, 0.15), instep=(0.42, 0.26), shaft=(0.58, 0.45), throat=(0.2, 0.35), sole=(0.11, 0.08),
        heel=(0.13, 0.25), open=(0.5, 0.45), straps=(2.6, 1.3), laces=(-0.6, 0.9), white_sole=(-0.2, 0.8),
    ),
    Top(
        shoulder=(0.41, 0.12), chest=(0.42, 0.12), waist=(0.4, 0.13), hem=(0.43, 0.14), length=(1.6, 0.32),
        sleeve=(0.68, 0.6), sleeve_width=(0.18, 0.07), spread=(0.47, 0.38), neck=(0.2, 0.22),
        collar=(0.25, 0.9), front=(0.1, 0.9), buttons=(0.25, 0.9), cuffs=(0.1, 0.8),
    ),
    Shoe(
        toe=(0.26, 0.14), instep=(0.5, 0.22), shaft=(0.66, 0.36), throat=(0.2, 0.3), sole=(0.12, 0.08),
        heel=(0.03, 0.1), open=(-0.06, 0.45), straps=(2.6, 1.3), laces=(0.3, 0.9), white_sole=(0.3, 0.8),
    ),
    Box(
        top=(0.57, 0.24), bottom=(0.65, 0.24), height=(1.0, 0.42), roundness=(0.2, 0.2), handle=(0.3, 0.48),
        handle_width=(0.35, 0.25), flap=(0.1, 0.8), clasp=(0.1, 0.9),
    ),
    Shoe(
        toe=(0.28, 0.14), instep=(0.56, 0.22), shaft=(1.08, 0.5), throat=(0.13, 0.26), sole=(0.11, 0.08),
        heel=(0.1, 0.18), open=(-0.3, 0.5), straps=(2.6, 1.3), laces=(-0.1, 0.9), white_sole=(-0.3, 0.8),
    ),
)  # fmt: skip


def measures(rng: np.random.Generator, labels: Labels) -> Cut[Array]:
    """Draw the measures of garments of one kind from the ranges of their classes, (N,)."""
    classes, of_class = np.unique(labels, return_inverse=True)
    cuts = [CUTS[label] for label in classes]
    drawn = {}
    for field in fields(cuts[0]):
        centre, reach = np.array([getattr(cut, field.name) for cut in cuts])[of_class].T  # (N,) each
        values = centre + reach * (rng.random(len(labels)) - rng.random(len(labels)))
        drawn[field.name] = values.astype(np.float32)[:, None, None]
    return cast("Callable[..., Cut[Array]]", type(cuts[0]))(**drawn)
