"""Grids of small grey images: faces, weights, garments.

A grid is one image, embedded pixel for pixel: Matplotlib would take longer for axes around each of its parts
than for all the rest, and would scale each part to the dots of a screen.
"""

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.textpath import TextPath

from hw2.figures.style import TEXT_WIDTH, Sheet, styled

GAP = 3  # pixels of the images
TITLE = 0.2  # inches, for a line above images
SMALL = 8  # points
MARGIN = 0.1  # inches, around a label
DIVERGING = "RdBu"  # white in the middle

Limits = tuple[float, float]


@styled
def grid(
    rows: Sequence[np.ndarray],
    *,
    row_labels: Sequence[str] = (),
    column_labels: Sequence[str] = (),
    limits: Limits | None = (0.0, 1.0),
    width: float = TEXT_WIDTH,
) -> Figure:
    """Draw a row of images for each entry of `rows`, an array (images, height, width).

    All images share one grey scale from `limits[0]` (black) to `limits[1]` (white); with `limits=None` each
    row has its own, symmetric about zero, so that zero is mid-grey.
    """
    picture = composed([grey(row, limits or symmetric(row)) for row in rows])
    lines = max((len(label.splitlines()) for label in column_labels), default=0)
    left, top = room(row_labels), TITLE * (1 + lines) / 2 if lines else 0
    figure = Sheet(figsize=(width, (width - left) * picture.shape[0] / picture.shape[1] + top))
    axes = show(figure, picture, left=left, top=top, width=width - left)
    _, high, wide = (size + GAP for size in rows[0].shape)
    for number, label in enumerate(row_labels):
        axes.text(-GAP, (number + 0.5) * high, label, ha="right", va="center")
    for number, label in enumerate(column_labels):
        axes.text((number + 0.5) * wide, -GAP, label, ha="center", va="bottom", fontsize=SMALL)
    return figure


@styled
def blocks(
    left: Sequence[np.ndarray],
    right: Sequence[np.ndarray],
    titles: tuple[str, str],
    row_labels: Mapping[float, str] | None = None,
) -> Figure:
    """Draw two blocks of rows of images side by side, values from 0 to 1 in red below and blue above a half.

    `row_labels` stand at the left, each at its place as a share of the height from the top.
    """
    pictures, labels = (composed(left), composed(right)), row_labels or {}
    start, gap = room(list(labels.values())), 0.1  # inches
    width = (TEXT_WIDTH - start - gap) / 2
    height = width * pictures[0].shape[0] / pictures[0].shape[1]
    figure = Sheet(figsize=(TEXT_WIDTH, height + TITLE))
    for number, (picture, title) in enumerate(zip(pictures, titles, strict=True)):
        at = start + number * (width + gap)
        axes = show(figure, picture, left=at, top=TITLE, width=width, colours=DIVERGING)
        axes.text(0.5, 1, title, transform=axes.transAxes, ha="center", va="bottom", fontsize=SMALL)
        for place, label in labels.items() if number == 0 else ():
            axes.text(-0.01, 1 - place, label, transform=axes.transAxes, ha="right", va="center")
    return figure


def room(labels: Sequence[str]) -> float:
    """Return how many inches labels beside images take; nothing without labels."""
    lines = [line for label in labels for line in label.splitlines()]
    size = mpl.rcParams["font.size"]
    widths = [TextPath((0, 0), line, size=size).get_extents().width / 72 for line in lines]
    return max(widths) + MARGIN if widths else 0


def composed(rows: Sequence[np.ndarray], above: int = GAP) -> np.ndarray:
    """Put rows of images (images, height, width) into one, with nothing (NaN) between and beyond them.

    `above` each image is a gap of so many pixels, and at its left one of `GAP`.
    """
    _, height, width = rows[0].shape
    columns = max(len(row) for row in rows)
    picture = np.full((len(rows), above + height, columns, GAP + width), np.nan)
    for line, row in zip(picture, rows, strict=True):
        line[above:, : len(row), GAP:] = row.swapaxes(0, 1)
    return picture.reshape(len(rows) * (above + height), -1)


def grey(images: np.ndarray, limits: Limits) -> np.ndarray:
    """Map values to grey: the lower limit to 0, black, and the upper one to 1, white."""
    low, high = limits
    mapped: np.ndarray = (images - low) / (high - low)
    return mapped


def show(
    figure: Figure, picture: np.ndarray, *, left: float, top: float, width: float, colours: str = "gray"
) -> Axes:
    """Show a picture of values from 0 to 1 with that width and distance from the figure's corner, in inches.

    The axes are bare, and their coordinates are the picture's pixels. `colours` is a colour map.
    """
    height = width * picture.shape[0] / picture.shape[1]
    wide, high = figure.get_size_inches()
    axes = figure.add_axes((left / wide, 1 - (top + height) / high, width / wide, height / high))
    axes.imshow(picture, cmap=colours, vmin=0, vmax=1, interpolation="none", aspect="auto")
    axes.set_axis_off()
    return axes


def symmetric(images: np.ndarray) -> Limits:
    """Return limits about zero that hold all values, so that zero is mid-grey."""
    largest = float(np.abs(images).max()) or 1.0
    return -largest, largest


def tiles(images: np.ndarray, columns: int) -> list[np.ndarray]:
    """Cut images (n, height, width) into rows of `columns`."""
    return [images[start : start + columns] for start in range(0, len(images), columns)]
