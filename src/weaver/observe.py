"""In a chapter's kernel: the files below the project that its code opens, and the kept results it uses.

What the static analysis of the code cannot foresee, a data file above all, becomes an input of the chapter
this way. Files opened in vain count too: when they appear later, the chapter is stale. Kept results are no
inputs, since their keys follow from the code and the files; a chapter knows them to say what it rests on.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from weaver.digests import digest
from weaver.store import default_folder

# Here the weaver or the interpreter itself reads and writes.
PASSED_OVER = frozenset({".venv", ".cache", ".git", "build"})
CODE = frozenset({".py", ".egg-info"})  # in `src`, covered by fingerprints
USED = "weaver.cache.used"  # the cache's audit event: keys of entries that are used
LISTINGS = frozenset({"os.listdir", "os.scandir"})


class Observer:
    """Collects the paths, relative to `root`, of files opened for reading and of folders listed.

    Each with its digest at that moment: a file edited while the chapter runs is not what the chapter read.
    Beside them, the keys of the cache's entries that are used.
    """

    def __init__(self, root: Path, store: Path | None = None) -> None:
        self.root = root
        self.tools = (Path(sys.prefix), store or default_folder(root))
        self.opened: dict[str, str | None] = {}
        self.used: set[str] = set()

    def start(self) -> None:
        """Begin to listen; the interpreter offers no way to stop an audit hook."""
        sys.addaudithook(self.hear)

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Take one of the interpreter's audit events: a file is opened, a folder listed, an entry used."""
        if event == USED:
            self.used.update(arguments[0])
        reads = event in LISTINGS or (event == "open" and _reads(arguments[2]))
        if not reads or not isinstance(arguments[0], str | bytes):
            return
        path = Path(os.path.abspath(os.fsdecode(arguments[0])))  # noqa: PTH100 - links stay
        if event == "open" or not self._is_searched(path):
            self.note(path)

    def _is_searched(self, folder: Path) -> bool:
        """Whether imports list the folder to find modules, whatever the chapter does."""
        return folder == self.root or folder.is_relative_to(self.root / "src")

    def told(self) -> str:
        """Return as JSON what was collected so far: `opened` and `used`."""
        return json.dumps({"opened": self.opened, "used": sorted(self.used)})

    def note(self, path: Path) -> None:
        """Keep an absolute path if it lies in the project and not where it is passed over."""
        path = _source(path)
        if not path.is_relative_to(self.root) or any(path.is_relative_to(tool) for tool in self.tools):
            return
        name = path.relative_to(self.root).as_posix() + ("/" if path.is_dir() else "")
        if name not in self.opened and not _passed_over(Path(name)):
            self.opened[name] = None  # first, since to digest it opens it again
            self.opened[name] = digest(path)


def _reads(flags: int) -> bool:
    """Whether an open can read what the file held before; a file that is only written is no input."""
    return flags & (os.O_WRONLY | os.O_RDWR) != os.O_WRONLY and not flags & os.O_TRUNC


def _source(path: Path) -> Path:
    """Return the module that compiled code was made from, any other path as it is."""
    if path.parent.name != "__pycache__" or path.suffix != ".pyc":
        return path
    return path.parent.parent / f"{path.name.partition('.')[0]}.py"


def _passed_over(path: Path) -> bool:
    top = path.parts[0] if path.parts else ""
    covered = top == "src" and any(Path(part).suffix in CODE for part in path.parts)
    return covered or top in PASSED_OVER
