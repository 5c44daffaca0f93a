"""Outputs of chunks as Markdown and image files."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weaver.errors import TypesetError
from weaver.typesetting.markdown import cells
from weaver.typesetting.markdown.outputs import Piece, fenced, pieces

SVG = '<svg xmlns="http://www.w3.org/2000/svg"/>'


def _pieces(build: Any, folder: Path, *outputs: Any, source: str = "x") -> list[Piece]:
    cell = cells.read_cells(build.notebook(build.chunk(source, *outputs)))[1]
    return pieces(cell, "cell-1", folder)


def test_vector_graphics_come_before_pixels_and_text(build: Any, tmp_path: Path) -> None:
    """Of several representations the best that can be printed is taken, and written as a file."""
    output = build.shown(image_png=build.png(2, 2), image_svg=SVG, text_plain="<Figure>")
    (piece,) = _pieces(build, tmp_path, output)
    assert piece == Piece("image", "![](weaver-output:cell-1-1.svg){.cell-output}")
    assert (tmp_path / "cell-1-1.svg").read_text() == SVG


def test_a_png_has_the_width_it_was_drawn_in(build: Any, tmp_path: Path) -> None:
    """A PNG without a resolution of its own gets Jupyter's width; one with a resolution keeps its size."""
    size = {"image/png": {"width": 100, "height": 50}}
    plain = build.shown(size, image_png=build.png(200, 100))
    dense = build.shown(size, image_png=build.png(200, 100, dots_per_inch=200))
    first, second = _pieces(build, tmp_path, plain, dense)
    assert "width=100px" in first.markdown
    assert "width" not in second.markdown


def test_writes_to_one_stream_are_joined(build: Any, tmp_path: Path) -> None:
    """A kernel sends output in arbitrary parts; what belongs together stands in one block."""
    parts = (build.printed("one\n"), build.printed("two\n"), build.printed("oops\n", "stderr"))
    first, second = _pieces(build, tmp_path, *parts)
    assert "one\ntwo" in first.markdown
    assert "oops" in second.markdown


def test_colours_and_progress_bars_leave_their_last_state(build: Any, tmp_path: Path) -> None:
    """Escape sequences go, and of a line that is overwritten only the last version stays."""
    (piece,) = _pieces(build, tmp_path, build.printed("\x1b[31m 10%\r 50%\r100%\x1b[0m\r\nend\n"))
    assert piece.markdown.splitlines()[1:-1] == ["100%", "end"]


def test_warnings_can_be_left_out(build: Any, tmp_path: Path) -> None:
    """`warning: false` hides what goes to stderr and nothing else."""
    outputs = (build.printed("seen\n"), build.printed("hidden\n", "stderr"))
    (piece,) = _pieces(build, tmp_path, *outputs, source="#| warning: false\nx")
    assert "seen" in piece.markdown


@pytest.mark.parametrize("text", ["<matplotlib.legend.Legend>", "[<matplotlib.lines.Line2D>]", "(0.0, 1.0)"])
def test_the_value_of_a_plotting_call_is_left_out(build: Any, tmp_path: Path, text: str) -> None:
    """What Matplotlib's functions return is not shown beside the picture."""
    shown = _pieces(build, tmp_path, build.value(text_plain=text), build.picture())
    assert [piece.kind for piece in shown] == ["image"]


def test_the_value_of_an_expression_is_shown(build: Any, tmp_path: Path) -> None:
    """A chunk's last value is printed as it stands."""
    (piece,) = _pieces(build, tmp_path, build.value(text_plain="(0.0, 1.0)"))
    assert "(0.0, 1.0)" in piece.markdown


def test_markdown_comes_before_html_and_html_before_text(build: Any, tmp_path: Path) -> None:
    """Among texts the richest that can be printed is taken."""
    both = build.shown(text_markdown="*m*", text_html="<b>h</b>", text_plain="p")
    html = build.shown(text_html="<b>h</b>", text_plain="p")
    first, second = _pieces(build, tmp_path, both, html)
    assert first.markdown == "*m*"
    assert second.markdown == "``` {=weaver-html}\n<b>h</b>\n```"


def test_an_output_that_cannot_be_printed_is_an_error(build: Any, tmp_path: Path) -> None:
    """A representation that paper cannot hold is named, with the chunk's place."""
    with pytest.raises(TypesetError, match=r"report/q1\.qmd:2: .* only video/mp4"):
        _pieces(build, tmp_path, build.shown(video_mp4="AAAA"))


@given(st.text(alphabet="`\n ab", max_size=40))
def test_no_text_can_end_its_own_fence(text: str) -> None:
    """The fence is longer than any run of backticks within."""
    fence = fenced(text, ".x").partition(" ")[0]
    assert fence not in text
    assert len(fence) >= 3


@pytest.mark.parametrize(
    "mime",
    [
        *(
            "application/vnd.plotly.v1+json",
            "application/vnd.jupyter.widget-view+json",
            "application/javascript",
        ),
        *("application/vnd.bokehjs_exec.v0+json", "application/json"),
    ],
)
def test_what_a_script_draws_is_shown_by_what_stands_beside_it(build: Any, tmp_path: Path, mime: str) -> None:
    """A picture, or a table; the name of an object is neither."""
    bare = build.shown(text_plain="alt.Chart(...)")
    bare["data"][mime] = "{}"
    pictured = {**bare, "data": {**bare["data"], "image/svg+xml": SVG}}
    tabled = {**bare, "data": {**bare["data"], "text/html": "<table></table>"}}
    assert [piece.kind for piece in _pieces(build, tmp_path, pictured, tabled)] == ["image", "display"]
    lonely = {**bare, "data": {mime: "{}"}}
    for output in (bare, lonely):
        with pytest.raises(TypesetError, match=rf"q1\.qmd:2: .* needs a browser \('{re.escape(mime)}'\)"):
            _pieces(build, tmp_path, output)
