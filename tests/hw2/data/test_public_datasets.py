"""Public images: fetched with checksums, read from their formats, laid out as the course does."""

import gzip
import hashlib
import io
import struct
from collections.abc import Iterator, Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pooch
import pytest
from numpy.typing import NDArray
from scipy.io import savemat

from hw2.data import public_datasets
from hw2.data.course_files import DataError
from hw2.data.datasets import load_classification, load_faces, load_mislabelled
from hw2.data.folder import CLASSIFICATION_FILE, FACES_FILE, MISLABELLED_FILE, TRUE_LABELS_FILE, place
from hw2.data.public_datasets import Labelled, Sizes

SMALL = Sizes(train=50, validation=10, noisy_train=100, noisy_test=20)


def idx(array: NDArray[np.uint8]) -> bytes:
    """Write an array of bytes in the IDX format."""
    sizes = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()


def garments(seed: int, count: int) -> Labelled:
    """Draw images that are all different, with labels."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)
    return Labelled(images, rng.integers(0, 10, count).astype(np.uint8))


def faces_as_columns() -> NDArray[np.uint8]:
    """Draw faces as the MATLAB file has them: (4096, 3), each image column by column."""
    return np.random.default_rng(5).integers(0, 256, (4096, 3), dtype=np.uint8)


def matlab(**variables: NDArray[Any]) -> bytes:
    """Write a MATLAB file."""
    file = io.BytesIO()
    savemat(file, variables)
    return file.getvalue()


@pytest.fixture
def published() -> dict[str, bytes]:
    """Small files with the names and formats of the published ones."""
    files = {public_datasets.OLIVETTI: matlab(faces=faces_as_columns())}
    for name, data in {"train": garments(1, 200), "t10k": garments(2, 30)}.items():
        files[f"{name}-images-idx3-ubyte.gz"] = gzip.compress(idx(data.images))
        files[f"{name}-labels-idx1-ubyte.gz"] = gzip.compress(idx(data.labels))
    return files


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and logs nothing."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def address(tmp_path: Path, published: Mapping[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Serve the published files on the loopback."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    folder = tmp_path / "served"
    folder.mkdir()
    for name, content in published.items():
        (folder / name).write_bytes(content)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def source_at(address: str, folder: Path, files: Mapping[str, bytes]) -> pooch.Pooch:
    """Return the published files as found at an address, with their checksums."""
    registry = {name: f"sha256:{hashlib.sha256(content).hexdigest()}" for name, content in files.items()}
    return pooch.create(path=folder, base_url=address, registry=registry)


def test_public_images_arrive_in_the_layout_of_the_course(
    tmp_path: Path, address: str, published: Mapping[str, bytes]
) -> None:
    """Fetched, converted and written, they load as the course's files would, and are called public."""
    source = source_at(address, tmp_path / "cache", published)
    folder = tmp_path / "data"
    for batch in (public_datasets.faces_batch(source), *public_datasets.garment_batches(source, SMALL)):
        assert len(place(batch, folder)) == len(batch.files)
    faces, garments, mislabelled = (
        load_faces(folder),
        load_classification(folder),
        load_mislabelled(folder),
    )
    assert faces.images.shape == (3, 4096)
    counts = [len(s.labels) for s in (garments.train, garments.validation, garments.test)]
    assert counts == [50, 10, 30]
    assert [len(s.labels) for s in (mislabelled.train, mislabelled.test)] == [100, 20]
    assert mislabelled.true_labels is not None
    assert np.mean(mislabelled.true_labels != mislabelled.train.labels) == pytest.approx(
        public_datasets.NOISE
    )
    kinds = {data.provenance.kind for data in (faces, garments, mislabelled)}
    assert kinds == {"public data"}


def test_what_was_fetched_is_not_fetched_again(
    tmp_path: Path, address: str, published: Mapping[str, bytes]
) -> None:
    """The second time the kept file serves, with no network at all."""
    content = public_datasets.fetch(
        source_at(address, tmp_path / "cache", published), public_datasets.OLIVETTI
    )
    nowhere = source_at("http://127.0.0.1:9/", tmp_path / "cache", published)
    assert (
        content
        == public_datasets.fetch(nowhere, public_datasets.OLIVETTI)
        == published[public_datasets.OLIVETTI]
    )


