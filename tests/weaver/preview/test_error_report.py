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
    ("text", "expected"),
    [
        ("report/q1.qmd:4: chunk 'a': E\n\nmore\n", ("q1", "report/q1.qmd:4", "chunk 'a': E", "more")),
        ("report/part.qmd:2: slip", ("q1", "report/part.qmd:2", "slip", "")),
        ("report/report.qmd:1: slip", ("report", "report/report.qmd:1", "slip", "")),
        ("src/a.py:7: slip", ("", "src/a.py:7", "slip", "")),
        ("the label 'a: b' is not there", ("", "", "the label 'a: b' is not there", "")),
    ],
)
def test_an_error_belongs_to_the_chapter_of_its_file(
    report: "Report", text: str, expected: tuple[str, ...]
) -> None:
    """A file that a chapter includes is part of it."""
    report.edit("report/q1.qmd", "# The sum", "{{< include part.qmd >}}\n\n# The sum")
    report.write("report/part.qmd", "Words.\n")
    assert error_report.of(WeaverError(text), project.read(report.root)) == Problem(*expected)


def test_before_the_sources_were_ever_read() -> None:
    """The place is told all the same."""
    problem = error_report.of(DocumentError("report/q1.qmd:4: slip"), None)
    assert problem == Problem("", "report/q1.qmd:4", "slip")


def test_what_the_system_refuses() -> None:
    """The file and the reason."""
    error = PermissionError(13, "Permission denied", "build/report.html")
    assert error_report.of(error, None).message.startswith("build/report.html: Permission denied")
