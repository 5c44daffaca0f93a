"""From edit to pages, on a real report: what runs, what is typeset, what stays."""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pypdf
import pytest

from weaver.building.builder import open_builder
from weaver.building.engines import Woven
from weaver.building.request import Request
from weaver.console import Terminal
from weaver.errors import CheckError, ExecutionError, ProjectError, TypesetError
from weaver.typesetting.pdf import typst_compiler

if TYPE_CHECKING:
    from conftest import Report

FIGURES = "src/science/figures.py"
SQUARE = '<svg xmlns="http://www.w3.org/2000/svg"><rect width="{}" height="9"/></svg>'


def build(
    report: "Report", chapter: str | None = None, profile: str = "full", form: str = "pdf"
) -> list[str]:
    """Build pages as a command does and return what it says."""
    return list(report.build(chapter, profile, form).lines)


def ran(lines: list[str]) -> list[str]:
    """Name the chapters that a kernel was started for."""
    return [line.partition(":")[0] for line in lines if "– runs:" in line]


def state(report: "Report", name: str = "report") -> tuple[bytes, int]:
    """Return a PDF's bytes and time."""
    path = report.root / f"build/{name}.pdf"
    return path.read_bytes(), path.stat().st_mtime_ns


def text(report: "Report", name: str = "report") -> str:
    """Return the words of a PDF."""
    pages = pypdf.PdfReader(report.root / f"build/{name}.pdf").pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


@contextmanager
def the_pages_stay(report: "Report") -> Iterator[None]:
    """Expect the PDF to keep its bytes and its time."""
    before = state(report)
    yield
    assert state(report) == before


@contextmanager
def new_pages(report: "Report") -> Iterator[None]:
    """Expect a PDF of other bytes."""
    before = state(report)[0]
    yield
    assert state(report)[0] != before


def test_a_built_report_has_its_parts(built: "Report") -> None:
    """The PDF holds the prose with the values in it, and a notebook lies beside it for each chapter."""
    words = text(built)
    for expected in ("Two small chapters", "Ada Lovelace", "The sum is 6.", "It ascends, see Figure 1."):
        assert expected in words
    notebooks = sorted(path.name for path in (built.root / "build/notebooks").iterdir())
    assert notebooks == ["q1.ipynb", "q2.ipynb", "report.ipynb"]


def test_nothing_changed(built: "Report") -> None:
    """Nothing runs and nothing is written."""
    with the_pages_stay(built):
        assert build(built) == ["build/report.pdf: nothing changed"]


def test_the_same_sources_give_the_same_bytes_in_another_folder(built: "Report", built_once: Path) -> None:
    """What was executed elsewhere is typeset here to the same bytes."""
    (built.root / "build/report.pdf").unlink()
    assert ran(build(built)) == []
    assert (built.root / "build/report.pdf").read_bytes() == (built_once / "build/report.pdf").read_bytes()


def test_a_relative_date_is_that_of_the_newest_input(built: "Report") -> None:
    """The day on which the data came, whenever the report is built; what is no input has no say in it."""
    built.edit("_quarto.yml", "date: 2025-05-01", "date: today")
    built.write("notes.txt", "no input")
    for path in built.root.rglob("*"):
        os.utime(path, (datetime(2024, 2, 3, 12).timestamp(),) * 2)
    os.utime(built.root / "data/numbers.csv", (datetime(2024, 4, 5, 12).timestamp(),) * 2)
    os.utime(built.root / "notes.txt", (datetime(2024, 6, 7, 12).timestamp(),) * 2)
    assert ran(build(built)) == []
    assert "April 5, 2024" in text(built)
    assert "date: '2024-04-05'" in (built.root / "build/notebooks/q1.ipynb").read_text()
    assert build(built) == ["build/report.pdf: nothing changed"]


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("report/q1.qmd", "The sum is", "All in all it is"),
        ("report/q2.qmd", "# The line", "# The straight line"),
        ("report/q2.qmd", "A line.", "A straight line."),
        ("report/report.qmd", "Two chapters", "Just two chapters"),
        ("_quarto.yml", "Two small chapters", "Two chapters"),
        ("_quarto.yml", "echo: false", "echo: true"),
    ],
)
def test_an_edit_of_prose_starts_no_kernel(built: "Report", path: str, old: str, new: str) -> None:
    """Words, headings, captions and metadata are typeset anew, and no code runs."""
    built.edit(path, old, new)
    with new_pages(built):
        assert ran(build(built)) == []
    assert build(built) == ["build/report.pdf: nothing changed"]


