"""A kernel that is started ahead, with the packages loaded that a chapter will import.

In it a chapter must find what it finds in a fresh kernel. So no code of the project runs there, and it is
used only where each of its packages is still imported, is the one that is installed, has said nothing, and
has read nothing that has changed since; `package_preloading` sees to the variables of the environment.
"""

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache

from nbclient.exceptions import DeadKernelError

from weaver.building import kernel as execute
from weaver.building.execution import Execution
from weaver.building.kernel import Kernel, Listener, Surroundings, running_kernel
from weaver.chunk_options import Figures
from weaver.dependencies import inputs, installed_packages
from weaver.errors import ExecutionError
from weaver.preview.chapter_imports import Imports
from weaver.preview.package_preloading import TOO_LATE
from weaver.progress import Report
from weaver.project import Chapter
from weaver.qmd import Chunk

FURTHER_BACK = 10  # in niceness: a kernel that no one waits for


class Silent:
    """Hears nothing of a chapter."""

    def chunk(self, number: int, chunk: Chunk) -> None:
        """A chunk starts."""

    def training(self, report: Report) -> None:
        """A training has come this far."""

    def notice(self, text: str) -> None:
        """The weaver has something to say."""


@dataclass(frozen=True)
class Spare:
    """A kernel in which nothing of the project has run; `versions` are of the packages at its start."""

    kernel: Kernel
    surroundings: Surroundings
    figures: Figures
    loaded: Imports
    versions: tuple[str, ...]
    endings: AsyncExitStack

    async def fits(self, figures: Figures, wanted: Imports) -> bool:
        """Whether a chapter of such figures, with these imports, finds what a fresh kernel would hold."""
        if figures != self.figures or not self.loaded.packages <= wanted.packages:
            return False
        try:
            opened = await self.kernel.evaluated(execute.OPENED)
        except DeadKernelError:
            return False
        now = inputs.today(self.kernel.root, opened, self.surroundings.environment)
        return self.versions == _versions() and now == opened

    async def run(self, chapter: Chapter, listener: Listener) -> Execution | None:
        """Run a chapter; None where it sets variables that its packages should have found.

        Raises:
            ExecutionError: as `weaver.building.kernel.execute` does.
        """
        self.kernel.listener = listener
        try:
            return await execute.run(self.kernel, chapter)
        except ExecutionError:
            if self.kernel.process.poll() == TOO_LATE:
                return None
            raise


async def start(surroundings: Surroundings, figures: Figures, loaded: Imports) -> Spare | None:
    """Start a kernel that no one waits for yet; None where its packages print something as they load.

    Raises:
        ExecutionError: there is no kernel.
    """
    versions = _versions()
    async with AsyncExitStack() as endings:
        kernel = await endings.enter_async_context(running_kernel(surroundings, Silent(), figures))
        with _behind_others(kernel.process.pid):
            is_silent = await kernel.load(list(loaded.statements))
        if is_silent:
            return Spare(kernel, surroundings, figures, loaded, versions, endings.pop_all())
    return None


def _versions() -> tuple[str, ...]:
    return tuple(installed_packages.names())


@contextmanager
def _behind_others(group: int) -> Iterator[None]:
    """Within, let a group of processes have what no other wants, where the system lets them come back."""
    if sys.platform != "linux" or not _may_come_back():
        yield
        return
    usual = os.getpriority(os.PRIO_PROCESS, 0)
    os.setpriority(os.PRIO_PGRP, group, usual + FURTHER_BACK)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.setpriority(os.PRIO_PGRP, group, usual)


@lru_cache(maxsize=1)
def _may_come_back() -> bool:
    """Try with a thread, which on Linux has a priority of its own; most systems let an administrator only."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(_comes_back).result()


def _comes_back() -> bool:
    usual = os.getpriority(os.PRIO_PROCESS, 0)
    os.setpriority(os.PRIO_PROCESS, 0, usual + FURTHER_BACK)
    try:
        os.setpriority(os.PRIO_PROCESS, 0, usual)
    except PermissionError:
        return False
    return True
