"""Who is portrayed and how: the factors behind the faces.

Every factor is an array (N, 1, 1). Lengths are in half widths of a picture, tones in 0–1. Levels count
upwards from the middle of the head.
"""

from dataclasses import dataclass, fields, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from hw2.data.synthetic.portable_arithmetic import Array, around, between, chance


@dataclass(frozen=True, eq=False)
class Person:
    """What stays the same in all pictures of a person."""

    width: Array  # of half a head
    height: Array
    taper: Array  # how much the face narrows towards the chin
    jaw: Array  # how broad it is at the jaw
    skin: Array
    eye_distance: Array  # from the middle
    eye_level: Array
    eye_size: Array
    eye_depth: Array
    iris: Array
    brow_level: Array  # above the eye
    brow_thickness: Array
    brow_arch: Array
    nose_length: Array
    nose_width: Array
    nose_height: Array
    mouth_level: Array
    mouth_width: Array
    lips: Array
    lip_tone: Array
    cheeks: Array
    chin: Array
    folds: Array  # from the nose to the mouth's corners
    hair: Array
    hairline: Array
    sideburns: Array
    parting: Array
    volume: Array
    long_hair: Array
    beard: Array
    moustache: Array
    glasses: Array
    frame_size: Array
    frame_tone: Array
    clothes: Array


@dataclass(frozen=True, eq=False)
class Moment:
    """What differs between two pictures of a person."""

    yaw: Array  # tangents of half the angles
    pitch: Array
    tilt: Array
    right: Array  # shift of the face in the picture
    up: Array
    zoom: Array  # of what is seen: below 1 the face is larger
    smile: Array
    open_mouth: Array
    open_eyes: Array
    gaze: Array
    raised_brows: Array
    light_from_right: Array  # relative to the light from the camera
    light_from_above: Array
    ambient: Array
    exposure: Array
    contrast: Array
    background: Array
    background_slope: Array


HABITS = ("right", "up", "tilt", "light_from_right", "background_slope")  # all of them around 0
HALF = 0.7  # the sum of two draws, each times √½, spreads as wide as one

Factors = TypeVar("Factors", Person, Moment)


def take(factors: Factors, chosen: slice | NDArray[np.intp]) -> Factors:
    """Return the factors of some images only."""
    return replace(factors, **{field.name: getattr(factors, field.name)[chosen] for field in fields(factors)})


def persons(rng: np.random.Generator, count: int) -> Person:
    """Draw different people."""
    long_hair = chance(rng, 0.15, count)
    man = 1 - long_hair
    bald = chance(rng, 0.15, count) * man
    bearded = chance(rng, 0.22, count) * man
    dark_skin = chance(rng, 0.08, count)
    fair_hair = chance(rng, 0.3, count)
    return Person(
        width=around(rng, 0.71, 0.09, count),
        height=around(rng, 1.13, 0.1, count),
        taper=between(rng, -0.05, 0.3, count) + 0.05 * long_hair,
        jaw=between(rng, -0.03, 0.11, count) * (1 - 0.5 * long_hair),
        skin=around(rng, 0.78, 0.07, count) - 0.22 * dark_skin,
        eye_distance=around(rng, 0.31, 0.03, count),
        eye_level=around(rng, 0.12, 0.07, count),
        eye_size=around(rng, 1.0, 0.2, count),
        eye_depth=between(rng, 0.03, 0.11, count),
        iris=between(rng, 0.1, 0.38, count),
        brow_level=around(rng, 0.15, 0.035, count),
        brow_thickness=around(rng, 0.036, 0.02, count) - 0.008 * long_hair,
        brow_arch=around(rng, 0.02, 0.03, count),
        nose_length=around(rng, 0.42, 0.06, count),
        nose_width=around(rng, 1.0, 0.3, count),
        nose_height=around(rng, 0.21, 0.08, count),
        mouth_level=around(rng, -0.55, 0.07, count),
        mouth_width=around(rng, 0.29, 0.05, count),
        lips=around(rng, 0.055, 0.025, count),
        lip_tone=around(rng, 0.76, 0.14, count),
        cheeks=between(rng, 0.0, 0.09, count),
        chin=between(rng, 0.02, 0.1, count),
        folds=between(rng, 0.0, 1.0, count) * (1 - 0.5 * long_hair),
        hair=between(rng, 0.1, 0.26, count) + fair_hair * between(rng, 0.12, 0.4, count),
        hairline=around(rng, 0.68, 0.16, count) + 0.45 * bald,
        sideburns=around(rng, 0.05, 0.25, count) - 1.6 * long_hair,
        parting=around(rng, 0.0, 0.3, count),
        volume=between(rng, 0.03, 0.18, count) * (1 - 0.9 * bald),
        long_hair=long_hair,
        beard=bearded * between(rng, 0.35, 0.85, count) + man * between(rng, 0.0, 0.18, count),
        moustache=np.maximum(bearded, chance(rng, 0.1, count) * man) * between(rng, 0.5, 0.95, count),
        glasses=chance(rng, 0.3, count),
        frame_size=around(rng, 1.0, 0.2, count),
        frame_tone=between(rng, 0.08, 0.6, count),
        clothes=between(rng, 0.08, 0.8, count),
    )


def moments(rng: np.random.Generator, who: NDArray[np.intp]) -> Moment:
    """Draw the moments in which people, numbered from 0 and in order, (N,), are taken.

    Framing, light and background are partly or wholly a person's own, as if each had come once to a studio.
    """
    moment = independent_moments(rng, len(who))
    habit = take(independent_moments(rng, int(who[-1]) + 1), who)
    half = {name: HALF * (getattr(moment, name) + getattr(habit, name)) for name in HABITS}
    return replace(moment, zoom=habit.zoom, background=habit.background, **half)


def independent_moments(rng: np.random.Generator, count: int) -> Moment:
    """Draw poses, expressions and lights."""
    return Moment(
        yaw=around(rng, 0.0, 0.23, count),
        pitch=around(rng, 0.0, 0.15, count),
        tilt=around(rng, 0.0, 0.06, count),
        right=around(rng, 0.0, 0.14, count),
        up=around(rng, 0.0, 0.14, count),
        zoom=around(rng, 0.9, 0.1, count),
        smile=np.maximum(between(rng, -0.8, 1.0, count), -0.1),
        open_mouth=chance(rng, 0.25, count) * between(rng, 0.2, 1.0, count),
        open_eyes=mix_in_blinks(rng, around(rng, 0.85, 0.25, count)),
        gaze=around(rng, 0.0, 0.05, count),
        raised_brows=around(rng, 0.0, 0.05, count),
        light_from_right=around(rng, 0.0, 0.42, count),
        light_from_above=around(rng, 0.35, 0.25, count),
        ambient=around(rng, 0.42, 0.1, count),
        exposure=around(rng, 1.04, 0.06, count),
        contrast=around(rng, 0.95, 0.08, count),
        background=around(rng, 0.36, 0.16, count),
        background_slope=around(rng, 0.0, 0.1, count),
    )


def mix_in_blinks(rng: np.random.Generator, open_eyes: Array) -> Array:
    """Close the eyes in a few pictures."""
    return open_eyes * (1 - 0.95 * chance(rng, 0.08, len(open_eyes)))
