"""The data of each question: the course's file where it lies in `data/`, else a drawn stand-in.

faces = load_faces()                    # question 1
garments = load_classification()        # questions 2 and 3
mislabelled = load_mislabelled()        # question 4
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from numpy.typing import NDArray

from hw2.data import course_files, stand_ins
from hw2.data.course_files import Content, DataError, Images, Labels
from hw2.data.folder import (
    CLASSIFICATION_FILE,
    DATA,
    FACES_FILE,
    MISLABELLED_FILE,
    TRUE_LABELS_FILE,
    is_public,
    refuse_similar,
)

__all__ = [
    "Classification",
    "DataError",
    "Faces",
    "Mislabelled",
    "Provenance",
    "Split",
    "available",
    "load_classification",
    "load_faces",
    "load_mislabelled",
]


@dataclass(frozen=True)
class Provenance:
    """Which data a question runs on; the SHA-256 is the file's, or that of a stand-in's arrays.

    `file` names the course's file also where it is absent and a stand-in is used.
    """

    question: str
    file: str
    kind: Literal["course file", "public data", "stand-in"]
    sha256: str
    images: str


@dataclass(frozen=True, eq=False)
class Faces:
    """Grey faces of 64×64 in [0, 1], one row a face."""

    images: Images  # (N, 4096)
    provenance: Provenance


@dataclass(frozen=True, eq=False)
class Split:
    """Grey images of 28×28 in [0, 1], one row an image, and their classes 0–9."""

    images: Images  # (N, 784)
    labels: Labels  # (N,)


@dataclass(frozen=True, eq=False)
class Classification:
    """What questions 2 and 3 train, choose and test on."""

    train: Split
    validation: Split
    test: Split
    provenance: Provenance


@dataclass(frozen=True, eq=False)
class Mislabelled:
    """What question 4 trains and tests on; the true training labels, where known, are for diagnosis only."""

    train: Split
    test: Split
    true_labels: Labels | None  # (N,)
    provenance: Provenance


def load_faces(folder: Path = DATA) -> Faces:
    """Return the faces of question 1.

    Raises:
        DataError: The course's file is there and cannot be used, or is there under another name.
    """
    path = folder / FACES_FILE
    content = course_files.read_npy(path) or _stand_in(path, stand_ins.faces)
    images = course_files.faces(content)
    return Faces(images, _provenance("Q1", path, content, f"{len(images):,} of 64×64"))


def load_classification(folder: Path = DATA) -> Classification:
    """Return the training, validation and test images of questions 2 and 3, with their labels.

    Raises:
        DataError: The course's file is there and cannot be used, or is there under another name.
    """
    path = folder / CLASSIFICATION_FILE
    content = course_files.read_npz(path, 6) or _stand_in(path, stand_ins.garments)
    train, validation, test = _splits(content)
    images = _counted(training=train, validation=validation, test=test)
    return Classification(train, validation, test, _provenance("Q2 and Q3", path, content, images))


def load_mislabelled(folder: Path = DATA) -> Mislabelled:
    """Return the training and test images of question 4, with their labels.

    Raises:
        DataError: The course's file is there and cannot be used, or is there under another name.
    """
    path = folder / MISLABELLED_FILE
    content = course_files.read_npz(path, 4) or _stand_in(path, stand_ins.mislabelled_garments)
    train, test = _splits(content)
    if content.is_stand_in:
        true_labels: Labels | None = stand_ins.true_labels()
    else:
        true_labels = _true_labels(folder / TRUE_LABELS_FILE, len(train.labels))
    provenance = _provenance("Q4", path, content, _counted(training=train, test=test))
    return Mislabelled(train, test, true_labels, provenance)


def available(folder: Path = DATA) -> tuple[Provenance, ...]:
    """Return what each question runs on, in their order.

    Raises:
        DataError: A file of the course is there and cannot be used, or is there under another name.
    """
    loaded = (load_faces(folder), load_classification(folder), load_mislabelled(folder))
    return tuple(data.provenance for data in loaded)


def _splits(content: Content) -> tuple[Split, ...]:
    return tuple(Split(images, labels) for images, labels in course_files.labelled_images(content))


def _true_labels(path: Path, count: int) -> Labels | None:
    """Return the true labels of `count` training images; None where nobody handed them out."""
    content = course_files.read_npy(path)
    if content is None:
        return None
    labels = course_files.labels_of(content.arrays[0], content.where)
    if len(labels) != count:
        expected = f"{count} labels, one for each training image of {MISLABELLED_FILE}"
        raise DataError.of(content.where, expected, f"{len(labels)}", "remove it: it is optional")
    return labels


def _stand_in(path: Path, draw: Callable[[], Sequence[NDArray[Any]]]) -> Content:
    """Return drawn arrays in the place of the course's file that is absent."""
    refuse_similar(path)
    arrays = tuple(draw())
    digest = sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()
    return Content(f"the stand-in for {path.name}", digest, arrays, is_stand_in=True)


def _provenance(question: str, path: Path, content: Content, images: str) -> Provenance:
    kind: Literal["course file", "public data", "stand-in"] = "course file"
    if content.is_stand_in:
        kind = "stand-in"
    elif is_public(path.parent, content.sha256):
        kind = "public data"
    return Provenance(question, f"{path.parent.name}/{path.name}", kind, content.sha256, images)


def _counted(**splits: Split) -> str:
    """Say how many images each split has."""
    counts = ", ".join(f"{len(split.labels):,} {name}" for name, split in splits.items())
    return f"{counts}; of 28×28"
