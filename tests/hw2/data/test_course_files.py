"""The course's files: everything accepted comes out the same, everything else is refused in words."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hw2.data.course_files import (
    Content,
    DataError,
    faces,
    labelled_images,
    labels_of,
    read_npy,
    read_npz,
)

Array = NDArray[Any]

PIXEL_TYPES = ["uint8", "int16", ">i4", "int64", "float16", "float32", "float64"]
LABEL_TYPES = ["uint8", "int8", ">i2", "int64", "uint64", "float16", "float32", "float64"]
UNIT_TYPES = ["float32", "float64"]


def some_pixels(rng: np.random.Generator, *shape: int) -> NDArray[np.uint8]:
    """Draw pixels from black to white."""
    pixels = rng.integers(0, 256, shape, dtype=np.uint8)
    pixels.flat[:2] = 0, 255
    return pixels


def some_arrays(rng: np.random.Generator, counts: tuple[int, ...] = (5, 3, 4)) -> list[Array]:
    """Draw images as columns and labels for splits of these sizes."""
    arrays: list[Array] = []
    for count in counts:
        arrays += [some_pixels(rng, count, 784).T, rng.integers(0, 10, count)]
    return arrays


@pytest.fixture
def arrays() -> list[Array]:
    """The arrays of a good file for questions 2 and 3."""
    return some_arrays(np.random.default_rng(1))


def content(*arrays: Array) -> Content:
    """Wrap arrays as if read from a file."""
    return Content("file", "", arrays)


@st.composite
def encodings(draw: st.DrawFn) -> Callable[[Array], Array]:
    """Yield a way to write pixels that the loader accepts."""
    if draw(st.booleans()):
        unit = np.dtype(draw(st.sampled_from(UNIT_TYPES)))
        return lambda pixels: pixels.astype(unit) / unit.type(255)
    whole = np.dtype(draw(st.sampled_from(PIXEL_TYPES)))
    return lambda pixels: pixels.astype(whole)


@given(
    seed=st.integers(0, 2**32 - 1),
    counts=st.tuples(st.integers(1, 6), st.integers(1, 6), st.integers(1, 6)),
    encode=encodings(),
    in_rows=st.booleans(),
    label_type=st.sampled_from(LABEL_TYPES),
    label_shape=st.sampled_from([(-1,), (1, -1), (-1, 1)]),
)
def test_every_accepted_encoding_of_the_same_images_gives_the_same_arrays(
    *,
    seed: int,
    counts: tuple[int, ...],
    encode: Callable[[Array], Array],
    in_rows: bool,
    label_type: str,
    label_shape: tuple[int, ...],
) -> None:
    """Type, scale, orientation and label shape change nothing in what is trained on."""
    arrays = some_arrays(np.random.default_rng(seed), counts)
    written: list[Array] = []
    for images, labels in zip(arrays[0::2], arrays[1::2], strict=True):
        written.append(encode(images.T if in_rows else images))
        written.append(labels.astype(label_type).reshape(label_shape))
    for (x, y), images, labels in zip(
        labelled_images(content(*written)), arrays[0::2], arrays[1::2], strict=True
    ):
        assert x.dtype == np.float32
        assert y.dtype == np.int64
        assert x.flags.c_contiguous
        assert np.array_equal(x, (images.T / 255).astype(np.float32))
        assert np.array_equal(y, labels)


@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(1, 5),
    encode=encodings(),
    layout=st.sampled_from(["N×64×64", "N×4096", "4096×N"]),
)
def test_faces_may_lie_in_any_of_three_layouts(
    seed: int, count: int, encode: Callable[[Array], Array], layout: str
) -> None:
    """One row a face comes out, whichever way the file has it."""
    pixels = some_pixels(np.random.default_rng(seed), count, 4096)
    written = {"N×64×64": pixels.reshape(-1, 64, 64), "N×4096": pixels, "4096×N": pixels.T}[layout]
    images = faces(content(encode(written)))
    assert np.array_equal(images, (pixels / 255).astype(np.float32))


def test_images_of_a_square_array_follow_the_other_splits() -> None:
    """784 images of 784 pixels say nothing of their orientation; the rest of the file does."""
    rng = np.random.default_rng(2)
    square, labels = some_pixels(rng, 784, 784), rng.integers(0, 10, 784)
    other, other_labels = some_pixels(rng, 6, 784), rng.integers(0, 10, 6)
    in_rows = labelled_images(content(square, labels, other, other_labels))
    in_columns = labelled_images(content(square.T, labels, other.T, other_labels))
    alone = labelled_images(content(square.T, labels))
    for splits in (in_rows, in_columns, alone):
        assert np.array_equal(splits[0][0], (square / 255).astype(np.float32))


def test_few_grey_values_do_not_change_the_scale() -> None:
    """Pixels of 0 and 1 alone are in 0–1 whatever their type; one brighter pixel puts them in 0–255."""
    pixels = np.zeros((2, 4096), dtype=np.uint8)
    pixels[0, 0] = 1
    assert faces(content(pixels)).max() == 1
    pixels[0, 1] = 2
    assert faces(content(pixels)).max() == np.float32(2 / 255)


def replaced(arrays: list[Array], index: int, array: Array) -> list[Array]:
    """Return the arrays with one of them exchanged."""
    return [*arrays[:index], array, *arrays[index + 1 :]]


def with_value(array: Array, value: float) -> Array:
    """Return an array of floats with one value exchanged."""
    changed = array.astype(float)
    changed.flat[3] = value
    return changed


@pytest.mark.parametrize(
    ("index", "change", "expected", "found"),
    [
        (0, lambda a: a[:, :-1], "784×5 as arr_1 holds 5 labels", "784×4"),
        (2, lambda a: a[:-1], "784×3", "783×3"),
        (4, lambda a: a.T, "784×4", "4×784"),
        (4, lambda a: a.reshape(28, 28, -1), "784×4", "28×28×4"),
        (0, lambda a: a[:, :0], "at least one", "empty"),
        (0, lambda a: with_value(a, np.nan), "finite", "NaN or infinity 1 times in 3920"),
        (2, lambda a: with_value(a, -np.inf), "finite", "NaN or infinity"),
        (0, lambda a: with_value(a, -1), "0–255 or in 0–1", "values from -1.0 to 255.0"),
        (0, lambda a: with_value(a, 256), "0–255 or in 0–1", "to 256.0"),
        (0, lambda a: a / 255 * 1.5, "0–255 or in 0–1", "to 1.5"),
        (0, lambda a: a * 0 + 7, "images", "5 blank ones"),
        (2, lambda a: a * 0 + np.arange(a.shape[1]), "images", "3 blank ones"),
        (4, lambda a: a / 255, "0–255 as in arr_0", "0–1"),
        (0, lambda a: a.astype(str), "integers or floats", "<U"),
        (0, lambda a: a + 0j, "integers or floats", "complex128"),
        (0, lambda a: a > 9, "integers or floats", "bool"),
        (1, lambda a: a.reshape(1, 1, -1), "(N,), (1, N) or (N, 1)", "1×1×5"),
        (3, lambda a: np.eye(10)[a], "(N,), (1, N) or (N, 1)", "3×10"),
        (3, lambda a: a[0], "(N,), (1, N) or (N, 1)", "a single number"),
        (1, lambda a: a[:0], "at least one", "empty"),
        (1, lambda a: with_value(a, 10), "whole numbers 0–9", "10.0 at position 3 (1 such in 5)"),
        (5, lambda a: with_value(a, -1), "whole numbers 0–9", "-1.0 at position 3"),
        (1, lambda a: with_value(a, 2.5), "whole numbers 0–9", "2.5 at position 3"),
        (1, lambda a: with_value(a, np.nan), "finite", "NaN"),
        (1, lambda a: a.astype(str), "integers or floats", "<U"),
    ],
)
def test_a_wrong_array_is_refused_by_key_expected_and_found(
    arrays: list[Array], index: int, change: Callable[[Array], Array], expected: str, found: str
) -> None:
    """One message says which array is wrong, what it should be, what it is and what to do."""
    wrong = content(*replaced(arrays, index, change(arrays[index])))
    with pytest.raises(DataError) as error:
        labelled_images(wrong)
    where, _, rest = str(error.value).partition(": expected ")
    said, _, what = rest.partition(", found ")
    assert where == f"file, arr_{index}"
    assert expected in said
    assert found in what
    assert "put the course's own file in its place" in what
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("shape", [(3, 64, 63), (3, 4095), (64, 64), (4096,), (2, 3, 64, 64), ()])
def test_faces_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    """Only 64×64 pixels make a face of this course."""
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape) % 200
    with pytest.raises(DataError, match=r"^file: expected .*, found "):
        faces(content(array))


def test_labels_keep_their_values() -> None:
    """Whole floats in a column are labels like any others."""
    assert labels_of(np.array([[3.0], [0.0], [9.0]]), "labels").tolist() == [3, 0, 9]


def save(path: Path, *arrays: Array) -> Path:
    """Write an array or an archive by the ending of the path."""
    if path.suffix == ".npy":
        np.save(path, arrays[0])
    else:
        np.savez(path, *arrays)
    return path


def test_an_absent_file_is_none(tmp_path: Path) -> None:
    """The caller decides what stands in for it."""
    assert read_npy(tmp_path / "a.npy") is None
    assert read_npz(tmp_path / "a.npz", 6) is None


def test_missing_and_extra_keys_are_named(tmp_path: Path, arrays: list[Array]) -> None:
    """An archive has the course's keys, no more and no less."""
    with pytest.raises(DataError, match=r"arr_4, arr_5, found arr_0, arr_1, arr_2, arr_3;"):
        read_npz(save(tmp_path / "few.npz", *arrays[:4]), 6)
    np.savez(tmp_path / "extra.npz", *arrays[:4], notes=arrays[1])
    with pytest.raises(DataError, match=r"arr_3, found arr_0, arr_1, arr_2, arr_3, notes;"):
        read_npz(tmp_path / "extra.npz", 4)


