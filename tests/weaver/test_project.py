"""Reading `_quarto.yml`, the parent and its chapters."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from weaver import project
from weaver.errors import DocumentError, ProjectError, WeaverError
from weaver.project import Chapter
from weaver.qmd import Prose

if TYPE_CHECKING:
    from conftest import Report


def test_a_report_is_read_with_its_chapters_in_order(report: "Report") -> None:
    """Chapters come in the parent's order, and the parent's own prose keeps its place among them."""
    lines = ["First.", "{{< include q2.qmd >}}", "Middle.", "{{< include q1.qmd >}}"]
    report.write("report/report.qmd", "\n\n".join(lines))
    read = project.read_project(report.root)
    assert [chapter.name for chapter in read.chapters] == ["q2", "q1"]
    assert [part if isinstance(part, str) else part.text for part in read.order if not_a_chunk(part)] == [
        "First.",
        "q2",
        "Middle.",
        "q1",
    ]
    assert read.parent.name == "report"


def test_each_key_of_the_metadata_knows_its_line(report: "Report") -> None:
    """An error in the front matter leads to the file and line where the key stands, in the parent or not."""
    report.write("report/report.qmd", '---\n# a comment\n"title": Of the parent\n---\n\n# One\n')
    read = project.read_project(report.root)
    assert set(read.places) >= set(read.metadata)
    assert str(read.places["title"]) == "report/report.qmd:3"
    line = (report.root / "_quarto.yml").read_text(encoding="utf-8").splitlines().index("lang: en") + 1
    assert str(read.places["lang"]) == f"_quarto.yml:{line}"


def not_a_chunk(part: object) -> bool:
    """Whether a part of the order is prose or a chapter's name."""
    return isinstance(part, Prose | str)


def test_metadata_is_quartos_without_the_project_and_the_parent_wins(report: "Report") -> None:
    """What describes the document comes from both files, what describes the project is left out."""
    report.write("report/report.qmd", "---\ntitle: Of the parent\n---\n\n{{< include q1.qmd >}}\n")
    metadata = project.read_project(report.root).metadata
    assert metadata["title"] == "Of the parent"
    assert metadata["lang"] == "en"
    assert "project" not in metadata


def test_an_include_of_a_chapter_belongs_to_it(report: "Report") -> None:
    """A chapter's own includes are its blocks, each with the place in its file."""
    report.write("report/_method.qmd", "The method.\n")
    report.edit("report/q2.qmd", "It ascends", "{{< include _method.qmd >}}\n\nIt ascends")
    chapter = project.read_project(report.root).chapter("q2")
    assert "report/_method.qmd:1" in [str(block.place) for block in chapter.blocks]
    assert [chunk.name for chunk in chapter.chunks] == ["fig-line"]


def test_headings_are_found() -> None:
    """A chapter shows by its first heading, without attributes, or by its name."""
    assert heading("# The sum {#sec-q1 .unnumbered}\n\n## Below") == "The sum"
    assert heading("Text\n\n## Sets {1, 2} of numbers") == "Sets {1, 2} of numbers"
    assert heading("Text only") == "q1"


def heading(text: str) -> str:
    """Return the heading of a chapter that holds a text."""
    path = Path("report/q1.qmd")
    place = project.qmd.Place(path, 1)
    return Chapter("q1", path, (Prose(text, (), place),)).heading


def test_a_chapter_that_does_not_exist(report: "Report") -> None:
    """The message lists the chapters that there are."""
    read = project.read_project(report.root)
    assert read.chapter("q1").name == "q1"
    assert read.chapter("report") == read.parent
    with pytest.raises(ProjectError, match=r"expected one of its chapters \(q1, q2\), found 'q3'"):
        read.chapter("q3")


@pytest.mark.parametrize(
    ("path", "text", "message"),
    [
        ("_quarto.yml", "a: 1\nb: c: d\n", "_quarto.yml:2: invalid YAML"),
        ("_quarto.yml", "- a\n", "_quarto.yml:1: expected 'key: value' lines"),
        (
            "report/report.qmd",
            "{{< include q9.qmd >}}",
            "report.qmd:1: the included file report/q9.qmd",
        ),
        ("report/q1.qmd", "---\ntitle: Mine\n---\n", "report/q1.qmd:1: expected no YAML block"),
        (
            "report/q1.qmd",
            "{{< include report.qmd >}}",
            "q1.qmd:1: files include each other in a circle",
        ),
        (
            "report/report.qmd",
            "{{< include q1.qmd >}}\n\n{{< include more/q1.qmd >}}\n",
            "expected chapters of different names, found report/q1.qmd and report/more/q1.qmd",
        ),
        ("report/report.qmd", "{{< include more/report.qmd >}}", "expected chapters of different names"),
    ],
)
def test_sources_that_cannot_be_used(report: "Report", path: str, text: str, message: str) -> None:
    """Each mistake in the sources is told with its file."""
    for more in ("q1", "report"):
        report.write(f"report/more/{more}.qmd", "Text.\n")
    report.write(path, text)
    with pytest.raises(WeaverError) as caught:
        project.read_project(report.root)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("missing", "error"), [("_quarto.yml", ProjectError), ("report/report.qmd", DocumentError)]
)
def test_missing_sources(report: "Report", missing: str, error: type[WeaverError]) -> None:
    """A project needs its configuration and its parent document."""
    (report.root / missing).unlink()
    with pytest.raises(error, match=missing):
        project.read_project(report.root)
