"""The folder of the data: the names that are expected there, those that are there instead, new files."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from hw2.data.course_files import PROJECT, DataError, shown

DATA = PROJECT / "data"  # may be absent: a submission has none and runs on the stand-ins
FACES_FILE = "hw2_Q1.npy"
CLASSIFICATION_FILE = "hw2_Q2_and_Q3_data.npz"
MISLABELLED_FILE = "hw2_Q4_data.npz"
TRUE_LABELS_FILE = "q4_clean_train_labels.npy"
PUBLIC_LIST = "public.txt"  # the SHA-256 of each file that `make data SOURCE=public` wrote
KNOWN = frozenset(
    {FACES_FILE, CLASSIFICATION_FILE, MISLABELLED_FILE, TRUE_LABELS_FILE, PUBLIC_LIST, "README.md"}
)

_QUESTION = re.compile(r"q(?:uestion)?[\s_-]*(\d+)", re.IGNORECASE)
_ARRAYS = re.compile(r"\.np[yz]|\.zip$|^[^.]+$", re.IGNORECASE)  # also unpacked, half loaded, numbered twice


def refuse_similar(path: Path) -> None:
    """Refuse to go on without `path` where it seems to lie beside its place under another name.

    Raises:
        DataError: A file of arrays in the same folder names one of the same questions.
    """
    for name in unused(path.parent):
        if _ARRAYS.search(name) and _questions(name) & _questions(path.name):
            expected = f"the name {path.name} for the data of this question"
            advice = f"rename it to {path.name}, or move it elsewhere to use the stand-in"
            raise DataError.of(shown(path.parent / name), expected, f"{name} alone", advice)


def unused(folder: Path) -> tuple[str, ...]:
    """Return the names in the folder that no question reads, hidden ones aside."""
    if not folder.is_dir():
        return ()
    names = sorted(entry.name for entry in folder.iterdir())
    return tuple(name for name in names if name not in KNOWN and not name.startswith("."))


@dataclass(frozen=True)
class Batch:
    """Public files in the course's layout that belong together, with their credit line."""

    credit: str
    files: Mapping[str, bytes]


def place(batch: Batch, folder: Path) -> tuple[str, ...]:
    """Write a batch, unless a file of its names is there already; say in a line a file what was done.

    Raises:
        DataError: The folder cannot be written to.
    """
    try:
        return _placed(batch, folder)
    except OSError as error:
        found = f"“{error.strerror}”"
        raise DataError.of(shown(folder), "a folder to write to", found, "correct this first") from error


def is_public(folder: Path, digest: str) -> bool:
    """Whether a file with this SHA-256 was written by `make data SOURCE=public`."""
    return digest in _public_list(folder)


def _placed(batch: Batch, folder: Path) -> tuple[str, ...]:
    present = {name for name in batch.files if (folder / name).exists()}
    if foreign := [name for name in sorted(present) if not _holds(folder / name, batch.files[name])]:
        names = " and ".join(batch.files)
        return (f"{shown(folder / foreign[0])} is there and is another file: {names} not written",)
    _add_to_list(batch, folder)
    for name in batch.files.keys() - present:
        _write_whole(folder / name, batch.files[name])
    verbs = {True: "is there already", False: "written"}
    return tuple(f"{shown(folder / name)} {verbs[name in present]} ({batch.credit})" for name in batch.files)


def _public_list(folder: Path) -> str:
    try:
        return (folder / PUBLIC_LIST).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""


def _add_to_list(batch: Batch, folder: Path) -> None:
    """Note what is public before it is written, so that it never passes for the course's own."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = dict.fromkeys(_public_list(folder).splitlines())
    for name, content in batch.files.items():
        lines[f"{sha256(content).hexdigest()}  {name}  {batch.credit}"] = None
    _write_whole(folder / PUBLIC_LIST, "".join(f"{line}\n" for line in lines).encode())


def _holds(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    temporary = path.with_name(f".{path.name}.part")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _questions(name: str) -> set[str]:
    """Return the digits of the questions that a name names: {2, 3} for `hw2_Q2_and_Q3.npz`."""
    return set("".join(_QUESTION.findall(name)))
