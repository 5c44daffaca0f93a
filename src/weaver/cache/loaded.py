"""Fingerprints of the code that this process has loaded.

Files are fingerprinted, but what runs is what was loaded from them, minutes ago perhaps. Where a file was
edited in between, the two may differ, and a result would stand under the key of code that never ran.
"""

import math
import time
from pathlib import Path
from typing import TYPE_CHECKING

from weaver.cache.home import Home, NotKeptError

if TYPE_CHECKING:
    from weaver.fingerprint import Fingerprint


class EditedError(NotKeptError):
    """The code in a file is not what this process has loaded from it."""


class LoadedCode:
    """Fingerprints, remembered as long as they are those of the code that was loaded at the time `since`."""

    def __init__(self, home: Home, since: float) -> None:
        self.home = home
        self.since = since
        self._known: dict[tuple[str, str], tuple[Fingerprint, float]] = {}

    def fingerprint(self, module: str, name: str) -> "Fingerprint":
        """Return the fingerprint of a function or class.

        Raises:
            EditedError: what it reaches was edited since it was loaded; a change of comments does not count.
            FingerprintError: its source cannot be analysed.
        """
        now = time.time()
        known, since = self._known.get((module, name), (None, self.since))
        edited = self._edited(known, since) if known else None
        if known and not edited:
            return known
        found = self.home.fingerprint(module, name)
        edited = self._edited(found, since)
        if edited and (known is None or found.digest != known.digest):
            raise EditedError(f"{edited} was edited after this process loaded it: start it again")
        self._known[module, name] = (found, now)
        return found

    def _edited(self, fingerprint: "Fingerprint", since: float) -> Path | None:
        """Return a file that was edited since, if there is one."""
        files = {dependency.file for dependency in fingerprint.dependencies if dependency.file}
        return next((file for file in sorted(files) if _modified(self.home.root / file) > since), None)


def _modified(path: Path) -> float:
    """Return when a file was last edited; one that is gone counts as edited."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return math.inf