def test_an_edit_of_the_bibliography_starts_no_kernel(built: "Report") -> None:
    """The list of references is part of the pages."""
    built.edit("report/q1.qmd", "The sum is", "As @lovelace1843 says, the sum is")
    build(built)
    built.edit("report/references.bib", "{Notes}", "{Sketch of the Engine}")
    with new_pages(built):
        assert ran(build(built)) == []
    assert "Sketch of the Engine" in text(built)


@pytest.mark.parametrize(
    "named",
    [
        "![A square](docs/square.svg)",
        "![A square][it]\n\n[it]: ../docs/square.svg 'A title'",
        "![A square](</docs/square.svg>){#fig-square}",
        "::: {#fig-square}\n![A](%2E./docs/squ&#97;re.svg)\n\nA square.\n:::",
    ],
)
def test_an_image_that_is_printed_is_part_of_the_pages(built: "Report", named: str) -> None:
    """However it is named and wherever it lies; as long as it is as it was, nothing is printed again."""
    built.write("docs/square.svg", SQUARE.format(9))
    mention = "See @fig-square. " if "#fig-square" in named else ""
    built.edit("report/q1.qmd", "The sum is", f"{named}\n\n{mention}The sum is")
    build(built)
    assert build(built) == ["build/report.pdf: nothing changed"]
    built.write("docs/square.svg", SQUARE.format(5))
    with new_pages(built):
        assert ran(build(built)) == []


def test_an_image_that_a_chunk_prints_is_part_of_the_pages(built: "Report") -> None:
    """It is named in no source."""
    built.write("docs/square.svg", SQUARE.format(9))
    code = "#| output: asis\nprint('![A sq' + 'uare](docs/squ' + 'are.svg)')"
    built.edit("report/q1.qmd", "The sum is", f"```{{python}}\n{code}\n```\n\nThe sum is")
    build(built)
    built.write("docs/square.svg", SQUARE.format(5))
    with new_pages(built):
        assert ran(build(built)) == []
    built.write("docs/circle.svg", SQUARE.format(5))
    assert build(built) == ["build/report.pdf: nothing changed"]


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("report/q1.qmd", "result =", "# the sum\n\nresult ="),
        ("src/science/numbers.py", "Add up the numbers", "Add the numbers"),
    ],
)
def test_an_edit_that_changes_nothing_touches_nothing(built: "Report", path: str, old: str, new: str) -> None:
    """A comment in hidden code, a docstring: the pages keep their time."""
    built.edit(path, old, new)
    with the_pages_stay(built):
        assert build(built) == ["build/report.pdf: nothing changed"]


def test_a_comment_in_code_that_is_shown_is_printed(built: "Report") -> None:
    """It starts no kernel, but it stands on the page."""
    built.edit("report/q1.qmd", "#| label: sum", "#| label: sum\n#| echo: true")
    build(built)
    built.edit("report/q1.qmd", "result =", "# added up\nresult =")
    assert ran(build(built)) == []
    assert "# added up" in text(built)


def test_an_edit_of_a_figures_function_runs_its_chapter(built: "Report") -> None:
    """The other chapter's outputs are woven in as they are."""
    built.edit(FIGURES, "[0, slope]", "[1, slope]")
    with new_pages(built):
        lines = build(built)
    assert ran(lines) == ["q2"]
    assert lines[0].endswith("runs: science.figures.line changed (src/science/figures.py:4)")
    assert build(built) == ["build/report.pdf: nothing changed"]


