"""Figures that `cached` can keep: as they are shown, so that a chapter that runs again need not draw them."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from io import BytesIO
from typing import Any, ParamSpec, Protocol

from weaver.matplotlib_figures import SALT

SAVING: Any = {"bbox_inches": "tight", "metadata": {"Date": None}}  # as Jupyter cuts it; the same on any day
P = ParamSpec("P")


class Savable(Protocol):
    """What is needed of Matplotlib's figures, which the tool does without."""

    @property
    def savefig(self) -> Callable[..., object]:
        """What writes it to a file."""


@dataclass(frozen=True)
class Drawing:
    """A figure in SVG, and the words for it; as the value of a chunk it is shown like any figure."""

    svg: str
    words: str

    def _repr_mimebundle_(
        self,
        include: Collection[str] | None = None,  # noqa: ARG002 - of IPython's protocol
        exclude: Collection[str] | None = None,  # noqa: ARG002
    ) -> dict[str, str]:
        return {"image/svg+xml": self.svg, "text/plain": self.words}


def drawing(draw: Callable[P, Savable]) -> Callable[P, Drawing]:
    """Let a function that makes a Matplotlib figure return it drawn, for `cached` to keep.

        @cached
        @drawing
        def curve(values: tuple[float, ...]) -> Figure: ...

    A result that is kept follows from arguments and code alone. So Matplotlib's settings are here the
    report's own, whatever a chunk has set; the function may change them.
    """

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> Drawing:
        mpl: Any = import_module("matplotlib")  # a report's own package
        file = BytesIO()
        with mpl.rc_context():
            mpl.rc_file_defaults()
            mpl.rcParams["svg.hashsalt"] = SALT
            figure = draw(*args, **kwargs)
            figure.savefig(file, format="svg", **SAVING)
        return Drawing(file.getvalue().decode(), repr(figure))

    drawn.__annotations__ = {**draw.__annotations__, "return": Drawing}
    return drawn
