"""The figures of question 1: every method, level and picture is there, and nothing that did not happen."""

from inspect import unwrap
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import imread

from hw2.figures.image_grids import GAP
from hw2.figures.style import COLOUR_OF, GREEN
from hw2.networks.stacked_mlp import StackedMLP
from hw2.questions.q1 import (
    figures_autoencoders,
    figures_restoration,
    figures_weights,
    restoration,
    weight_images,
)
from hw2.questions.q1 import figures_eigenfaces as eigenface_figures
from hw2.questions.q1.eigenfaces import Eigenfaces, eigenfaces
from hw2.questions.q1.faces import PIXELS, SIDE
from hw2.questions.q1.learned_codes import Code, inside
from hw2.questions.q1.learning_rate_sweep import Sweep
from hw2.questions.q1.restoration import INPUT, MEAN, PCA, Scores
from hw2.training.results import History, Kept, Run, Series
from hw2.training.settings import Settings

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def eigen() -> Eigenfaces:
    """Eigenfaces of random images, enough for 64."""
    return eigenfaces(RNG.random((80, PIXELS), dtype=np.float32))


def parts(axes: Axes, rows: int, columns: int) -> np.ndarray:
    """Cut the picture in some axes into the images (rows, columns, 64, 64) that it was composed of."""
    (picture,) = axes.get_images()
    cells = np.asarray(picture.get_array()).reshape(rows, SIDE + GAP, columns, SIDE + GAP)
    return cells[:, GAP:, :, GAP:].swapaxes(1, 2)


def run(units: int, rate: float = 1e-3) -> Run:
    """Return a run with made-up curves and probes."""
    curve = np.geomspace(0.1, 0.01, 6)
    weights = StackedMLP.initialised((PIXELS, units, PIXELS), [0]).arrays(0)
    stored = np.stack([weights["fc1.weight"]] * 2)
    probes = {
        "live units": Series(np.arange(7), np.full(7, units, np.float32)),
        "weights": Series(np.array([0, 6]), stored),
    }
    history = History(np.full(6, rate), curve, None, None, None)
    settings = Settings((PIXELS, units, PIXELS), rate, 6, loss="squared_error")
    return Run(settings, history, {"final": Kept(6, weights)}, probes, "all epochs", 1.0, 1.0, 1)


def test_search_marks_dead_and_diverged_trainings() -> None:
    """A cross and a triangle stand for trainings that must not pass for sound ones."""
    rates = np.array([1e-4, 1e-3, 1e-2])
    losses, live = np.array([[0.03], [0.02], [np.nan]]), np.array([[1.0], [0.5], [np.nan]])
    sweep = Sweep(rates, losses, live)
    figure = unwrap(figures_autoencoders.rate_search)({16: sweep}, {16: sweep}, {16: 1e-4}, 0.017)
    losses_axis, live_axis = figure.axes
    assert {line.get_color() for line in live_axis.get_lines() if line.get_linestyle() == "-"} == {
        COLOUR_OF["n = 16"]
    }
    points = {str(line.get_marker()): len(np.asarray(line.get_xdata())) for line in losses_axis.get_lines()}
    assert points["o"] == points["x"] == points["^"] == 1  # the last of either input
    assert losses_axis.get_xscale() == losses_axis.get_yscale() == "log"
    assert live_axis.get_ylabel() == "live hidden units (%)"


def test_losses_stand_beside_the_errors_of_pca(eigen: Eigenfaces) -> None:
    """The bound that the text speaks of is drawn and named for each network."""
    runs = {units: [run(units)] for units in (16, 64)}
    figure = unwrap(figures_autoencoders.losses)(
        runs, {units: group[0] for units, group in runs.items()}, eigen
    )
    words = {text.get_text() for text in figure.axes[0].texts}
    assert words == {"PCA, 16", "PCA, 64", "variance of the faces"}


def blocks(figure: Figure, rows: int) -> list[np.ndarray]:
    """Return the images (rows, 8, 64, 64) of two blocks side by side."""
    return [parts(axes, rows, 8) for axes in figure.axes]


def test_weights_stand_beside_their_part_in_the_span_of_the_faces(eigen: Eigenfaces) -> None:
    """Two rows of eight for each stored epoch, each epoch on its own scale: zero is in the middle."""
    one = run(16)
    figure = unwrap(figures_weights.course)(one, eigen, 16)
    raw, spanned = blocks(figure, 4)
    first = one.probes["weights"].values[0]
    for values, drawn in ((first, raw), (inside(first, eigen), spanned)):
        limit = np.percentile(np.abs(values), 99)
        expected = np.clip(0.5 + values / (2 * limit), 0, 1).reshape(2, 8, SIDE, SIDE)
        np.testing.assert_allclose(drawn[:2], expected, atol=1e-5)
    words = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert words == ["weights of fc1", "epoch 0", "epoch 6", "their part in the span of the faces"]


