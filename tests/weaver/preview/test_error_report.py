"""Errors as the page shows them."""

from typing import TYPE_CHECKING

import pytest

from weaver import project
from weaver.errors import DocumentError, WeaverError
from weaver.preview import error_report
from weaver.preview.error_report import Problem

if TYPE_CHECKING:
    from conftest import Report


@pytest.mark.parametrize(
    ("place", "text", "expected"),
    [
        ("report/q1.qmd:4", "chunk 'a': E\n\nmore\n", ("q1", "chunk 'a': E", "more")),
        ("report/part.qmd:2", "slip", ("q1", "slip", "")),
        ("report/report.qmd:1", "slip", ("report", "slip", "")),
        ("src/a.py:7", "slip", ("", "slip", "")),
        ("", "the label 'a: b' is not there", ("", "the label 'a: b' is not there", "")),
    ],
)
def test_an_error_belongs_to_the_chapter_of_its_file(
    report: "Report", place: str, text: str, expected: tuple[str, ...]
) -> None:
    """A file that a chapter includes is part of it."""
    report.edit("report/q1.qmd", "# The sum", "{{< include part.qmd >}}\n\n# The sum")
    report.write("report/part.qmd", "Words.\n")
    chapter, *words = expected
    error = WeaverError(text, place=place)
    assert error_report.of(error, project.read_project(report.root)) == Problem(chapter, place, *words)


def test_before_the_sources_were_ever_read() -> None:
    """The place is told all the same."""
    problem = error_report.of(DocumentError("slip", place="report/q1.qmd:4"), None)
    assert problem == Problem("", "report/q1.qmd:4", "slip")


def test_what_the_system_refuses() -> None:
    """The file and the reason."""
    error = PermissionError(13, "Permission denied", "build/report.html")
    assert error_report.of(error, None).message.startswith("build/report.html: Permission denied")
