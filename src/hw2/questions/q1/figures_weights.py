"""Question 1.1: the weights of fc1 as images, in the course of the training.

White is zero, blue positive, red negative. Each set has a scale of its own, symmetric about zero and cut at
the 99th percentile of its sizes, lest a few large values take all contrast.
"""

import numpy as np
from matplotlib.figure import Figure

from hw2.figures.image_grids import DIVERGING, TITLE, blocks, composed, grey, room, show, symmetric, tiles
from hw2.figures.style import TEXT_WIDTH, Sheet, styled
from hw2.questions.q1.eigenfaces import Eigenfaces
from hw2.questions.q1.faces import pictures
from hw2.questions.q1.learned_codes import inside
from hw2.training.probes import Snapshots
from hw2.training.results import Run
from weaver.cache import cached, drawing

IN_A_ROW = 22  # images, where all hidden units are shown


@cached
@drawing
def course(run: Run, eigen: Eigenfaces, shown: int) -> Figure:
    """Draw fc1's weights of the first units, so many as are `shown`, at each stored epoch, eight in a row.

    At the left as they are, at the right their part in the span of the faces.
    """
    stored = run.probes[Snapshots.name]
    raw = [eights(values[:shown]) for values in stored.values]
    spanned = [eights(inside(values[:shown], eigen)) for values in stored.values]
    labels = {(number + 0.5) / len(raw): f"epoch {epoch}" for number, epoch in enumerate(stored.epochs)}
    return blocks(
        [row for epoch in raw for row in epoch],
        [row for epoch in spanned for row in epoch],
        ("weights of fc1", "their part in the span of the faces"),
        labels,
    )


@cached
@drawing
@styled
def everything(run: Run) -> Figure:
    """Draw fc1's weights of all hidden units at each stored epoch."""
    stored = run.probes[Snapshots.name]
    labels = [f"epoch {epoch}" for epoch in stored.epochs]
    pages = [composed(tiles(scaled(values), IN_A_ROW)) for values in stored.values]
    start = room(labels)
    width = TEXT_WIDTH - start
    heights = [width * page.shape[0] / page.shape[1] for page in pages]
    figure = Sheet(figsize=(TEXT_WIDTH, sum(heights) + TITLE * (len(pages) - 1) / 2))
    top = 0.0
    for page, height, label in zip(pages, heights, labels, strict=True):
        axes = show(figure, page, left=start, top=top, width=width, colours=DIVERGING)
        axes.text(-0.01, 0.5, label, transform=axes.transAxes, ha="right", va="center")
        top += height + TITLE / 2
    return figure


@cached
@drawing
def beside(eigenfaces: np.ndarray, patterns: np.ndarray) -> Figure:
    """Draw eigenfaces (n, 4096) and, at their right, what units respond to (n, 4096), eight in a row."""
    return blocks(eights(eigenfaces), eights(patterns), ("eigenfaces", "patterns of fc1"))


def eights(values: np.ndarray) -> list[np.ndarray]:
    """Return rows of eight pictures of values (n, 4096), from 0 to 1."""
    return tiles(scaled(values), 8)


def scaled(values: np.ndarray) -> np.ndarray:
    """Return values (n, 4096) as pictures from 0 to 1, zero at a half, cut at the 99th percentile."""
    limit = np.percentile(np.abs(values), 99)
    images = pictures(np.clip(values, -limit, limit))
    return grey(images, symmetric(images))
