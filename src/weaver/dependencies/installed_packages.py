"""Versions of installed packages by the names that are imported, read off the folders beside them.

The folder `<name>-<version>.dist-info` is the standard's (PEP 376 and 427). `importlib.metadata` knows the
same, but its import and its search for the distribution of a module take longer than a build without changes.
"""

import hashlib
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache, cached_property, lru_cache
from pathlib import Path

NOT_INSTALLED = "not installed"
SUFFIX = ".dist-info"
BEGINNINGS = re.compile(rb"^([^/.,\n]+)[/.]", re.MULTILINE)  # of the lines of a RECORD: of a file or folder


def current() -> "Installed":
    """Return what is installed now; it is looked at again where a package has come, gone or changed."""
    return _installed(tuple(_found()))


def names() -> list[str]:
    """Return the names of the folders of all distributions, which tell their versions, and their builds."""
    return [f"{os.path.basename(folder)}{build}" for folder, build in _found()]  # noqa: PTH119 - quicker


def _found() -> Iterator[tuple[str, str]]:
    """Yield the folders of all distributions, those first that Python finds first, with their builds."""
    for place in sys.path:
        with suppress(OSError):
            for name in sorted(os.listdir(place or ".")):  # noqa: PTH208 - quicker
                if name.endswith(SUFFIX):
                    folder = os.path.join(place, name)  # noqa: PTH118
                    yield folder, _build(folder)


def _build(folder: str) -> str:
    """Return which build a distribution is of that came from no index: its version may stay as it is."""
    with suppress(OSError):
        os.stat(os.path.join(folder, "direct_url.json"))  # noqa: PTH116, PTH118 - quicker
        return f" ({hashlib.sha256((Path(folder) / 'RECORD').read_bytes()).hexdigest()[:8]})"
    return ""


class Installed:
    """The distributions in some folders, those first that Python finds first, with the build of each."""

    def __init__(self, found: Sequence[tuple[str, str]]) -> None:
        self._builds = {Path(folder): build for folder, build in found}
        self._distributions = {
            _normalised(folder.name.partition("-")[0]): folder for folder in reversed(self._builds)
        }

    def version(self, module: str) -> str:
        """Return the version of the distribution that a top-level module comes with, or of all there are."""
        return ", ".join(map(self._version, self._owners(module))) or NOT_INSTALLED

    @cache  # noqa: B019 - few are made
    def _owners(self, module: str) -> list[Path]:
        named = self._distributions.get(_normalised(module))
        is_owner = named and ((named.parent / module).is_dir() or any(named.parent.glob(f"{module}.*")))
        return [named] if named and is_owner else self._listing.get(module, [])

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

    def _version(self, folder: Path) -> str:
        return folder.name.removesuffix(SUFFIX).partition("-")[2] + self._builds[folder]


_installed = lru_cache(maxsize=2)(Installed)


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "_", name).lower()
