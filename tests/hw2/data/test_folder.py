"""The data folder: names that are nearly right, names nobody reads, and files written whole."""

import hashlib
import re
from pathlib import Path

import pytest

from hw2.data.course_files import DataError
from hw2.data.folder import (
    CLASSIFICATION_FILE,
    DATA,
    FACES_FILE,
    MISLABELLED_FILE,
    PUBLIC_LIST,
    TRUE_LABELS_FILE,
    Batch,
    is_public,
    place,
    refuse_similar,
    unused,
)

BATCH = Batch("Somebody's images", {MISLABELLED_FILE: b"images", TRUE_LABELS_FILE: b"labels"})


@pytest.mark.parametrize(
    ("expected", "name"),
    [
        (FACES_FILE, "hw2_q1.npy"),
        (FACES_FILE, "hw2_Q1 (1).npy"),
        (FACES_FILE, "hw2_Q1.npz"),
        (FACES_FILE, "hw2_Q1.npy.part"),
        (FACES_FILE, "hw2_Q1"),
        (FACES_FILE, "Copy of hw2_Q1.NPY"),
        (CLASSIFICATION_FILE, "hw2_Q2_and_Q3.npz"),
        (CLASSIFICATION_FILE, "hw2_Q2_data.npz"),
        (CLASSIFICATION_FILE, "q3.npz"),
        (CLASSIFICATION_FILE, "hw2_Q23_data.npz"),
        (MISLABELLED_FILE, "hw2_Q4_data.zip"),
        (MISLABELLED_FILE, "HW2-question 4.npz"),
    ],
)
def test_a_name_that_is_nearly_right_is_refused(tmp_path: Path, expected: str, name: str) -> None:
    """A file the student meant for a question must not be passed over for a stand-in in silence."""
    (tmp_path / name).touch()
    with pytest.raises(DataError) as error:
        refuse_similar(tmp_path / expected)
    assert str(error.value).startswith(f"{tmp_path / name}: expected the name {expected}")
    assert f"rename it to {expected}" in str(error.value)


@pytest.mark.parametrize(
    "name", ["hw2_Q1.ipynb", "notes_q1.txt", "faces.npy", "hw2_Q4.npz", "README.md", ".hw2_Q1.npy.part"]
)
def test_other_names_do_no_harm(tmp_path: Path, name: str) -> None:
    """Notebooks, notes, and the files of other questions may lie beside the data."""
    (tmp_path / name).touch()
    for known in (CLASSIFICATION_FILE, MISLABELLED_FILE, TRUE_LABELS_FILE, PUBLIC_LIST):
        (tmp_path / known).touch()
    refuse_similar(tmp_path / FACES_FILE)


def test_unused_names_are_listed(tmp_path: Path) -> None:
    """What no question reads is shown; what is read, this page and hidden files are not."""
    for name in (FACES_FILE, TRUE_LABELS_FILE, "README.md", ".DS_Store", "b.npy", "a.txt"):
        (tmp_path / name).touch()
    assert unused(tmp_path) == ("a.txt", "b.npy")
    assert unused(tmp_path / "absent") == ()


def test_a_batch_is_written_once_and_known_as_public(tmp_path: Path) -> None:
    """The second time nothing is written, and what was written is never taken for the course's own."""
    folder = tmp_path / "data"
    first = place(BATCH, folder)
    times = {path: path.stat().st_mtime_ns for path in folder.iterdir() if path.name != PUBLIC_LIST}
    second = place(BATCH, folder)
    assert all("written (Somebody's images)" in line for line in first)
    assert all("is there already" in line for line in second)
    assert {path: path.stat().st_mtime_ns for path in times} == times
    assert (folder / MISLABELLED_FILE).read_bytes() == b"images"
    assert sorted(path.name for path in folder.iterdir()) == sorted([*BATCH.files, PUBLIC_LIST])
    assert is_public(folder, hashlib.sha256(b"labels").hexdigest())
    assert not is_public(folder, hashlib.sha256(b"other").hexdigest())
    assert len((folder / PUBLIC_LIST).read_text().splitlines()) == 2


def test_a_file_of_the_student_is_never_replaced(tmp_path: Path) -> None:
    """Nor does anything come to lie beside it that belongs to other images: labels, above all."""
    (tmp_path / MISLABELLED_FILE).write_bytes(b"the student's")
    (line,) = place(BATCH, tmp_path)
    assert "is there and is another file" in line
    assert [path.name for path in tmp_path.iterdir()] == [MISLABELLED_FILE]
    assert (tmp_path / MISLABELLED_FILE).read_bytes() == b"the student's"


def test_the_list_of_public_files_grows(tmp_path: Path) -> None:
    """A second batch adds its lines to those of the first."""
    place(BATCH, tmp_path)
    place(Batch("Others", {FACES_FILE: b"faces"}), tmp_path)
    assert is_public(tmp_path, hashlib.sha256(b"images").hexdigest())
    assert is_public(tmp_path, hashlib.sha256(b"faces").hexdigest())


def test_a_folder_that_cannot_be_written_to_is_an_error(tmp_path: Path) -> None:
    """Where a file stands in the folder's place, the message says so."""
    (tmp_path / "data").touch()
    with pytest.raises(DataError, match=r"data: expected a folder to write to, found “File exists”"):
        place(BATCH, tmp_path / "data")


def test_data_is_found_from_any_working_directory() -> None:
    """JupyterLab and Quarto may run a cell in the document's folder, so no path may rest on where that is."""
    project = Path(__file__).parents[3]
    assert project / "data" == DATA
    sources = [*(project / "src/hw2").rglob("*.py"), *(project / "report").glob("*.qmd")]
    relative = re.compile(r"(?<![.\w])(?:open|Path|load\w*|read_\w+)\(\s*f?[\"'](?!/)")
    for source in sources:
        assert not relative.search(source.read_text(encoding="utf-8")), source
