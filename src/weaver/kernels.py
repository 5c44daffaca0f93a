"""Kernels for a build that another thread may stop: what the preview runs chapters in."""

import asyncio
import threading

from weaver import execute
from weaver.errors import ExecutionError
from weaver.execute import Listener, Surroundings
from weaver.execution import Execution
from weaver.project import Chapter


class Stopped(Exception):  # noqa: N818 - nothing failed
    """What ran was not wanted any more."""


class Kernels:
    """Runs each chapter in a fresh kernel, which ends with it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stopped = False
        self._running: tuple[asyncio.AbstractEventLoop, asyncio.Task[object]] | None = None

    def __call__(self, chapter: Chapter, surroundings: Surroundings, listener: Listener, /) -> Execution:
        """Run a chapter from top to bottom.

        Raises:
            ExecutionError: as `execute` does.
            Stopped: `stop` was called.
        """
        try:
            return asyncio.run(self._executing(chapter, surroundings, listener))
        except (asyncio.CancelledError, ExecutionError):
            if self._stopped:
                raise Stopped from None
            raise
        finally:
            with self._lock:
                self._running = None

    async def _executing(self, chapter: Chapter, surroundings: Surroundings, listener: Listener) -> Execution:
        task = asyncio.current_task()
        with self._lock:
            if self._stopped or task is None:
                raise Stopped
            self._running = (asyncio.get_running_loop(), task)
        return await execute.executing(chapter, surroundings, listener)

    def stop(self) -> None:
        """End what runs, and let nothing else begin."""
        with self._lock:
            self._stopped = True
            if self._running:
                loop, task = self._running
                self._running = None  # cancelled twice, it would not end its kernel
                loop.call_soon_threadsafe(task.cancel)

    def renew(self) -> None:
        """Let chapters run again."""
        with self._lock:
            self._stopped = False
