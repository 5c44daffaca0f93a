"""The figures of question 4 show what they say, in the colour that a thing has everywhere."""

from inspect import unwrap

import numpy as np
import pytest

from hw2.figures.style import BLUE, GREEN, ORANGE
from hw2.questions.q4 import figures, networks
from hw2.training.results import History, Run, Series
from hw2.training.settings import Settings

RNG = np.random.default_rng(0)


def run() -> Run:
    """Return a run with made-up curves of four epochs."""
    rate, loss, right = np.full(4, 1e-3), np.linspace(2, 1, 4), np.linspace(0.3, 0.6, 4)
    probes = {networks.TEST: Series(np.arange(5), np.linspace(0.1, 0.9, 5, dtype=np.float32)[:, None])}
    history = History(rate, loss, right, loss, right)
    return Run(Settings((784, 8, 10), 1e-3, 4), history, {}, probes, "all epochs", 1.0, 1.0, 1)


def test_a_suspect_is_named_by_both_labels() -> None:
    """Given and judged labels must not be mixed up."""
    figure = figures.suspects(RNG.random((3, 28, 28), dtype=np.float32), [0, 1, 2], [4, 5, 6], columns=2)
    assert [text.get_text() for text in figure.axes[0].texts] == [
        "0, judged 4",
        "1, judged 5",
        "2, judged 6",
    ]


def test_the_joint_distribution_has_each_number_in_its_cell() -> None:
    """Rows are given labels, columns true ones."""
    matrix = RNG.random((10, 10))
    texts = unwrap(figures.joint)(matrix).axes[0].texts
    assert [text.get_text() for text in texts] == [f"{100 * share:.1f}" for share in matrix.ravel()]
    assert texts[3].get_position() == (3, 0)


def test_accuracies_are_drawn_over_updates() -> None:
    """An epoch of 640 images is ten updates, one of 64 a single one."""
    groups = {"all": ([run()], 640), "shared": ([run()], 64), "random": ([run()], 64)}
    lines = unwrap(figures.remedy)(groups).axes[0].get_lines()
    assert np.asarray(lines[0].get_xdata()).tolist() == [10, 20, 30, 40]
    assert np.asarray(lines[1].get_xdata()).tolist() == [1, 2, 3, 4]
    assert [line.get_color() for line in lines[:2]] == [ORANGE, GREEN]


def test_stopping_shows_every_epoch_and_the_expected_line() -> None:
    """Half of the labels wrong: a network that is always right is right on half of them."""
    curves, points = unwrap(figures.stopping)([run(), run()], 0.5, 3.0).axes
    dots, line = points.get_lines()
    assert len(np.asarray(dots.get_xdata())) == 8
    assert np.asarray(line.get_ydata())[1] == pytest.approx(0.5 * 0.9 + 0.5 * 0.1 / 9)
    assert [each.get_color() for each in curves.get_lines()[:2]] == [BLUE, ORANGE]


def test_courses_are_blue_for_given_labels_and_orange_for_right_ones() -> None:
    """The same measure has the same colour in all figures of the question."""
    accuracies, losses = unwrap(figures.rise_and_fall)([run()], 2.0).axes
    for axis in (accuracies, losses):
        assert [line.get_color() for line in axis.get_lines()[:2]] == [BLUE, ORANGE]
    shares = RNG.random((2, 4, 2))
    lines = unwrap(figures.memorising)(np.arange(4), shares, better="true label", peak_epoch=2.0).axes[0]
    assert [line.get_color() for line in lines.get_lines()[:2]] == [BLUE, GREEN]
