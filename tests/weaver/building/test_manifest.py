"""A note that nothing changed holds only where nothing did, and whatever is edited meanwhile."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from weaver.building import manifest
from weaver.building.manifest import Read
from weaver.building.request import Request
from weaver.dependencies.inputs import today
from weaver.paths import MANIFESTS

if TYPE_CHECKING:
    from conftest import Report

BUILTIN = Request(engine="builtin")
PDF = "build/report.pdf"
READ = ["data/numbers.csv", "data/missing.csv", "data/", "kind:runs.csv", "env:LAB_RATE"]


@pytest.fixture
def noted(report: "Report") -> "Report":
    """Give a report, and a note of a build that read its data and wrote pages."""
    report.write(PDF, "pages")
    began, read = manifest.sources(report.root), Read({}, today(report.root, READ))
    manifest.note(report.root, BUILTIN, began, read, [PDF])
    return report


def holds(report: "Report", request: Request = BUILTIN) -> bool:
    """Ask whether nothing changed."""
    return manifest.is_unchanged(report.root, request)


EDITS: dict[str, "Callable[[Report], None]"] = {
    "prose": lambda report: report.edit("report/q1.qmd", "The sum is", "All in all it is"),
    "a comment in a module": lambda report: report.edit("src/science/numbers.py", "return 0", "return 0  #"),
    "a new module": lambda report: report.write("src/science/more.py", "x = 1\n"),
    "a new file beside the documents": lambda report: report.write("report/a.svg", "<svg/>"),
    "a document that is gone": lambda report: (report.root / "report/q2.qmd").unlink(),
    "the configuration": lambda report: report.edit("_quarto.yml", "echo: false", "echo: true"),
    "a data file": lambda report: report.write("data/numbers.csv", "1,2,4"),
    "a data file that was missing": lambda report: report.write("data/missing.csv", "1"),
    "a new file in a folder that was listed": lambda report: report.write("data/more.csv", "1"),
    "a file that was asked about": lambda report: report.write("runs.csv", "1"),
    "the pages": lambda report: report.write(PDF, "other pages"),
    "pages that are gone": lambda report: (report.root / PDF).unlink(),
}


def test_nothing_changed(noted: "Report") -> None:
    """The note holds, for the request that it was left for alone."""
    assert holds(noted)
    for request in (Request("quick", "builtin"), Request(), Request(engine="builtin", chapter="q1")):
        assert not holds(noted, request)


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_any_edit_ends_it(noted: "Report", edit: "Callable[[Report], None]") -> None:
    """Whether an edit matters is for the build to say; taken back, the note holds again."""
    before = {path: path.read_bytes() for path in noted.root.rglob("*") if path.is_file()}
    edit(noted)
    assert not holds(noted)
    for path in [path for path in noted.root.rglob("*") if path.is_file() and path not in before]:
        path.unlink()
    for path, data in before.items():
        path.write_bytes(data)
    assert holds(noted)


def test_other_packages_end_it(noted: "Report", tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that is installed or upgraded shows in the names of the folders beside it."""
    (tmp_path / "site/numpy-9.9.dist-info").mkdir(parents=True)
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path / "site")])
    assert not holds(noted)


@pytest.mark.parametrize("variable", manifest.VARIABLES)
def test_variables_end_it(noted: "Report", variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a build listens to is part of the note."""
    monkeypatch.setenv(variable, "1")
    assert not holds(noted)


def test_another_quarto_ends_it(report: "Report", tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Quarto may be used, one that was not there or was replaced counts."""
    program, request = tmp_path / "bin/quarto", Request()
    monkeypatch.delenv("QUARTO_PATH")
    monkeypatch.setenv("PATH", str(program.parent))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    manifest.note(report.root, request, manifest.sources(report.root), Read({}, {}), [])
    assert holds(report, request)
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert not holds(report, request)


def test_an_edit_during_the_build_leaves_no_note(report: "Report") -> None:
    """What was printed is of before the edit, so the next build must look."""
    began, read = manifest.sources(report.root), Read({}, today(report.root, READ))
    report.edit("report/q1.qmd", "The sum is", "All in all it is")
    manifest.note(report.root, BUILTIN, began, read, [])
    assert not holds(report)
    began = manifest.sources(report.root)
    report.write("data/numbers.csv", "7")
    manifest.note(report.root, BUILTIN, began, read, [])
    assert not holds(report)


@pytest.mark.parametrize("damage", ["", "{", "[]", "null", "{}", '{"around": 1}', "\x00"])
def test_a_damaged_note_says_nothing(noted: "Report", damage: str) -> None:
    """It is as if there were none."""
    for path in (noted.root / MANIFESTS).iterdir():
        path.write_text(damage)
    assert not holds(noted)


def test_a_note_of_others_of_a_wrong_kind_says_nothing(noted: "Report") -> None:
    """Nothing in it is trusted."""
    for path in (noted.root / MANIFESTS).iterdir():
        path.write_text(json.dumps({**json.loads(path.read_text()), "others": 1}))
    assert not holds(noted)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser can write anywhere")
def test_a_folder_that_cannot_be_written_costs_the_note_alone(report: "Report") -> None:
    """The pages are there, and that is what was asked for."""
    report.root.chmod(0o500)
    try:
        manifest.note(report.root, BUILTIN, manifest.sources(report.root), Read({}, {}), [])
    finally:
        report.root.chmod(0o700)
    assert not holds(report)
