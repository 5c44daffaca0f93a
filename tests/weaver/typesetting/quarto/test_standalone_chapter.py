"""One chapter as Quarto gets it."""

from typing import TYPE_CHECKING

import pytest

from weaver import project as projects
from weaver.building.notebook import weave
from weaver.typesetting.markdown.cells import text_of
from weaver.typesetting.quarto import standalone_chapter

if TYPE_CHECKING:
    from conftest import Report

KNOWN = {"sec-a": ("Section", "2.1"), "fig-a": ("Figure", "3"), "fig-b": ("Figure", "4")}
GAP = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see @sec-a.", f"see Section{GAP}2.1."),
        ("[-@fig-a]", "3"),
        ("[Fig. @fig-a]", f"Fig.{GAP}3"),
        ("[@fig-a; @fig-b]", f"Figure{GAP}3, Figure{GAP}4"),
        ("[@fig-a; @fig-own]", f"Figure{GAP}3, [@fig-own]"),
        ("[@fig-own], @fig-own, [@kingma2015; @fig-a]", "[@fig-own], @fig-own, [@kingma2015; @fig-a]"),
        ("`@sec-a`, \\@sec-a, me@sec-a", "`@sec-a`, \\@sec-a, me@sec-a"),
        ("```\n@sec-a\n```\n@sec-a", f"```\n@sec-a\n```\nSection{GAP}2.1"),
        ("[its name](#sec-a), ![a @fig-a](b.png)", f"[its name](#sec-a), ![a Figure{GAP}3](b.png)"),
    ],
)
def test_references_in_words(text: str, expected: str) -> None:
    """All forms of a reference; what is in this chapter, is code, or cites a source stays."""
    assert standalone_chapter.in_words(text, KNOWN.get) == expected


def test_a_chapter_has_the_numbers_of_the_whole(report: "Report") -> None:
    """Also in a caption; the cells of other chapters are gone. The summary is the first section."""
    report.write("report/q1.qmd", "# One {#sec-one}\n\n## Part {#sec-part}\n\nText.\n")
    cell = '```{python}\n#| label: tbl-a\n#| tbl-cap: "As in @sec-part."\nprint(1)\n```'
    report.write("report/q2.qmd", f"# Two {{#sec-two}}\n\nSee @sec-part and @sec-two.\n\n{cell}\n")
    front, prose, code = standalone_chapter.chapter(weave(projects.read_project(report.root), {}), "q2")[
        "cells"
    ]
    assert front["cell_type"] == "raw"
    assert f"See Section{GAP}2.1 and @sec-two." in text_of(prose["source"])
    assert f'"As in Section{GAP}2.1."' in text_of(code["source"])


def test_words_of_quarto_alone_stop_nothing(report: "Report", caplog: pytest.LogCaptureFixture) -> None:
    """An option of `crossref` that only Quarto has keeps a chapter from no page."""
    with (report.root / "_quarto.yml").open("a") as file:
        file.write("\ncrossref:\n  chapters: true\n")
    report.write("report/q2.qmd", "# Two\n\nSee @sec-one.\n")
    _, prose = standalone_chapter.chapter(weave(projects.read_project(report.root), {}), "q2")["cells"]
    assert "See @sec-one." in text_of(prose["source"])
    assert "crossref" in caplog.text


def test_what_cannot_be_numbered_is_said(report: "Report", caplog: pytest.LogCaptureFixture) -> None:
    """Quarto may know what the built-in typesetter does not: the chapter is printed all the same."""
    report.write("report/q1.qmd", "# One {#sec-one}\n\n::: {.panel-tabset}\n:::\n")
    report.write("report/q2.qmd", "# Two\n\nSee @sec-one.\n")
    _, prose = standalone_chapter.chapter(weave(projects.read_project(report.root), {}), "q2")["cells"]
    assert "See @sec-one." in text_of(prose["source"])
    assert "report/q1.qmd:3" in caplog.text
