"""Files and folders by the SHA-256 of what they hold."""

import hashlib
import json
import os
import stat
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import weaver

Digests = Mapping[str, str | None]  # of files by their names, None where there is none
AT_ONCE = 2**20  # bytes of a file that are read at once


def digest(path: str | os.PathLike[str]) -> str | None:
    """Return the SHA-256 of a file, or of the names in a folder; None where there is nothing to read."""
    try:
        found = os.stat(path)  # noqa: PTH116 - quicker
        if stat.S_ISDIR(found.st_mode):
            return hashlib.sha256("\0".join(sorted(os.listdir(path))).encode()).hexdigest()  # noqa: PTH208
        return _of_file(path, found.st_size) if stat.S_ISREG(found.st_mode) else None
    except (OSError, ValueError):  # what a document names need not be a name that a file can have
        return None


def _of_file(path: str | os.PathLike[str], size: int) -> str:
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - a build reads hundreds
        if size <= AT_ONCE:
            return hashlib.sha256(file.read()).hexdigest()
        return hashlib.file_digest(file, "sha256").hexdigest()


def digests(root: Path, paths: Iterable[str]) -> dict[str, str | None]:
    """Return the SHA-256 of each file below `root`, None for one that is not there."""
    return {path: digest(os.path.join(root, path)) for path in paths}  # noqa: PTH118 - quicker


@cache  # the tool that runs stays the one that was loaded
def of_tool() -> str:
    """Return a digest of the weaver's own files."""
    folder = Path(weaver.__file__).parent
    files = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    own = sorted(name for name in files if "__pycache__" not in name)
    return hashlib.sha256(json.dumps(digests(folder, own)).encode()).hexdigest()
