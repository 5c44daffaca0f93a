"""Inputs by name, and what each of them is today.

`data/x.csv` is a file's content, `data/` the names in a folder, `kind:data/x` whether there is a file, a
folder, a link or nothing, `size:data/x` how many bytes it has, `env:NAME` a variable of the environment,
`package:numpy` the version of a package; `module:a.b` is a module's code, which `project_code` knows. Paths
are those from the project's root; what lies elsewhere has an absolute one. Quick to import, since a build
without changes asks too.
"""

import fnmatch
import functools
import hashlib
import os
import stat
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from weaver.dependencies import installed_packages
from weaver.dependencies.installed_packages import Installed
from weaver.storage.hashing import Digests, digest

KIND, SIZE, VARIABLE, PACKAGE = "kind:", "size:", "env:", "package:"
CODE = "module:"
# What editors and systems lay beside other files while one works.
PASSING = ("__pycache__", ".ipynb_checkpoints", ".DS_Store", ".#*", "._*", "*~", ".*.sw?", "#*#")
SETTLED_S = 2.0  # a file that was touched more recently may change again without a sign of it
FOUND: dict[str, tuple[tuple[int, ...], str | None]] = {}


def today(root: Path, names: Iterable[str], environment: Mapping[str, str] | None = None) -> Digests:
    """Return what inputs are now, None for what is not there; `environment` is that of the kernels."""
    around = os.environ if environment is None else environment
    installed = functools.cache(installed_packages.current)  # to look at it takes a millisecond or two
    return {name: _today(root, name, around, installed) for name in set(names)}


def name_of(root: Path, path: Path) -> str:
    """Return the name of a file: its path from the root, where it lies below."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()


def path_of(name: str) -> str:
    """Return the path that an input is about; a variable is about itself."""
    return name.removeprefix(KIND).removeprefix(SIZE).removeprefix(CODE)


def change_in_words(name: str, before: str | None, now: str | None) -> str:
    """Say what happened to an input."""
    if name.startswith(VARIABLE):
        return f"the variable {name.removeprefix(VARIABLE)} {'was set' if before is None else 'changed'}"
    if name.startswith(PACKAGE):
        return f"package {name.removeprefix(PACKAGE)} changed ({before} → {now})"
    if before is None or now is None:
        return f"{path_of(name)} {'appeared' if before is None else 'is gone'}"
    return f"{path_of(name)} {'holds other files' if name.endswith('/') else 'changed'}"


def _today(
    root: Path, name: str, environment: Mapping[str, str], installed: Callable[[], Installed]
) -> str | None:
    if name.startswith(VARIABLE):
        return environment.get(name.removeprefix(VARIABLE))
    if name.startswith(PACKAGE):
        return installed().version(name.removeprefix(PACKAGE))
    for start, tell in ((KIND, kind), (SIZE, size)):
        if name.startswith(start):
            return tell(os.path.join(root, name.removeprefix(start)))  # noqa: PTH118 - quicker
    path = os.path.join(root, name)  # noqa: PTH118
    return listing(path) if name.endswith("/") else content(path)


def kind(path: str | os.PathLike[str]) -> str | None:
    """Return what there is of this name, and where a link leads."""
    found = _stat(path, os.lstat)
    if found is None:
        return None
    if stat.S_ISLNK(found.st_mode):
        return f"link to {os.readlink(path)}, {_stat(path) and 'which is there'}"  # noqa: PTH115 - quicker
    return "folder" if stat.S_ISDIR(found.st_mode) else "file"


def size(path: str | os.PathLike[str]) -> str | None:
    """Return the size of a file in bytes."""
    found = _stat(path)
    return str(found.st_size) if found and stat.S_ISREG(found.st_mode) else None


def listing(path: str | os.PathLike[str]) -> str | None:
    """Return the SHA-256 of the names in a folder, but for those that only pass."""
    try:
        names = sorted(os.listdir(path))  # noqa: PTH208 - quicker
    except (OSError, ValueError):
        return None
    kept = [name for name in names if not any(fnmatch.fnmatchcase(name, each) for each in PASSING)]
    return hashlib.sha256("\0".join(kept).encode(errors="surrogateescape")).hexdigest()


def content(path: str | os.PathLike[str]) -> str | None:
    """Return the SHA-256 of a file, which is read again where anything about it differs."""
    found = _stat(path)
    if found is None or not stat.S_ISREG(found.st_mode):
        return None
    mark = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    key = os.fspath(path)
    if key in FOUND and FOUND[key][0] == mark:
        return FOUND[key][1]
    digested = digest(path)
    if time.time() - max(found.st_mtime, found.st_ctime) > SETTLED_S:
        FOUND[key] = (mark, digested)
    return digested


def _stat(
    path: str | os.PathLike[str], ask: Callable[..., os.stat_result] | None = None
) -> os.stat_result | None:
    try:
        return (ask or os.stat)(path)
    except (OSError, ValueError):
        return None
