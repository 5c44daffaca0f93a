"""Question 1.3: how well corrupted faces are restored, as gains over the mean face and as pictures."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from hw2.figures.image_grids import grid
from hw2.figures.style import BLACK, BLUE, GREEN, GREY, PURPLE, RED, SKY, canvas, styled
from hw2.questions.q1 import restoration
from hw2.questions.q1.corruption import Images
from hw2.questions.q1.faces import pictures
from hw2.questions.q1.restoration import MEAN, Fold, Scores
from weaver.cache import cached, drawing

LINES: Mapping[str, tuple[str, str]] = {
    restoration.INPUT: (BLACK, ":"),
    restoration.NETWORK: (BLUE, "-"),
    restoration.NETWORK_KEPT: (SKY, "-"),
    restoration.PCA: (GREEN, "-"),
    restoration.TRAINED: (RED, "-"),
    restoration.TRAINED_KEPT: (RED, "--"),
    restoration.KNOWN: (PURPLE, "-"),
}
LOWEST = -12  # dB: what is further below the mean face leaves the panel


@cached
@drawing
@styled
def gains(panels: Mapping[str, tuple[Scores, str]]) -> Figure:
    """Draw PSNR less that of the mean face; a panel by its title, with the name of its level.

    Lines are means over the people, person by person, bands their 95 % intervals.
    """
    figure, axes = canvas(1, len(panels), height=2.7, share_y=True)
    for panel, (title, (scores, level)) in zip(axes[0], panels.items(), strict=True):
        for name in filter(LINES.__contains__, scores.psnr):
            _gain(panel, scores, name)
        panel.axhline(0, color=GREY, linewidth=0.8, linestyle="--")
        panel.set(title=title, xlabel=level)
        panel.margins(x=0.02)
        if max(scores.levels) > 0.5:
            panel.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes[0, 0].set_ylabel("gain over the mean face (dB)")
    axes[0, 0].set_ylim(bottom=LOWEST)
    labelled = {
        label: handle
        for panel in axes[0]
        for handle, label in zip(*panel.get_legend_handles_labels(), strict=True)
    }
    figure.legend(labelled.values(), labelled.keys(), loc="outside lower center", ncols=3)
    return figure


def _gain(axes: Axes, scores: Scores, name: str) -> None:
    """Draw one method; an image that is left as it was has no finite PSNR and no point."""
    colour, line = LINES[name]
    levels = [level for level in scores.levels if np.isfinite(scores.at(name, level)).all()]
    found = [scores.gain(name, MEAN, level) for level in levels]
    axes.plot(levels, [each.mean for each in found], line, color=colour, label=name)
    low, high = [each.low for each in found], [each.high for each in found]
    axes.fill_between(levels, low, high, color=colour, alpha=0.18, linewidth=0)


@cached
@drawing
def restored(fold: Fold, face: Images) -> Figure:
    """Draw a face (4096,) with pixels set to zero and what the methods make of it, a row for each share."""
    return grid(
        [pictures(row) for row in restoration.pictured(fold, face)],
        row_labels=[f"{100 * share:.0f} %" for share in restoration.PICTURED],
        column_labels=list(restoration.PICTURES),
    )
