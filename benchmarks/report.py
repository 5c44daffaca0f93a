"""The whole report from nothing: every network trained, every page typeset, with the memory that it takes."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

import psutil

from benchmarks.comparison import Comparison, Target
from benchmarks.projects import Copy, copied
from benchmarks.timing import Effort, timed

TITLE = "The whole report, cold: from sources to the PDF"
INTERVAL_S = 0.2


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


def run(effort: Effort) -> Iterator[Comparison]:
    """Build the report once, with nothing cached."""
    with copied(profile="quick" if effort.is_quick else "full", with_cache=False) as copy:
        yield from compare(copy)


def compare(copy: Copy) -> Iterator[Comparison]:
    """Build a project that was never built, and watch its memory."""
    memory = Memory()
    watcher = threading.Thread(target=memory.watch)
    watcher.start()
    try:
        seconds = timed(partial(copy.weaver, "build"))()
    finally:
        memory.ended.set()
        watcher.join()
    case = f"profile {copy.profile}"
    yield Comparison(f"{case}: time", "s", (seconds,), target=Target("ours", 300))
    yield Comparison(f"{case}: memory", "B", (float(memory.peak),), target=Target("ours", 1.5e9))


def _bytes(process: psutil.Process) -> int:
    try:
        found = process.memory_full_info()
    except psutil.Error:  # it has ended meanwhile
        return 0
    return int(getattr(found, "pss", found.rss))
