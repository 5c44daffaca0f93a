"""Files that a cached function reads while it computes: its key says nothing of them.

Data belongs into the arguments, whose contents are part of the key. A result that rests on a file of the
project would be read after that file was edited, so it is not kept.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

from weaver.cache.home import Home
from weaver.observe import Observer

WATCHING: ContextVar[tuple[Observer, ...]] = ContextVar("WATCHING", default=())


@contextmanager
def watching(home: Home) -> Iterator[Observer]:
    """Observe which files of a project this thread opens within."""
    _listen()
    observer = Observer(home.root, home.folder)
    token = WATCHING.set((*WATCHING.get(), observer))
    try:
        yield observer
    finally:
        WATCHING.reset(token)


@lru_cache(maxsize=1)
def _listen() -> None:
    """Add one audit hook to the process, which can never be removed."""
    sys.addaudithook(_hear)


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    for observer in WATCHING.get():
        observer.hear(event, arguments)