def test_an_archive_is_no_array_and_an_array_no_archive(tmp_path: Path, arrays: list[Array]) -> None:
    """A file renamed to the other ending is recognised."""
    archive = save(tmp_path / "a.npz", *arrays).rename(tmp_path / "b.npy")
    array = save(tmp_path / "a.npy", arrays[0]).rename(tmp_path / "b.npz")
    with pytest.raises(DataError, match=r"expected one array .*, found an archive"):
        read_npy(archive)
    with pytest.raises(DataError, match=r"expected an archive of 6 arrays .*, found one array"):
        read_npz(array, 6)


def test_object_arrays_are_never_unpickled(tmp_path: Path, arrays: list[Array]) -> None:
    """A file from elsewhere is data; what would have to be unpickled is refused."""
    objects = np.array([{"a": 1}, None], dtype=object)
    with pytest.raises(DataError, match="Object arrays cannot be loaded"):
        read_npy(save(tmp_path / "a.npy", objects))
    with pytest.raises(DataError, match=r"arr_1: expected .*Object arrays cannot be loaded"):
        read_npz(save(tmp_path / "a.npz", arrays[0], objects), 2)


def test_what_is_no_readable_file_is_said(tmp_path: Path) -> None:
    """A folder, an empty file and a dead link each get their own words."""
    (tmp_path / "folder.npy").mkdir()
    (tmp_path / "empty.npy").touch()
    (tmp_path / "link.npy").symlink_to(tmp_path / "nowhere")
    with pytest.raises(DataError, match="expected a file, found a folder"):
        read_npy(tmp_path / "folder.npy")
    with pytest.raises(DataError, match="No data left in file"):
        read_npy(tmp_path / "empty.npy")
    with pytest.raises(DataError, match="a link that leads nowhere"):
        read_npy(tmp_path / "link.npy")
    with pytest.raises(DataError, match="Not a directory"):
        read_npy(tmp_path / "empty.npy" / "a.npy")


