"""Figures that `cached` can keep: as they are shown, so that a chapter that runs again need not draw them."""

import struct
from base64 import b64decode, b64encode
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from io import BytesIO
from typing import Any, ParamSpec, Protocol

from weaver import matplotlib_figures
from weaver.matplotlib_figures import SALT

KINDS = {"svg": "image/svg+xml", "png": "image/png", "jpeg": "image/jpeg"}
PLAIN: Any = {"svg": {"metadata": {"Date": None}}}  # the same on any day
PNG_SIZE = slice(16, 24)  # where a PNG tells its width and height
P = ParamSpec("P")


class Savable(Protocol):
    """What is needed of Matplotlib's figures, which the tool does without."""

    @property
    def savefig(self) -> Callable[..., object]:
        """What writes it to a file."""


@dataclass(frozen=True)
class Drawing:
    """A figure as SVG or, in base 64, as pixels, and the words for it; a chunk shows it like any figure.

    `density` is how many of its pixels stand for one on the page, in each direction.
    """

    content: str
    words: str
    kind: str = "image/svg+xml"
    density: int = 1

    def _repr_mimebundle_(
        self,
        include: Collection[str] | None = None,  # noqa: ARG002 - of IPython's protocol
        exclude: Collection[str] | None = None,  # noqa: ARG002
    ) -> tuple[dict[str, str], dict[str, dict[str, int]]]:
        data = {self.kind: self.content, "text/plain": self.words}
        if self.density == 1:
            return data, {}
        width, height = struct.unpack(">ii", b64decode(self.content)[PNG_SIZE])
        return data, {self.kind: {"width": width // self.density, "height": height // self.density}}


def drawing(draw: Callable[P, Savable]) -> Callable[P, Drawing]:
    """Let a function that makes a Matplotlib figure return it drawn, for `cached` to keep.

        @cached
        @drawing
        def curve(values: tuple[float, ...]) -> Figure: ...

    A result that is kept follows from its key. Size and format that a chunk wants are part of it; all other
    settings of Matplotlib are here the report's own, whatever a chunk has set. The function may change them.
    """

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> Drawing:
        mpl: Any = import_module("matplotlib")  # a report's own package
        width, height, dpi, form = matplotlib_figures.wanted()
        with mpl.rc_context():
            mpl.rc_file_defaults()
            mpl.rcParams.update({"figure.figsize": (width, height), "figure.dpi": dpi, "svg.hashsalt": SALT})
            return _saved(draw(*args, **kwargs), form)

    drawn.__annotations__ = {**draw.__annotations__, "return": Drawing}
    return drawn


def is_drawing(function: Callable[..., object]) -> bool:
    """Whether a function is one of those that `drawing` has made."""
    return function.__annotations__.get("return") is Drawing


def _saved(figure: Any, form: str) -> Drawing:  # noqa: ANN401 - Matplotlib's
    file, density = BytesIO(), 2 if form == "retina" else 1
    own = "png" if form == "retina" else form
    figure.savefig(file, format=own, dpi=figure.dpi * density, bbox_inches="tight", **PLAIN.get(own, {}))
    kind, content = KINDS[own], file.getvalue()
    text = content.decode() if own == "svg" else b64encode(content).decode()
    return Drawing(text, repr(figure), kind, density)
