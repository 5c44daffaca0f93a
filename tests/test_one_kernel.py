"""Quarto, VS Code and JupyterLab run the whole report in one kernel, from whatever folder they like."""

import ast
import io
import json
import os
import re
import subprocess
import symtable
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from weaver import project
from weaver.building.builder import open_builder
from weaver.building.request import Request
from weaver.commands import new_report
from weaver.console import Terminal
from weaver.qmd import Chunk, Prose

ROOT = Path(__file__).parents[1]
RUN = """
import sys, nbformat, nbclient
notebook = nbformat.read(sys.argv[1], 4)
nbclient.NotebookClient(notebook, resources={"metadata": {"path": "."}}).execute()
nbformat.write(notebook, sys.argv[2])
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Build a new report, whose code is found as an installation would find it."""
    root = tmp_path_factory.mktemp("small") / "report"
    new_report.lay(root)
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("PROFILE", "WEAVER_CACHE"):
            patch.delenv(variable, raising=False)
        patch.setenv("PYTHONPATH", os.pathsep.join((str(root / "src"), os.environ.get("PYTHONPATH", ""))))
        open_builder(root, Terminal(io.StringIO())).notebook(Request())
        yield root


def shown(path: Path) -> list[tuple[str, str]]:
    """Return the tables and figures in a notebook, each with its format, without the time of drawing."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    outputs: list[dict[str, Any]] = [
        output.get("data", {}) for cell in cells for output in cell.get("outputs", ())
    ]
    formats = ("text/markdown", "image/svg+xml")
    found = [(name, "".join(data[name])) for data in outputs for name in formats if name in data]
    return [(name, re.sub(r" *<dc:date>.*\n", "", text)) for name, text in found]


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        (".", "q1"),
        pytest.param("build/notebooks", "report", marks=pytest.mark.slow),
        pytest.param("report", "q1", marks=pytest.mark.slow),
    ],
)
def test_executed_notebooks_run_from_top_to_bottom(
    small: Path, tmp_path: Path, folder: str, name: str
) -> None:
    """JupyterLab starts in the notebook's folder, VS Code in the project's: both show the same again."""
    notebook, again = small / f"build/notebooks/{name}.ipynb", tmp_path / "again.ipynb"
    command = [sys.executable, "-c", RUN, str(notebook), str(again)]
    run = subprocess.run(command, cwd=small / folder, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert {name for name, _ in shown(again)} >= {"text/markdown", "image/svg+xml"}
    assert shown(again) == shown(notebook)


def test_a_marker_runs_a_notebook_as_it_was_made(small: Path, tmp_path: Path) -> None:
    """By `jupyter nbconvert`, with nothing kept: the same to the byte, and no tool complains of another."""
    notebook, again = small / "build/notebooks/q1.ipynb", tmp_path / "again.ipynb"
    options = ["--execute", "--to", "notebook", "--output", str(again), str(notebook)]
    run = subprocess.run(
        [sys.executable, "-m", "nbconvert", *options],
        cwd=small,
        env={**os.environ, "WEAVER_CACHE": str(tmp_path / "cache"), "PROFILE": "unheard of"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert "No handler" not in run.stderr
    assert shown(again) == shown(notebook)
    assert (tmp_path / "cache").is_dir()


def code(blocks: Iterable[Prose | Chunk]) -> Iterator[str]:
    """Yield the code of chunks and inline expressions."""
    for block in blocks:
        yield from [block.source] if isinstance(block, Chunk) else (each.expression for each in block.inlines)


def bound(blocks: Iterable[Prose | Chunk]) -> set[str]:
    """Name what code binds in its kernel; a variable of a comprehension stays inside it."""
    tables = [symtable.symtable(text, "chunk", "exec") for text in code(blocks)]
    return {
        symbol.get_name()
        for table in tables
        for symbol in table.get_symbols()
        if symbol.is_assigned() or symbol.is_imported()
    }


def meanings(blocks: Iterable[Prose | Chunk]) -> dict[str, str]:
    """Say by name what code imports."""
    found: dict[str, str] = {}
    for text in code(blocks):
        for node in ast.walk(ast.parse(text)):
            module = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            for alias in node.names if isinstance(node, ast.Import | ast.ImportFrom) else ():
                found[alias.asname or alias.name] = module + alias.name
    return found


def used(blocks: Iterable[Prose | Chunk]) -> set[str]:
    """Name what code reads."""
    nodes = (node for text in code(blocks) for node in ast.walk(ast.parse(text)))
    return {node.id for node in nodes if isinstance(node, ast.Name)}


def test_no_chapter_binds_a_name_that_the_parent_needs_after_it() -> None:
    """The weaver gives each a kernel of its own; in one for all, the appendix must mean the same."""
    read = project.read_project(ROOT)
    first = next(index for index, part in enumerate(read.order) if isinstance(part, str))
    before = [part for part in read.order[:first] if not isinstance(part, str)]
    after = [part for part in read.order[first:] if not isinstance(part, str)]
    needed = (bound(before) - bound(after)) & used(after)
    assert needed
    meant = meanings(before)
    for chapter in read.chapters:
        imported = meanings(chapter.blocks)
        clashes = bound(chapter.blocks) & needed
        assert {name for name in clashes if imported.get(name, "?") != meant.get(name)} == set(), chapter.name
