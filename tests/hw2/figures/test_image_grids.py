"""Grids of images: what must be seen is there."""

import numpy as np

from hw2.figures import image_grids


def test_pictures_share_one_grey_scale() -> None:
    """Images that are compared must be black and white at the same values."""
    rows = [np.zeros((3, 8, 8)), np.full((2, 8, 8), 1.0)]
    figure = image_grids.grid(rows, row_labels=("one", "two"), column_labels=("a", "b", "c"), limits=(-1, 3))
    (axes,) = figure.axes
    (picture,) = axes.get_images()
    greys = np.ma.filled(picture.get_array(), np.nan)
    assert [np.count_nonzero(greys == grey) for grey in (0.25, 0.5)] == [3 * 64, 2 * 64]
    assert np.isnan(greys[(greys != 0.25) & (greys != 0.5)]).all()
    assert picture.get_clim() == (0, 1)
    assert [text.get_text() for text in axes.texts] == ["one", "two", "a", "b", "c"]


def test_labels_have_room_beside_the_images() -> None:
    """A figure is printed as it is: what is longer than its margin would be cut off."""
    labels = ("short", "two lines,\nthe second of them longer", "filled: trained to denoise")
    figure = image_grids.grid(
        [np.zeros((4, 64, 64))] * 3, row_labels=labels, column_labels=("a", "b", "c", "d")
    )
    (axes,) = figure.axes
    figure.draw_without_rendering()
    for text in axes.texts:
        extent = text.get_window_extent()
        assert extent.x0 >= 0
        assert extent.x1 <= figure.bbox.x1
        assert extent.y1 <= figure.bbox.y1
    assert min(text.get_window_extent().x0 for text in axes.texts) < 0.1 * figure.bbox.x1


def test_labels_stand_at_their_images() -> None:
    """A label beside another row or above another column would name the wrong image."""
    rows = np.zeros((2, 3, 8, 8))
    for row, column in np.ndindex(2, 3):
        rows[row, column] = 10 * row + column
    (axes,) = image_grids.grid(
        list(rows), row_labels=("0", "10"), column_labels=("0", "1", "2"), limits=(0, 1)
    ).axes
    picture = np.asarray(axes.get_images()[0].get_array())
    for text in axes.texts[:2]:
        assert picture[round(text.get_position()[1]), 5] == float(text.get_text())
    for text in axes.texts[2:]:
        assert picture[5, round(text.get_position()[0])] == float(text.get_text())


def test_weights_have_zero_in_mid_grey() -> None:
    """A scale that is not symmetric would give zero weights another grey in each row."""
    assert image_grids.symmetric(np.array([-0.2, 0.5])) == (-0.5, 0.5)
    assert image_grids.symmetric(np.zeros(3)) == (-1.0, 1.0)


def test_tiles_lose_nothing() -> None:
    """A last row that is not full is still a row."""
    cut = image_grids.tiles(np.arange(7), 3)
    assert [len(row) for row in cut] == [3, 3, 1]
