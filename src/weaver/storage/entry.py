"""One entry of the store as files in a folder, with a checksum over every byte.

    record.json          the record in an envelope that names format, key and arrays
    arrays.safetensors   the arrays, where there are any
    SHA256SUMS           `sha256sum --check` understands it

Reading checks first and parses afterwards. What is read is data: no name in it is looked up or called.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from weaver.storage.safetensors_view import Array

FORMAT = 1
RECORD, ARRAYS, SUMS = "record.json", "arrays.safetensors", "SHA256SUMS"
ENVELOPE = {"format": int, "key": str, "arrays": dict, "record": dict}


@dataclass(frozen=True)
class Entry:
    """What is kept under a key: a JSON object and named arrays."""

    key: str
    record: Mapping[str, Any]
    arrays: "Mapping[str, Array]"


@dataclass(frozen=True)
class Info:
    """An entry without its arrays; `size` is in bytes, of all its files, `written` a time as in `time`."""

    key: str
    record: Mapping[str, Any]
    size: int
    written: float


class DamageError(Exception):
    """An entry is not what was written; the message says in which way. The store handles it."""


def write_entry(folder: Path, entry: Entry) -> None:
    """Write an entry into a new folder and flush it to the disk.

    Raises:
        StoreError: safetensors has no dtype for one of the arrays.
    """
    envelope = {"format": FORMAT, "key": entry.key, "arrays": _described(entry), "record": entry.record}
    contents: dict[str, bytes] = {RECORD: json.dumps(envelope, allow_nan=False).encode()}
    if entry.arrays:
        from weaver.storage import safetensors_view  # noqa: PLC0415 - an entry without arrays needs no numpy

        contents[ARRAYS] = safetensors_view.dump(entry.arrays)
    contents[SUMS] = b"".join(_sum(name, data) for name, data in contents.items())
    folder.mkdir(parents=True)
    for name, data in contents.items():
        _write_file(folder / name, data)
    flush(folder)


def read_entry(folder: Path, key: str) -> Entry:
    """Read an entry whole.

    Raises:
        DamageError: a byte of it is not as it was written, or it does not hold together.
    """
    envelope, sums = _read_envelope(folder, key)
    arrays = _read_arrays(folder, sums) if envelope["arrays"] else {}
    _require(bool(arrays) or not sums, f"{SUMS} names more files than {RECORD}")
    entry = Entry(key, envelope["record"], arrays)
    found, expected = _described(entry), envelope["arrays"]
    _require(found == expected, f"{ARRAYS} holds {found}, expected {expected}")
    return entry


def read_info(folder: Path, key: str) -> Info:
    """Read the record of an entry and leave its arrays unread and unchecked.

    Raises:
        DamageError: a byte of the record is not as it was written.
    """
    envelope, _ = _read_envelope(folder, key)
    with _whole():
        written = (folder / RECORD).stat().st_mtime
        return Info(key, envelope["record"], sum(path.stat().st_size for path in folder.iterdir()), written)


def flush(folder: Path) -> None:
    """Make the names in a folder last, as `fsync` on a file does for its bytes."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _described(entry: Entry) -> dict[str, Any]:
    return {name: [str(array.dtype), list(array.shape)] for name, array in entry.arrays.items()}


def _write_file(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _read_envelope(folder: Path, key: str) -> tuple[dict[str, Any], bytes]:
    """Return the envelope of the record, and the sums of the files that are still to be read."""
    with _whole():
        sums, data = (folder / SUMS).read_bytes(), (folder / RECORD).read_bytes()
    own = _sum(RECORD, data)
    _require(sums.startswith(own), f"{RECORD} does not have the SHA-256 in {SUMS}")
    try:
        envelope = json.loads(data)
    except (ValueError, RecursionError):
        raise DamageError(f"{RECORD} is not JSON") from None
    _check_envelope(envelope, key)
    return envelope, sums.removeprefix(own)


def _check_envelope(envelope: Any, key: str) -> None:  # noqa: ANN401 - any JSON
    _require(isinstance(envelope, dict), f"{RECORD} is not a JSON object")
    kinds = {name: type(value) for name, value in envelope.items()}
    _require(kinds == ENVELOPE, f"{RECORD} is not an object of {', '.join(ENVELOPE)}")
    _require(envelope["format"] == FORMAT, f"it is of format {envelope['format']}, expected {FORMAT}")
    _require(envelope["key"] == key, f"it is the entry {envelope['key']}")


def _read_arrays(folder: Path, sums: bytes) -> "dict[str, Array]":
    from weaver.storage import safetensors_view  # noqa: PLC0415 - an entry without arrays needs no numpy

    with _whole():
        data = safetensors_view.read_arrays(folder / ARRAYS)
    _require(sums == _sum(ARRAYS, data.data), f"{ARRAYS} does not have the SHA-256 in {SUMS}")
    try:
        return safetensors_view.parse(data)
    except ValueError as error:
        raise DamageError(f"{ARRAYS}: {error}") from None


def _sum(name: str, data: bytes | memoryview) -> bytes:
    """Return a file's line in the sums."""
    return f"{hashlib.sha256(data).hexdigest()}  {name}\n".encode()


@contextmanager
def _whole() -> Iterator[None]:
    """Call an entry damaged that lacks a file."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise DamageError(f"expected a file {Path(error.filename).name}, found none") from None


def _require(condition: bool, damage: str) -> None:
    if not condition:
        raise DamageError(damage)
