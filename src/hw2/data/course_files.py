"""The course's files as checked arrays: whatever passes here may be trained on.

Images come out as float32 in [0, 1] with one row an image, labels as int64 of shape (N,). Accepted are

- pixels as integers or floats in 0–255 or 0–1 (a file whose largest value is at most 1 is in 0–1);
- faces as N×64×64, N×4096 or 4096×N (4096×4096 is read as rows);
- 28×28 images as 784×N or N×784, the same way in the whole file; the number of labels decides, and where it
  cannot (784 labels in every split) images are columns, as the course ships them;
- labels 0–9 as integers or whole floats, of shape (N,), (1, N) or (N, 1).

Everything else is a `DataError`.
"""

import hashlib
import io
import tokenize
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

Images = NDArray[np.float32]
Labels = NDArray[np.int64]

PROJECT = Path(__file__).parents[3]
FACE_SIDE = 64
FACE_PIXELS = FACE_SIDE**2
IMAGE_PIXELS = 28**2
CLASSES = 10
REPLACE = "put the course's own file in its place, or remove it to use the stand-in"

# What NumPy, zipfile and zlib raise on bytes that are not what they claim to be.
UNREADABLE = (
    ValueError,
    EOFError,
    OSError,
    MemoryError,
    RuntimeError,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)


class DataError(ValueError):
    """Data that cannot be used; the message says where, what was expected and found, and what to do."""

    @classmethod
    def of(cls, where: str, expected: str, found: str, advice: str = REPLACE) -> "DataError":
        """Say it in one sentence."""
        return cls(f"{where}: expected {expected}, found {found}; {advice}")


@dataclass(frozen=True, eq=False)
class Content:
    """The arrays of one file, or of its stand-in, as they are; `where` is its name for messages."""

    where: str
    sha256: str
    arrays: tuple[NDArray[Any], ...]
    is_stand_in: bool = False

    def place(self, index: int) -> str:
        """Name the file and key of one array of an archive."""
        return f"{self.where}, {key(index)}"


def key(index: int) -> str:
    """Return the name that `np.savez` gives to its array number `index`."""
    return f"arr_{index}"


def shown(path: Path) -> str:
    """Write a path for people: relative to the project where it lies inside."""
    return str(path.relative_to(PROJECT) if path.is_relative_to(PROJECT) else path)


def read_npy(path: Path) -> Content | None:
    """Read a file of one array; None where there is no such file.

    Raises:
        DataError: It cannot be read as one array of numbers.
    """
    content = _read_bytes(path)
    if content is None:
        return None
    where = shown(path)
    with _parsing(where):
        array = np.load(io.BytesIO(content), allow_pickle=False)
    if not isinstance(array, np.ndarray):
        raise DataError.of(where, "one array as written by np.save", "an archive of arrays (.npz)")
    return Content(where, hashlib.sha256(content).hexdigest(), (array,))


def read_npz(path: Path, count: int) -> Content | None:
    """Read an archive of the arrays `arr_0`, `arr_1`, …; None where there is no such file.

    Raises:
        DataError: It cannot be read as an archive of exactly `count` arrays of numbers.
    """
    content = _read_bytes(path)
    if content is None:
        return None
    where = shown(path)
    with _parsing(where):
        archive = np.load(io.BytesIO(content), allow_pickle=False)
    if not isinstance(archive, NpzFile):
        raise DataError.of(where, f"an archive of {count} arrays as written by np.savez", "one array")
    with archive:
        arrays = tuple(_members(archive, where, count))
    return Content(where, hashlib.sha256(content).hexdigest(), arrays)


def faces(content: Content) -> Images:
    """Return the faces of a file of one array, (N, 4096).

    Raises:
        DataError: The array does not hold grey images of 64×64.
    """
    (array,) = content.arrays
    scale = _scale(array, content.where)
    if array.shape[1:] == (FACE_SIDE, FACE_SIDE):
        rows = array.reshape(-1, FACE_PIXELS)
    elif array.ndim == 2 and array.shape[1] == FACE_PIXELS:
        rows = array
    elif array.ndim == 2 and array.shape[0] == FACE_PIXELS:
        rows = array.T
    else:
        raise DataError.of(content.where, "faces as N×64×64 or N×4096", _shape(array))
    return _normalised(rows, scale, content.where)  # (N, 4096)


def labelled_images(content: Content) -> tuple[tuple[Images, Labels], ...]:
    """Return images, (N, 784), and labels, (N,), of each split: they take turns in the archive.

    Raises:
        DataError: An array is not what its place in the archive asks for.
    """
    images = content.arrays[0::2]
    labels = [labels_of(y, content.place(2 * n + 1)) for n, y in enumerate(content.arrays[1::2])]
    scale = _common_scale(images, content)
    in_rows = _in_rows(images, [len(y) for y in labels], content)
    rows = [_normalised(x if in_rows else x.T, scale, content.place(2 * n)) for n, x in enumerate(images)]
    return tuple(zip(rows, labels, strict=True))


