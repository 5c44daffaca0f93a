"""The figures of question 1: every method, level and picture is there, and nothing that did not happen."""

from inspect import unwrap

import numpy as np
import pytest
from matplotlib.axes import Axes

from hw2.figures.image_grids import GAP
from hw2.networks.stacked_mlp import StackedMLP
from hw2.questions.q1 import figures_autoencoders, figures_restoration, restoration
from hw2.questions.q1 import figures_eigenfaces as eigenface_figures
from hw2.questions.q1.eigenfaces import Eigenfaces, eigenfaces
from hw2.questions.q1.faces import PIXELS, SIDE
from hw2.questions.q1.learned_codes import Code
from hw2.questions.q1.learning_rate_sweep import Sweep
from hw2.questions.q1.restoration import INPUT, MEAN, PCA, Scores
from hw2.training.energy import Footprint
from hw2.training.experiments import Trained
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
    points = {str(line.get_marker()): len(np.asarray(line.get_xdata())) for line in losses_axis.get_lines()}
    assert points["o"] == points["x"] == points["^"] == 1
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


def test_live_units_are_drawn_for_both_inputs_at_every_rate() -> None:
    """Three rates on raw pixels, the same on centred faces, in a panel for each network."""
    nothing = Footprint(1, 0, 0, 0, 0, (), ())
    trained = {n: tuple(Trained(run(n, rate), nothing) for rate in (1e-4, 1e-3, 1e-2)) for n in (16, 64)}
    figure = unwrap(figures_autoencoders.live_units)(trained, trained)
    assert [len(axis.get_lines()) for axis in figure.axes] == [6, 6]


def test_weights_have_a_row_for_each_stored_epoch_and_one_for_patterns() -> None:
    """Each row has one grey scale, symmetric about zero, whose limits its label gives."""
    one, patterns = run(16), RNG.standard_normal((16, PIXELS))
    (axes,) = unwrap(figures_autoencoders.weights_by_epoch)(one, patterns, 16).axes
    rows = np.array([*one.probes["weights"].values, patterns]).reshape(3, 16, SIDE, SIDE)
    for row, drawn, text in zip(rows, parts(axes, 3, 16), axes.texts, strict=True):
        limit = np.percentile(np.abs(row), 99)
        np.testing.assert_allclose(drawn, np.clip(0.5 + row / (2 * limit), 0, 1), atol=1e-6)
        assert f"±{limit:.3f}" in text.get_text()


def test_all_hidden_units_are_shown_at_the_end() -> None:
    """Sixty-four pictures on one grey scale."""
    weights = run(64).final
    (axes,) = figures_autoencoders.weights_at_end(weights).axes
    limit = np.percentile(np.abs(weights["fc1.weight"]), 99)
    expected = np.clip(0.5 + weights["fc1.weight"] / (2 * limit), 0, 1).reshape(8, 8, SIDE, SIDE)
    np.testing.assert_allclose(parts(axes, 8, 8), expected, atol=1e-6)


def test_eigenfaces_and_columns_share_a_scale_within_their_set(eigen: Eigenfaces) -> None:
    """Pictures that are compared must be black and white at the same values."""
    sets = eigen.components[:16], 2 * eigen.components[16:32]
    first, others = eigenface_figures.gallery(eigen.mean, *sets).axes
    np.testing.assert_allclose(parts(first, 1, 1)[0, 0], eigen.mean.reshape(SIDE, SIDE))
    for images, drawn in zip(sets, np.split(parts(others, 4, 8), 2), strict=True):
        grey = 0.5 + images / (2 * np.abs(images).max())
        np.testing.assert_allclose(drawn, grey.reshape(2, 8, SIDE, SIDE), atol=1e-6)


def test_spectrum_and_subspaces_show_every_network(eigen: Eigenfaces) -> None:
    """Errors have a dot a seed; angles and activity a line for each number of units."""
    codes = {
        n: [Code(0.01, 0.009, np.linspace(0.2, 0.8, n), np.linspace(0, 90, n), 0.5)] * 2 for n in (16, 64)
    }
    errors = unwrap(eigenface_figures.spectrum)(eigen, codes).axes[2]
    assert [len(np.asarray(line.get_xdata())) for line in errors.get_lines()[1:]] == [2, 2]
    assert [len(axis.get_lines()) for axis in unwrap(eigenface_figures.subspaces)(codes).axes] == [2, 2]


def test_an_image_that_is_left_as_it_was_has_no_point() -> None:
    """Its PSNR is infinite; the curve begins at the first level that corrupts."""
    psnr = np.array([[[np.inf, np.inf], [20.0, 21.0], [15.0, 14.0]]])
    scores = Scores((0.0, 0.1, 0.2), {INPUT: psnr, PCA: np.full((1, 3, 2), 22.0)})
    (panel,) = unwrap(figures_restoration.curves)({"zeroed": (scores, "share")}).axes
    corrupted, projected = panel.get_lines()
    assert list(np.asarray(corrupted.get_xdata())) == [0.1, 0.2]
    assert list(np.asarray(projected.get_xdata())) == [0.0, 0.1, 0.2]


def test_restored_faces_stand_below_their_originals() -> None:
    """A column for each face and level, a row for the original and for each method."""
    faces = RNG.random((2, PIXELS), dtype=np.float32)
    methods = {INPUT: (lambda images: images,), MEAN: (lambda images: 0 * images,)}
    rows = restoration.examples(methods, faces, lambda images, level: images * level, (1.0, 0.5))
    figure = figures_restoration.restored(faces, rows, ("a", "b"))
    (axes,) = figure.axes
    original, corrupted, nothing = parts(axes, 3, 4).reshape(3, 4, PIXELS)
    np.testing.assert_allclose(original, faces[[0, 0, 1, 1]])
    np.testing.assert_allclose(corrupted, original * np.array([[1], [0.5], [1], [0.5]]))
    assert not nothing.any()
    words = [text.get_text() for text in axes.texts]
    assert words == ["original", INPUT, MEAN, "a", "b", "a", "b"]
