"""Results in their file, in the terminal and in the docs."""

import json
import re
from pathlib import Path

import pytest

from benchmarks import document, machine, results, tables
from benchmarks.comparison import Comparison, Target
from benchmarks.results import Result

MACHINE = machine.Machine("A processor", 2, 8.0, "Linux", "3.11.1", "2.0", "CPU")
LINES = (
    Comparison("case", "s", (1.0, 2.0, 3.0), "one", (4.0,), Target("ratio", 3.0)),
    Comparison("case", "s", (1.0, 2.0, 3.0), "two", (), Target("ours", 5.0), "not installed"),
    Comparison("case", "FLOP/s", (1e9,), "torch.mm", (2e9,)),
)
RESULT = Result("A title", MACHINE, "2025-01-01", False, LINES)


def test_each_group_keeps_its_latest_result(tmp_path: Path) -> None:
    """A run of one group leaves the others as they were, and what is read is what was written."""
    file = tmp_path / "build/benchmarks.json"
    assert results.read(file) == {}
    results.write("build", RESULT, file)
    results.write("cache", RESULT, file)
    again = results.result("Again", MACHINE, True, LINES[:1])
    results.write("build", again, file)
    assert results.read(file) == {"build": again, "cache": RESULT}


def test_the_file_names_neither_paths_nor_hosts(tmp_path: Path) -> None:
    """It may be published: of the machine it tells processor, memory, versions and device."""
    file = tmp_path / "benchmarks.json"
    results.write("build", results.result("Title", machine.facts(), False, LINES), file)
    facts = json.loads(file.read_text(encoding="utf-8"))["build"]["machine"]
    assert facts.keys() == {"cpu", "cores", "memory_gb", "system", "python", "torch", "device"}
    assert str(Path.home()) not in file.read_text(encoding="utf-8")


def test_a_table_has_a_line_for_each_rival() -> None:
    """The case stands once, our figure once a unit, and a rival that is missing says so."""
    rows = [re.split(r" {2,}", line.strip()) for line in tables.plain(RESULT).splitlines()[5:]]
    assert rows == [
        ["case", "2.00 s", "one", "4.00 s", "2×", "≥ 3×: missed"],
        ["two", "not installed", "≤ 5.00 s: reached"],
        ["1.00 GFLOP/s", "torch.mm", "2.00 GFLOP/s", "0.5×"],
    ]


def test_a_smoke_run_says_so() -> None:
    """Nobody takes its figures for measurements."""
    assert "smoke run" in tables.plain(results.result("", MACHINE, True, LINES))
    assert "smoke run" not in tables.plain(RESULT)


def test_the_page_is_filled_between_its_comments(tmp_path: Path) -> None:
    """What stands around them is the author's, and a second time changes nothing."""
    page, file = tmp_path / "page.md", tmp_path / "benchmarks.json"
    page.write_text("before\n<!-- measured -->\nold\n<!-- end of measured -->\nafter\n", encoding="utf-8")
    with pytest.raises(ValueError, match="run `make bench` first"):
        document.update(page, file)
    results.write("build", RESULT, file)
    document.update(page, file)
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n<!-- measured -->\n")
    assert text.endswith("<!-- end of measured -->\nafter\n")
    assert "### A title" in text
    assert "| case " in text
    assert "old" not in text
    document.update(page, file)
    assert page.read_text(encoding="utf-8") == text


def test_the_docs_have_the_place() -> None:
    """`python -m benchmarks.document` finds where to write."""
    assert document.MEASURED.search((Path(__file__).parents[2] / document.PAGE).read_text(encoding="utf-8"))
