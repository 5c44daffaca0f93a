"""Copies of the project, and the edits that are made in them."""

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks import build, projects
from benchmarks.projects import Copy, with_statement

if TYPE_CHECKING:
    from conftest import Report

FUNCTIONS = {
    "a docstring": 'def f() -> int:\n    """Say one."""\n    return 1\n',
    "none": "def f() -> int:\n    return 1\n",
    "a docstring alone": 'def f() -> None:\n    """Say nothing."""\n',
}


@pytest.mark.parametrize("source", FUNCTIONS.values(), ids=FUNCTIONS.keys())
def test_an_edited_function_does_the_same(source: str) -> None:
    """It has one statement more, and no other line is touched."""
    edited = with_statement(f"x = 1\n\n\n{source}", "f", "_edit = 7")
    assert "_edit = 7" in ast.unparse(ast.parse(edited).body[1])
    assert "".join(line for line in edited.splitlines(True) if "_edit" not in line) == f"x = 1\n\n\n{source}"


def test_a_function_that_is_not_there_is_named() -> None:
    """Whoever renames it learns that a benchmark edits it."""
    with pytest.raises(ValueError, match="expected a function g"):
        with_statement("def f() -> None:\n    pass\n", "g", 1)


def test_the_figures_that_are_edited_are_there() -> None:
    """Each has its place in the project."""
    for figure in build.FIGURES:
        with_statement(
            (projects.ROOT / figure.file).read_text(encoding="utf-8"), figure.function, "_edit = 1"
        )


def test_a_copy_is_apart_from_its_project(report: "Report") -> None:
    """It holds sources and what is cached, and is gone afterwards."""
    report.write(".cache/store/a", "kept")
    report.write("build/report.pdf", "pages")
    with projects.copied(report.root) as copy:
        assert (copy.root / ".cache/store/a").is_file()
        assert not (copy.root / "build").exists()
        copy.add_prose("report/q1.qmd", 1)
    assert not copy.root.exists()
    assert "Edited" not in (report.root / "report/q1.qmd").read_text(encoding="utf-8")
    with projects.copied(report.root, with_cache=False) as copy:
        assert not (copy.root / ".cache").exists()


def test_a_command_that_fails_says_what_it_wrote(tmp_path: Path) -> None:
    """A benchmark of a command that fails would be the fastest of all."""
    with pytest.raises(RuntimeError, match=r"sh -c echo lost; exit 3: .* code 3:\nlost"):
        Copy(tmp_path).call("/bin/sh", "-c", "echo lost; exit 3")
