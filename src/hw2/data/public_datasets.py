"""Public images in the course's layout: Olivetti faces and Fashion-MNIST.

Olivetti faces: AT&T Laboratories Cambridge; F. S. Samaria and A. C. Harter, "Parameterisation of a stochastic
model for human face identification", IEEE Workshop on Applications of Computer Vision, 1994.
Fashion-MNIST: H. Xiao, K. Rasul and R. Vollgraf, arXiv:1708.07747, MIT licence.
"""

import gzip
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pooch
from numpy.typing import NDArray

from hw2.data import synthetic
from hw2.data.course_files import PROJECT, DataError, Labels
from hw2.data.folder import (
    CLASSIFICATION_FILE,
    FACES_FILE,
    MISLABELLED_FILE,
    TRUE_LABELS_FILE,
    Batch,
)

Bytes = NDArray[np.uint8]

OLIVETTI = "olivettifaces.mat"
FASHION = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com"
URLS = {
    OLIVETTI: "https://ndownloader.figshare.com/files/5976027",
    "train-images-idx3-ubyte.gz": f"{FASHION}/train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz": f"{FASHION}/train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz": f"{FASHION}/t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz": f"{FASHION}/t10k-labels-idx1-ubyte.gz",
}
# As published by scikit-learn (faces) and TensorFlow Datasets (Fashion-MNIST).
SHA256 = {
    OLIVETTI: "b612fb967f2dc77c9c62d3e1266e0c73d5fca46a4b8906c18e454d41af987794",
    "train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    "train-labels-idx1-ubyte.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
}
SEED = 4179  # of the choice of images and of the wrong labels
NOISE = 0.4
FASHION_CREDIT = "Fashion-MNIST, Zalando SE, MIT licence"
OLIVETTI_CREDIT = "Olivetti faces, AT&T Laboratories Cambridge"


class DownloadError(DataError):
    """Public data that cannot be fetched; the message says from where and why."""


@dataclass(frozen=True, eq=False)
class Labelled:
    """Garments as published."""

    images: Bytes  # (N, 28, 28)
    labels: Bytes  # (N,)

    def columns(self, chosen: NDArray[np.intp]) -> tuple[Bytes, Labels]:
        """Return the chosen images as columns, (784, n), and their labels, (n,)."""
        images = self.images[chosen].reshape(len(chosen), -1).T
        return images, self.labels[chosen].astype(np.int64)


@dataclass(frozen=True)
class Sizes:
    """How many of the published training images each part of the course's files gets."""

    train: int
    validation: int
    noisy_train: int
    noisy_test: int


FULL = Sizes(train=10_000, validation=2_000, noisy_train=5_000, noisy_test=2_000)


def downloads(folder: Path = PROJECT / ".cache" / "public") -> pooch.Pooch:
    """Return the published files with their checksums; `folder` keeps what was fetched."""
    registry = {name: f"sha256:{digest}" for name, digest in SHA256.items()}
    return pooch.create(path=folder, base_url="", registry=registry, urls=URLS)


def fetch(source: pooch.Pooch, name: str) -> bytes:
    """Return the content of a published file, from the network unless it was fetched before.

    Raises:
        DownloadError: It cannot be reached, or what came has another checksum.
    """
    try:
        return Path(source.fetch(name)).read_bytes()
    except OSError as error:  # also what requests raises
        reason = error.strerror or type(error).__name__
        raise _failure(source, name, f"cannot be fetched ({reason})") from error
    except ValueError as error:
        raise _failure(source, name, "is not what was published: its SHA-256 differs") from error


