"""Garments as cover and tone: where there is cloth, and how bright it is before light and pattern.

Places x, to the right, and y, downwards, go from −1 to 1 and have the shape (N, S, S), measures (N, 1, 1).
"""

import numpy as np

from hw2.data.synthetic.garment_shapes import Box, Cut, Leg, Shoe, Top
from hw2.data.synthetic.portable_arithmetic import Array, bell, edge, mix, path, wave

SOFT = 0.05  # half width of an outline: 0.7 pixels of 28

Drawn = tuple[Array, Array]  # cover and tone, (N, S, S) each


def silhouette(cut: Cut[Array], x: Array, y: Array) -> Drawn:
    """Draw garments of any kind."""
    match cut:
        case Top():
            return top(cut, x, y)
        case Leg():
            return trousers(cut, x, y)
        case Shoe():
            return shoe(cut, x, y)
        case Box():
            return bag(cut, x, y)


def top(cut: Top[Array], x: Array, y: Array) -> Drawn:
    """Draw T-shirts, pullovers, dresses, coats and shirts."""
    s = np.abs(x)
    y = y + cut.length / 2  # 0 at the shoulders
    half = path(y / cut.length, (0.0, 0.25, 0.55, 1.0), (cut.shoulder, cut.chest, cut.waist, cut.hem))
    slope = 0.22 * np.maximum(s - 0.12, 0)
    body = edge(half - s, SOFT) * edge(y - slope, SOFT) * edge(cut.length - y, SOFT)
    arms, cuffs = sleeves(cut, s, y)
    hole = edge(cut.neck * (1 - 22 * s * s) - y, SOFT)
    cuffs = np.maximum(cuffs * arms, edge(y / cut.length - 0.93, 0.02) * body)
    armpit = edge(0.03 - np.abs(s - half), 0.04) * edge(y - 0.25, 0.1) * arms
    tone = trimmings(cut, s, y) * (1 - 0.3 * there(cut.cuffs) * cuffs) * (1 - 0.35 * armpit)
    return np.maximum(body, arms) * (1 - hole), tone


def trimmings(cut: Top[Array], s: Array, y: Array) -> Array:
    """Return the tone of collar, front and buttons."""
    collar = there(cut.collar) * edge(0.07 - np.abs(y - cut.neck - 0.04 + s), SOFT)
    front = there(cut.front) * edge(0.025 - s, 0.04) * edge(y - 0.08, 0.08)
    buttons = there(cut.buttons) * bell(s / 0.035) * edge(wave(y / cut.length * 5.5) - 0.6, 0.2)
    return (1 - 0.35 * collar) * (1 - 0.55 * front) * (1 - 0.5 * buttons)


def sleeves(cut: Top[Array], s: Array, y: Array) -> Drawn:
    """Return the cover of both sleeves, and where their cuffs are; y is 0 at the shoulders."""
    length = 0.25 + 1.1 * cut.sleeve
    norm = np.sqrt(1 + cut.spread * cut.spread)
    right, down = cut.spread / norm, 1 / norm
    x0, y0 = s - cut.shoulder + 0.08, y - 0.16
    from_shoulder, from_axis = x0 * right + y0 * down, np.abs(x0 * down - y0 * right)
    width = cut.sleeve_width * (1 - 0.25 * np.clip(from_shoulder, 0, 1))
    ends = edge(length - from_shoulder, SOFT) * edge(from_shoulder + 0.12, 0.06)
    return there(cut.sleeve) * edge(width - from_axis, SOFT) * ends, edge(from_shoulder - length + 0.1, 0.03)


