"""The data of each question: the course's file where there is one, else a stand-in, and always said which."""

import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hw2.data import stand_ins
from hw2.data.datasets import (
    Classification,
    DataError,
    Faces,
    Mislabelled,
    Split,
    available,
    load_classification,
    load_faces,
    load_mislabelled,
)
from hw2.data.folder import CLASSIFICATION_FILE, FACES_FILE, MISLABELLED_FILE, TRUE_LABELS_FILE
from weaver.cache import bypass

COURSE = Path(__file__).parents[4] / "shared" / "data" / "course"
needs_course = pytest.mark.skipif(
    not COURSE.is_dir(), reason=f"real images in the course's format are not in {COURSE.name}/"
)


def write_mislabelled(folder: Path, count: int = 6) -> Path:
    """Write a small file of question 4."""
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (784, count), dtype=np.uint8)
    labels = rng.integers(0, 10, count)
    np.savez(folder / MISLABELLED_FILE, images, labels, images[:, :2], labels[:2])
    return folder / MISLABELLED_FILE


def check_split(split: Split, count: int) -> None:
    """Check what every analysis relies on."""
    assert split.images.shape == (count, 784)
    assert split.images.dtype == np.float32
    assert split.images.min() == 0
    assert split.images.max() == 1
    assert split.labels.shape == (count,)
    assert split.labels.dtype == np.int64
    assert set(split.labels) == set(range(10))


@needs_course
def test_real_faces_load() -> None:
    """The faces in the course's format: 400 rows, as bright as in the file."""
    faces = load_faces(COURSE)
    raw = np.load(COURSE / FACES_FILE)
    assert faces.images.shape == (400, 4096)
    assert np.allclose(faces.images[17].reshape(64, 64) * 255, raw[17])
    assert faces.provenance.kind == "course file"
    assert faces.provenance.file == f"course/{FACES_FILE}"
    assert faces.provenance.images == "400 of 64×64"
    digest = hashlib.sha256((COURSE / FACES_FILE).read_bytes()).hexdigest()
    assert faces.provenance.sha256 == digest


@needs_course
def test_real_images_load() -> None:
    """The images of questions 2 and 3 in the course's format: columns become rows."""
    data = load_classification(COURSE)
    raw = np.load(COURSE / CLASSIFICATION_FILE)
    check_split(data.train, 2400)
    check_split(data.validation, 500)
    check_split(data.test, 1000)
    assert np.allclose(data.test.images[3] * 255, raw["arr_4"][:, 3])
    assert data.test.labels[3] == raw["arr_5"][3]
    assert data.provenance.images == "2,400 training, 500 validation, 1,000 test; of 28×28"


@needs_course
def test_real_mislabelled_images_load_with_their_true_labels() -> None:
    """Part of the training labels of question 4 is wrong, and the true ones say which."""
    data = load_mislabelled(COURSE)
    check_split(data.train, 1500)
    check_split(data.test, 600)
    assert data.true_labels is not None
    assert 0.1 < np.mean(data.true_labels != data.train.labels) < 0.9


def test_true_labels_are_optional(tmp_path: Path) -> None:
    """Students have none; who has them gets them."""
    write_mislabelled(tmp_path)
    assert load_mislabelled(tmp_path).true_labels is None
    np.save(tmp_path / TRUE_LABELS_FILE, np.array([[1.0, 2, 3, 4, 5, 6]]))
    true_labels = load_mislabelled(tmp_path).true_labels
    assert true_labels is not None
    assert true_labels.tolist() == [1, 2, 3, 4, 5, 6]


def test_true_labels_of_other_images_are_refused(tmp_path: Path) -> None:
    """There must be one for each training image."""
    write_mislabelled(tmp_path)
    np.save(tmp_path / TRUE_LABELS_FILE, np.arange(5))
    with pytest.raises(DataError, match=f"{TRUE_LABELS_FILE}: expected 6 labels, .* found 5; remove it"):
        load_mislabelled(tmp_path)


@pytest.mark.parametrize(
    ("load", "name"),
    [
        (load_faces, "hw2_q1.npy"),
        (load_classification, "hw2_Q2_and_Q3.npz"),
        (load_mislabelled, "hw2_Q4_data (1).npz"),
    ],
)
def test_no_stand_in_is_used_in_the_place_of_a_misnamed_file(
    tmp_path: Path, load: Callable[[Path], Faces | Classification | Mislabelled], name: str
) -> None:
    """The student's data under a wrong name is an error, never passed over."""
    (tmp_path / name).touch()
    with pytest.raises(DataError, match="rename it to"):
        load(tmp_path)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> tuple[Faces, Classification, Mislabelled]:
    """What an empty folder gives."""
    folder = tmp_path_factory.mktemp("data")
    with bypass():
        return load_faces(folder), load_classification(folder), load_mislabelled(folder)


def test_stand_ins_have_the_layout_of_the_course(
    drawn: tuple[Faces, Classification, Mislabelled],
) -> None:
    """What is absent is drawn, in the numbers that the assignment's own data have."""
    faces, garments, mislabelled = drawn
    assert faces.images.shape == (400, 4096)
    check_split(garments.train, 10_000)
    check_split(garments.validation, 2_000)
    check_split(garments.test, 10_000)
    check_split(mislabelled.train, 5_000)
    check_split(mislabelled.test, 2_000)
    assert mislabelled.true_labels is not None
    assert np.mean(mislabelled.true_labels != mislabelled.train.labels) == pytest.approx(0.4)


def test_a_stand_in_is_never_called_the_course_s(
    drawn: tuple[Faces, Classification, Mislabelled],
) -> None:
    """The report's first page can say which file is absent, and the SHA-256 of what was drawn instead."""
    provenances = [data.provenance for data in drawn]
    assert {each.kind for each in provenances} == {"stand-in"}
    assert [each.question for each in provenances] == ["Q1", "Q2 and Q3", "Q4"]
    assert provenances[0].file.endswith(f"/{FACES_FILE}")
    with bypass():
        pixels = b"".join(array.tobytes() for array in stand_ins.faces())
    assert provenances[0].sha256 == hashlib.sha256(pixels).hexdigest()


def test_no_image_of_question_4_is_one_of_questions_2_and_3(
    drawn: tuple[Faces, Classification, Mislabelled],
) -> None:
    """The stand-ins of the questions are drawn apart, as the course's are other images."""
    _, garments, mislabelled = drawn
    known = {image.tobytes() for image in garments.train.images}
    assert not any(image.tobytes() in known for image in mislabelled.train.images)


@needs_course
def test_the_data_of_all_questions_are_listed() -> None:
    """In the order of the questions, each with its file."""
    names = [each.file for each in available(COURSE)]
    assert names == [f"course/{name}" for name in (FACES_FILE, CLASSIFICATION_FILE, MISLABELLED_FILE)]


def test_an_absent_file_is_looked_for_by_opening_it(tmp_path: Path) -> None:
    """Who listens to the files that are opened learns which data would change the result if it came."""
    code = """
import sys
from pathlib import Path
from hw2.data import course_files
opened = []
sys.addaudithook(lambda event, arguments: event == "open" and opened.append(arguments[0]))
path = Path(sys.argv[1])
assert course_files.read_npy(path) is None
assert str(path) in opened, opened
"""
    path = tmp_path / FACES_FILE
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)
