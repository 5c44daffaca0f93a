"""What the operating system says of the files below a project: who opens one natively, or in another process.

Linux alone tells (inotify), a folder at a time and not who it was. See https://man7.org/linux/man-pages/man7/inotify.7.html.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

from weaver.paths import BUILD, CACHE

try:
    import inotify_simple
except ImportError:  # other systems have none
    inotify_simple = None

# What others than a chapter's code open all the time: the tool itself, an editor, git, a search.
TOOLS = (".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".idea", ".vscode")
PASSED_OVER = frozenset({".venv", ".git", "node_modules", CACHE.name, BUILD.name, *TOOLS})
COMPILED = "__pycache__"  # what lies in there stands for its source, the folder itself for nothing


What = Literal["opened", "read", "changed", "made"]


class Sign(NamedTuple):
    """A file or folder was opened, read, changed, or another took its place."""

    path: str
    what: What
    is_folder: bool


class FolderWatch:
    """Watches the folders below a root, linked ones too; `why_not` says why it cannot see all, if so."""

    def __init__(self, root: Path, passed_over: frozenset[Path] = frozenset()) -> None:
        self.why_not = "" if inotify_simple else "this system does not tell which files programs open"
        self._passed_over = passed_over
        self._places: dict[int, str] = {}
        self._seen: set[str] = set()
        self._listener: Any = None
        if inotify_simple:
            try:
                flags = inotify_simple.flags
                self._meanings: dict[What, int] = {
                    "made": flags.CREATE | flags.MOVED_TO,
                    "changed": flags.MODIFY,
                    "read": flags.ACCESS | flags.CLOSE_NOWRITE,
                    "opened": flags.OPEN,
                }
                self._listener = inotify_simple.INotify(nonblocking=True)
            except OSError as error:
                self.why_not = f"this system has no more watches to give ({error.strerror})"
            else:
                self._watch(str(root))

    def signs(self) -> Iterator[Sign]:
        """Yield what has happened since the last time, in its order."""
        if self._listener is None:
            return
        flags = inotify_simple.flags
        for event in self._listener.read(timeout=0):
            if event.mask & flags.Q_OVERFLOW:
                self.why_not = "more files were opened at once than this system keeps account of"
            place = self._places.get(event.wd)
            what = next((what for what, bits in self._meanings.items() if event.mask & bits), None)
            if place is None or what is None or event.name in PASSED_OVER:
                continue
            is_folder = bool(event.mask & flags.ISDIR)
            if is_folder and event.name and what in ("opened", "read"):  # its own watch tells, too
                continue
            path = f"{place}/{event.name}" if event.name else place
            if what == "made" and is_folder:
                self._watch(path)
            if os.path.basename(path) != COMPILED:  # noqa: PTH119 - quicker
                yield Sign(path, what, is_folder)

    def close(self) -> None:
        """Watch no more."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def _watch(self, top: str) -> None:
        """Watch a folder and all below it."""
        mask = sum(self._meanings.values(), inotify_simple.flags.ONLYDIR)
        for place, folders, _ in os.walk(top, followlinks=True):
            real = os.path.realpath(place)
            if real in self._seen or Path(place) in self._passed_over:
                folders.clear()
                continue
            folders[:] = [name for name in folders if name not in PASSED_OVER]
            try:
                self._places[self._listener.add_watch(place, mask)] = place
                self._seen.add(real)
            except FileNotFoundError:
                folders.clear()  # gone again
            except OSError as error:
                self.why_not = f"the project has more folders than this system watches ({error.strerror})"
                return
