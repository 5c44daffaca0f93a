"""Kernels that stay warm between the edits of a preview: one a chapter, in a loop of their own thread."""

import asyncio
import concurrent.futures
import threading
from contextlib import suppress

from nbclient.exceptions import DeadKernelError

from weaver.errors import ExecutionError
from weaver.execute import DEATH, Listener, Surroundings
from weaver.execution import Execution
from weaver.freshness import Judge
from weaver.kernels import Stopped
from weaver.project import Chapter
from weaver.session import ColdError, Order, Session, open_session


class WarmKernels:
    """Runs of a chapter what an edit has changed; the judge, which is its own, says what code depends on.

    What it returns is what a fresh kernel would give. A kernel that was stopped is not used again.
    """

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._lock = threading.Lock()
        self._stopped = False
        self._task: asyncio.Task[object] | None = None
        self._cancelled = False
        self._sessions: dict[str, Session] = {}
        self._warm: set[str] = set()  # chapters whose last run was in a kernel that was used before
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="kernels", daemon=True)
        self._thread.start()

    def __call__(self, chapter: Chapter, surroundings: Surroundings, listener: Listener, /) -> Execution:
        """Run a chapter, or what of it must run.

        Raises:
            ExecutionError: as `execute` does.
            Stopped: `stop` was called.
        """
        demand = self._judge.demand(chapter, surroundings.environment["PROFILE"])
        order = Order.of(chapter, surroundings, demand)
        running = asyncio.run_coroutine_threadsafe(self._running(order, listener), self._loop)
        try:
            return running.result()
        except (concurrent.futures.CancelledError, ExecutionError):
            if self._stopped:
                raise Stopped from None
            raise

    def stop(self) -> None:
        """End what runs, and let nothing else begin."""
        with self._lock:
            self._stopped = True
            if self._task and not self._cancelled:
                self._cancelled = True  # cancelled twice, it would not end its kernel
                self._loop.call_soon_threadsafe(self._task.cancel)

    def renew(self) -> None:
        """Let chapters run again."""
        with self._lock:
            self._stopped = False

    def is_warm(self, chapter: str) -> bool:
        """Whether the last run of a chapter was in a kernel in which something had run before."""
        return chapter in self._warm

    def forget(self, chapter: str) -> None:
        """Let the next run of a chapter be in a fresh kernel."""
        session = self._sessions.pop(chapter, None)
        if session:
            asyncio.run_coroutine_threadsafe(session.end(), self._loop).result()

    def close(self) -> None:
        """End every kernel, and the thread."""
        self.stop()
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    async def _end(self) -> None:
        if self._task:
            await asyncio.wait([self._task])
        for session in self._sessions.values():
            await session.end()
        self._sessions = {}

    async def _running(self, order: Order, listener: Listener) -> Execution:
        with self._lock:
            if self._stopped:
                raise Stopped
            self._task, self._cancelled = asyncio.current_task(), False
        try:
            return await self._run(order, listener)
        except DeadKernelError:  # between chunks
            raise ExecutionError(f"{order.chapter.path.as_posix()}: {DEATH}") from None
        finally:
            with self._lock:
                self._task = None

    async def _run(self, order: Order, listener: Listener) -> Execution:
        name = order.chapter.name
        session = self._sessions.pop(name, None)
        if session:
            self._warm.add(name)
            with suppress(ColdError, DeadKernelError):
                return await self._run_in(session, order, listener)
        session = await open_session(order, listener, self._judge.sources)
        self._warm.discard(name)
        return await self._run_in(session, order, listener)

    async def _run_in(self, session: Session, order: Order, listener: Listener) -> Execution:
        """Run a chapter in a kernel, which stays unless something other than the chapter's code is wrong."""
        stays = False
        try:
            execution = await session.run(order, listener)
            stays = True
        except ExecutionError:
            stays = True
            raise
        finally:
            if stays:
                self._sessions[order.chapter.name] = session
            else:
                await session.end()
        return execution
