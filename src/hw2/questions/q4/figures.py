"""Figures of question 4: the rise and fall of the test accuracy, and the labels behind it.

What is measured on labels as they are given is blue, on right labels orange; better labels are green.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from hw2.figures.curves import draw, finish
from hw2.figures.image_grids import GAP, composed, show, tiles
from hw2.figures.style import BLUE, GREEN, GREY, ORANGE, PURPLE, TEXT_WIDTH, Sheet, band, canvas, styled
from hw2.questions.q4.label_noise import CLASSES
from hw2.questions.q4.networks import TEST, updates
from hw2.training.results import Run
from weaver.cache import cached, drawing

ABOVE = 8  # pixels of an image, for the line above it


@cached
@drawing
@styled
def rise_and_fall(runs: Sequence[Run], peak_epoch: float) -> Figure:
    """Draw accuracies (left) and losses (right) on the training labels as given and on the test images."""
    figure, axes = canvas(1, 2, height=2.1)
    accuracies, losses = axes[0]
    draw(accuracies, runs, lambda run: run.history.train_accuracy, BLUE, "training labels as given")
    draw(accuracies, runs, lambda run: run.history.held_out_accuracy, ORANGE, "test")
    draw(losses, runs, lambda run: run.history.train_loss, BLUE, "training labels as given")
    draw(losses, runs, lambda run: run.history.held_out_loss, ORANGE, "test")
    finish(accuracies, "accuracy", {"peak": peak_epoch})
    finish(losses, "loss (cross-entropy)", {"peak": peak_epoch})
    _percentages(accuracies)
    accuracies.legend(loc="lower right")
    return figure


@cached
@drawing
@styled
def memorising(
    epochs: NDArray[np.int64], shares: NDArray[np.float64], *, better: str, peak_epoch: float
) -> Figure:
    """Draw what networks say of doubtful images: shares (S, M, 2) that get the given or the better label."""
    figure, axes = canvas(height=1.9, width=0.72 * TEXT_WIDTH)
    axis = axes[0, 0]
    band(axis, epochs, shares[:, :, 0], colour=BLUE, label="label as given")
    band(axis, epochs, shares[:, :, 1], colour=GREEN, label=better)
    finish(axis, "doubtful images", {"peak of the test accuracy": peak_epoch})
    _percentages(axis)
    axis.set_ylim(0, 1)
    axis.legend(loc="center right")
    return figure


@styled
def suspects(
    images: NDArray[np.float32], given: Sequence[int], judged: Sequence[int], *, columns: int = 8
) -> Figure:
    """Draw images (n, 28, 28), each under its label as given and what the judges say."""
    side, above = images.shape[1], ABOVE + GAP
    picture = composed(tiles(images, columns), above)
    figure = Sheet(figsize=(TEXT_WIDTH, TEXT_WIDTH * picture.shape[0] / picture.shape[1]))
    axes = show(figure, picture, left=0, top=0, width=TEXT_WIDTH)
    for number, (label, other) in enumerate(zip(given, judged, strict=True)):
        x, y = number % columns * (side + GAP), number // columns * (side + above)
        words = f"{label}, judged {other}"
        axes.text(x + GAP + side / 2, y + ABOVE, words, ha="center", va="bottom", fontsize=6)
    return figure


@cached
@drawing
@styled
def joint(matrix: NDArray[np.float64]) -> Figure:
    """Draw a joint distribution (10, 10) of given and true labels, the numbers in per cent."""
    figure, axes = canvas(height=2.5, width=0.5 * TEXT_WIDTH)
    axis = axes[0, 0]
    axis.imshow(matrix, cmap="Blues", vmin=0, vmax=1.2 * matrix.max())
    for (given, true), share in np.ndenumerate(matrix):
        colour = "white" if share > 0.6 * matrix.max() else "black"
        axis.text(true, given, f"{100 * share:.1f}", ha="center", va="center", fontsize=5.5, color=colour)
    axis.set(
        xticks=range(CLASSES), yticks=range(CLASSES), xlabel="true label, estimated", ylabel="given label"
    )
    axis.grid(visible=False)
    return figure


@cached
@drawing
@styled
def remedy(groups: Mapping[str, tuple[Sequence[Run], int]]) -> Figure:
    """Draw test accuracies over the updates; a group is named, with the number of its training images."""
    figure, axes = canvas(height=2.2, width=0.72 * TEXT_WIDTH)
    axis = axes[0, 0]
    for colour, (label, (runs, images)) in zip((ORANGE, GREEN, PURPLE), groups.items(), strict=True):
        curves = [run.history.held_out_accuracy for run in runs if not run.diverged]
        values = np.stack([curve for curve in curves if curve is not None])  # (S, E)
        steps = updates(1, images) * np.arange(1, values.shape[1] + 1)
        band(axis, steps, values, colour=colour, label=f"{label} ({images:,} images)")
    axis.set(xlabel="updates", ylabel="test accuracy")
    _percentages(axis)
    figure.legend(loc="outside lower center", ncols=2)  # wherever the curves go
    return figure


@cached
@drawing
@styled
def stopping(runs: Sequence[Run], noise: float, chosen_epoch: float) -> Figure:
    """Draw accuracies on held-out labels as given and on test labels: over the epochs, and one by the other.

    The line is what a share `noise` of wrong labels, spread evenly, makes of a test accuracy.
    """
    figure, axes = canvas(1, 2, height=2.1)
    curves, points = axes[0]
    series = [run.probes[TEST] for run in runs if not run.diverged]
    test = np.stack([each.values[1:, 0] for each in series])  # (S, E), without epoch 0
    draw(curves, runs, lambda run: run.history.held_out_accuracy, BLUE, "held-out labels as given")
    band(curves, np.arange(1, test.shape[1] + 1), test, colour=ORANGE, label="test")
    finish(curves, "accuracy", {"chosen epoch": chosen_epoch})
    curves_of_runs = [run.history.held_out_accuracy for run in runs if not run.diverged]
    noisy = np.stack([curve for curve in curves_of_runs if curve is not None])
    points.plot(test.ravel(), noisy.ravel(), "o", color=BLUE, markersize=2.5, label="an epoch of a seed")
    right = np.array([test.min(), test.max()])
    expected = (1 - noise) * right + noise * (1 - right) / (CLASSES - 1)
    points.plot(right, expected, color=GREY, linestyle="--", label="by the share of wrong labels")
    points.set(xlabel="test accuracy", ylabel="held-out accuracy")
    figure.legend(loc="outside lower center", ncols=4)
    for axis in (curves, points):
        _percentages(axis)
    points.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    return figure


def _percentages(axes: Axes) -> None:
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
