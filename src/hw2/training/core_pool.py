"""The cores of a processor, each with members of its own.

An operation on a small stack is over too soon to be shared: the cores would wait for each other at every one.
So where the members of a stack can be dealt out evenly, each core takes the steps of some of them, and its
operations run in one thread. They meet at the end of the epoch.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import torch

IDLE = 0.2  # of the time of the busiest core: so much may another one wait for it

R = TypeVar("R")


@dataclass(frozen=True, eq=False)
class Cores:
    """Threads that run operations of one thread each."""

    pool: ThreadPoolExecutor
    count: int

    def shares(self, members: int, at_most: int) -> tuple[slice, ...]:
        """Deal out members, neighbours together, `at_most` so many to a share, each core as many shares.

        All are in one share where cores would wait for too long; where each has a share of its own, the
        core that is free next takes it.
        """
        shares = min(members, self.count * -(-members // (self.count * at_most)))
        if -(-shares // self.count) * -(-members // shares) * self.count * (1 - IDLE) > members:
            return (slice(0, members),)
        return tuple(slice(*pair) for pair in pairwise(members * i // shares for i in range(shares + 1)))

    def run(self, jobs: Sequence[Callable[[], R]]) -> list[R]:
        """Run jobs at once, and one alone with all threads; return their results in order."""
        if len(jobs) == 1:
            return [jobs[0]()]
        return [future.result() for future in [self.pool.submit(job) for job in jobs]]


@contextmanager
def at_hand(device: torch.device) -> Iterator[Cores]:
    """Give out the cores that torch uses for training on a device: with a GPU a single one."""
    threads = torch.get_num_threads()
    count = threads if device.type == "cpu" else 1
    try:
        with ThreadPoolExecutor(count, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            yield Cores(pool, count)
    finally:
        torch.set_num_threads(threads)  # for threads that are started later: the pool's have their own number
