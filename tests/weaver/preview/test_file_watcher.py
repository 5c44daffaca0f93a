"""What changes of the sources is told."""

import queue
from collections.abc import Callable, Iterator, Set
from pathlib import Path

import pytest

from weaver.preview.file_watcher import watching

Told = Callable[[], Set[str]]


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    """Watch a project inside of a folder whose name is passed over elsewhere, and give the next change."""
    root = tmp_path / ".venv"
    for folder in ("report", "src/code", "other"):
        (root / folder).mkdir(parents=True)
    (root / "_quarto.yml").write_text("title: one")
    (root / "report/q1.qmd").write_text("one")
    changes: queue.Queue[Set[str]] = queue.Queue()
    with watching(root, changes.put):
        yield lambda: changes.get(timeout=20)
    assert changes.empty()


def test_edits_of_the_sources_are_told(told: Told, tmp_path: Path) -> None:
    """In place, by rename, new, removed, deep inside; the metadata at the top too."""
    root = tmp_path / ".venv"
    (root / "report/q1.qmd").write_text("two")
    assert told() == {"report/q1.qmd"}
    (root / "report/.q1.new").write_text("three")
    (root / "report/.q1.new").replace(root / "report/q1.qmd")
    assert "report/q1.qmd" in told()
    (root / "src/code/new.py").write_text("x = 1")
    assert told() == {"src/code/new.py"}
    (root / "report/q1.qmd").unlink()
    assert told() == {"report/q1.qmd"}
    for text in ("two", "three"):
        (root / "_quarto.new").write_text(f"title: {text}")
        (root / "_quarto.new").replace(root / "_quarto.yml")
        assert told() == {"_quarto.yml"}
    (root / "_authors.yml").write_text("author: Ada")
    assert told() == {"_authors.yml"}


def test_other_files_are_not_told(told: Told, tmp_path: Path) -> None:
    """Not what Python and editors write beside the sources, nor what lies elsewhere."""
    root = tmp_path / ".venv"
    (root / "src/__pycache__").mkdir()
    (root / "src/__pycache__/a.pyc").write_text("")
    (root / "report/.q1.qmd.swp").write_text("")
    (root / "other/a.txt").write_text("")
    (root / "README.md").write_text("")
    (root / "report/q1.qmd").write_text("told")
    assert told() == {"report/q1.qmd"}


def test_a_folder_that_comes_or_takes_anothers_place_is_watched(told: Told, tmp_path: Path) -> None:
    """Data that is put there later, sources that a version control exchanges."""
    root = tmp_path / ".venv"
    (root / "data").mkdir()
    assert told() == {"data"}
    (root / "data/numbers.csv").write_text("1")
    assert told() == {"data/numbers.csv"}
    (root / "src").rename(root / "old")
    (root / "old").rename(root / "src")
    while "src" not in told():
        pass
    (root / "src/code/late.py").write_text("x = 1")
    while "src/code/late.py" not in told():
        pass