def written(*arrays: Array) -> bytes:
    """Return the bytes of an archive."""
    file = io.BytesIO()
    np.savez(file, *arrays)
    return file.getvalue()


GOOD = written(*some_arrays(np.random.default_rng(3), (2, 1)))
HEADERS = [n for n in range(len(GOOD)) if b"PK" in GOOD[max(n - 140, 0) : n + 1]]  # where a bit tells most


@given(
    flips=st.lists(st.tuples(st.sampled_from(HEADERS), st.integers(0, 7)), max_size=3),
    end=st.integers(0, len(GOOD)) | st.just(len(GOOD)),
)
def test_damaged_bytes_are_an_error_or_good_data(
    tmp_path_factory: pytest.TempPathFactory, flips: list[tuple[int, int]], end: int
) -> None:
    """Truncation and flipped bits end in a `DataError` or in arrays of the promised kind, in nothing else."""
    damaged = bytearray(GOOD)
    for position, bit in flips:
        damaged[position] ^= 1 << bit
    path = tmp_path_factory.mktemp("damaged") / "a.npz"
    path.write_bytes(damaged[:end])
    try:
        read = read_npz(path, 4)
        assert read is not None
        for images, labels in labelled_images(read):
            assert images.shape == (len(labels), 784)
            assert 0 <= images.min() <= images.max() <= 1
    except DataError as error:
        assert str(error).startswith(str(path))