def labels_of(array: NDArray[Any], where: str) -> Labels:
    """Return class labels as int64, (N,).

    Raises:
        DataError: They are not whole numbers 0–9 in one row or column.
    """
    _check_numbers(array, where, "labels")
    if array.ndim not in (1, 2) or array.size != max(array.shape):
        raise DataError.of(where, "labels of shape (N,), (1, N) or (N, 1)", _shape(array))
    flat = array.reshape(-1)
    wrong = np.flatnonzero((flat != np.floor(flat)) | (flat < 0) | (flat >= CLASSES))
    if wrong.size:
        found = f"{flat[wrong[0]]} at position {wrong[0]} ({wrong.size} such in {flat.size})"
        raise DataError.of(where, "labels that are whole numbers 0–9", found)
    return flat.astype(np.int64)


def _read_bytes(path: Path) -> bytes | None:
    """Open first and ask later: who listens to opened files then learns of an absent one too."""
    try:
        with path.open("rb") as file:
            return file.read()
    except FileNotFoundError:
        if path.is_symlink():
            raise DataError.of(shown(path), "a file", "a link that leads nowhere") from None
        return None
    except IsADirectoryError:
        raise DataError.of(shown(path), "a file", "a folder") from None
    except OSError as error:
        raise DataError.of(shown(path), "a file that can be read", f"“{error.strerror}”") from error


@contextmanager
def _parsing(where: str) -> Iterator[None]:
    """Turn what NumPy says about unusable bytes into a `DataError`."""
    try:
        yield
    except UNREADABLE as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        found = f"something that NumPy cannot read (“{reason}”)"
        raise DataError.of(where, "an array of numbers, complete", found) from error


def _members(archive: NpzFile, where: str, count: int) -> Iterator[NDArray[Any]]:
    """Give out the arrays of an archive in the order of their keys."""
    expected = [key(index) for index in range(count)]
    if sorted(archive.files) != sorted(expected):
        found = ", ".join(sorted(archive.files)) or "none"
        raise DataError.of(where, f"the keys {', '.join(expected)}", found)
    for name in expected:
        with _parsing(f"{where}, {name}"):
            array = archive[name]
        if not isinstance(array, np.ndarray):
            raise DataError.of(f"{where}, {name}", "an array", "something else")
        yield array


def _check_numbers(array: NDArray[Any], where: str, what: str) -> None:
    """Refuse what is no array of finite real numbers."""
    if array.dtype.kind not in "uif":
        raise DataError.of(where, f"{what} as integers or floats", f"dtype {array.dtype}")
    if array.size == 0:
        raise DataError.of(where, f"at least one of the {what}", f"an empty array, {_shape(array)}")
    bad = array.size - np.count_nonzero(np.isfinite(array))
    if bad:
        raise DataError.of(where, f"finite {what}", f"NaN or infinity {bad} times in {array.size}")


def _scale(images: NDArray[Any], where: str) -> int:
    """Return what white is in these images: 1 or 255."""
    _check_numbers(images, where, "images")
    low, high = images.min(), images.max()
    if low < 0 or high > 255 or 1 < high < 2:
        raise DataError.of(where, "pixels in 0–255 or in 0–1", f"values from {low} to {high}")
    return 1 if high <= 1 else 255


def _common_scale(images: Sequence[NDArray[Any]], content: Content) -> int:
    """Return the scale that all splits share."""
    scales = [_scale(split, content.place(2 * n)) for n, split in enumerate(images)]
    for n, scale in enumerate(scales):
        if scale != scales[0]:
            expected = f"pixels in 0–{scales[0]} as in {key(0)}"
            raise DataError.of(content.place(2 * n), expected, f"pixels in 0–{scale}")
    return scales[0]


def _in_rows(images: Sequence[NDArray[Any]], counts: Sequence[int], content: Content) -> bool:
    """Decide for a whole file whether its images are rows (N×784) or columns (784×N)."""
    shapes = [split.shape for split in images]
    columns = [(IMAGE_PIXELS, count) for count in counts]
    in_rows = shapes != columns and shapes[0] == (counts[0], IMAGE_PIXELS)
    expected = [shape[::-1] for shape in columns] if in_rows else columns
    for index, (shape, wanted) in enumerate(zip(shapes, expected, strict=True)):
        if shape != wanted:
            labels = f"as {key(2 * index + 1)} holds {counts[index]} labels"
            found = _shape(images[index])
            raise DataError.of(content.place(2 * index), f"{_times(wanted)} {labels}", found)
    return in_rows


def _normalised(rows: NDArray[Any], scale: int, where: str) -> Images:
    """Return rows of pixels as float32 in [0, 1]; refuse them if there is nothing to see in any."""
    if (rows == rows[:, :1]).all():
        raise DataError.of(where, "images", f"{len(rows)} blank ones, each of a single value")
    return np.ascontiguousarray(rows, dtype=np.float32) / np.float32(scale)


def _shape(array: NDArray[Any]) -> str:
    return f"an array of {_times(array.shape)}" if array.ndim else "a single number"


def _times(shape: Sequence[int]) -> str:
    return "×".join(map(str, shape))