def test_the_report_is_set_as_it_was_while_a_chapter_runs(
    built: "Report", monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that Typst knows most of it when the chapter has run; an edit of prose has nothing to wait for."""
    press, sources = typst_compiler.press(), list[str]()

    def listened(source: str, *given: Any) -> bytes:
        sources.append(source)
        return set_it(source, *given)

    set_it = press.set
    monkeypatch.setattr(press, "set", listened)
    built.edit("data/numbers.csv", "3", "4")
    build(built)
    assert len(set(sources)) == 2
    assert "sum is 7" in text(built)
    built.edit("report/q1.qmd", "The sum is", "In all it is")
    build(built)
    assert len(sources) == 3


def test_an_early_look_is_no_condition(built: "Report") -> None:
    """It is given once, when more is to run; what is wrong with it keeps nothing from running."""
    built.edit("report/q2.qmd", "line(3)", "line(len(open('data/numbers.csv').read()))")
    build(built)
    built.write("data/numbers.csv", "1,2,4,5")
    given: list[Woven] = []

    def refuse(woven: Woven) -> None:
        given.append(woven)
        raise TypesetError("a claim of the one chapter needs a fact of the other")

    request = Request(engine="builtin")
    woven = open_builder(built.root, Terminal(io.StringIO())).woven(request, refuse)
    (early,) = given
    assert early.executions["q1"] == woven.executions["q1"]
    assert early.executions["q2"] != woven.executions["q2"]


def test_an_edit_of_a_data_file_runs_the_chapter_that_read_it(built: "Report") -> None:
    """No code tells that it is read: the kernel saw it."""
    built.write("data/numbers.csv", "1,2,4")
    with new_pages(built):
        lines = build(built)
    assert ran(lines) == ["q1"]
    assert lines[0].endswith("runs: data/numbers.csv changed")
    assert "The sum is 7." in text(built)


def test_each_profile_keeps_its_own(built: "Report") -> None:
    """A quick look runs once, and after it the full report is as fresh as before."""
    assert ran(build(built, "q1", "quick")) == ["q1"]
    assert ran(build(built, "q1", "quick")) == []
    with the_pages_stay(built):
        assert build(built) == ["build/report.pdf: nothing changed"]


def test_chapters_come_go_and_change_places(built: "Report") -> None:
    """Only what is new runs, and the numbers follow."""
    built.write("report/q3.qmd", "# The product {#sec-q3}\n\nSix is `{python} 2 * 3`.\n")
    built.edit("report/report.qmd", "{{< include q1", "{{< include q3.qmd >}}\n\n{{< include q1")
    assert ran(build(built)) == ["q3"]
    assert "2 The product Six is 6. 3 The sum" in text(built)
    built.write("report/report.qmd", "{{< include q2.qmd >}}\n\n{{< include q3.qmd >}}\n")
    assert ran(build(built)) == []
    assert "1 The line" in text(built)
    assert "2 The product" in text(built)
    assert "The sum" not in text(built)
    built.write("report/report.qmd", "{{< include q1.qmd >}}\n")
    assert ran(build(built)) == []


def test_one_chapter_alone(report: "Report", monkeypatch: pytest.MonkeyPatch) -> None:
    """Only its code runs, and it is printed with the numbers that it has in the report."""
    report.prepare(monkeypatch)
    assert ran(build(report, "q2")) == ["q2"]
    words = text(report, "q2")
    assert "3 The line" in words
    assert "It ascends, see Figure 1." in words
    assert "The sum" not in words
    assert not (report.root / "build/report.pdf").exists()


def test_the_page_is_made_of_the_same_notebook(built: "Report") -> None:
    """Nothing runs for it that ran for the PDF, and each output is made anew only when it must be."""
    with the_pages_stay(built):
        lines = build(built, form="html")
    assert ran(lines) == []
    assert lines[-1].startswith("build/report.html: typeset by the built-in typesetter in")
    assert "It ascends, see" in (built.root / "build/report.html").read_text(encoding="utf-8")
    assert build(built, form="html") == ["build/report.html: nothing changed"]
    assert build(built) == ["build/report.pdf: nothing changed"]
    built.edit("report/q1.qmd", "The sum is", "All in all it is")
    assert "typeset" in build(built, form="html")[-1]
    assert "typeset" in build(built)[-1]


def test_code_that_shows_in_the_page_alone_is_part_of_the_page(built: "Report") -> None:
    """A comment in it makes the page new and leaves the PDF as it is."""
    built.edit("_quarto.yml", "assignment: A2", "assignment: A2\nformat:\n  html:\n    echo: true")
    build(built)
    build(built, form="html")
    built.edit("report/q1.qmd", "result =", "# the sum\n\nresult =")
    with the_pages_stay(built):
        assert build(built) == ["build/report.pdf: nothing changed"]
    assert ran(build(built, form="html")) == []
    assert "# the sum" in (built.root / "build/report.html").read_text(encoding="utf-8")


def test_the_page_of_one_chapter_alone(built: "Report") -> None:
    """It stands beside the chapter's PDF, with the numbers of the whole."""
    assert build(built, "q2", form="html")[-1].startswith("build/q2.html: typeset")
    page = (built.root / "build/q2.html").read_text(encoding="utf-8")
    assert '<span class="number">3</span> The line' in page
    assert not (built.root / "build/q2.pdf").exists()


def test_an_error_leaves_the_last_pages(built: "Report") -> None:
    """What could be done is kept, what was printed stays, and after the repair only the rest runs."""
    built.edit("report/q1.qmd", "} result`", "} result + 1`")
    built.edit(FIGURES, "plt.show()", "raise ValueError(slope)")
    with the_pages_stay(built), pytest.raises(ExecutionError) as caught:
        build(built)
    assert str(caught.value).startswith("report/q2.qmd:9: chunk 'fig-line': ValueError: 3")
    assert ran("".join(caught.value.__notes__).splitlines()) == ["q1", "q2"]
    built.edit(FIGURES, "raise ValueError(slope)", "plt.show()")
    assert ran(build(built)) == []
    assert "The sum is 7." in text(built)


def test_pages_altered_by_hand_are_made_again(built: "Report") -> None:
    """What stands in `build/` is what the sources say."""
    path = built.root / "build/report.pdf"
    expected = path.read_bytes()
    path.write_bytes(expected + b" ")
    build(built)
    assert path.read_bytes() == expected


def test_what_the_project_forbids_does_not_run(report: "Report") -> None:
    """Code of a document from elsewhere is printed and stays what it is; numbers and references stand."""
    report.edit("_quarto.yml", "echo: false", "enabled: false")
    assert ran(build(report)) == []
    words = text(report)
    for expected in (
        'result = total("data/numbers.csv")',
        "{python} result",
        "Figure 1: A line.",
        "see Figure 1",
    ):
        assert expected in words


def test_a_wrong_chunk_option_is_told_before_anything_runs(report: "Report") -> None:
    """A slip in a caption is not found after an hour of training."""
    report.edit("report/q2.qmd", "fig-cap", "fig-capt")
    with pytest.raises(CheckError, match=r"report/q2\.qmd:5: unknown chunk option 'fig-capt'") as caught:
        build(report)
    assert caught.value.__notes__ == [""]


def test_a_draft_is_not_taken_for_the_report(report: "Report", monkeypatch: pytest.MonkeyPatch) -> None:
    """A preview shows a placeholder for what only Quarto sets; a build names it instead."""
    report.prepare(monkeypatch)
    report.write("report/q2.qmd", "# The line {#sec-q2}\n\n::: {#nte-a .callout-note}\nIt holds.\n:::\n")
    draft = Request(engine="builtin", draft=True)
    pdf = open_builder(report.root, Terminal(io.StringIO())).pages(draft)
    assert "'nte-' are not supported" in pypdf.PdfReader(pdf).pages[0].extract_text()
    with pytest.raises(CheckError, match=r"^report/q2\.qmd:3: labels of the kind 'nte-'"):
        open_builder(report.root, Terminal(io.StringIO())).pages(replace(draft, draft=False))
    report.write("report/q2.qmd", "# The line {#sec-q2}\n\nNone.\n")
    open_builder(report.root, Terminal(io.StringIO())).pages(draft)
    stream = io.StringIO()
    open_builder(report.root, Terminal(stream)).pages(replace(draft, draft=False))
    assert stream.getvalue() == "build/report.pdf: nothing changed\n"


@pytest.mark.parametrize("engine", ["latex", "quarto"])
def test_an_engine_that_is_not_there_is_told_before_anything_runs(report: "Report", engine: str) -> None:
    """The message names what was asked for."""
    stream = io.StringIO()
    with pytest.raises(ProjectError, match=rf"ENGINE.*expected.*|{engine}"):
        open_builder(report.root, Terminal(stream)).pages(Request(engine=engine))
    assert stream.getvalue() == ""


def test_judgements_run_nothing(built: "Report") -> None:
    """What would run is said of the chapters asked for, in the order of the build."""
    built.edit(FIGURES, "[0, slope]", "[1, slope]")
    builder = open_builder(built.root, Terminal(io.StringIO()))
    judged = {chapter.name: found.reasons for chapter, found in builder.judgements(Request())}
    assert judged == {
        "q1": (),
        "q2": ("science.figures.line changed (src/science/figures.py:4)",),
        "report": (),
    }
    assert [chapter.name for chapter, _ in builder.judgements(Request(chapter="q1"))] == ["q1"]
