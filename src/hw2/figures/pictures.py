"""Grids of small grey images: faces, weights, garments."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hw2.figures.style import TEXT_WIDTH, canvas, styled

GAP = 0.01  # inches


@styled
def grid(
    rows: Sequence[np.ndarray],
    *,
    row_labels: Sequence[str] = (),
    column_labels: Sequence[str] = (),
    limits: tuple[float, float] | None = (0.0, 1.0),
    label_width: float = 0.9,
    width: float = TEXT_WIDTH,
) -> Figure:
    """Draw a row of images for each entry of `rows`, an array (images, height, width).

    All images share one grey scale from `limits[0]` (black) to `limits[1]` (white); with `limits=None` each
    row has its own, symmetric about zero, so that zero is mid-grey.
    """
    columns = max(len(row) for row in rows)
    side = (width - (label_width if row_labels else 0)) / columns
    height = side * len(rows) + (0.25 if column_labels else 0)
    figure, axes = canvas(len(rows), columns, height=height, width=width, padding=GAP)
    for row, line in zip(rows, axes, strict=True):
        show_row(line, row, limits or symmetric(row))
    for label, line in zip(row_labels, axes, strict=False):
        line[0].set_ylabel(label, rotation=0, ha="right", va="center")
    for label, axis in zip(column_labels, axes[0], strict=False):
        axis.set_title(label, fontsize=8, pad=3)
    return figure


def show_row(axes: Sequence[Axes], images: np.ndarray, limits: tuple[float, float]) -> None:
    """Show one image in each of `axes`; axes beyond the last image stay empty."""
    for axis in axes:
        bare(axis)
    for axis, image in zip(axes, images, strict=False):
        axis.imshow(image, cmap="gray", vmin=limits[0], vmax=limits[1], interpolation="nearest")


def bare(axis: Axes) -> None:
    """Leave nothing of an axis but the image in it."""
    axis.set(xticks=[], yticks=[])
    axis.grid(visible=False)
    axis.spines[:].set_visible(False)


def symmetric(images: np.ndarray) -> tuple[float, float]:
    """Return limits about zero that hold all values, so that zero is mid-grey."""
    largest = float(np.abs(images).max()) or 1.0
    return -largest, largest


def tiles(images: np.ndarray, columns: int) -> list[np.ndarray]:
    """Cut images (n, height, width) into rows of `columns`."""
    return [images[start : start + columns] for start in range(0, len(images), columns)]
