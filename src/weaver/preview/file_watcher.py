"""Watches the sources of a report and says which files changed.

Two watches are needed: one of the folders with all that is in them, and one of the project's top alone, for
metadata and for folders that come, go or take another's place. A watch of a file itself would lose it where
an editor saves by rename, and one of everything would walk through `.venv`.
"""

import threading
from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager
from pathlib import Path

from watchfiles import Change, DefaultFilter, watch

from weaver.paths import DATA, PARENT, SOURCES

FOLDERS = (PARENT.parent.as_posix(), SOURCES, DATA)
DESCRIBING = (".yml", ".yaml")  # at the top: `_quarto.yml`, and what it may name
# A save is reported once nothing more has come for a step; during a storm of them, now and then.
STEP_MS, STORM_MS = 10, 400
QUIET_MS = 80  # how long one watch is waited for before it is the other's turn

Changed = Callable[[Set[str]], None]


@contextmanager
def watching(root: Path, changed: Changed) -> Iterator[None]:
    """Call `changed`, in another thread, with the paths below `root` that change while the block runs.

    Nothing that changes after the block is entered is missed; paths are relative to `root`. Where a whole
    folder was replaced, only its name is yielded.
    """
    ending = threading.Event()
    changes = _changes(root, ending)
    next(changes)  # from here on both watches see what happens
    thread = threading.Thread(target=_tell, args=(changes, changed), name="watching", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()


def _tell(changes: Iterator[Set[str]], changed: Changed) -> None:
    for paths in changes:
        if paths:
            changed(paths)


def _changes(root: Path, ending: threading.Event) -> Iterator[Set[str]]:
    """Yield the paths that changed, an empty set where for a moment none did."""
    inside = _inside(root, ending)
    for at_top in _watched(root, root, ending=ending, wait_ms=1, recursive=False):
        paths = {path for path in at_top if path.endswith(DESCRIBING)}
        if replaced := at_top & set(FOLDERS):
            inside = _inside(root, ending)
            paths |= replaced
        yield paths | next(inside, frozenset())


def _inside(root: Path, ending: threading.Event) -> Iterator[Set[str]]:
    present = [root / name for name in FOLDERS if (root / name).is_dir()]
    return _watched(root, *present, ending=ending, wait_ms=QUIET_MS, recursive=True)


def _watched(
    root: Path, *paths: Path, ending: threading.Event, wait_ms: int, recursive: bool
) -> Iterator[Set[str]]:
    try:
        for changes in watch(
            *paths,
            watch_filter=_Sources(root),
            stop_event=ending,
            step=STEP_MS,
            debounce=STORM_MS,
            rust_timeout=wait_ms,
            yield_on_timeout=True,
            recursive=recursive,
        ):
            yield {Path(path).relative_to(root).as_posix() for _, path in changes}
    except FileNotFoundError:
        return  # a folder went between the list and the watch; the watch of the top tells it


class _Sources(DefaultFilter):
    """Leaves out what editors and Python write beside the sources; where the project lies does not count."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self._root = root

    def __call__(self, change: Change, path: str) -> bool:
        """Whether a path is to be reported."""
        relative = Path(path).relative_to(self._root)
        return bool(relative.parts) and super().__call__(change, str(relative))
