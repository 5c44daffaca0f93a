"""The look of the PDF as a document asks for it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from weaver.errors import TypesetError
from weaver.typesetting.markdown import markdown_source
from weaver.typesetting.pdf import page_layout


def settings(build: Any, yaml: str, folder: Path) -> dict[str, str]:
    """Return what some metadata ask for, in Typst's words."""
    return page_layout.settings(markdown_source.compose(build.notebook(yaml=yaml), folder))


@pytest.mark.parametrize(
    ("yaml", "wanted"),
    [
        ("fontsize: 12pt", {"size": "12pt"}),
        ("papersize: us-letter", {"paper": '"us-letter"'}),
        ("papersize: letterpaper", {"paper": '"us-letter"'}),
        ("papersize: a4paper", {"paper": '"a4"'}),
        ("margin: {x: 2cm, top: 3.5in}", {"margin": "(x: 2cm, top: 3.5in, )"}),
        ("margin: 2cm", {"margin": "2cm"}),
        ("linestretch: 1.25", {"stretch": "1.25"}),
        ("linkcolor: '#1d4566'", {"link-colour": 'rgb("#1d4566")'}),
        ("linkcolor: blue", {"link-colour": "blue"}),
        ("page-numbering: 1 of 1", {"pages": '"1 of 1"'}),
        ("page-numbering: none", {"pages": "none"}),
        ("mainfont: [A, B]\nmathfont: C", {"font": '("A", "B", )', "math-font": '("C", )'}),
        ("format: {typst: {fontsize: 9pt}}\nfontsize: 12pt", {"size": "9pt"}),
        ("format: {html: {fontsize: 9pt}}\ncolumns: 1", {}),
    ],
)
def test_values_become_arguments(build: Any, yaml: str, wanted: dict[str, str], tmp_path: Path) -> None:
    """Each key of Quarto's is one argument of the template, and nothing else gets into Typst's source."""
    assert settings(build, yaml, tmp_path) == wanted


@pytest.mark.parametrize(
    "yaml",
    [
        *(
            "fontsize: 12",
            "fontsize: 1.2em",
            "fontsize: '11pt, fill: red'",
            "papersize: a99",
            "margin: {left: 2}",
        ),
        *("margin: {}", "margin: {leftt: 2cm}", "linestretch: 0", "linestretch: true", "linkcolor: 12"),
        *("linkcolor: NavyBlue", "page-numbering: true"),
    ],
)
def test_a_value_that_cannot_be_is_refused(build: Any, yaml: str, tmp_path: Path) -> None:
    """What Typst would stop at, or read as something else, is told with file and line."""
    key = yaml.partition(":")[0]
    with pytest.raises(TypesetError, match=rf"_quarto\.yml:\d+: {key}: expected "):
        settings(build, yaml, tmp_path)


def test_the_page_is_as_asked_for(typeset_pdf: Callable[..., PdfReader], build: Any) -> None:
    """Paper, size and page numbers are in the PDF itself."""
    text = build.prose("# A section {#sec-a}\n\nA word.")
    usual, other = (
        typeset_pdf(text, yaml=yaml)
        for yaml in ("lang: en", "papersize: a5\nfontsize: 16pt\nmargin: {x: 1cm}\npage-numbering: none")
    )
    assert round(float(other.pages[0].mediabox.width)) == 420
    assert "1 / 1" in usual.pages[0].extract_text()
    assert "1 / 1" not in other.pages[0].extract_text()
    assert _sizes(other)["word"] == pytest.approx(16, abs=0.01)
    assert _sizes(other)["section"] / 16 == pytest.approx(_sizes(usual)["section"] / 10.5, abs=0.01)


def _sizes(reader: PdfReader) -> dict[str, float]:
    """Return the size of the letters of each word."""
    found: dict[str, float] = {}

    def visit(text: str, _: object, matrix: list[float], _font: object, size: float) -> None:
        found.update(dict.fromkeys(text.strip(" .\n").split(), abs(size * matrix[3])))

    reader.pages[0].extract_text(visitor_text=visit)
    return found


def test_a_font_that_typst_does_not_bring_is_told(
    notices_of: Callable[..., tuple[str, ...]], build: Any
) -> None:
    """One that is nowhere leaves the text in another, and one line says so; Typst's own say nothing."""
    assert notices_of(build.prose("A word."), yaml="mainfont: New Computer Modern") == ()
    assert notices_of(build.prose("A word."), yaml="mainfont: Nobody's Font") == (
        "_quarto.yml:7: mainfont: no font 'Nobody's Font' here: another is used",
    )
