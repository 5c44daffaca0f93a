"""What a notebook tells Quarto."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from weaver.chunk_options import Target
from weaver.typesetting.markdown import cells
from weaver.typesetting.quarto import notebook_settings, quarto
from weaver.typesetting.quarto.quarto import Quarto


@pytest.fixture
def told(build: Any) -> Callable[..., dict[str, Any]]:
    """Return a function that gives the metadata with which Quarto gets a notebook."""

    def metadata(yaml: str, target: Target = "html", **own: Any) -> dict[str, Any]:
        notebook = build.notebook(build.prose("x"), yaml=yaml)
        given = notebook_settings.given({**notebook, "metadata": {"weaver": own}}, target)
        return dict(cells.front_matter(cells.read_cells(given.notebook)))

    return metadata


def test_a_page_loads_nothing_from_elsewhere(told: Callable[..., dict[str, Any]]) -> None:
    """Formulas become MathML, and all that the page shows is in it; what else is said stays."""
    html = {
        "shift-heading-level-by": 0,
        "embed-resources": True,
        "format-links": False,
        "html-math-method": "mathml",
    }
    assert told("toc: true")["format"] == {"html": html}
    assert told("format: html")["format"]["html"] == html
    given = told("html-math-method: {method: katex}\nformat: {html: {theme: cosmo}, typst: default}")[
        "format"
    ]
    assert given == {"html": {"theme": "cosmo", **html}, "typst": "default"}
    kept = told("html-math-method: mathjax\nself-contained-math: true")["format"]["html"]
    assert "html-math-method" not in kept
    assert "html-math-method" not in told("html-math-method: plain")["format"]["html"]


def test_a_filter_of_ones_own_comes_first(told: Callable[..., dict[str, Any]]) -> None:
    """Ours see the document before any filter of Quarto's, and behind them."""
    first, last = (
        {"at": "pre-ast", "path": "weaver-quarto.lua"},
        {"at": "post-render", "path": "weaver-quarto-last.lua"},
    )
    assert told("filters: [mine.lua]")["filters"] == ["mine.lua", first, last]
    assert told("filters: mine.lua")["filters"] == ["mine.lua", first, last]
    assert told("")["filters"] == [first, last]


def test_formulas_are_set_as_the_built_in_typesetter_sets_them(
    build: Any, told: Callable[..., dict[str, Any]]
) -> None:
    """By what stands in the sources, which Pandoc leaves as it is; LaTeX sets them by itself."""
    text = "$$\\def\\R{x}$$\n\n$\\R$ and\n$y\n+ z$"
    for target, kind in (("typst", "inline"), ("html", "block")):
        given = notebook_settings.given(build.notebook(build.prose(text)), target)
        table = json.loads(given.files["weaver-formulas.json"])
        assert table[r"\def\R{x}"] == {}
        assert table[r"\R"]["tex"] == "x"
        assert kind in table["y + z"]
    given = notebook_settings.given(build.notebook(build.prose(text)), "pdf")
    assert json.loads(given.files["weaver-formulas.json"]) == {}
    assert told("from: markdown", formulas={"x": {}})["format"]["html"].get("from") is None
    assert told("", formulas={"x": {}})["format"]["html"]["from"] == "markdown-latex_macros"


@pytest.mark.parametrize(
    ("yaml", "target", "title"),
    [
        ("lang: de", "html", "Literatur"),
        ("citeproc: true", "typst", "References"),
        ("format: {typst: {citeproc: true}}\nreference-section-title: Sources", "typst", "Sources"),
        (
            "format: {typst: {citeproc: false}}",
            "typst",
            None,
        ),  # Typst itself makes the list, with its own heading
        ("suppress-bibliography: true", "html", None),
    ],
)
def test_the_heading_of_the_references(
    yaml: str, target: Target, title: str | None, told: Callable[..., dict[str, Any]]
) -> None:
    """It is a word of the language, or what the document calls it."""
    assert told(yaml, target)["weaver"].get("references") == title


