"""Question 1.3: how well corrupted faces are restored, as curves and as pictures."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hw2.figures.image_grids import grid
from hw2.figures.style import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, RED, band, canvas, styled
from hw2.questions.q1 import restoration
from hw2.questions.q1.corruption import Images
from hw2.questions.q1.faces import pictures
from hw2.questions.q1.restoration import Scores
from weaver.cache import cached, drawing

LINES: Mapping[str, tuple[str, str]] = {
    restoration.INPUT: (BLACK, ":"),
    restoration.MEAN: (GREY, "--"),
    "n = 16": (ORANGE, "-"),
    "n = 64": (BLUE, "-"),
    restoration.PCA: (GREEN, "-"),
    restoration.DENOISER: (RED, "-"),
    restoration.KNOWN: (PURPLE, "-"),
}


@cached
@drawing
@styled
def curves(panels: Mapping[str, tuple[Scores, str]]) -> Figure:
    """Draw PSNR against the level of a corruption; a panel by its title, with the name of its level.

    Lines are means over held-out faces and seeds, bands ± one standard deviation over the faces, which the
    input and the mean face do without.
    """
    figure, axes = canvas(1, len(panels), height=3.1, share_y=True)
    for panel, (title, (scores, level)) in zip(axes[0], panels.items(), strict=True):
        for name, psnr in scores.psnr.items():
            _curve(panel, np.array(scores.levels), psnr, name)
        panel.set(title=title, xlabel=level)
        panel.margins(x=0.02)
    axes[0, 0].set_ylabel("PSNR (dB)")
    labelled = {
        label: handle
        for panel in axes[0]
        for handle, label in zip(*panel.get_legend_handles_labels(), strict=True)
    }
    figure.legend(labelled.values(), labelled.keys(), loc="outside lower center", ncols=4)
    return figure


def _curve(axes: Axes, levels: np.ndarray, psnr: np.ndarray, name: str) -> None:
    """Draw one method; an image that is left as it was has no finite PSNR and no point."""
    colour, line = LINES[name]
    faces = np.where(np.isfinite(psnr), psnr, np.nan).mean(axis=0).T  # (M, L)
    drawn = np.isfinite(faces).all(axis=0)
    shown = faces.mean(axis=0, keepdims=True) if name in (restoration.INPUT, restoration.MEAN) else faces
    band(axes, levels[drawn], shown[:, drawn], colour=colour, label=name, line=line)


def restored(faces: Images, rows: Mapping[str, Images], labels: Sequence[str]) -> Figure:
    """Draw faces (M, 4096) at several levels of a corruption, and what methods make of them.

    A column for each face and level, named by `labels`; the grey scale is that of the faces, from 0 to 1.
    """
    original = np.repeat(faces, len(labels), axis=0)
    return grid(
        [pictures(row) for row in (original, *rows.values())],
        row_labels=["original", *rows],
        column_labels=list(labels) * len(faces),
    )
