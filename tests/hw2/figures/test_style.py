"""Figures are in the report's size and style."""

import io
import re

import numpy as np
import pytest

from hw2.figures import image_grids, style


@pytest.mark.parametrize("box", [None, "tight"])
def test_a_figure_is_printed_as_large_as_it_was_made(box: str | None) -> None:
    """Also where it is cut to the box around all that is drawn, as Jupyter and Quarto do."""
    for figure in (style.canvas(height=2)[0], image_grids.grid([np.zeros((3, 8, 8))])):
        drawn = io.StringIO()
        figure.savefig(drawn, format="svg", bbox_inches=box)
        width, height = 72 * figure.get_size_inches()
        (found,) = re.findall(r'width="([\d.]+)pt" height="([\d.]+)pt" viewBox', drawn.getvalue())
        assert [float(side) for side in found] == pytest.approx([width, height], abs=1e-4)


def test_figures_are_as_wide_as_the_text() -> None:
    """Type in a figure that is scaled would not have the size that the style gives it."""
    figure, _ = style.canvas(height=2)
    assert tuple(figure.get_size_inches()) == (style.TEXT_WIDTH, 2)
