"""Where the results of a function are kept: in the store of the project that its source file belongs to."""

import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from weaver.cache.module_state import ModuleState
from weaver.dependencies import loaded_code
from weaver.dependencies.counted_code import CountedCode
from weaver.dependencies.first_party import is_first_party
from weaver.dependencies.hooks import kernel_root, observe
from weaver.dependencies.module_memory import Memory
from weaver.dependencies.project_code import Start, of_process
from weaver.errors import ProjectError, StoreError
from weaver.paths import CODE_MEMORY, find_root
from weaver.storage.hashing import Digests
from weaver.storage.store import Store, default_folder, shared_address


class Code(Protocol):
    """Tells what counts for functions and classes; `weaver.dependencies.project_code` is what does."""

    def counted(
        self, starts: Iterable[Start], whole: Collection[str] = (), beside: Collection[str] = ()
    ) -> CountedCode:
        """Return what counts."""

    def today(self, names: Iterable[str]) -> Digests:
        """Return the digests of modules that are inputs."""


@lru_cache(maxsize=1)
def record() -> ModuleState:
    """Record the code that this process loads from now on, and what changes in its modules."""
    folder = None  # what was read in the sources is remembered for this process alone
    with suppress(ProjectError):
        root = find_root(Path.cwd())
        folder = root / CODE_MEMORY
        if "weaver.cli" not in sys.modules:  # which loads no code of a project
            observe(root, default_folder(root))  # what modules read as they are imported counts, too
    return ModuleState(loaded_code.start(Memory(folder)))


@dataclass(frozen=True)
class Home:
    """A project as the cache sees it, with its code."""

    root: Path
    folder: Path
    code: Code
    address: str | None = None

    @property
    def store(self) -> Store:
        """The store in `folder`, which may share its entries through an address."""
        if self.address is None:
            return Store(self.folder)
        from weaver.storage.remote_store import SharedStore  # noqa: PLC0415 - few have one

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


def _project_home(module: str) -> Home:
    """Return the home in the project that has the module, which is that of the kernel where there is one."""
    file = Path(getattr(sys.modules.get(module), "__file__", None) or "<none>")
    if module == "__main__" or not is_first_party(str(file)):
        raise NotKeptError(f"{module}: its file {file} is not a module of any project")
    try:
        root = kernel_root() or find_root(file.parent)
    except ProjectError:
        raise NotKeptError(f"{module}: its file {file} is in no project") from None
    return _home(root, default_folder(root), shared_address())


@lru_cache(maxsize=4)
def _home(root: Path, folder: Path, address: str | None) -> Home:
    return Home(root, folder, of_process(root), address)


FINDER: ContextVar[Callable[[str], Home]] = ContextVar("FINDER", default=_project_home)
