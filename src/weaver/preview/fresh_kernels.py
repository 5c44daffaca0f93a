"""Kernels for a build that another thread may stop: what the preview runs chapters in, one of them ahead."""

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from weaver.building import kernel
from weaver.building.execution import Execution
from weaver.building.kernel import Listener, Surroundings
from weaver.chunk_options import Figures
from weaver.errors import ExecutionError
from weaver.preview import spare_kernel
from weaver.preview.chapter_imports import Imports
from weaver.preview.spare_kernel import Spare
from weaver.project import Chapter

T = TypeVar("T")


class Stopped(Exception):  # noqa: N818 - nothing failed
    """What ran was not wanted any more."""


class Kernels:
    """Runs each chapter in a kernel that ends with it, in the spare one if that will do.

    All kernels belong to a loop in a thread of its own, since the spare one outlives each run.
    """

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._lock = threading.Lock()
        self._stopped = False
        self._running: asyncio.Task[object] | None = None
        self._spare: asyncio.Task[Spare | None] | None = None
        self._ending: asyncio.Task[None] | None = None  # of the last one that was used
        self._promised: tuple[Figures, Imports] | None = None  # what the spare one is for
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="kernels", daemon=True)
        self._thread.start()

    def run(
        self,
        chapter: Chapter,
        listener: Listener,
        imports: Imports,
        meanwhile: Callable[[], object] = lambda: None,
    ) -> Execution:
        """Run a chapter with these imports from top to bottom.

        Raises:
            ExecutionError: as `execute` does.
            Stopped: `stop` was called.
            Exception: what is done `meanwhile` raises it, which ends the run.
        """
        running = asyncio.run_coroutine_threadsafe(self._run(chapter, listener, imports), self._loop)
        try:
            meanwhile()
            return running.result()
        except (concurrent.futures.CancelledError, ExecutionError):
            if self._stopped:
                raise Stopped from None
            raise
        finally:
            if not running.done():
                self.stop()
                concurrent.futures.wait([running])

    def stop(self) -> None:
        """End what runs, and let nothing else begin."""
        with self._lock:
            self._stopped = True
            if self._running:
                self._loop.call_soon_threadsafe(self._running.cancel)
                self._running = None  # cancelled twice, it would not end its kernel

    def renew(self) -> None:
        """Let chapters run again."""
        with self._lock:
            self._stopped = False

    def prepare(self, figures: Figures, imports: Imports) -> None:
        """Start a spare kernel that loads these imports ahead, unless there is one that does."""
        self._await(self._prepare(figures, imports))

    def close(self) -> None:
        """End every kernel, and the thread."""
        self.stop()
        if self._thread.is_alive():
            self._await(self._end())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def _await(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _run(self, chapter: Chapter, listener: Listener, imports: Imports) -> Execution:
        with self._lock:
            if self._stopped:
                raise Stopped
            self._running = asyncio.current_task()
        try:
            found = await self._run_in_spare(chapter, listener, imports)
            return found or await kernel.executing(chapter, self._surroundings, listener)
        finally:
            with self._lock:
                self._running = None

    async def _run_in_spare(self, chapter: Chapter, listener: Listener, imports: Imports) -> Execution | None:
        """Run a chapter in the spare kernel; None where a fresh one must."""
        if not self._spare:
            return None
        try:
            # Stopped while it waits, a chapter leaves the kernel to the next.
            taken = await asyncio.shield(self._spare)
        except ExecutionError:
            self._spare = None
            return None  # what is wrong with it, a fresh one will say
        if taken is None:
            return None
        self._spare = None
        async with taken.endings as endings:
            fits = await taken.fits(chapter.figures, imports)
            found = await taken.run(chapter, listener) if fits else None
            self._ending = asyncio.create_task(endings.pop_all().aclose())  # no one waits for it
            return found

    async def _prepare(self, figures: Figures, imports: Imports) -> None:
        if self._spare is None or self._promised != (figures, imports):
            await self._end_spare()
            self._promised = (figures, imports)
            self._spare = asyncio.create_task(spare_kernel.start(self._surroundings, figures, imports))

    async def _end(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task(), self._spare}
        await asyncio.gather(*others, return_exceptions=True)
        await self._end_spare()

    async def _end_spare(self) -> None:
        if self._spare:
            self._spare.cancel()
            with suppress(asyncio.CancelledError, ExecutionError):
                started = await self._spare
                if started:
                    await started.endings.aclose()
            self._spare = None