def olivetti_faces(mat: bytes) -> Bytes:
    """Return the faces of the MATLAB file, (400, 64, 64), upright.

    Raises:
        DataError: The file does not hold grey images of 64×64 as columns.
    """
    from scipy.io import loadmat  # type: ignore[import-untyped]  # noqa: PLC0415 - for this alone

    columns = loadmat(io.BytesIO(mat))["faces"]  # (4096, 400), each image column by column
    if columns.shape[0] != 4096 or columns.min() < 0 or not 1 < columns.max() <= 255:
        found = f"{columns.shape}, {columns.min()} to {columns.max()}"
        raise DataError.of(OLIVETTI, "4096×N with values 0–255", found, "report this")
    faces: Bytes = np.rint(columns).astype(np.uint8).T.reshape(-1, 64, 64).transpose(0, 2, 1)
    return faces


def idx_array(content: bytes) -> Bytes:
    """Return the array of bytes in a file of the IDX format.

    The format: two zero bytes, the type (8: unsigned byte), the number of dimensions, each size as a
    big-endian 32-bit integer, the values in C order (Y. LeCun, "The MNIST database of handwritten digits").

    Raises:
        DataError: It is something else, or has more or fewer values than its sizes say.
    """
    rank = int.from_bytes(content[3:4])
    start = 4 + 4 * rank
    if content[:3] != b"\0\0\x08" or len(content) < start:
        raise DataError.of("IDX file", "a header of unsigned bytes", repr(content[:4]), "fetch it again")
    shape = tuple(np.frombuffer(content, ">u4", rank, offset=4).tolist())
    values = np.frombuffer(content, np.uint8, offset=start)
    if values.size != np.prod(shape):
        raise DataError.of("IDX file", f"the values of {shape}", f"{values.size}", "fetch it again")
    return values.reshape(shape)


def faces_batch(source: pooch.Pooch) -> Batch:
    """Fetch the file of question 1."""
    content = _npy(olivetti_faces(fetch(source, OLIVETTI)))
    return Batch(OLIVETTI_CREDIT, {FACES_FILE: content})


def garment_batches(source: pooch.Pooch, sizes: Sizes = FULL) -> tuple[Batch, Batch]:
    """Fetch the files of questions 2 and 3 and of question 4; no image is in both."""
    train, test = (
        Labelled(
            idx_array(gzip.decompress(fetch(source, f"{name}-images-idx3-ubyte.gz"))),
            idx_array(gzip.decompress(fetch(source, f"{name}-labels-idx1-ubyte.gz"))),
        )
        for name in ("train", "t10k")
    )
    return garment_files(train, test, sizes)


def garment_files(train: Labelled, test: Labelled, sizes: Sizes) -> tuple[Batch, Batch]:
    """Choose images at random and lay them out as the course does.

    Questions 2 and 3 train and validate on the published training images and test on the published test
    images. Question 4 trains and tests on other training images; `NOISE` of its training labels are wrong.
    """
    order = np.random.default_rng(SEED).permutation(len(train.labels))
    bounds = np.cumsum([sizes.train, sizes.validation, sizes.noisy_train, sizes.noisy_test])
    parts = [train.columns(chosen) for chosen in np.split(order, bounds)[:4]]
    training, validation, (noisy_images, true_labels), noisy_test = parts
    tested = test.columns(np.arange(len(test.labels)))
    noisy_labels, _ = synthetic.mislabel(true_labels, NOISE, seed=SEED)
    classification = _npz(*training, *validation, *tested)
    mislabelled = _npz(noisy_images, noisy_labels, *noisy_test)
    return (
        Batch(FASHION_CREDIT, {CLASSIFICATION_FILE: classification}),
        Batch(FASHION_CREDIT, {MISLABELLED_FILE: mislabelled, TRUE_LABELS_FILE: _npy(true_labels)}),
    )


def _failure(source: pooch.Pooch, name: str, what: str) -> DownloadError:
    advice = "check the network and try again, or go on with the stand-ins"
    return DownloadError(f"{source.get_url(name)} {what}; {advice}")


def _npy(array: NDArray[Any]) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def _npz(*arrays: NDArray[Any]) -> bytes:
    file = io.BytesIO()
    np.savez(file, *arrays)
    return file.getvalue()
