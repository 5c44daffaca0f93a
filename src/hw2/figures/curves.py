"""Curves over the epochs of a training: losses, accuracies, learning rates."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator, StrMethodFormatter

from hw2.figures.style import GREY, band
from hw2.training.results import Curve, Run

Group = Sequence[Run]
Pick = Callable[[Run], Curve | None]

EPOCHS = (1, 3, 10, 30, 100, 300, 1000, 3000)  # that an axis names


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
