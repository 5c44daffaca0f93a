"""The files of a project's modules, found as Python would find them."""

import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from weaver.outside import TOOL

PYTHON = ".py"
INIT = "__init__.py"


class File(NamedTuple):
    """The source of a module; that of a folder without `__init__.py` is None."""

    place: Path  # as seen from the project
    source: bytes | None


def read_files(root: Path, packages: Collection[str] | None) -> dict[str, File]:
    """Read the sources of all modules below a folder, by name; of all packages but the tool, or of these."""
    found: dict[str, File] = {}
    for name, file in _files(root, packages):
        if file.source is not None or name not in found:  # a module hides a folder that is no package
            found[name] = file
    return found


def _files(root: Path, packages: Collection[str] | None) -> Iterator[tuple[str, File]]:
    entries = sorted(root.iterdir(), key=Path.is_dir) if root.is_dir() else []  # a package hides a module
    for entry in entries:
        name = entry.name.removesuffix(PYTHON)
        wanted = name != TOOL if packages is None else name in packages
        if wanted and name.isidentifier():
            if entry.is_dir():
                yield from _package(root, entry)
            elif entry.suffix == PYTHON:
                yield name, _read(root, entry)


def _package(root: Path, package: Path) -> Iterator[tuple[str, File]]:
    for place, folders, names in os.walk(package):
        folders[:] = sorted(name for name in folders if name.isidentifier() and name != "__pycache__")
        folder = Path(place)
        name = ".".join(folder.relative_to(root).parts)
        if INIT not in names:
            yield name, File((folder / INIT).relative_to(root.parent), None)
        for file in sorted(names):
            if file == INIT:
                yield name, _read(root, folder / file)
            elif file.endswith(PYTHON):
                yield f"{name}.{file.removesuffix(PYTHON)}", _read(root, folder / file)


def _read(root: Path, file: Path) -> File:
    return File(file.relative_to(root.parent), file.read_bytes())
