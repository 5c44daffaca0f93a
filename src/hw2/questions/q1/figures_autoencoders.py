"""Question 1.1: the search for a learning rate, and the losses and outputs of autoencoders.

A network has its colour; what is trained on raw pixels is dotted.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hw2.figures.curves import draw
from hw2.figures.image_grids import grid
from hw2.figures.style import COLOUR_OF, GREY, canvas, styled
from hw2.questions.q1.eigenfaces import Eigenfaces
from hw2.questions.q1.faces import pictures
from hw2.questions.q1.learning_rate_sweep import Sweep
from hw2.training.results import Curve, Run
from weaver.cache import cached, drawing

NOTE = 7.5  # points, for words inside a panel
TOP = 1.0  # of the losses: what raw pixels cost in the first epochs is far above and of no interest


@cached
@drawing
@styled
def rate_search(
    centred: Mapping[int, Sweep], raw: Mapping[int, Sweep], chosen: Mapping[int, float], variance: float
) -> Figure:
    """Draw final losses (top) and live units (bottom) against the rate, a column for each number of units."""
    figure, axes = canvas(2, len(centred), height=3.5)
    everything = np.concatenate([each.losses.ravel() for each in (*centred.values(), *raw.values())])
    for (units, sweep), (losses, live) in zip(centred.items(), axes.T, strict=True):
        colour = COLOUR_OF[f"n = {units}"]
        _outcomes(losses, live, sweep, colour=colour, line="-", label=f"n = {units}, mean face subtracted")
        _outcomes(losses, live, raw[units], colour=colour, line=":", label=f"n = {units}, raw pixels")
        _level(losses, variance, "variance", "left")
        for axis in (losses, live):
            axis.axvline(chosen[units], color=GREY, linewidth=0.8, linestyle="--")
            axis.set(xscale="log", xlabel="learning rate")
        losses.set(title=f"n = {units}", yscale="log", ylabel="final training loss (MSE)")
        losses.set_ylim(0.75 * np.nanmin(everything), 1.4 * np.nanmax(everything))
        live.set(ylim=(-5, 105), ylabel="live hidden units (%)")
    handles = [handle for axis in axes[0] for handle in axis.get_legend_handles_labels()[0]]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    return figure


def _outcomes(losses: Axes, live: Axes, sweep: Sweep, *, colour: str, line: str, label: str) -> None:
    """Draw medians as lines and each seed as a mark: a dot, a cross with dead units, a triangle diverged."""
    rates = np.broadcast_to(sweep.rates[:, None], sweep.losses.shape)
    whole = ~(sweep.diverged | sweep.with_dead_units)
    losses.plot(sweep.rates, sweep.medians, line, color=colour, label=label)
    live.plot(sweep.rates, 100 * np.median(sweep.live, axis=1), line, color=colour)
    for which, marker in ((whole, "o"), (sweep.with_dead_units, "x")):
        for axis, values in ((losses, sweep.losses), (live, 100 * sweep.live)):
            axis.plot(rates[which], values[which], marker, markersize=3, color=colour)
    lost = rates[sweep.diverged]
    losses.plot(lost, np.full(lost.shape, 0.98), "^", color=colour, transform=losses.get_xaxis_transform())


def _level(axes: Axes, value: float, words: str, side: Literal["left", "right"]) -> None:
    """Draw a level to compare with, and name it at one end: below it at the left, above it at the right."""
    axes.axhline(value, color=GREY, linewidth=0.8, linestyle=":")
    place = {"left": (0.01, "top"), "right": (0.99, "bottom")}
    x, vertical = place[side]
    across = axes.get_yaxis_transform()
    axes.text(x, value, words, transform=across, ha=side, va=vertical, fontsize=NOTE, color=GREY)


@cached
@drawing
@styled
def losses(centred: Mapping[int, Sequence[Run]], raw: Mapping[int, Run], eigen: Eigenfaces) -> Figure:
    """Draw the training loss per epoch of networks on centred faces and on raw pixels, with PCA's errors."""
    figure, axes = canvas(height=2.3)
    panel, lowest = axes[0, 0], eigen.error(max(centred))
    for units, runs in centred.items():
        colour = COLOUR_OF[f"n = {units}"]
        draw(panel, [raw[units]], _loss, colour, f"n = {units}, raw pixels", line=":")
        draw(panel, runs, _loss, colour, f"n = {units}, mean face subtracted")
        panel.axhline(eigen.error(units), color=colour, linewidth=0.8, linestyle="--")
        _beside(panel, eigen.error(units), f"PCA, {units}", colour)
    _level(panel, eigen.variance, "variance of the faces", "right")
    panel.set(xlabel="epoch", ylabel="training loss (MSE)", yscale="log", ylim=(0.7 * lowest, TOP))
    panel.margins(x=0.01)
    panel.legend(loc="upper right")
    return figure


def _loss(run: Run) -> Curve:
    return run.history.train_loss


def _beside(axes: Axes, value: float, words: str, colour: str) -> None:
    """Name a level outside the panel, at its right."""
    axes.annotate(
        words,
        (1, value),
        xycoords=axes.get_yaxis_transform(),
        xytext=(3, 0),
        textcoords="offset points",
        va="center",
        fontsize=NOTE,
        color=colour,
        annotation_clip=False,
    )


@cached
@drawing
def reconstructions(rows: Mapping[str, np.ndarray]) -> Figure:
    """Draw faces (M, 4096) in [0, 1] under each other, a labelled row for each way to rebuild them."""
    return grid([pictures(row) for row in rows.values()], row_labels=list(rows))
