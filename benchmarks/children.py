"""The memory of the processes that this one starts."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import psutil

INTERVAL_S = 0.2


def watched(action: Callable[[], object]) -> tuple[float, int]:
    """Do something; return its seconds, and the most bytes that the processes it starts had together."""
    memory, started = Memory(), time.perf_counter()
    watcher = threading.Thread(target=memory.watch)
    watcher.start()
    try:
        action()
    finally:
        memory.ended.set()
        watcher.join()
    return time.perf_counter() - started, memory.peak


@dataclass
class Memory:
    """Watches the memory of this process's children; pages that they share count once for them all.

    `peak` is in bytes. Where the system does not tell what is shared, such pages count for each.
    """

    peak: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        """Look again and again, until `ended` is set."""
        while not self.ended.wait(INTERVAL_S):
            children = psutil.Process().children(recursive=True)
            self.peak = max(self.peak, sum(map(_bytes, children)))


def _bytes(process: psutil.Process) -> int:
    try:
        found = process.memory_full_info()
    except psutil.Error:  # it has ended meanwhile
        return 0
    return int(getattr(found, "pss", found.rss))
