"""The summary's figure."""

from inspect import unwrap

import numpy as np

from hw2.questions import summary_figure
from hw2.statistics import spread
from hw2.training.results import History, Kept, Run
from hw2.training.settings import Settings


def run(seed: int) -> Run:
    """Return a run with made-up curves."""
    curves = np.random.default_rng(seed).random((4, 6))
    history = History(np.full(6, 0.1), *curves)
    return Run(Settings((4, 3, 2), 0.1, 6), history, {"final": Kept(6, {})}, {}, "all epochs", 1.0, 1.0, 1)


def test_each_question_has_a_picture() -> None:
    """Four panels, with the numbers that they are given; a single seed has a point without a bar."""
    figure = unwrap(summary_figure.four_answers)(
        {"zeroed": 8.0, "network": 15.0},
        [run(0), run(1)],
        {"shallow": spread([0.9, 0.92]), "deep": spread([0.8])},
        [run(2), run(3)],
    )
    first, second, third, fourth = figure.axes
    assert [bar.get_width() for bar in first.patches] == [8.0, 15.0]
    assert [line.get_label() for line in second.get_lines()] == ["training", "validation"]
    assert [label.get_text() for label in third.get_xticklabels()] == ["shallow", "deep"]
    assert [line.get_label() for line in fourth.get_lines()] == ["training", "test"]
