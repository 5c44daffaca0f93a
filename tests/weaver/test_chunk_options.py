"""Whether a chunk runs and how its figures are drawn: from what it says, its document and its project."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from weaver import chunk_options, project, qmd
from weaver.chunk_options import Figures, Running
from weaver.errors import DocumentError
from weaver.qmd import Chunk, Prose

if TYPE_CHECKING:
    from conftest import Report

SAID = ["#| eval: false", "# | eval: false", "#|eval: false", "#  |  eval: False", "#\t| eval: false"]


def chunk(source: str, metadata: Mapping[str, Any] | None = None) -> Chunk:
    """Return the only chunk of a document in a project."""
    text = f"Text\n\n```{{python}}\n{source}\n```\n"
    (_, found) = qmd.parse(text, Path("report/q1.qmd")).blocks
    assert isinstance(found, Chunk)
    return found.under(chunk_options.defaults(metadata or {}, lambda key: f"_quarto.yml:1({key})"))


@pytest.mark.parametrize("line", SAID)
def test_an_option_is_read_as_quarto_reads_it(line: str) -> None:
    """`#`, any blanks, `|`, at most one blank; YAML follows."""
    assert not chunk(f"{line}\nx").running.runs


def test_options_end_where_code_begins() -> None:
    """A comment of the same look further down is a comment, and the code starts below the options."""
    found = chunk("#| label: a\n# | echo: false\n\n%%time\n#| eval: false\nx")
    assert found.running.runs
    assert found.options == {"label": "a", "echo": False}
    assert (found.code, found.start) == ("%%time\n#| eval: false\nx", 7)


FORBIDDEN = [
    "execute: {eval: false}",
    "execute: {enabled: false}",
    "execute: false",
    "eval: false",
    "engine: markdown",
    "format: {typst: {execute: {eval: false}}}",
    "format: {html: {eval: false}, typst: default}",
    "{execute: {eval: true}, format: {html: {execute: {enabled: false}}}}",
]


@pytest.mark.parametrize("text", FORBIDDEN)
def test_what_is_forbidden_for_all_does_not_run(text: str) -> None:
    """Wherever Quarto reads it; a chapter runs once for all formats, so that one of them suffices."""
    assert not chunk("x", yaml.safe_load(text)).running.runs


def test_a_chunk_may_ask_to_run_unless_nothing_is_enabled() -> None:
    """`eval` is a default, `enabled` is not."""
    assert chunk("#| eval: true\nx", {"execute": {"eval": False}}).running.runs
    assert not chunk("#| eval: true\nx", {"execute": {"enabled": False}}).running.runs


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("#| label: a\n#| eval: 'false'", "report/q1.qmd:5: 'eval' expects true or false, found 'false'"),
        ("#| eval: [1, 2]", "report/q1.qmd:4: 'eval' expects true or false, found [1, 2]"),
        ("#| eval: no", "report/q1.qmd:4: 'eval' expects true or false, found 'no'"),
        ("#| eval: 0", "report/q1.qmd:4: 'eval' expects true or false, found 0"),
        ("#| eval:", "report/q1.qmd:4: 'eval' expects true or false, found None"),
        ("#| eval: !expr x > 1", "report/q1.qmd:4: invalid YAML: could not determine a constructor"),
        ("#| error: maybe", "report/q1.qmd:4: 'error' expects true or false, found 'maybe'"),
        ("#| fig-width: 6in", "report/q1.qmd:4: 'fig-width' expects a number above 0, found '6in'"),
        ("#| fig-height: true", "report/q1.qmd:4: 'fig-height' expects a number above 0, found True"),
        (
            "#| fig-format: tikz",
            "report/q1.qmd:4: 'fig-format' expects one of svg, png, retina, jpeg, pdf, found",
        ),
    ],
)
def test_in_doubt_nothing_runs(said: str, message: str) -> None:
    """A value that is not understood is refused where it stands."""
    with pytest.raises(DocumentError) as error:
        chunk(f"{said}\nx")
    assert str(error.value).startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "execute: {evl: false}",
            "_quarto.yml:1(evl): unknown option of 'execute': 'evl'; did you mean 'eval'",
        ),
        ("format: {typst: {execute: {x: 1}}}", "_quarto.yml:1(x): unknown option of 'execute': 'x'"),
        ("execute: {eval: never}", "_quarto.yml:1(eval): 'eval' expects true or false, found 'never'"),
        ("execute: never", "_quarto.yml:1(execute): 'execute' expects options or false, found 'never'"),
        (
            "format: {typst: {error: true}, html: {error: false}}",
            "_quarto.yml:1(error): 'error' expects one value for all formats,",
        ),
    ],
)
def test_what_is_said_for_all_is_checked_too(text: str, message: str) -> None:
    """A slip in the project's file is no permission to run."""
    with pytest.raises(DocumentError) as error:
        chunk("x", yaml.safe_load(text))
    assert str(error.value).startswith(message)


def test_figures_have_the_sizes_of_chunk_document_and_project() -> None:
    """What is nearer comes first; an aspect ratio gives the height unless a height is nearer."""
    assert chunk("x").running == Running(figures=Figures(5.5, 3.5, 96, "svg"))
    said = {"fig-width": 3, "execute": {"fig-height": 1}, "format": {"typst": {"fig-dpi": 150}}}
    assert chunk("x", said).running.figures == Figures(3, 1, 150)
    assert chunk("#| fig-width: 4\n#| fig-format: png\nx", said).running.figures == Figures(4, 1, 150, "png")
    assert chunk("#| fig-format: pdf\nx", {}).running.figures.format == "svg"
    assert chunk("#| fig-asp: 0.5\nx", said).running.figures == Figures(3, 1.5, 150)
    assert chunk("#| fig-height: 2\nx", {"fig-asp": 0.5}).running.figures == Figures(5.5, 2)


def test_an_error_may_stand_where_it_is_said() -> None:
    """`error: true` is a default that a chunk overrides."""
    assert chunk("x", {"execute": {"error": True}}).running.may_fail
    assert not chunk("#| error: false\nx", {"execute": {"error": True}}).running.may_fail


def decided(report: "Report") -> dict[str, list[bool]]:
    """Say of each chapter of a report whether its chunks run and its expressions are evaluated."""
    return {
        chapter.name: [
            block.running.runs if isinstance(block, Chunk) else bool(block.inlines)
            for block in chapter.blocks
            if isinstance(block, Chunk) or "{python}" in block.text
        ]
        for chapter in project.read_project(report.root).chapters
        if isinstance(chapter.blocks[0], Prose)
    }


def test_the_project_and_its_document_decide_for_chapters(report: "Report") -> None:
    """What the report's own front matter adds takes nothing back of what the project forbids."""
    assert decided(report) == {"q1": [True, True], "q2": [True]}
    report.edit("_quarto.yml", "echo: false", "eval: false")
    text = (report.root / "report/report.qmd").read_text()
    report.write("report/report.qmd", f"---\nexecute:\n  echo: true\n---\n{text}")
    assert decided(report) == {"q1": [False, False], "q2": [False]}
    report.edit("report/q1.qmd", "#| label: sum", "#| eval: true")
    assert decided(report) == {"q1": [True, True], "q2": [False]}


def test_an_error_for_all_names_its_file_and_line(report: "Report") -> None:
    """Of all the files that describe the report."""
    report.edit("_quarto.yml", "echo: false", "eval: 'no'")
    with pytest.raises(DocumentError, match=r"_quarto\.yml:13: 'eval' expects true or false, found 'no'"):
        project.read_project(report.root)
