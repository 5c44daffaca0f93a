"""`make data`: one table of what was found, every error in words, and an exit code to go by."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from hw2.data import report
from hw2.data.folder import (
    CLASSIFICATION_FILE,
    FACES_FILE,
    MISLABELLED_FILE,
    TRUE_LABELS_FILE,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with small files of the course."""
    rng = np.random.default_rng(1)
    np.save(tmp_path / FACES_FILE, rng.integers(0, 256, (3, 64, 64), dtype=np.uint8))
    for name, counts in {CLASSIFICATION_FILE: (5, 3, 4), MISLABELLED_FILE: (6, 2)}.items():
        arrays: list[NDArray[Any]] = []
        for count in counts:
            arrays += [rng.integers(0, 256, (784, count), dtype=np.uint8), rng.integers(0, 10, count)]
        np.savez(tmp_path / name, *arrays)
    return tmp_path


def test_a_good_folder_is_shown_as_a_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each question has its row: file, kind, counts and the start of the SHA-256."""
    assert report.main([], folder) == 0
    said = capsys.readouterr().out
    rows = {line.split("  ")[0]: line for line in said.splitlines()}
    assert f"{folder.name}/{FACES_FILE}" in rows["Q1"]
    assert "3 of 64×64" in rows["Q1"]
    assert "5 training, 3 validation, 4" in rows["Q2 and Q3"]
    assert "6 training, 2 test" in rows["Q4"]
    assert all("course file" in rows[name] for name in ("Q1", "Q2 and Q3", "Q4"))
    assert "not used" not in said


def test_a_bad_file_is_shown_beside_the_good_ones(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One error hides neither the other questions nor another error."""
    (folder / FACES_FILE).write_bytes(b"\x93NUMPY")
    np.save(folder / TRUE_LABELS_FILE, np.arange(5))
    assert report.main([], folder) == 1
    said = capsys.readouterr().out
    assert "Q2 and Q3" in said
    assert f"error: {folder / FACES_FILE}: expected" in said
    assert f"error: {folder / TRUE_LABELS_FILE}: expected 6 labels" in said


def test_names_that_nobody_reads_are_shown(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A student sees which files are passed over."""
    (folder / "faces_old.npy").touch()
    assert report.main([], folder) == 0
    assert f"not used: {folder / 'faces_old.npy'}" in capsys.readouterr().out


def test_an_unknown_source_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """`make data SOURCE=…` knows one source."""
    with pytest.raises(SystemExit):
        report.main(["private"])
    assert "invalid choice: 'private'" in capsys.readouterr().err
