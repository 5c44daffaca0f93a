"""Drawn grey portraits, as a stand-in for photographs of people."""

import numpy as np

from hw2.data.synthetic.portable_arithmetic import Bytes, develop, grain
from hw2.data.synthetic.portrait import portrait
from hw2.data.synthetic.portrait_factors import moments, persons, take

SIDE = 64
PICTURES_OF_A_PERSON = 10
AT_ONCE = 20  # pictures whose layers fit the processor's cache
FILM_GRAIN = 0.024


def faces(count: int = 400, *, seed: int) -> Bytes:
    """Draw grey portraits of people who differ in pose, expression and light: uint8, (count, 64, 64).

    Ten pictures of one person follow each other. The same seed gives the same bytes on every machine.
    """
    rng = np.random.default_rng(seed)
    who = np.arange(count) // PICTURES_OF_A_PERSON
    person = take(persons(rng, int(who[-1]) + 1), who)
    moment = moments(rng, who)
    drawn = np.empty((count, SIDE, SIDE), np.uint8)
    for start in range(0, count, AT_ONCE):
        part = slice(start, min(start + AT_ONCE, count))
        texture = grain(rng, part.stop - start, 22, SIDE)
        drawn[part] = develop(rng, portrait(take(person, part), take(moment, part), texture), FILM_GRAIN)
    return drawn
