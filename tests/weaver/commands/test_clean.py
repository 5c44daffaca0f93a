"""Cleaning takes what nobody wants, says so, and leaves the rest; no kernel runs here."""

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from weaver.commands import clean as cleaning
from weaver.storage.store import Kind, Store

if TYPE_CHECKING:
    from conftest import Report

Q1 = "{{< include q1.qmd >}}"


def clean(report: "Report") -> list[str]:
    """Remove what is unused and return what is said, without the sizes."""
    opened = report.open()
    told = [str(each) for each in cleaning.unused(opened.judge, opened.project, "full")]
    return [line.partition(" (")[0] for line in told]


def test_nothing_goes_that_is_named(trained: "Report") -> None:
    """Neither from a fresh report nor from a stale one: its last runs stay."""
    keys = trained.open().judge.store.keys()
    assert clean(trained) == []
    trained.edit("src/lab/engine/losses.py", "2 * each", "3 * each")
    trained.edit("src/lab/drawing.py", "plot(values)", "plot(values[1:])")
    assert clean(trained) == []
    assert trained.open().judge.store.keys() == keys


def test_what_a_removed_chapter_left_goes(trained: "Report") -> None:
    """Its execution, its page and the one run that no other chapter uses."""
    trained.edit("report/report.qmd", Q1, "")
    assert clean(trained) == [
        "removed executions of chapters: 1",
        "removed runs of lab.experiments.train: 1",
        "removed traces of inputs: 1",
        "removed ledger pages of chapters that are gone: 1",
    ]
    assert clean(trained) == []
    assert trained.build().ran == []


def test_the_bytes_that_are_told_are_free(trained: "Report") -> None:
    """The sum of what was removed is what the store has lost."""
    trained.edit("report/report.qmd", Q1, "")
    before = sum(weights(trained.root / ".cache"))
    opened = trained.open()
    removed = list(cleaning.unused(opened.judge, opened.project, "full"))
    freed = sum(each.size for each in removed if isinstance(each, cleaning.Removed))
    assert before - sum(weights(trained.root / ".cache")) == freed > 0


def weights(folder: Path) -> list[int]:
    """List the sizes of the files below a folder."""
    return [path.stat().st_size for path in folder.rglob("*") if path.is_file()]


def test_an_unfinished_build_keeps_what_it_has_trained(trained: "Report") -> None:
    """The message says what stays and what to do; stale runs that nobody names go all the same."""
    trained.edit("report/report.qmd", Q1, "")
    trained.open().judge.ledger.begin("full", "q2")
    told = clean(trained)
    assert told[0] == "removed executions of chapters: 1"
    assert told[-1].startswith("kept runs that no chapter names: 1; these have not run to their end")
    trained.edit("src/lab/engine/losses.py", "2 * each", "3 * each")
    assert clean(trained) == ["removed runs of lab.experiments.train: 1"]


def test_pages_and_notebooks_come_back(trained: "Report") -> None:
    """Whoever removes `build/` loses no training."""
    folder = trained.root / "build"
    number = len(weights(folder))
    (removed,) = cleaning.build_folder(folder)
    assert (removed.kind, removed.number) == ("files of build/", number)
    assert not folder.exists()
    assert list(cleaning.build_folder(folder)) == []
    assert trained.build().ran == []
    assert (folder / "report.pdf").is_file()


@pytest.mark.parametrize("kind", ["checkpoints", "set-aside"])
def test_leftovers_go_on_request(tmp_path: Path, kind: Kind) -> None:
    """Unfinished work that may still go on stays: it was touched a moment ago."""
    store = Store(tmp_path)
    for name in ("old", "new"):
        (tmp_path / kind / name).mkdir(parents=True)
        (tmp_path / kind / name / "file").write_bytes(b"123")
    long_ago = time.time() - 2 * cleaning.UNTOUCHED_S
    for path in (tmp_path / kind / "old", tmp_path / kind / "old" / "file"):
        os.utime(path, (long_ago, long_ago))
    (removed,) = cleaning.leftovers(store, kind)
    left = {"checkpoints": ["new"], "set-aside": []}[kind]
    assert (removed.number, removed.size) == (2 - len(left), 3 * (2 - len(left)))
    assert [path.name for path in (tmp_path / kind).iterdir()] == left
