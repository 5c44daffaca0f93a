"""Question 1.1: the search for a learning rate, losses, live units and weights of autoencoders."""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator

from hw2.figures.curves import draw
from hw2.figures.image_grids import grid, symmetric, tiles
from hw2.figures.style import BLUE, GREEN, GREY, ORANGE, canvas, styled
from hw2.networks.stacked_mlp import Weights
from hw2.questions.q1.dead_units import RATES, ByUnits, at_rate
from hw2.questions.q1.eigenfaces import Eigenfaces
from hw2.questions.q1.faces import pictures
from hw2.questions.q1.learning_rate_sweep import Sweep
from hw2.training.probes import LiveUnits, Snapshots
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
    figure, axes = canvas(2, len(centred), height=4.4)
    everything = np.concatenate([each.losses.ravel() for each in (*centred.values(), *raw.values())])
    for (units, sweep), (losses, live) in zip(centred.items(), axes.T, strict=True):
        _outcomes(losses, live, sweep, BLUE, "mean face subtracted")
        _outcomes(losses, live, raw[units], ORANGE, "raw pixels")
        _level(losses, variance, "variance", "left")
        for axis in (losses, live):
            axis.axvline(chosen[units], color=BLUE, linewidth=0.8, linestyle="--")
            axis.set(xscale="log", xlabel="learning rate")
        losses.set(title=f"n = {units}", yscale="log", ylabel="final training loss (MSE)")
        losses.set_ylim(0.75 * np.nanmin(everything), 1.4 * np.nanmax(everything))
        live.set(ylim=(-5, 105), ylabel="live hidden units (%)")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def _outcomes(losses: Axes, live: Axes, sweep: Sweep, colour: str, label: str) -> None:
    """Draw medians as lines and each seed as a mark: a dot, a cross with dead units, a triangle diverged."""
    rates = np.broadcast_to(sweep.rates[:, None], sweep.losses.shape)
    whole = ~(sweep.diverged | sweep.with_dead_units)
    losses.plot(sweep.rates, sweep.medians, color=colour, label=label)
    live.plot(sweep.rates, 100 * np.median(sweep.live, axis=1), color=colour)
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
    figure, axes = canvas(height=2.9)
    panel, lowest = axes[0, 0], eigen.error(max(centred))
    for colour, (units, runs) in zip((BLUE, GREEN), centred.items(), strict=True):
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
@styled
def live_units(centred: ByUnits, raw: ByUnits) -> Figure:
    """Draw the number of live units after each epoch, a panel for each number of units."""
    figure, axes = canvas(1, len(raw), height=2.6)
    for (units, trained), panel in zip(raw.items(), axes[0], strict=True):
        for rate, line in zip(RATES, (":", "--", "-"), strict=True):
            _live(panel, at_rate(centred[units], rate), BLUE, f"mean face subtracted, {rate:g}", line)
            _live(panel, at_rate(trained, rate), ORANGE, f"raw pixels, {rate:g}", line)
        panel.set_xscale("symlog", linthresh=1)
        panel.xaxis.set_major_locator(FixedLocator([0, 1, 2, 5, 10, 20, 40]))
        panel.xaxis.set_major_formatter("{x:g}")
        panel.yaxis.set_major_locator(FixedLocator([part * units / 4 for part in range(5)]))
        panel.set(title=f"n = {units}", xlabel="epoch", ylabel="live hidden units")
        panel.set_ylim(-0.04 * units, 1.04 * units)
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def _live(axes: Axes, runs: Sequence[Run], colour: str, label: str, line: str) -> None:
    series = [run.probes[LiveUnits.name] for run in runs]
    if series:
        values = np.mean([each.values for each in series], axis=0)
        axes.plot(series[0].epochs, values, line, color=colour, label=label, clip_on=False)


@cached
@drawing
def weights_by_epoch(run: Run, patterns: np.ndarray, units: int) -> Figure:
    """Draw fc1's weights of the first `units` hidden units at every epoch at which they were stored.

    A last row shows `patterns` (n, 4096), what the units respond to in the end. Each row has its own grey
    scale, whose limits stand in its label.
    """
    stored = run.probes[Snapshots.name]
    rows = [clipped(values[:units]) for values in (*stored.values, patterns)]
    names = [*(f"epoch {epoch}" for epoch in stored.epochs), "pattern"]
    labels = [f"{name}\n±{symmetric(row)[1]:.3f}" for name, row in zip(names, rows, strict=True)]
    return grid([pictures(row) for row in rows], row_labels=labels, limits=None)


def weights_at_end(weights: Weights, columns: int = 8) -> Figure:
    """Draw fc1's weights of all hidden units, on one grey scale."""
    images = pictures(clipped(weights["fc1.weight"]))
    return grid(tiles(images, columns), limits=symmetric(images))


def clipped(values: np.ndarray) -> np.ndarray:
    """Clip values at the 99th percentile of their sizes, lest a few large ones take all contrast."""
    limit = np.percentile(np.abs(values), 99)
    shown: np.ndarray = np.clip(values, -limit, limit)
    return shown


def reconstructions(rows: Mapping[str, np.ndarray]) -> Figure:
    """Draw faces (M, 4096) in [0, 1] under each other, a labelled row for each way to rebuild them."""
    return grid([pictures(row) for row in rows.values()], row_labels=list(rows))
