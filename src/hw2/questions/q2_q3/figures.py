"""Figures of questions 2 and 3: the curves of perceptrons that are trained alike."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from hw2.figures.curves import Group, draw, finish, logarithmic_epochs, name_losses, percentages
from hw2.figures.style import BLACK, BLUE, COLOUR_OF, PURPLE, RED, SKY, canvas, styled
from weaver.cache import cached, drawing

OTHERS = (BLUE, RED, PURPLE, SKY)  # for groups that have no colour of their own
COLUMNS = 4  # of a legend
SETTLED = 0.05  # of the epochs: those before are steep, and need not be seen in an enlarged accuracy


@cached
@drawing
@styled
def learning_curves(
    groups: Mapping[str, Group],
    *,
    held_out: str = "validation",
    marks: Mapping[str, float] | None = None,
    enlarged: tuple[int, int] | None = None,
) -> Figure:
    """Draw losses (left) and accuracies (right) of groups of runs that differ in their seed only.

    Lines are means, bands ± one standard deviation over the seeds; a group is drawn as far as its shortest
    run goes. Training is solid, held out dashed; epochs and losses are on logarithmic axes, accuracies from
    where they have settled. `marks` names epochs to point out by vertical lines; `enlarged` are the first and
    last epoch of a third panel, with the training losses of the first and the last group on linear axes.
    """
    figure, axes = canvas(1, 2 if enlarged is None else 3, height=2.4)
    losses, accuracies = axes[0, :2]
    losses.set_yscale("log")
    for label, runs in groups.items():
        colour = colour_of(label, groups)
        draw(losses, runs, lambda run: run.history.train_loss, colour, label)
        draw(losses, runs, lambda run: run.history.held_out_loss, colour, "", line="--")
        draw(accuracies, runs, lambda run: run.history.train_accuracy, colour, "")
        draw(accuracies, runs, lambda run: run.history.held_out_accuracy, colour, "", line="--")
    name_losses(losses)
    for axis, quantity in ((losses, "loss (cross-entropy)"), (accuracies, "accuracy")):
        finish(axis, quantity, marks)
        logarithmic_epochs(axis)
    percentages(accuracies)
    zoom(accuracies)
    if enlarged is not None:
        _enlarge(axes[0, 2], groups, *enlarged)
    kinds = [Line2D([], [], color=BLACK, linestyle=line) for line in ("-", "--")]
    named = [Line2D([], [], color=colour_of(label, groups)) for label in groups] if len(groups) > 1 else []
    names = [*(groups if named else ()), "training", held_out]
    figure.legend([*named, *kinds], names, loc="outside lower center", ncols=min(len(names), COLUMNS))
    return figure


def colour_of(label: str, groups: Mapping[str, object]) -> str:
    """Return the colour that a thing has in all figures; that of its place where it stands in one alone."""
    return COLOUR_OF.get(label) or OTHERS[list(groups).index(label) % len(OTHERS)]


def zoom(axes: Axes) -> None:
    """Let an axis of accuracies begin just below all lines as they are from 5 % of their epochs on."""
    lines = [np.asarray(line.get_ydata(), dtype=float) for line in axes.get_lines()]
    settled = [line[int(SETTLED * len(line)) :].min() for line in lines if len(line) > 2]
    if settled:
        lowest = max(0.0, np.floor(min(settled) / 0.02) * 0.02)
        axes.set_ylim(lowest, 1 + 0.05 * (1 - lowest))


def _enlarge(axes: Axes, groups: Mapping[str, Group], first: int, last: int) -> None:
    """Draw the training losses of two groups, some epochs only, so that a small difference shows."""
    for label in list(groups)[:: max(1, len(groups) - 1)]:
        runs = groups[label]
        curves = [run.history.train_loss[first - 1 : last] for run in runs if not run.diverged]
        if curves:
            epochs = np.arange(first, first + len(curves[0]))
            axes.plot(epochs, np.mean(curves, axis=0), color=colour_of(label, groups))
    axes.set(xlabel="epoch", ylabel="training loss, enlarged")
