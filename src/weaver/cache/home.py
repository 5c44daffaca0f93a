"""Where the results of a function are kept: in the store of the project that its source file belongs to."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from weaver.errors import ProjectError, StoreError
from weaver.places import FINGERPRINTS, find_root
from weaver.store import Store, default_folder, shared_address

if TYPE_CHECKING:
    from weaver.fingerprint import Fingerprint, Sources


@dataclass(frozen=True)
class Home:
    """A project as the cache sees it; `fingerprint` takes the names of a module and of a symbol in it."""

    root: Path
    folder: Path
    fingerprint: "Callable[[str, str], Fingerprint]"
    address: str | None = None

    @property
    def store(self) -> Store:
        """The store in `folder`, which may share its entries through an address."""
        if self.address is None:
            return Store(self.folder)
        from weaver.store.shared import SharedStore  # noqa: PLC0415 - few have one

        return SharedStore(self.folder, self.address)


class NotKeptError(StoreError):
    """Results are not kept, and the message says why; a cached function is then simply called."""


def find_home(module: str) -> Home:
    """Return the home of the functions of an imported module.

    Raises:
        NotKeptError: they have none.
    """
    return FINDER.get()(module)


@contextmanager
def keep_in(home: Home | None) -> Iterator[None]:
    """Within, keep the results of all functions in one home, or of none."""

    def find(module: str) -> Home:
        if home is None:
            raise NotKeptError(f"{module}: the cache is bypassed")
        return home

    token = FINDER.set(find)
    try:
        yield
    finally:
        FINDER.reset(token)


@dataclass(frozen=True)
class _SourceFingerprints:
    """The fingerprints of the code below a folder, as it is now."""

    folder: Path

    def __call__(self, module: str, name: str) -> "Fingerprint":
        return _sources(self.folder).of_symbol(module, name)


@lru_cache(maxsize=1)
def _sources(folder: Path) -> "Sources":
    from weaver.analyses import Analyses  # noqa: PLC0415 - not needed where nothing is cached
    from weaver.fingerprint import Sources  # noqa: PLC0415

    return Sources(folder, analyses=Analyses(folder.parent / FINGERPRINTS))


def _project_home(module: str) -> Home:
    """Return the home in the project that has the module below its `src`."""
    file = Path(getattr(sys.modules.get(module), "__file__", None) or "<none>")
    try:
        root = find_root(file.parent)
    except ProjectError:
        raise NotKeptError(f"{module}: its file {file} is in no project") from None
    if module == "__main__" or not file.is_relative_to(root / "src"):
        raise NotKeptError(f"{module}: its file {file} is no module below {root / 'src'}")
    fingerprints = _SourceFingerprints(root / "src")
    return Home(root, default_folder(root), fingerprints, shared_address())


FINDER: ContextVar[Callable[[str], Home]] = ContextVar("FINDER", default=_project_home)
