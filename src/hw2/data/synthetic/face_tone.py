"""The face before light falls on it: skin, hollows, beard, mouth, eyes and brows."""

import numpy as np

from hw2.data.synthetic.head_surface import Landmarks, Surface, landmarks
from hw2.data.synthetic.portable_arithmetic import Array, bell, edge, mix
from hw2.data.synthetic.portrait_factors import Moment, Person


def complexion(surface: Surface, person: Person, moment: Moment, texture: Array) -> Array:
    """Return the tone of the face, (N, S, S); `texture` is soft noise in ±1."""
    at = landmarks(surface.u, surface.v, person, moment)
    skin = person.skin * (1 + 0.08 * texture) * (1 - hollows(surface, at, person, moment))
    skin = with_beard(skin, at, person, texture)
    skin = with_mouth(skin, at, person, moment)
    skin = with_eyes(skin, surface, at, person, moment)
    return with_brows(skin, at, person, moment)


def hollows(surface: Surface, at: Landmarks, person: Person, moment: Moment) -> Array:
    """Return how much light is lost in sockets, nostrils and folds, and in the nose's shadow."""
    smile = np.maximum(moment.smile, 0)
    dark = (0.18 + 2.2 * person.eye_depth) * bell((at.eye + 0.06) / 0.12, (at.eye_v - 0.03) / 0.075)
    dark += 0.12 * bell(at.eye / 0.12, (at.eye_v + 0.1) / 0.035)
    dark += 0.35 * bell((at.side - 0.085 * person.nose_width) / 0.035, (at.nose_v + 0.035) / 0.025)
    dark += 0.12 * bell(at.side / (0.14 * person.nose_width), (at.nose_v + 0.07) / 0.04)
    cast = surface.u + 0.22 * moment.light_from_right
    dark += 0.3 * np.abs(moment.light_from_right) * bell(cast / 0.07, (at.nose_v - 0.06) / 0.11)
    dark += 0.22 * bell(at.side / 0.16, (at.mouth_v + 0.13) / 0.035)
    dark += (0.1 * person.folds + 0.16 * smile) * bell(at.fold / 0.035, (at.mouth_v - 0.16) / 0.09)
    return np.minimum(dark, 0.85)


def with_beard(skin: Array, at: Landmarks, person: Person, texture: Array) -> Array:
    """Let a beard and a moustache grow."""
    jaw = edge(0.9 * at.side * at.side - at.mouth_v - 0.04, 0.14)
    around_mouth = bell(at.side / 0.2, (at.mouth_v + 0.02) / 0.1)
    skin = mix(skin, person.hair * (1.1 + 0.6 * texture), person.beard * jaw * (1 - around_mouth))
    lip_v = at.mouth_v - 0.105 + 0.6 * at.side * at.side
    above_lip = edge(person.mouth_width - at.side, 0.1) * bell(lip_v / 0.03)
    return mix(skin, 1.1 * person.hair, 0.9 * person.moustache * above_lip)


def with_mouth(skin: Array, at: Landmarks, person: Person, moment: Moment) -> Array:
    """Paint lips, and between them a line, or teeth and darkness."""
    smile, gape = moment.smile, moment.open_mouth
    width = person.mouth_width * (1 + 0.35 * smile - 0.12 * gape)
    across = np.minimum(at.side * at.side / (width * width), 1.5)
    thin = 1 - across  # towards the corners
    v = at.mouth_v - 0.09 * smile * (across - 0.5)
    grin = 0.09 * np.maximum(smile - 0.4, 0)
    top = (0.008 + grin + 0.02 * gape) * thin
    bottom = (0.008 + 0.8 * grin + 0.12 * gape) * thin
    lips = edge(top + person.lips * thin - v, 0.03) * edge(v + bottom + 1.2 * person.lips * thin, 0.03)
    skin = mix(skin, skin * person.lip_tone, lips * edge(thin, 0.2))
    teeth = edge(smile - 0.55, 0.15) * edge(v - top + 0.07, 0.02) * edge(0.65 - across, 0.25)
    opening = edge(top - v, 0.02) * edge(v + bottom, 0.02) * edge(thin, 0.15)
    return mix(skin, mix(0.28 * person.skin, 0.46 + 0.46 * person.skin, teeth), 0.9 * opening)


def with_eyes(skin: Array, surface: Surface, at: Landmarks, person: Person, moment: Moment) -> Array:
    """Paint whites, irises, the glint in them, lashes and the crease of the lid."""
    half = 0.14 * person.eye_size
    thin = 1 - at.eye * at.eye / (half * half)  # towards the corners
    lid = 0.062 * person.eye_size * moment.open_eyes * thin
    low = 0.035 * person.eye_size * np.minimum(moment.open_eyes + 0.3, 1) * thin
    gaze = np.abs(surface.u - moment.gaze) - person.eye_distance
    iris = edge(0.06 - np.sqrt(gaze * gaze + at.eye_v * at.eye_v), 0.02)
    glint = bell((gaze - 0.02) / 0.014, (at.eye_v - 0.02) / 0.014)
    ball = mix(0.66 * person.skin + 0.06, 0.6 * person.iris, iris) + 0.35 * glint
    skin = mix(skin, ball, edge(lid - at.eye_v, 0.016) * edge(at.eye_v + low, 0.016) * edge(thin, 0.15))
    closing = np.where(moment.open_eyes > 0.3, lid, -low)
    lashes = bell((at.eye_v - closing) / 0.017) * edge(thin + 0.1, 0.2)
    crease = bell((at.eye_v - lid - 0.06) / 0.016) * edge(thin, 0.3)
    return skin * (1 - 0.62 * lashes) * (1 - 0.16 * crease)


def with_brows(skin: Array, at: Landmarks, person: Person, moment: Moment) -> Array:
    """Paint eyebrows."""
    v = at.eye_v - person.brow_level - moment.raised_brows
    line = v - person.brow_arch * (1 - 30 * at.eye * at.eye) + 0.12 * at.eye
    thickness = person.brow_thickness * (1 - 1.2 * at.eye)
    cover = edge(thickness - np.abs(line), 0.04) * edge(0.19 - np.abs(at.eye - 0.01), 0.05)
    return mix(skin, 0.8 * person.hair + 0.05, 0.7 * cover)
