"""Answers of Pandoc, and what follows from them alone, kept from one build to the next.

After an edit of one chapter a new process would read, settle and write all the others again. An answer stands
under a digest of its question, of Pandoc and of the tool itself, so it holds or is not found. What is lost or
damaged is worked out again.
"""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from weaver.storage import checked_json
from weaver.storage.hashing import of_tool
from weaver.typesetting import pandoc

KEPT = 150  # the latest; a report of six chapters has thirty in both formats


@dataclass(frozen=True)
class Answers:
    """What is kept in a folder; nothing where there is none."""

    folder: Path | None = None

    def ask(self, question: Sequence[object], find: Callable[[], Any]) -> Any:  # noqa: ANN401 - any JSON
        """Return what `find` gave when the same was asked before, or gives now; both are JSON.

        Raises:
            TypesetError: `find` does; an error is not kept.
        """
        if self.folder is None:
            return find()
        key = hashlib.sha256(json.dumps([of_tool(), _pandoc(), *question]).encode()).hexdigest()
        place = self.folder / f"{key}.json"
        with suppress(OSError, ValueError):
            return _used(place)
        answer = find()
        with suppress(OSError):  # where nothing can be kept, the next build asks again
            checked_json.write_checked(place, answer)
            _make_room(self.folder)
        return answer


NONE = Answers()


def _used(place: Path) -> Any:  # noqa: ANN401 - any JSON
    """Read an answer, which counts as used now.

    Raises:
        OSError, ValueError: there is none, or it is damaged.
    """
    answer = checked_json.read_checked(place)
    os.utime(place)
    return answer


def _make_room(folder: Path) -> None:
    """Remove what has not been asked for longest."""
    files = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime)
    for old in files[:-KEPT]:
        old.unlink(missing_ok=True)


def _pandoc() -> list[object]:
    """Return what tells one Pandoc from another."""
    found = Path(pandoc.executable()).stat()
    return [pandoc.executable(), found.st_size, found.st_mtime_ns]
