"""The summary's figure: a small picture for each question."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hw2.figures.curves import draw, logarithmic_epochs, name_losses, percentages
from hw2.figures.style import BLACK, BLUE, COLOUR_OF, GREY, canvas, styled
from hw2.statistics import Spread
from hw2.training.results import Run
from weaver.cache import cached, drawing


@cached
@drawing
@styled
def four_answers(
    psnr: Mapping[str, float], shallow: Sequence[Run], accuracies: Mapping[str, Spread], noisy: Sequence[Run]
) -> Figure:
    """Draw restored faces as bars (dB), two learning curves, and test accuracies with ± one deviation."""
    figure, axes = canvas(1, 4, height=1.75)
    first, second, third, fourth = axes[0]
    _bars(first, psnr)
    second.set_yscale("log")
    draw(second, shallow, lambda run: run.history.train_loss, BLUE, "training")
    draw(second, shallow, lambda run: run.history.held_out_loss, BLUE, "validation", line="--")
    name_losses(second)
    _points(third, accuracies)
    draw(fourth, noisy, lambda run: run.history.train_accuracy, BLUE, "training")
    draw(fourth, noisy, lambda run: run.history.held_out_accuracy, BLUE, "test", line="--")
    for axis in (second, fourth):
        logarithmic_epochs(axis)
        axis.set_xlabel("epoch")
        axis.legend(fontsize=6.5, loc="best")
    for axis in (third, fourth):
        percentages(axis)
    titles = ("1: restored faces, dB", "2: loss", "3: test accuracy", "4: accuracy")
    for axis, title in zip(axes[0], titles, strict=True):
        axis.set_title(title, fontsize=8)
        axis.tick_params(labelsize=6.5)
    return figure


def _bars(axes: Axes, values: Mapping[str, float]) -> None:
    """Draw a bar for each value, with its number."""
    bars = axes.barh(list(values), list(values.values()), color=GREY, height=0.6)
    axes.bar_label(bars, fmt="%.1f", fontsize=6.5, padding=2)
    axes.invert_yaxis()
    axes.margins(x=0.25)
    axes.grid(visible=False, axis="y")


def _points(axes: Axes, values: Mapping[str, Spread]) -> None:
    """Draw a point for each spread, in the colour of its network."""
    for place, (name, found) in enumerate(values.items()):
        deviation = 0.0 if np.isnan(found.deviation) else found.deviation
        colour = COLOUR_OF.get(name, BLACK)
        axes.errorbar(place, found.mean, deviation, fmt="o", color=colour, markersize=4, capsize=2)
    axes.set_xticks(range(len(values)), [name.replace(" ", "\n") for name in values])
    axes.margins(x=0.2, y=0.2)