def test_the_supplement_has_all_units_at_every_stored_epoch() -> None:
    """Sixty-four pictures an epoch; the rest of the last row stays empty."""
    figure = unwrap(figures_weights.everything)(run(64))
    assert [text.get_text() for axes in figure.axes for text in axes.texts] == ["epoch 0", "epoch 6"]
    for axes in figure.axes:
        pictures = parts(axes, 3, figures_weights.IN_A_ROW).reshape(-1, SIDE, SIDE)
        assert np.isfinite(pictures[:64]).all()
        assert np.isnan(pictures[64:]).all()


def test_weights_are_written_as_images(tmp_path: Path) -> None:
    """A file for each unit and epoch, of 64×64 pixels."""
    files = list(weight_images.save(run(3), tmp_path))
    assert [file.relative_to(tmp_path).as_posix() for file in files[:2]] == [
        "epoch-000/unit-00.png",
        "epoch-000/unit-01.png",
    ]
    assert len(files) == 6
    assert imread(files[0]).shape[:2] == (SIDE, SIDE)


def test_eigenfaces_patterns_and_columns_share_a_scale_within_their_set(eigen: Eigenfaces) -> None:
    """Pictures that are compared must have the same colour at the same values."""
    sets = {"eigenfaces": eigen.components[:16], "columns": 2 * eigen.components[16:32]}
    others, alone = unwrap(eigenface_figures.gallery)(eigen.mean, sets).axes
    np.testing.assert_allclose(parts(alone, 1, 1)[0, 0], eigen.mean.reshape(SIDE, SIDE))
    for images, drawn in zip(sets.values(), parts(others, 2, 16), strict=True):
        limit = np.percentile(np.abs(images), 99)
        grey = np.clip(0.5 + images / (2 * limit), 0, 1)
        np.testing.assert_allclose(drawn, grey.reshape(16, SIDE, SIDE), atol=1e-5)
    left, right = blocks(unwrap(figures_weights.beside)(eigen.components[:64], -eigen.components[:64]), 8)
    np.testing.assert_allclose(left, 1 - right, atol=1e-5)


def test_spectrum_and_subspaces_show_every_network(eigen: Eigenfaces) -> None:
    """Errors have a dot a seed; angles and activity a line for each number of units."""
    codes = {
        n: [Code(0.01, 0.009, np.linspace(0.2, 0.8, n), np.linspace(0, 90, n), 0.5, 0.7, -0.5)] * 2
        for n in (16, 64)
    }
    _, errors, *others = unwrap(eigenface_figures.beside_pca)(eigen, codes).axes
    assert [len(np.asarray(line.get_xdata())) for line in errors.get_lines()[1:]] == [2, 2]
    assert [len(axis.get_lines()) for axis in others] == [2, 2]


def test_gains_are_over_the_mean_face_and_begin_where_an_image_is_changed() -> None:
    """A PSNR that is infinite has no point; the mean face is the line at zero."""
    psnr = {
        INPUT: np.array([[np.inf, np.inf], [20.0, 21.0], [15.0, 14.0]]),
        MEAN: np.full((3, 2), 18.0),
        PCA: np.full((3, 2), 22.0),
    }
    scores = Scores((0.0, 0.1, 0.2), psnr)
    (panel,) = unwrap(figures_restoration.gains)({"zeroed": (scores, "share")}).axes
    corrupted, projected, _ = panel.get_lines()
    assert list(np.asarray(corrupted.get_xdata())) == [0.1, 0.2]
    assert list(np.asarray(corrupted.get_ydata())) == [2.5, -3.5]
    assert list(np.asarray(projected.get_ydata())) == [4.0, 4.0, 4.0]
    assert projected.get_color() == GREEN


def test_every_method_of_the_curves_has_a_colour_of_its_own() -> None:
    """A line is told by its colour and kind."""
    assert len(set(figures_restoration.LINES.values())) == len(figures_restoration.LINES)
    assert figures_restoration.LINES[restoration.NETWORK] == (COLOUR_OF["n = 64"], "-")


def test_one_face_is_restored_in_every_column(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row for each share, named in per cent, under the names of the methods."""
    rows = [RNG.random((7, PIXELS)) for _ in restoration.PICTURED]
    monkeypatch.setattr(restoration, "pictured", lambda *_: rows)
    (axes,) = unwrap(figures_restoration.restored)(None, rows[0][0]).axes
    np.testing.assert_allclose(parts(axes, len(rows), 7)[1], rows[1].reshape(7, SIDE, SIDE))
    words = [text.get_text() for text in axes.texts]
    assert words == ["30 %", "50 %", "90 %", *restoration.PICTURES]
