"""Question 1.2: eigenfaces, their spectrum, and what the networks have in common with them."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hw2.figures.image_grids import DIVERGING, SMALL, TITLE, composed, room, show
from hw2.figures.style import COLOUR_OF, GREEN, TEXT_WIDTH, Sheet, band, canvas, styled
from hw2.questions.q1.eigenfaces import Eigenfaces
from hw2.questions.q1.faces import pictures
from hw2.questions.q1.figures_weights import scaled
from hw2.questions.q1.learned_codes import Code
from weaver.cache import cached, drawing

Codes = Mapping[int, Sequence[Code]]


@cached
@drawing
@styled
def gallery(mean: np.ndarray, sets: Mapping[str, np.ndarray]) -> Figure:
    """Draw sets of sixteen images (16, 4096) by their names, a row each, and the mean face at the right.

    Each set has one scale, symmetric about zero: white is zero, blue positive, red negative.
    """
    start, gap = room(list(sets)), 0.1  # inches
    one = (TEXT_WIDTH - start - gap) / 17
    figure = Sheet(figsize=(TEXT_WIDTH, len(sets) * one + TITLE))
    rows = [scaled(images) for images in sets.values()]
    others = show(figure, composed(rows), left=start, top=TITLE, width=16 * one, colours=DIVERGING)
    for number, name in enumerate(sets):
        y = 1 - (number + 0.5) / len(sets)
        others.text(-0.005, y, name, transform=others.transAxes, ha="right", va="center")
    left = start + 16 * one + gap
    alone = show(figure, composed([pictures(mean[None])]), left=left, top=TITLE, width=one)
    alone.text(0.5, 1, "mean", transform=alone.transAxes, ha="center", va="bottom", fontsize=SMALL)
    return figure


@cached
@drawing
@styled
def beside_pca(eigen: Eigenfaces, codes: Codes) -> Figure:
    """Draw the eigenvalues and the errors of reconstructions, then what `_subspaces` draws."""
    figure, axes = canvas(1, 4, height=2.1)
    single, errors, angles, activity = axes[0]
    counts = np.arange(1, len(eigen.explained) + 1)
    single.plot(counts, 100 * np.diff(eigen.explained, prepend=0), color=GREEN)
    single.set(xlabel="eigenface", ylabel="eigenvalue (%)", xscale="log", yscale="log")
    errors.plot(counts[:-1], [eigen.error(count) for count in counts[:-1]], color=GREEN, label="PCA")
    for units, group in codes.items():
        colour = COLOUR_OF[f"n = {units}"]
        values = [code.error for code in group]
        label = f"network, n = {units}"
        errors.plot([units] * len(values), values, "o", markersize=4, color=colour, label=label)
    errors.set(xlabel="eigenfaces, units", ylabel="MSE", xscale="log", yscale="log")
    errors.set_ylim(bottom=eigen.error(200) if len(counts) > 200 else None)
    _subspaces(angles, activity, codes)
    figure.legend(*errors.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def _subspaces(angles: Axes, activity: Axes, codes: Codes) -> None:
    """Draw principal angles to the eigenfaces, and for how many faces units are active."""
    for units, group in codes.items():
        colour = COLOUR_OF[f"n = {units}"]
        place = (np.arange(units) + 0.5) / units
        label = f"n = {units}"
        band(angles, place, np.stack([code.angles for code in group]), colour=colour, label=label)
        shares = 100 * np.stack([np.sort(code.active) for code in group])
        band(activity, place, shares, colour=colour, label=label)
    angles.set(xlabel="angles (share of n)", ylabel="angle (degrees)", ylim=(0, 92))
    activity.set(xlabel="units (share of n)", ylabel="active for (% of faces)", ylim=(0, 102))