def trousers(cut: Leg[Array], x: Array, y: Array) -> Drawn:
    """Draw trousers."""
    s, gap = np.abs(x), np.maximum(cut.gap, 0)
    down = y / cut.length + 0.5  # 0 at the belt, 1 at the ankles
    outer = path(down, (0.0, 0.3, 1.0), (cut.waist, cut.hip, cut.ankle + gap))
    cover = edge(outer - s, SOFT) * edge(cut.length / 2 - np.abs(y), SOFT)
    inner = gap * np.maximum(y - cut.crotch, 0) / (1 - cut.crotch)
    cover = cover * (1 - edge(y - cut.crotch, 0.1) * edge(inner - s, SOFT))
    seam = edge(0.02 - s, 0.04) * edge(y - cut.crotch + 0.3, 0.05)
    return cover, 1 - 0.35 * edge(0.07 - down, 0.02) - 0.5 * seam


def shoe(cut: Shoe[Array], x: Array, y: Array) -> Drawn:
    """Draw sandals, sneakers and ankle boots."""
    up = 0.3 + 0.3 * cut.shaft - y  # above the ground
    arch = cut.heel * edge(x - 0.2, 0.5)
    knots = (-0.95, -0.55, cut.throat - 0.25, cut.throat + 0.1)
    height = path(x, knots, (cut.toe / 2, cut.toe, cut.instep, cut.shaft)) + cut.sole + arch / 2
    straps = 1 - cut_out(cut, x, up)
    upper = edge(height - up, SOFT) * edge(up - cut.sole - arch + SOFT, SOFT) * straps
    sole = edge(up - arch, SOFT) * edge(cut.sole + arch - up, SOFT)
    heel = edge(x - 0.55, SOFT) * edge(up, SOFT) * edge(cut.heel - up, SOFT)
    cover = np.maximum(np.maximum(upper, sole), heel) * edge(0.9 - np.abs(x + 0.02 * up), SOFT)
    tone = 1 + mix(-0.35, 0.5, there(cut.white_sole)) * edge(cut.sole + arch - up, SOFT)
    rim = edge(0.05 - np.abs(up - height + 0.08), 0.04)
    return cover, tone * (1 - 0.3 * rim) * (1 - 0.45 * laces(cut, x, up - 0.6 * height))


def cut_out(cut: Shoe[Array], x: Array, up: Array) -> Array:
    """Return what is missing between the straps of a sandal."""
    strap = wave(0.5 * x * cut.straps + 0.4 * up + cut.throat)
    return edge(cut.open - strap, 0.12) * edge(cut.open, 0.1)


def laces(cut: Shoe[Array], x: Array, up: Array) -> Array:
    """Return where laces cross the instep."""
    instep = edge(0.28 - np.abs(x - cut.throat + 0.25), 0.08) * edge(up, 0.08)
    crossing: Array = there(cut.laces) * instep * edge(wave(5 * x) - 0.5, 0.3)
    return crossing


def bag(cut: Box[Array], x: Array, y: Array) -> Drawn:
    """Draw bags."""
    s = np.abs(x)
    y = y - 0.75 + cut.height  # 0 at the upper rim
    down = y / cut.height
    corner = np.maximum(np.abs(down - 0.5) - 0.5 + cut.roundness, 0)
    half = cut.top + (cut.bottom - cut.top) * np.clip(down, 0, 1) - 3 * corner * corner
    body = edge(half - s, SOFT) * edge(y, SOFT) * edge(cut.height - y, SOFT)
    flap = there(cut.flap) * edge(0.03 - np.abs(down - 0.35 - 0.4 * cut.roundness), 0.03)
    clasp = there(cut.clasp) * bell(s / 0.06, (down - 0.35) / 0.05)
    return np.maximum(body, handle(cut, s, y)), 1 - 0.4 * flap + 0.6 * clasp


def handle(cut: Box[Array], s: Array, y: Array) -> Array:
    """Return the cover of an arched handle; y is 0 at the bag's upper rim."""
    width = np.maximum(cut.handle_width, 0.15)
    q, r = s / width, y / np.maximum(cut.handle, 0.02)
    radius = np.sqrt(q * q + r * r)
    return edge(0.05 / width - np.abs(radius - 0.9), 0.12) * edge(-y, SOFT) * there(cut.handle)


def there(strength: Array) -> Array:
    """Return 1 for a detail that is there, 0 for one that is not, little between."""
    return edge(strength, SOFT)
