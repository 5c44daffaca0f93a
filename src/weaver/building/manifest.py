"""Whether anything at all changed since a build that left everything up to date.

A build ends with a note of all that it read and wrote, each file with its digest. Where all is as it was, the
next build is over before a document is parsed or code is analysed. A note only ever says that nothing
changed: where it does not hold, or is lost or damaged, the build goes its ordinary way.
"""

import hashlib
import json
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from weaver.building import kernel_environment
from weaver.building.request import Request
from weaver.dependencies import installed_packages
from weaver.dependencies.inputs import today as inputs_today
from weaver.paths import CONFIGURATION, MANIFESTS, PARENT, SOURCES, quarto_program
from weaver.revision import commit
from weaver.storage import atomic_write
from weaver.storage.hashing import Digests, digests, of_tool

FOLDERS = (PARENT.parent.as_posix(), SOURCES)
VARIABLES = ("SOURCE_DATE_EPOCH", "WEAVER_CACHE", "QUARTO_PROFILE")
NO_SOURCES = frozenset({"__pycache__"})


@dataclass(frozen=True)
class Read:
    """What a build has read: files of the documents, and the inputs that kernels have observed."""

    resources: Digests
    inputs: Digests


def is_unchanged(root: Path, request: Request) -> bool:
    """Whether the last build of `request` read and wrote what is there now."""
    try:
        noted = json.loads(_place(root, request).read_text(encoding="utf-8"))
        return bool(
            noted["around"] == _around(root, request)
            and noted["sources"] == sources(root)
            and noted["others"] == digests(root, noted["others"])
            and noted["inputs"] == _today(root, request, noted["inputs"])
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False


def sources(root: Path) -> dict[str, str | None]:
    """Return all that documents and code consist of, as it is now; new files count as well."""
    return digests(root, [CONFIGURATION, *(path for folder in FOLDERS for path in _files(root, folder))])


def note(root: Path, request: Request, began: Digests, read: Read, written: Iterable[str]) -> None:
    """Leave a note for the next build, unless something was edited while this one was at work.

    `began` are the sources as they were before any was read; `read` is what else was read, as it was then.
    """
    resources, inputs = dict(read.resources), dict(read.inputs)
    is_current = began == sources(root) and resources == digests(root, resources)
    if not is_current or inputs != _today(root, request, inputs):
        return
    others = {**resources, **digests(root, written)}
    noted = {"around": _around(root, request), "sources": began, "others": others, "inputs": inputs}
    text = json.dumps(noted)
    with suppress(OSError):  # without a note the next build takes a moment longer
        atomic_write.write_whole(_place(root, request), text.encode())


def _today(root: Path, request: Request, names: Iterable[str]) -> Digests:
    return inputs_today(root, names, kernel_environment.of_kernels(request.profile, os.environ))


def _place(root: Path, request: Request) -> Path:
    return root / MANIFESTS / f"{hashlib.sha256(repr(request).encode()).hexdigest()[:16]}.json"


def _around(root: Path, request: Request) -> list[object]:
    """Return what else a build depends on: the tool itself, Python, packages, Quarto, variables."""
    return [
        of_tool(),
        sys.version,
        installed_packages.names(),
        None if request.engine == "builtin" else _quarto(),
        [os.environ.get(name) for name in VARIABLES],
        commit(root),
    ]


def _quarto() -> list[object] | None:
    """Return what tells one installed Quarto from another, without asking it: that takes too long."""
    program = quarto_program()
    if program is None:
        return None
    found = Path(program).resolve()
    return [str(found), found.stat().st_size, found.stat().st_mtime_ns]


def _files(root: Path, folder: str) -> list[str]:
    """List the files below a folder, as seen from the root."""
    found = []
    for place, folders, names in os.walk(root / folder):
        folders[:] = [name for name in folders if name not in NO_SOURCES]
        below = os.path.relpath(place, root)
        found += [os.path.join(below, name) for name in names]  # noqa: PTH118 - quicker
    return sorted(found)
