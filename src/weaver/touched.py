"""In a warm kernel: the files that a chapter's code reads, writes or lists, by their stamps.

What lies in a file is part of the state that a chunk finds. A stamp that has changed since says that the
chunks above would find, or would make, something else. Sources are passed over: they are compared themselves.
"""

import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from weaver.places import FINGERPRINTS
from weaver.store import default_folder

PATHS = {"open": 1, "os.listdir": 1, "os.scandir": 1, "os.remove": 1, "os.mkdir": 1, "os.rmdir": 1} | {
    **{"os.truncate": 1, "os.chmod": 1, "os.utime": 1, "os.rename": 2, "os.link": 2, "os.symlink": 2},
    **{"shutil.copyfile": 2, "shutil.move": 2, "shutil.rmtree": 1},
}
"""Audit events, with the number of paths among their arguments, which come first."""

PROCESSES = frozenset(
    {"subprocess.Popen", "os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn"}
)
INQUIRIES = (("file",), ("uname",), ("lscpu",), ("git", "rev-parse"))
"""How commands begin that Python's own `platform`, the tool and others start, and that change nothing."""
CACHE = FINGERPRINTS.parent  # all of what the tool keeps
SYSTEM = ("/proc", "/dev", "/sys")

Stamp = tuple[int, int, int] | None


class Touched:
    """Hears of files, and of processes that may do anything to any file."""

    def __init__(self, root: Path) -> None:
        tools = {Path(sys.prefix), Path(sys.base_prefix), default_folder(root), root / CACHE, root / "src"}
        self._passed_over = tuple(f"{path}{os.sep}" for path in (*map(str, tools), *SYSTEM))
        self._paths: set[str] = set()
        self.processes = 0

    def start(self) -> None:
        """Begin to listen."""
        sys.addaudithook(self.hear)

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Take one of the interpreter's audit events."""
        if event in PATHS:
            self._paths.update(
                os.fsdecode(path) for path in arguments[: PATHS[event]] if isinstance(path, str | bytes)
            )
        elif event in PROCESSES and not _is_inquiry(arguments):
            self.processes += 1

    def stamps(self, before: Mapping[str, Stamp]) -> dict[str, Stamp]:
        """Return the stamps of `before`, with those as of now of what was touched since the last time."""
        new, self._paths = self._paths, set()
        return {**before, **stamps(path for path in map(os.path.abspath, new) if self._counts(path))}

    def _counts(self, path: str) -> bool:
        return not f"{path}{os.sep}".startswith(self._passed_over)


def stamps(paths: Iterable[str]) -> dict[str, Stamp]:
    """Return the stamp of each file or folder, None for one that is not there."""
    return {path: _stamp(path) for path in paths}


def _is_inquiry(arguments: tuple[Any, ...]) -> bool:
    """Whether a program was started that tells about the machine and changes nothing."""
    match arguments:
        case (str() as program, [_, *words], *_):
            command = (Path(program).name, *words)
            return any(command[: len(inquiry)] == inquiry for inquiry in INQUIRIES)
    return False


def _stamp(path: str) -> Stamp:
    try:
        found = os.stat(path)  # noqa: PTH116 - called for every file
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
