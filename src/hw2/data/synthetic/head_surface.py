"""The head as a surface: an ellipsoid with a relief of nose, brows, sockets, cheeks, lips and chin on it."""

from dataclasses import dataclass

import numpy as np

from hw2.data.synthetic.portable_arithmetic import Array, bell, square_grid, turn
from hw2.data.synthetic.portrait_factors import Moment, Person

DEPTH = 0.95  # of the head, from its middle to the face
CENTRE = 0.14  # of the head, above the picture's

Triple = tuple[Array, Array, Array]


@dataclass(frozen=True, eq=False)
class View:
    """The picture's axes in the head's coordinates (u, v, w), (N, 1, 1) each."""

    right: Triple
    up: Triple
    near: Triple  # towards the camera


@dataclass(frozen=True, eq=False)
class Surface:
    """What each pixel of a picture meets, (N, S, S) each."""

    u: Array  # place on the head, as seen from the front
    v: Array
    w: Array
    inside: Array  # 1 in the middle, 0 on the outline, negative outside
    depth: Array  # towards the camera


@dataclass(frozen=True, eq=False)
class Landmarks:
    """Places on a face relative to its features, (N, S, S) each; faces are symmetric."""

    side: Array  # distance from the middle line
    eye: Array  # distance from the eye to the outside
    eye_v: Array  # heights above the features
    nose_v: Array
    mouth_v: Array
    fold: Array  # distance from the line between nose and mouth's corner


def view(moment: Moment) -> View:
    """Return how the camera sees a turned head."""
    c, s = turn(moment.yaw)
    cp, sp = turn(moment.pitch)
    return View(right=(c, 0 * c, s), up=(s * sp, cp, -c * sp), near=(-s * cp, sp, c * cp))


def plane(moment: Moment, side: int) -> tuple[Array, Array]:
    """Return x and y of every pixel as seen from the head, (N, S, S): shift, tilt and zoom undone."""
    x, y = square_grid(side)
    x, y = x - moment.right, -y - moment.up - CENTRE
    c, s = turn(moment.tilt)
    return (x * c + y * s) * moment.zoom, (y * c - x * s) * moment.zoom


def ellipsoid(x: Array, y: Array, seen: View, axes: Triple) -> Surface:
    """Return where the camera's rays meet an ellipsoid; outside its outline, where they pass it closest."""
    ray = [near / axis for near, axis in zip(seen.near, axes, strict=True)]
    parts = zip(seen.right, seen.up, axes, strict=True)
    origin = [(x * right + y * up) / axis for right, up, axis in parts]
    a = ray[0] * ray[0] + ray[1] * ray[1] + ray[2] * ray[2]
    b = origin[0] * ray[0] + origin[1] * ray[1] + origin[2] * ray[2]
    c = origin[0] * origin[0] + origin[1] * origin[1] + origin[2] * origin[2]
    inside = 1 - c + b * b / a
    depth = (np.sqrt(np.maximum(inside, 0) * a) - b) / a
    u, v, w = ((o + depth * r) * axis for o, r, axis in zip(origin, ray, axes, strict=True))
    return Surface(u, v, w, inside, depth)


def head(x: Array, y: Array, seen: View, person: Person) -> Surface:
    """Return where the camera's rays meet the bare head."""
    low = np.maximum(-y - 0.2, 0)
    narrower = 1 + person.taper * low * low - person.jaw * bell((y + 0.6) / 0.22)
    return ellipsoid(x * narrower, y, seen, (person.width, person.height, np.full_like(person.width, DEPTH)))


def face(bare: Surface, seen: View, person: Person, moment: Moment) -> Surface:
    """Raise the features: the ray meets them earlier than the bare head, and thus at another place on it."""
    u, v = bare.u, bare.v
    for _ in range(2):
        rise = relief(u, v, person, moment)
        u, v = bare.u + rise * seen.near[0], bare.v + rise * seen.near[1]
    return Surface(u, v, bare.w, bare.inside, bare.depth + rise)


def landmarks(u: Array, v: Array, person: Person, moment: Moment) -> Landmarks:
    """Return where places are relative to a person's features."""
    side, eye_v, mouth_v = np.abs(u), v - person.eye_level, v - person.mouth_level
    fold = side - 0.2 - 0.06 * moment.smile + 0.28 * (mouth_v - 0.1)
    return Landmarks(side, side - person.eye_distance, eye_v, eye_v + person.nose_length, mouth_v, fold)


def relief(u: Array, v: Array, person: Person, moment: Moment) -> Array:
    """Return how far the face stands out from the ellipsoid, (N, S, S)."""
    at = landmarks(u, v, person, moment)
    smile = np.maximum(moment.smile, 0)
    rise = person.nose_height * _nose(at, person)
    rise += 0.07 * bell((at.side - 0.12 * person.nose_width) / 0.05, at.nose_v / 0.055)
    rise += 0.06 * bell(at.eye / 0.2, (at.eye_v - person.brow_level) / 0.07)
    rise -= person.eye_depth * bell((at.eye + 0.04) / 0.15, (at.eye_v - 0.02) / 0.085)
    rise += 0.025 * bell(at.eye / 0.09, at.eye_v / 0.05)
    cheek_v = at.eye_v + 0.38 - 0.06 * smile
    rise += (person.cheeks + 0.06 * smile) * bell((at.side - 0.42) / 0.15, cheek_v / 0.14)
    rise += 0.035 * bell(u / 0.24, (at.mouth_v - 0.02) / 0.15)
    rise -= 0.025 * bell(u / 0.17, (at.mouth_v + 0.15) / 0.05)
    rise += person.chin * bell(u / 0.18, (at.mouth_v + 0.3) / 0.1)
    return rise - (0.02 * person.folds + 0.035 * smile) * bell(at.fold / 0.05, (at.mouth_v - 0.16) / 0.1)


def _nose(at: Landmarks, person: Person) -> Array:
    """Return the shape of tip and bridge."""
    tip = 0.62 * bell(at.side / (0.11 * person.nose_width), (at.nose_v - 0.05) / 0.09)
    return tip + 0.5 * bell(at.side / 0.075, (at.nose_v - 0.2) / 0.14)
