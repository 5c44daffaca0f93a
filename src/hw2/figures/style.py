"""One quiet style for every figure: sizes in inches on A4, colours that colour-blind readers tell apart."""

import functools
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, ParamSpec

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.transforms import Bbox

with suppress(ImportError):  # with it Jupyter shows figures that pyplot did not make
    import matplotlib_inline.backend_inline  # noqa: F401

TEXT_WIDTH = 6.3  # inches: A4 less its margins, so that type keeps its size on the page

# Okabe and Ito (2008), "Color Universal Design": distinct for all common kinds of colour vision.
BLUE, ORANGE, GREEN, RED, SKY, PURPLE, YELLOW, BLACK = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#D55E00",
    "#56B4E9",
    "#CC79A7",
    "#F0E442",
    "#000000",
)
GREY = "#666666"

COLOUR_OF: Mapping[str, str] = {  # one colour a thing, in every figure of a question
    "n = 16": ORANGE,
    "n = 64": BLUE,
    "shallow": BLUE,
    "deep": ORANGE,
    "wide deep": GREEN,
}

STYLE: Any = {  # rc_context wants the literal names of all settings
    "font.size": 8.5,
    "axes.titlesize": 9,
    "axes.titleweight": "regular",
    "axes.labelsize": 8.5,
    "axes.edgecolor": GREY,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E3E3E3",
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.3,
    "legend.frameon": False,
    "legend.fontsize": 8,
}
TICKS: Any = {"labelsize": 8, "color": GREY, "width": 0.7, "length": 3}

P = ParamSpec("P")


class Sheet(Figure):
    """A figure that is printed as large as it was made.

    Jupyter and Quarto cut a figure to the box around all that is drawn, and add a rim. That box is here the
    whole, less the rim, so that type keeps its size on the page.
    """

    def get_tightbbox(
        self,
        renderer: RendererBase | None = None,  # noqa: ARG002
        *,
        bbox_extra_artists: Iterable[Artist] | None = None,  # noqa: ARG002
    ) -> Bbox:
        """Return the box that is saved where a figure is cut to what it shows, in inches."""
        return self.bbox_inches.padded(-mpl.rcParams["savefig.pad_inches"])


def styled(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Draw a figure in the style of the report, leaving Matplotlib's own settings as they were."""

    @functools.wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with mpl.rc_context(STYLE):
            return draw(*args, **kwargs)

    return drawn


def canvas(
    rows: int = 1,
    columns: int = 1,
    *,
    height: float,
    width: float = TEXT_WIDTH,
    share_y: bool = False,
    padding: float | None = None,
) -> tuple[Figure, np.ndarray]:
    """Return a figure of `width` × `height` inches and its axes as an array (rows, columns)."""
    figure = Sheet(figsize=(width, height), layout=_layout(padding))
    axes = figure.subplots(rows, columns, squeeze=False, sharey=share_y)
    for axis in axes.flat:
        axis.tick_params(**TICKS)  # ticks are made when the figure is drawn, outside of `styled`
    return figure, axes


def _layout(padding: float | None) -> ConstrainedLayoutEngine:
    """Matplotlib's own layout, or one with `padding` inches between pictures and little else."""
    if padding is None:
        return ConstrainedLayoutEngine()
    return ConstrainedLayoutEngine(w_pad=padding, h_pad=padding, wspace=0.02, hspace=0.02)


def band(axes: Axes, x: np.ndarray, values: np.ndarray, *, colour: str, label: str, line: str = "-") -> None:
    """Draw the mean over seeds and a band of ± one standard deviation; `values` is (seeds, points).

    On a logarithmic axis they are those of the logarithms: the values less a deviation could be negative.
    """
    forth, back = (np.log, np.exp) if axes.get_yscale() == "log" else (np.asarray, np.asarray)
    mean = np.nanmean(forth(values), axis=0)
    axes.plot(x, back(mean), line, color=colour, label=label)
    if len(values) > 1:
        spread = np.nanstd(forth(values), axis=0, ddof=1)
        axes.fill_between(x, back(mean - spread), back(mean + spread), color=colour, alpha=0.18, linewidth=0)
