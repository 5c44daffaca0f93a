"""Versions of installed packages by the names that are imported, read off the folders beside them.

The folder `<name>-<version>.dist-info` is the standard's (PEP 376 and 427). `importlib.metadata` knows the
same, but its import and its search for the distribution of a module take longer than a build without changes.
"""

import hashlib
import os
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property, lru_cache
from pathlib import Path

NOT_INSTALLED = "not installed"
SUFFIX = ".dist-info"
BEGINNINGS = re.compile(rb"^([^/.,\n]+)[/.]", re.MULTILINE)  # of the lines of a RECORD: of a file or folder
REQUIRES = re.compile(r"^Requires-Dist: *([\w.-]+)", re.MULTILINE)


def current() -> "Installed":
    """Return what is installed now; it is looked at again where a package has come, gone or changed."""
    return _installed(tuple(sys.path), tuple(names()))


def names() -> list[str]:
    """Return the names of the folders of all distributions, which tell their versions, and their builds."""
    found: list[str] = []
    for place in sys.path:
        with suppress(OSError):
            folders = sorted(name for name in os.listdir(place or ".") if name.endswith(SUFFIX))  # noqa: PTH208
            found += [f"{name}{_build(os.path.join(place, name))}" for name in folders]  # noqa: PTH118
    return found


def _build(folder: str | os.PathLike[str]) -> str:
    """Return which build a distribution is of that came from no index: its version may stay as it is."""
    with suppress(OSError):
        os.stat(os.path.join(folder, "direct_url.json"))  # noqa: PTH116, PTH118 - quicker
        return f" ({hashlib.sha256((Path(folder) / 'RECORD').read_bytes()).hexdigest()[:8]})"
    return ""


class Installed:
    """The distributions that an interpreter with this path finds."""

    def __init__(self, path: Iterable[str] | None = None) -> None:
        self._path = path
        self._versions: dict[str, str] = {}

    def version(self, module: str) -> str:
        """Return the version of the distribution that a top-level module comes with, or of all there are."""
        if module not in self._versions:
            self._versions[module] = self._find(module)
        return self._versions[module]

    def required(self, modules: Iterable[str], among: Collection[str]) -> set[str]:
        """Return those `among` modules whose distributions others require, also step by step, or may use."""
        pending, found = list(modules), set[str]()
        names = {one: set(map(_name, self._owners(one))) for one in among}
        for module in pending:  # grows as it goes
            needs = {name for owner in self._owners(module) for name in _requirements(owner)}
            new = {one for one, own in names.items() if own & needs} - found
            found |= new
            pending += new
        return found

    def _find(self, module: str) -> str:
        return ", ".join(map(_version, self._owners(module))) or NOT_INSTALLED

    def _owners(self, module: str) -> list[Path]:
        named = self._distributions.get(_normalised(module))
        if named is not None and _has(named.parent, module):
            return [named]
        return self._listing.get(module, [])

    @cached_property
    def _listing(self) -> Mapping[str, list[Path]]:
        """The distributions by the beginnings of the names of the files that they list: PyYAML by yaml."""
        found: dict[str, list[Path]] = {}
        for folder in sorted(self._distributions.values()):
            record = folder / "RECORD"
            listed = record.read_bytes() if record.is_file() else b""
            for name in set(BEGINNINGS.findall(listed)):
                found.setdefault(name.decode(errors="replace"), []).append(folder)
        return found

    @cached_property
    def _distributions(self) -> Mapping[str, Path]:
        places = [Path(place or ".") for place in (sys.path if self._path is None else self._path)]
        found = [folder for place in places if place.is_dir() for folder in sorted(place.glob(f"*{SUFFIX}"))]
        return {_name(folder): folder for folder in reversed(found)}


@lru_cache(maxsize=2)
def _installed(path: tuple[str, ...], _names: tuple[str, ...]) -> Installed:
    return Installed(path)


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "_", name).lower()


def _name(folder: Path) -> str:
    return _normalised(folder.name.partition("-")[0])


def _requirements(folder: Path) -> Iterator[str]:
    metadata = folder / "METADATA"
    text = metadata.read_text(encoding="utf-8", errors="replace") if metadata.is_file() else ""
    yield from map(_normalised, REQUIRES.findall(text))


def _has(folder: Path, module: str) -> bool:
    return (folder / module).is_dir() or any(folder.glob(f"{module}.*"))


def _version(folder: Path) -> str:
    return folder.name.removesuffix(SUFFIX).partition("-")[2] + _build(folder)