def test_a_chapter_alone_has_no_contents(told: Callable[..., dict[str, Any]]) -> None:
    """As the built-in typesetter prints it; on a page they stand beside it."""
    assert told("toc: true", "typst", counts={})["format"]["typst"]["toc"] is False
    assert "toc" not in told("toc: true", "html", counts={})["format"]["html"]


def test_a_styled_table_keeps_its_styles_on_paper(build: Any) -> None:
    """Quarto passes over a style sheet there, so a cell that is said to be bold would not be."""
    html = "<style>#a { font-weight: bold }</style><table><tr><td id='a'>7</td></tr></table>"
    notebook = build.notebook(build.chunk("x", build.shown(text_html=html)))
    [_, cell] = notebook_settings.given(notebook, "typst").notebook["cells"]
    assert '<span style="font-weight: bold">7</span>' in cell["outputs"][0]["data"]["text/html"]


def test_html_brings_no_program_along(build: Any) -> None:
    """For HTML Quarto has a page load jQuery, unless it comes as Markdown; a program stays one."""
    table, program = (build.shown(text_html=html) for html in ("<table></table>", "<script>1</script>"))
    notebook = build.notebook(build.chunk("x", table, program))
    for target, first in (
        ("html", {"text/markdown": "``` {=html}\n<table></table>\n```"}),
        ("typst", table["data"]),
    ):
        [_, cell] = notebook_settings.given(notebook, target).notebook["cells"]
        assert [output["data"] for output in cell["outputs"]] == [first, program["data"]]


SUFFIXES = """
# One {#sec-one}

See [@fig-a, on the left; @sec-one, too].

![Without a label](box.svg)

![Labelled](box.svg){#fig-a}

```{.python filename="train.py"}
x = 1
```

$$x$$ {#eq-a}
"""
LOADED = re.compile(
    r"""<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=["']?(?:https?:)?//|@import|url\(["']?http"""
)
BOX = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'


def test_what_quarto_would_drop_is_there(build: Any, tmp_path: Path, real_quarto: Quarto) -> None:
    """Words behind a reference, the name of a file, the number of a figure without a label.

    The page asks no other host for anything, also where it shows a table of pandas and a formula.
    """
    (tmp_path / "box.svg").write_text(BOX)
    table = build.shown(text_html="<table><tr><td>1</td></tr></table>")
    notebook = build.notebook(build.prose(SUFFIXES), build.chunk("frame", table))
    pdf, page = tmp_path / "out.pdf", tmp_path / "out.html"
    quarto.render(real_quarto, notebook, pdf, resources=tmp_path)
    quarto.render(real_quarto, notebook, page, resources=tmp_path, target="html")
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", page.read_text().replace("&nbsp;", " ")))
    printed = re.sub(r"\s+", " ", "".join(each.extract_text() for each in PdfReader(pdf).pages))
    for text in (words, printed):
        assert "See Figure 2, on the left, Section 1, too." in text.replace("\N{NO-BREAK SPACE}", " ")
        assert "train.py" in text
        assert re.search(r"Figure 1:\s+Without a label", text.replace("\N{NO-BREAK SPACE}", " "))
    assert not LOADED.findall(page.read_text())


def test_no_word_of_a_table_is_broken(build: Any, tmp_path: Path, real_quarto: Quarto) -> None:
    """A pipe table with long lines gets widths from its words, and a long one goes on on the next page."""
    words = ["hyperparameter", "initialisation", "regularisation"]
    rows = "".join(
        f"| {words[0]} {n} | {words[1]} | {'it was chosen for this, ' * 8} {words[2]} |\n" for n in range(40)
    )
    table = f"| a | b | c |\n|---|---|---|\n{rows}\n: Long {{#tbl-long}}\n"
    output = tmp_path / "out.pdf"
    quarto.render(real_quarto, build.notebook(build.prose(table)), output, resources=tmp_path)
    pages = [page.extract_text() for page in PdfReader(output).pages]
    assert len(pages) > 1
    assert [sum(page.count(word) for page in pages) for word in words] == [40, 40, 40]
