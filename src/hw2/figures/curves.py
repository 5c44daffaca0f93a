"""Curves over the epochs of a training: losses, accuracies, learning rates."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator, StrMethodFormatter

from hw2.figures.style import BLACK, BLUE, COLOUR_OF, GREY, PURPLE, RED, SKY, band, canvas, styled
from hw2.training.results import Curve, Run
from weaver.cache import cached, drawing

Group = Sequence[Run]
Pick = Callable[[Run], Curve | None]

EPOCHS = (1, 3, 10, 30, 100, 300, 1000, 3000)  # that an axis names
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


def logarithmic_epochs(axes: Axes) -> None:
    """Show epochs, which begin at 1, on a logarithmic axis with whole numbers."""
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(EPOCHS))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:.0f}"))
    axes.xaxis.set_minor_locator(NullLocator())


def name_losses(axes: Axes) -> None:
    """Write plain numbers on a logarithmic axis: over more than two decades the powers of ten alone."""
    low, high = axes.get_ylim()
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 100 * low else (1,)))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.yaxis.set_minor_locator(NullLocator())


def percentages(axes: Axes) -> None:
    """Write the shares on an axis as percentages, as the text does."""
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.3g} %"))


def zoom(axes: Axes) -> None:
    """Let an axis of accuracies begin just below all lines as they are from 5 % of their epochs on."""
    lines = [np.asarray(line.get_ydata(), dtype=float) for line in axes.get_lines()]
    settled = [line[int(SETTLED * len(line)) :].min() for line in lines if len(line) > 2]
    if settled:
        lowest = max(0.0, np.floor(min(settled) / 0.02) * 0.02)
        axes.set_ylim(lowest, 1 + 0.05 * (1 - lowest))


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
    """Name the axes and point out epochs: labels stand left and right of their lines in turn."""
    axes.set(xlabel="epoch", ylabel=quantity)
    axes.margins(x=0.02)
    ordered = sorted((marks or {}).items(), key=lambda mark: mark[1])
    for number, (label, epoch) in enumerate(ordered):
        left = number % 2 == 0 and len(ordered) > 1
        axes.axvline(epoch, color=GREY, linewidth=0.8, linestyle=":")
        axes.annotate(
            label,
            (epoch, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(-2 if left else 2, -2 - 9 * (number // 2)),  # points
            textcoords="offset points",
            ha="right" if left else "left",
            va="top",
            fontsize=7.5,
            color=GREY,
        )


def _enlarge(axes: Axes, groups: Mapping[str, Group], first: int, last: int) -> None:
    """Draw the training losses of two groups, some epochs only, so that a small difference shows."""
    for label in list(groups)[:: max(1, len(groups) - 1)]:
        runs = groups[label]
        curves = [run.history.train_loss[first - 1 : last] for run in runs if not run.diverged]
        if curves:
            epochs = np.arange(first, first + len(curves[0]))
            axes.plot(epochs, np.mean(curves, axis=0), color=colour_of(label, groups))
    axes.set(xlabel="epoch", ylabel="training loss, enlarged")
