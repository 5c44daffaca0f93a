"""Figures that are kept as they are shown."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure

from weaver import matplotlib_figures
from weaver.cache import Drawing, drawing
from weaver.cache.codec_of_type import return_codec

if TYPE_CHECKING:
    from conftest import Report

KEPT = """
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from weaver.cache import cached, drawing


    @cached
    @drawing
    def line(heights: Sequence[float]) -> Figure:
        with open("drawn.log", "a") as log:
            log.write("drawn ")
        figure = Figure()
        figure.subplots().plot(heights)
        return figure
"""
USED = "line((0, 3))"


@drawing
def line(heights: Sequence[float]) -> Figure:
    """Draw a line."""
    figure = Figure()
    figure.subplots().plot(heights)
    return figure


def test_what_a_chunk_has_set_is_no_part_of_it() -> None:
    """What is kept follows from code and arguments; the chunk's own settings stay as they are."""
    plain = line([0, 1])
    with mpl.rc_context({"lines.linewidth": 9}):
        assert line([0, 1]) == plain
        assert mpl.rcParams["lines.linewidth"] == 9
    assert line([0, 2]) != plain


def test_it_has_the_size_and_the_format_that_a_chunk_wants(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a screen with twice the dots, a pixel of the page has four."""
    figures = []
    for own in [(4, 3, 100, "svg"), (8, 3, 100, "svg"), (4, 3, 100, "png"), (4, 3, 100, "retina")]:
        monkeypatch.setattr(matplotlib_figures, "wanted", lambda own=own: own)
        figures.append(line([0, 1]))
    small, wide, pixels, dense = figures
    assert small != wide
    assert pixels.kind == dense.kind == "image/png"
    shown, metadata = dense._repr_mimebundle_()
    assert set(shown) == {"image/png", "text/plain"}
    assert 300 < metadata["image/png"]["width"] < 420
    monkeypatch.setattr(matplotlib_figures, "wanted", lambda: (4, 3, 100, "jpeg"))
    assert line([0, 1]).kind == "image/jpeg"


def test_it_is_kept_by_the_type_of_a_drawing() -> None:
    """Whatever the function underneath returns."""
    assert return_codec(line) == return_codec(_made)


def _made() -> Drawing:
    return Drawing("", "")


def test_it_is_an_ordinary_figure_and_drawn_once(built: "Report", monkeypatch: pytest.MonkeyPatch) -> None:
    """With label, caption and reference; the chapter runs again without drawing it."""
    monkeypatch.chdir(built.root)
    built.write("src/science/figures.py", KEPT)
    for code in (f"{USED}", f"print(1)\n{USED}"):
        text = (built.root / "report/q2.qmd").read_text(encoding="utf-8")
        built.write(
            "report/q2.qmd", text.replace(USED, code) if USED in text else text.replace("line(3)", code)
        )
        built.build("q2", form="html")
    page = (built.root / "build/q2.html").read_text(encoding="utf-8")
    assert "<svg" in page[page.index('id="fig-line"') :].partition("</figure>")[0]
    assert "Figure 1" in page.replace("\N{NO-BREAK SPACE}", " ")
    assert "A line that ascends." in page
    assert (built.root / "drawn.log").read_text() == "drawn "
    built.edit("report/q2.qmd", "#| label: fig-line", "#| label: fig-line\n#| fig-width: 2")
    built.build("q2", form="html")
    assert (built.root / "drawn.log").read_text() == "drawn drawn "
