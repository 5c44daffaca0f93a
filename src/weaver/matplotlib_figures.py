"""In a chapter's kernel: Matplotlib's figures as Jupyter shows them, in the sizes that the options want.

Jupyter's inline backend cuts a figure to the box around all that is drawn, so that a legend beside the axes
is whole: https://ipython.readthedocs.io/en/stable/interactive/plotting.html.
"""

import json
import sys
from importlib import import_module
from typing import Any

SALT = "weaver"  # of the identifiers in an SVG, which are chance without it


Settings = tuple[float, float, float, str]
"""Width and height in inches, dots per inch, and the format by Quarto's name for it."""


def use(width: float | None, height: float | None, dpi: float | None, form: str | None = None) -> str:
    """Draw figures so from now on, also those that pyplot does not make; what is None stays as it is.

    Returns:
        What held before, as JSON: the arguments that bring it back; null where there is no Matplotlib.
    """
    try:
        from matplotlib_inline import backend_inline  # noqa: F401, PLC0415 - tells IPython how to show a Figure
        from matplotlib_inline.config import InlineBackend  # noqa: PLC0415
    except ModuleNotFoundError:  # a report's own package, which this one may have to do without
        return "null"
    rcParams = sys.modules["matplotlib"].rcParams  # noqa: N806 - its name
    backend = InlineBackend.instance()
    before = wanted()
    rcParams["figure.figsize"] = (width or before[0], height or before[1])
    rcParams["figure.dpi"] = dpi or before[2]
    rcParams["svg.hashsalt"] = SALT
    backend.figure_formats = {form} if form else backend.figure_formats
    return json.dumps(before)


def wanted() -> Settings:
    """Return how figures are drawn now: as a chunk's options say, or its code; as SVG where no chunk runs."""
    rcParams = import_module("matplotlib").rcParams  # noqa: N806
    inline: Any = sys.modules.get("matplotlib_inline.config")
    backend = inline.InlineBackend.instance() if inline and inline.InlineBackend.initialized() else None
    width, height = rcParams["figure.figsize"]
    return width, height, rcParams["figure.dpi"], min(backend.figure_formats) if backend else "svg"
