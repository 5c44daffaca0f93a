"""What is told of a report as a whole."""

from pathlib import Path
from typing import TYPE_CHECKING

from weaver.checking.check import Checked

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Told


def test_an_empty_chapter_is_told_and_cannot_be_built_alone(
    told: "Told", checked: "Callable[..., Checked]", tmp_path: Path
) -> None:
    """A chapter that is yet to be written stops no report, but there is nothing of it to print."""
    files = {"report/report.qmd": "# S\n\n{{< include q1.qmd >}}\n", "report/q1.qmd": "\n"}
    empty = "report/q1.qmd:1: the document is empty: write something in it, or take away what includes it"
    assert told(files, "fault", "warning") == [empty]
    assert [str(one) for one in checked(tmp_path, only="q1").of("fault")][-1:] == [empty]


def test_a_report_of_chapters_alone_is_not_empty(told: "Told") -> None:
    """The parent may hold includes and nothing else; a report that holds nothing is told."""
    files = {"report/report.qmd": "{{< include q1.qmd >}}\n", "report/q1.qmd": "# S\n"}
    assert told(files, "fault", "warning") == []
    (one,) = told({"report/report.qmd": ""}, "fault", "warning")
    assert one.startswith("report/report.qmd:1: the document is empty")
