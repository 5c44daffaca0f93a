"""Question 1.2: eigenfaces, their spectrum, and what the networks have in common with them."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from hw2.figures.image_grids import DIVERGING, SMALL, TITLE, composed, show, tiles
from hw2.figures.style import COLOUR_OF, GREEN, TEXT_WIDTH, Sheet, band, canvas, styled
from hw2.questions.q1.eigenfaces import Eigenfaces
from hw2.questions.q1.faces import pictures
from hw2.questions.q1.figures_weights import scaled
from hw2.questions.q1.learned_codes import Code
from weaver.cache import cached, drawing

Codes = Mapping[int, Sequence[Code]]


@styled
def gallery(mean: np.ndarray, sets: Mapping[str, np.ndarray]) -> Figure:
    """Draw the mean face and, by their names, sets of sixteen images (16, 4096) in two rows of eight each.

    Each set has one scale, symmetric about zero: white is zero, blue positive, red negative.
    """
    one = TEXT_WIDTH / 9  # inches
    figure = Sheet(figsize=(TEXT_WIDTH, 2 * len(sets) * one + TITLE))
    first = show(figure, composed([pictures(mean[None])]), left=0, top=TITLE, width=one)
    first.text(0.5, 1, "mean face", transform=first.transAxes, ha="center", va="bottom", fontsize=SMALL)
    rows = [row for images in sets.values() for row in tiles(scaled(images), 8)]
    others = show(figure, composed(rows), left=one, top=TITLE, width=8 * one, colours=DIVERGING)
    for number, name in enumerate(sets):
        y = 1 - (number + 0.6) / len(sets)
        others.text(-0.005, y, name, transform=others.transAxes, ha="right", va="center", fontsize=SMALL)
    return figure


@cached
@drawing
@styled
def spectrum(eigen: Eigenfaces, codes: Codes) -> Figure:
    """Draw the eigenvalues, the variance that the first n explain, and the errors of reconstructions."""
    figure, axes = canvas(1, 3, height=2.5)
    single, explained, errors = axes[0]
    counts = np.arange(1, len(eigen.explained) + 1)
    single.plot(counts, 100 * np.diff(eigen.explained, prepend=0), color=GREEN)
    single.set(xlabel="eigenface", ylabel="eigenvalue (% of the variance)", xscale="log", yscale="log")
    explained.plot(counts, 100 * eigen.explained, color=GREEN)
    errors.plot(counts[:-1], [eigen.error(count) for count in counts[:-1]], color=GREEN, label="PCA")
    for units, group in codes.items():
        colour = COLOUR_OF[f"n = {units}"]
        explained.plot(units, 100 * eigen.explained[units - 1], "o", color=colour)
        values = [code.error for code in group]
        label = f"network, n = {units}"
        errors.plot([units] * len(values), values, "o", markersize=4, color=colour, label=label)
    explained.set(xlabel="eigenfaces", ylabel="variance explained (%)", xscale="log", ylim=(0, 102))
    errors.set(xlabel="eigenfaces, hidden units", ylabel="MSE", xscale="log", yscale="log")
    errors.set_ylim(bottom=eigen.error(200) if len(counts) > 200 else None)
    errors.legend(loc="lower left")
    return figure


@cached
@drawing
@styled
def subspaces(codes: Codes) -> Figure:
    """Draw principal angles to the eigenfaces (left) and for how many faces units are active (right)."""
    figure, axes = canvas(1, 2, height=2.5)
    angles, activity = axes[0]
    for units, group in codes.items():
        colour = COLOUR_OF[f"n = {units}"]
        place = (np.arange(units) + 0.5) / units
        label = f"n = {units}"
        band(angles, place, np.stack([code.angles for code in group]), colour=colour, label=label)
        shares = 100 * np.stack([np.sort(code.active) for code in group])
        band(activity, place, shares, colour=colour, label=label)
    angles.set(xlabel="principal angles, in order (share of n)", ylabel="angle (degrees)", ylim=(0, 92))
    activity.set(
        xlabel="hidden units, in order (share of n)", ylabel="active for (% of faces)", ylim=(0, 102)
    )
    angles.legend(loc="upper left")
    return figure
