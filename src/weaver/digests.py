"""Files and folders by the SHA-256 of what they hold."""

import hashlib
import json
import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path


def digest(path: Path) -> str | None:
    """Return the SHA-256 of a file, or of the names in a folder; None where there is nothing to read."""
    if path.is_dir():
        return hashlib.sha256("\0".join(sorted(os.listdir(path))).encode()).hexdigest()  # noqa: PTH208
    if not path.is_file():
        return None
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def digests(root: Path, paths: Iterable[str]) -> dict[str, str | None]:
    """Return the SHA-256 of each file below `root`, None for one that is not there."""
    return {path: digest(root / path) for path in paths}


@cache  # the tool that runs stays the one that was loaded
def of_tool() -> str:
    """Return a digest of the weaver's own files."""
    folder = Path(__file__).parent
    files = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    own = sorted(name for name in files if "__pycache__" not in name)
    return hashlib.sha256(json.dumps(digests(folder, own)).encode()).hexdigest()
