"""Curves over the epochs of a training: losses, accuracies, learning rates."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hw2.figures.style import COLOURS, GREY, band, canvas, styled
from hw2.training.results import Curve, Run
from weaver.cache import cached, drawing

Group = Sequence[Run]
Pick = Callable[[Run], Curve | None]


@cached
@drawing
@styled
def learning_curves(
    groups: Mapping[str, Group],
    *,
    held_out: str = "validation",
    marks: Mapping[str, float] | None = None,
) -> Figure:
    """Draw losses (left) and accuracies (right) of groups of runs that differ in their seed only.

    Lines are means, bands ± one standard deviation over the seeds; a group is drawn as far as its shortest
    run goes. `marks` names epochs to point out by vertical lines.
    """
    figure, axes = canvas(1, 2, height=2.7)
    losses, accuracies = axes[0]
    for colour, (label, runs) in zip(COLOURS, groups.items(), strict=False):
        prefix = f"{label}, " if len(groups) > 1 else ""
        draw(losses, runs, lambda run: run.history.train_loss, colour, f"{prefix}training")
        draw(losses, runs, lambda run: run.history.held_out_loss, colour, f"{prefix}{held_out}", line="--")
        draw(accuracies, runs, lambda run: run.history.train_accuracy, colour, f"{prefix}training")
        draw(
            accuracies,
            runs,
            lambda run: run.history.held_out_accuracy,
            colour,
            f"{prefix}{held_out}",
            line="--",
        )
    finish(losses, "loss (cross-entropy)", marks)
    finish(accuracies, "accuracy", marks)
    limit(losses)
    accuracies.legend(loc="lower right")
    return figure


def limit(axes: Axes) -> None:
    """Let an axis of losses begin at zero and end above all but rare spikes, which leave it at the top."""
    curves = [
        np.asarray(line.get_ydata(), dtype=float)
        for line in axes.get_lines()
        if not str(line.get_label()).startswith("_")
    ]
    if curves:
        axes.set_ylim(0, 1.1 * max(max(curve[0], np.percentile(curve, 98)) for curve in curves))


def draw(axes: Axes, runs: Group, pick: Pick, colour: str, label: str, *, line: str = "-") -> None:
    """Draw one curve of each run as mean and spread over the runs; nothing where it was not measured.

    Diverged runs are left out: their share belongs in the text, not in a mean.
    """
    curves = [curve for run in runs if not run.diverged and (curve := pick(run)) is not None]
    if not curves:
        return
    shortest = min(len(curve) for curve in curves)
    values = np.stack([curve[:shortest] for curve in curves])  # (seeds, E)
    band(axes, np.arange(1, shortest + 1), values, colour=colour, label=label, line=line)


def finish(axes: Axes, quantity: str, marks: Mapping[str, float] | None = None) -> None:
    """Name the axes and point out epochs."""
    axes.set(xlabel="epoch", ylabel=quantity)
    axes.margins(x=0.02)
    for line, (label, epoch) in enumerate((marks or {}).items()):
        axes.axvline(epoch, color=GREY, linewidth=0.8, linestyle=":")
        axes.annotate(
            label,
            (epoch, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(2, -2 - 9 * line),  # points: labels of neighbouring epochs stand below each other
            textcoords="offset points",
            ha="left",
            va="top",
            fontsize=7.5,
            color=GREY,
        )
