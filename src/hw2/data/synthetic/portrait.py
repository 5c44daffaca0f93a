"""Portraits painted from their factors: wall, clothes, the lit face, hair, glasses, film."""

import numpy as np

from hw2.data.synthetic.face_tone import complexion
from hw2.data.synthetic.head_surface import DEPTH, Surface, View, ellipsoid, face, head, plane, view
from hw2.data.synthetic.portable_arithmetic import Array, bell, edge, mix, smooth
from hw2.data.synthetic.portrait_factors import Moment, Person

STEEP = 2.5  # slope of the outline, where the depth jumps


def portrait(person: Person, moment: Moment, texture: Array) -> Array:
    """Return portraits in about 0–1, (N, S, S); `texture` is soft noise in ±1 of that shape."""
    seen = view(moment)
    x, y = plane(moment, texture.shape[-1])
    bare = head(x, y, seen, person)
    front = face(bare, seen, person, moment)
    picture = backdrop(x, y, person, moment)
    picture = mix(picture, 0.62 * person.skin, ears(x, y, seen, person))
    skin = complexion(front, person, moment, texture) * lighting(front.depth, moment)
    picture = mix(picture, skin, edge(front.inside, 0.06))
    picture = with_hair(picture, hair_shell(x, y, seen, person), person, moment, texture)
    picture = with_glasses(picture, bare, person, moment)
    return smooth((picture * moment.exposure - 0.5) * moment.contrast + 0.5, 0.08)


def lighting(depth: Array, moment: Moment) -> Array:
    """Return the light on a surface that is matt (Lambert) with a soft highlight, (N, S, S)."""
    pixel = 2 / depth.shape[-1]
    padded = np.pad(depth, ((0, 0), (1, 1), (1, 1)), mode="edge")
    slope_x = np.clip((padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]) / (2 * pixel), -STEEP, STEEP)
    slope_y = np.clip((padded[:, :-2, 1:-1] - padded[:, 2:, 1:-1]) / (2 * pixel), -STEEP, STEEP)
    lx, ly = moment.light_from_right, moment.light_from_above
    lengths = np.sqrt((1 + slope_x * slope_x + slope_y * slope_y) * (1 + lx * lx + ly * ly))
    cosine = np.maximum(1 - slope_x * lx - slope_y * ly, 0) / lengths
    highlight: Array = cosine * cosine
    for _ in range(3):
        highlight = highlight * highlight
    light: Array = mix(cosine, 1, moment.ambient) + 0.14 * highlight
    return light


def backdrop(x: Array, y: Array, person: Person, moment: Moment) -> Array:
    """Paint what is behind the face: wall, long hair, clothes and neck."""
    s = np.abs(x)
    picture = moment.background + moment.background_slope * (x + y)
    long_hair = edge(person.width + person.volume + 0.06 - s, 0.06) * edge(0.5 - y, 0.5)
    picture = mix(picture, 0.8 * person.hair, person.long_hair * long_hair)
    picture = mix(picture, 0.8 * person.clothes, edge(-0.95 - y - 0.3 * s * s, 0.05))
    neck = edge(0.62 * person.width - np.maximum(-0.95 - y, 0) - s, 0.04) * edge(-0.4 - y, 0.1)
    return mix(picture, 0.5 * person.skin, neck)


def ears(x: Array, y: Array, seen: View, person: Person) -> Array:
    """Return where ears are, (N, S, S); the head is painted over what it hides."""
    cover = np.zeros_like(x)
    for sign in (-1, 1):
        centre_x = sign * person.width * seen.right[0] - 0.08 * seen.right[2]
        centre_y = sign * person.width * seen.up[0] - 0.08 * seen.up[2]
        q, r = (x - centre_x) / 0.1, (y - centre_y) / 0.2
        cover = np.maximum(cover, edge(1 - q * q - r * r, 0.4))
    return cover


def hair_shell(x: Array, y: Array, seen: View, person: Person) -> Surface:
    """Return the surface on which hair lies: the head grown by the hair's volume."""
    grown = person.volume
    return ellipsoid(x, y, seen, (person.width + 0.7 * grown, person.height + grown, DEPTH + 0.5 * grown))


def with_hair(picture: Array, shell: Surface, person: Person, moment: Moment, texture: Array) -> Array:
    """Lay hair over forehead, temples and the back of the head."""
    behind = edge(0.3 - shell.w, 0.14)
    side = shell.u / person.width
    uneven = person.parting * shell.u * (1 - behind) - 0.22 * side * side + 0.08 * texture
    line = mix(person.hairline + uneven, person.sideburns, behind)
    tone = person.hair * (1 + 0.35 * texture) * lighting(shell.depth, moment)
    return mix(picture, tone, edge(shell.v - line, 0.08) * edge(shell.inside, 0.08))


def with_glasses(picture: Array, bare: Surface, person: Person, moment: Moment) -> Array:
    """Put glasses on: two rims, a bar across bridge and temples, a faint reflection."""
    beside = np.abs(bare.u) - person.eye_distance  # the middle of a lens
    v = bare.v - person.eye_level + 0.03
    q, r = beside / (0.25 * person.frame_size), v / (0.185 * person.frame_size)
    q, r = q * q, r * r
    radius = np.sqrt(np.sqrt(q * q + r * r))  # of a rounded rectangle
    rim = edge(0.085 - np.abs(radius - 1), 0.09)
    bar = edge(0.02 - np.abs(v - 0.055), 0.02) * edge(np.abs(beside) - 0.23 * person.frame_size, 0.03)
    frame = np.maximum(rim, bar) * edge(bare.inside, 0.07)
    glare = bell((bare.u - person.eye_distance - 0.3 * moment.yaw - 0.06) / 0.08, (v - 0.06) / 0.05)
    shine = 0.1 * edge(1 - radius, 0.1) * (0.4 + 4 * glare * np.abs(moment.light_from_right))
    picture = mix(picture, 0.75, person.glasses * shine)
    return mix(picture, person.frame_tone, 0.8 * person.glasses * frame)
