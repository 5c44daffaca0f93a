"""Figures of question 4: the rise and fall of the test accuracy, and the labels behind it."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from hw2.figures.curves import draw, finish
from hw2.figures.image_grids import GAP, composed, show, tiles
from hw2.figures.style import BLUE, GREEN, GREY, ORANGE, TEXT_WIDTH, Sheet, band, canvas, styled
from hw2.training.results import Run
from weaver.cache import cached, drawing

ABOVE = 8  # pixels of an image, for the line above it


@cached
@drawing
@styled
def rise_and_fall(runs: Sequence[Run], peak_epoch: float) -> Figure:
    """Draw accuracies (left) and losses (right) on the training labels as given and on the test images."""
    figure, axes = canvas(1, 2, height=2.7)
    accuracies, losses = axes[0]
    draw(accuracies, runs, lambda run: run.history.train_accuracy, BLUE, "training labels as given")
    draw(accuracies, runs, lambda run: run.history.held_out_accuracy, ORANGE, "test")
    draw(losses, runs, lambda run: run.history.train_loss, BLUE, "training labels as given")
    draw(losses, runs, lambda run: run.history.held_out_loss, ORANGE, "test")
    finish(accuracies, "accuracy", {"peak": peak_epoch})
    finish(losses, "loss (cross-entropy)", {"peak": peak_epoch})
    accuracies.legend(loc="lower right")
    return figure


@cached
@drawing
@styled
def memorising(
    epochs: NDArray[np.int64], shares: NDArray[np.float64], *, better: str, peak_epoch: float
) -> Figure:
    """Draw what networks say of doubtful images: shares (S, M, 2) that get the given or the better label."""
    figure, axes = canvas(height=2.6, width=0.72 * TEXT_WIDTH)
    axis = axes[0, 0]
    band(axis, epochs, shares[:, :, 0], colour=BLUE, label="label as given (memorised)")
    band(axis, epochs, shares[:, :, 1], colour=GREEN, label=better)
    finish(axis, "share of the doubtful images", {"peak of the test accuracy": peak_epoch})
    axis.set_ylim(0, 1)
    axis.legend(loc="center right")
    return figure


@styled
def suspects(
    images: NDArray[np.float32], given: Sequence[int], judged: Sequence[int], *, columns: int = 10
) -> Figure:
    """Draw images (n, 28, 28), each under its label as given and what the judges say: `7, not 3`."""
    side, above = images.shape[1], ABOVE + GAP
    picture = composed(tiles(images, columns), above)
    figure = Sheet(figsize=(TEXT_WIDTH, TEXT_WIDTH * picture.shape[0] / picture.shape[1]))
    axes = show(figure, picture, left=0, top=0, width=TEXT_WIDTH)
    for number, (label, other) in enumerate(zip(given, judged, strict=True)):
        x, y = number % columns * (side + GAP), number // columns * (side + above)
        axes.text(
            x + GAP + side / 2, y + ABOVE, f"{label}, rather {other}", ha="center", va="bottom", fontsize=7
        )
    return figure


@cached
@drawing
@styled
def remedy(as_given: Sequence[Run], trusted: Sequence[Run]) -> Figure:
    """Draw the test accuracy of networks trained on all labels, and on those that the judges share."""
    figure, axes = canvas(height=2.6, width=0.72 * TEXT_WIDTH)
    axis = axes[0, 0]
    draw(axis, trusted, lambda run: run.history.held_out_accuracy, GREEN, "labels that the judges share")
    draw(axis, as_given, lambda run: run.history.held_out_accuracy, ORANGE, "all labels as given")
    finish(axis, "test accuracy")
    axis.legend(loc="lower left")
    axis.tick_params(color=GREY)
    return figure
