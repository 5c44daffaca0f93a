"""The curves of questions 2 and 3: what must be seen is there."""

from dataclasses import replace
from inspect import unwrap

import numpy as np

from hw2.networks.stacked_mlp import StackedMLP
from hw2.questions.q2_q3 import figures
from hw2.training.results import Curve, History, Kept, Run
from hw2.training.settings import Settings

EPOCHS = 6


def run(seed: int, length: int = EPOCHS) -> Run:
    """Return a run with made-up curves."""
    generator = np.random.default_rng(seed)

    def curve() -> Curve:
        return generator.random(length)

    history = History(np.full(length, 0.1), curve(), curve(), curve(), curve())
    weights = StackedMLP.initialised((4, 3, 2), [seed]).arrays(0)
    settings = Settings((4, 3, 2), 0.1, EPOCHS)
    return Run(settings, history, {"final": Kept(length, weights)}, {}, "all epochs", 1.0, 1.0, 1)


def test_learning_curves_have_named_axes_and_one_line_a_curve() -> None:
    """Losses stand left, accuracies right, training and validation of each group in both."""
    figure = unwrap(figures.learning_curves)({"a": [run(0), run(1)], "b": [run(2)]}, marks={"here": 3})
    losses, accuracies = figure.axes
    assert losses.get_xlabel() == accuracies.get_xlabel() == "epoch"
    assert losses.get_ylabel() == "loss (cross-entropy)"
    assert (losses.get_xscale(), losses.get_yscale(), accuracies.get_yscale()) == ("log", "log", "linear")
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["a", "b", "training", "validation"]
    assert [text.get_text() for text in losses.texts] == ["here"]
    figure.draw_without_rendering()
    assert all(label.get_text().endswith(" %") for label in accuracies.get_yticklabels())


def test_a_thing_has_one_colour_in_all_figures() -> None:
    """The deep network must not change its colour with the network that stands beside it."""
    colours = [
        unwrap(figures.learning_curves)({name: [run(0)] for name in names})
        .axes[0]
        .get_lines()[place]
        .get_color()
        for names, place in ((("shallow", "deep"), 2), (("deep", "wide deep"), 0))
    ]
    assert colours[0] == colours[1]


def test_labels_of_two_epochs_stand_on_either_side() -> None:
    """Neighbouring epochs would otherwise have their labels on top of each other."""
    figure = unwrap(figures.learning_curves)({"a": [run(0)]}, marks={"second": 4, "first": 3})
    sides = {text.get_text(): text.get_horizontalalignment() for text in figure.axes[0].texts}
    assert sides == {"first": "right", "second": "left"}


def test_some_epochs_are_enlarged_in_a_panel_of_their_own() -> None:
    """Its axes are linear, and it has those epochs alone."""
    figure = unwrap(figures.learning_curves)({"a": [run(0)], "b": [run(1)]}, enlarged=(2, 4))
    panel = figure.axes[2]
    assert [list(line.get_xdata()) for line in panel.get_lines()] == [[2, 3, 4]] * 2
    assert (panel.get_xscale(), panel.get_yscale()) == ("linear", "linear")


def test_a_band_of_losses_stays_above_zero() -> None:
    """Where the seeds differ much, the mean less a deviation would be negative, which no logarithm shows."""
    far = replace(run(0), history=replace(run(0).history, train_loss=np.full(EPOCHS, 1e-4)))
    near = replace(run(1), history=replace(run(1).history, train_loss=np.full(EPOCHS, 1.0)))
    axes = unwrap(figures.learning_curves)({"a": [far, near]}).axes[0]
    np.testing.assert_allclose(axes.get_lines()[0].get_ydata(), 1e-2)
    (lowest,) = {path.vertices[:, 1].min() > 0 for path in axes.collections[0].get_paths()}
    assert lowest


def test_accuracies_begin_below_what_they_settle_at() -> None:
    """The steep first epochs may leave the panel; no line may do so later."""
    settled = replace(run(0), history=replace(run(0).history, held_out_accuracy=np.array([0.1] + [0.9] * 99)))
    low, high = unwrap(figures.learning_curves)({"a": [settled]}).axes[1].get_ylim()
    assert low <= min(0.9, run(0).history.train_accuracy[1:].min())
    assert high > 1


def test_a_group_is_drawn_as_far_as_its_shortest_run() -> None:
    """Beyond it the mean would be over fewer seeds than the caption says."""
    figure = unwrap(figures.learning_curves)({"a": [run(0, 6), run(1, 4)]})
    line = figure.axes[0].get_lines()[0]
    assert list(line.get_xdata()) == [1, 2, 3, 4]


def test_diverged_runs_are_never_averaged_in() -> None:
    """A run that became NaN must not pull a mean, nor hide the runs beside it."""
    wild = replace(run(1), ending="diverged")
    figure = unwrap(figures.learning_curves)({"a": [run(0), wild]})
    np.testing.assert_allclose(figure.axes[0].get_lines()[0].get_ydata(), run(0).history.train_loss)
