"""Values in files with a checksum, so that a damaged one is not taken for what was kept."""

import hashlib
import json
from pathlib import Path
from typing import Any

from weaver.storage import atomic_write


def read_checked(path: Path) -> Any:  # noqa: ANN401 - any JSON
    """Read a value.

    Raises:
        OSError: there is none that can be read.
        ValueError: it is damaged.
    """
    checksum, _, text = path.read_bytes().partition(b"\n")
    if checksum != _checksum(text):
        raise ValueError(f"{path.name}: damaged")
    return json.loads(text)


def write_checked(path: Path, value: Any) -> None:  # noqa: ANN401 - any JSON
    """Write a value, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    text = json.dumps(value).encode()
    atomic_write.write_whole(path, _checksum(text) + b"\n" + text)


def _checksum(text: bytes) -> bytes:
    return hashlib.sha256(text).hexdigest().encode()