def test_without_a_network_one_line_says_so(
    tmp_path: Path, published: Mapping[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No traceback of the network library reaches the student."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    source = source_at("http://127.0.0.1:9/", tmp_path / "cache", published)
    with pytest.raises(public_datasets.DownloadError) as error:
        public_datasets.fetch(source, public_datasets.OLIVETTI)
    assert str(error.value) == (
        "http://127.0.0.1:9/olivettifaces.mat cannot be fetched (ConnectionError); "
        "check the network and try again, or go on with the stand-ins"
    )


def test_a_missing_page_is_an_error(tmp_path: Path, address: str, published: Mapping[str, bytes]) -> None:
    """A server that no longer has the file is named like one that cannot be reached."""
    source = source_at(f"{address}moved/", tmp_path / "cache", published)
    with pytest.raises(public_datasets.DownloadError, match=r"moved/olivettifaces.mat cannot be fetched"):
        public_datasets.fetch(source, public_datasets.OLIVETTI)


def test_another_checksum_is_refused_and_nothing_kept(tmp_path: Path, address: str) -> None:
    """A file that was exchanged on the way is never used."""
    source = source_at(address, tmp_path / "cache", {public_datasets.OLIVETTI: b"what was published"})
    with pytest.raises(public_datasets.DownloadError, match="its SHA-256 differs"):
        public_datasets.fetch(source, public_datasets.OLIVETTI)
    assert list((tmp_path / "cache").iterdir()) == []


def test_every_published_file_has_an_address_and_a_checksum(tmp_path: Path) -> None:
    """The registry is complete, and asking for it touches neither disk nor network."""
    source = public_datasets.downloads(tmp_path / "cache")
    assert source.urls.keys() == source.registry.keys() == public_datasets.SHA256.keys()
    assert all(source.get_url(name).startswith("http") for name in source.registry)
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("shape", [(7,), (3, 28, 28), (2, 0)])
def test_idx_files_are_read(shape: tuple[int, ...]) -> None:
    """Sizes and values come back as written."""
    array = np.arange(np.prod(shape), dtype=np.int64).astype(np.uint8).reshape(shape)
    assert np.array_equal(public_datasets.idx_array(idx(array)), array)


@pytest.mark.parametrize(
    "content",
    [b"", b"\0\0\x08", b"\0\0\x08\x02\0\0\0\x01", b"\0\0\x09\x01\0\0\0\x01\0", b"\0\0\x08\x01\0\0\0\x02\0"],
)
def test_other_bytes_are_no_idx_file(content: bytes) -> None:
    """A short header, another type and missing values are refused."""
    with pytest.raises(DataError, match="IDX file: expected"):
        public_datasets.idx_array(content)


def test_faces_are_turned_upright() -> None:
    """MATLAB stores an image column by column; here its rows follow each other."""
    columns = faces_as_columns()
    faces = public_datasets.olivetti_faces(matlab(faces=columns))
    assert faces.shape == (3, 64, 64)
    assert faces.dtype == np.uint8
    assert np.array_equal(faces[1], columns[:, 1].reshape(64, 64, order="F"))
    assert np.array_equal(public_datasets.olivetti_faces(matlab(faces=columns.astype(float))), faces)


def test_faces_of_another_kind_are_refused() -> None:
    """Values in 0–1 would round to black, and other sizes are no faces of 64×64."""
    for wrong in (faces_as_columns() / 255, faces_as_columns()[:100]):
        with pytest.raises(DataError, match=r"olivettifaces.mat: expected"):
            public_datasets.olivetti_faces(matlab(faces=wrong))


def arrays_of(content: bytes) -> list[NDArray[Any]]:
    """Read the arrays of an archive."""
    with np.load(io.BytesIO(content)) as archive:
        return [archive[name] for name in archive.files]


def test_no_image_is_used_twice() -> None:
    """Neither within a question nor between questions: nothing is tested on what it was trained on."""
    classification, mislabelled = public_datasets.garment_files(garments(1, 180), garments(2, 30), SMALL)
    images = [
        *arrays_of(classification.files[CLASSIFICATION_FILE])[0::2],
        *arrays_of(mislabelled.files[MISLABELLED_FILE])[0::2],
    ]
    columns = [bytes(column) for split in images for column in split.T]
    assert len(set(columns)) == len(columns) == 50 + 10 + 30 + 100 + 20


def test_only_training_labels_of_question_4_are_wrong() -> None:
    """Every other image keeps its published label; the stated share of the noisy ones does not."""
    train, test = garments(1, 180), garments(2, 30)
    truth = {
        image.tobytes(): label
        for data in (train, test)
        for image, label in zip(data.images, data.labels, strict=True)
    }
    classification, mislabelled = public_datasets.garment_files(train, test, SMALL)
    good = arrays_of(classification.files[CLASSIFICATION_FILE])
    noisy = arrays_of(mislabelled.files[MISLABELLED_FILE])
    (true_labels,) = [np.load(io.BytesIO(mislabelled.files[TRUE_LABELS_FILE]))]
    wrong = [
        np.mean([truth[bytes(column)] != label for column, label in zip(images.T, labels, strict=True)])
        for images, labels in zip((good + noisy)[0::2], (good + noisy)[1::2], strict=True)
    ]
    assert wrong == [0, 0, 0, pytest.approx(public_datasets.NOISE), 0]
    assert [truth[bytes(column)] for column in noisy[0].T] == true_labels.tolist()


def test_the_same_images_are_chosen_every_time() -> None:
    """Two computers with the same public files write the same bytes."""
    first, second = (
        public_datasets.garment_files(garments(1, 180), garments(2, 30), SMALL) for _ in range(2)
    )
    assert first == second


def test_faces_go_into_the_file_of_question_1(
    tmp_path: Path, address: str, published: Mapping[str, bytes]
) -> None:
    """With the credit that AT&T asks for."""
    batch = public_datasets.faces_batch(source_at(address, tmp_path / "cache", published))
    assert list(batch.files) == [FACES_FILE]
    assert "AT&T Laboratories Cambridge" in batch.credit
