"""Fingerprints found before, by this same tool, in files with these same contents.

Analysing the code of a project takes a second, and most builds follow an edit of prose. What is remembered
stands under a digest of all source files, so it holds or is not found. What is lost or damaged is worked out
again.
"""

import hashlib
import json
import shutil
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from weaver import sealed
from weaver.digests import of_tool
from weaver.source_files import File

KEPT_STATES = 8  # of the sources, the latest; an edit taken back finds its own again


@dataclass(frozen=True)
class Analyses:
    """What is remembered in a folder, for each state of the sources apart."""

    folder: Path

    def read(self, state: str, question: str) -> Mapping[str, Any] | None:
        """Return what was answered before, or None where nothing undamaged is."""
        try:
            record: Mapping[str, Any] = sealed.read(self._place(state, question))
        except (OSError, ValueError):
            return None
        return record

    def write(self, state: str, question: str, record: Mapping[str, Any]) -> None:
        """Remember an answer; where that is not possible, the next one to ask works it out."""
        place = self._place(state, question)
        with suppress(OSError):
            if not place.parent.exists():
                self._make_room()
            sealed.write(place, record)

    def _make_room(self) -> None:
        states = [path for path in self.folder.iterdir() if path.is_dir()] if self.folder.is_dir() else []
        for old in sorted(states, key=lambda path: path.stat().st_mtime)[: -KEPT_STATES + 1 or None]:
            shutil.rmtree(old, ignore_errors=True)

    def _place(self, state: str, question: str) -> Path:
        return self.folder / state[:32] / f"{hashlib.sha256(question.encode()).hexdigest()[:32]}.json"


def state_of(files: Mapping[str, File]) -> str:
    """Digest all that an analysis sees: the sources, this tool, Python."""
    contents = [
        [
            name,
            file.place.as_posix(),
            None if file.source is None else hashlib.sha256(file.source).hexdigest(),
        ]
        for name, file in sorted(files.items())
    ]
    return hashlib.sha256(json.dumps([sys.version, of_tool(), contents]).encode()).hexdigest()


def _sha256(source: bytes | None) -> str | None:
    return None if source is None else hashlib.sha256(source).hexdigest()
