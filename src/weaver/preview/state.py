"""What the preview has to show, as one record that any number of listeners wait for.

A listener gets the newest state; a slow one misses what came between.
"""

import hashlib
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from weaver.preview.error_report import Problem


@dataclass(frozen=True)
class Pages:
    """The last good page and PDF as bytes, None before there is one."""

    page: bytes | None = None
    pdf: bytes | None = None


@dataclass(frozen=True)
class RunningChapter:
    """A chapter that runs: chunk `number` of so many, its name, and how far a training in it is, in words."""

    chapter: str
    chunks: int
    number: int = 0
    chunk: str = ""
    training: str = ""


@dataclass(frozen=True)
class State:
    """What the page shows beside the report; `stage` is what is being made: page, pdf or nothing."""

    pages: Pages = field(default_factory=Pages)
    stage: str = ""
    running: RunningChapter | None = None
    problem: Problem | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the record in JSON's types, with digests in the place of the pages."""
        return {
            "page": digest(self.pages.page),
            "pdf": digest(self.pages.pdf),
            "stage": self.stage,
            "running": asdict(self.running) if self.running else None,
            "problem": asdict(self.problem) if self.problem else None,
        }


@dataclass(frozen=True)
class News:
    """A state and its number; numbers grow."""

    number: int
    state: State


class Broadcast:
    """Holds the state; every thread may change it and wait for it."""

    def __init__(self, state: State) -> None:
        self._news = News(1, state)
        self._changed = threading.Condition()
        self._closed = False

    @property
    def state(self) -> State:
        """The state as it is."""
        return self._news.state

    def change(self, alter: Callable[[State], State]) -> None:
        """Put another state in the place of this one and tell who waits."""
        with self._changed:
            state = alter(self._news.state)
            if state != self._news.state:
                self._news = News(self._news.number + 1, state)
                self._changed.notify_all()

    def set(self, **values: Any) -> None:  # noqa: ANN401 - fields of different types
        """Change some fields."""
        self.change(lambda state: replace(state, **values))

    def after(self, number: int, timeout_s: float) -> News | None:
        """Wait for news after `number`; None where there are none in time, or no more to come."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._news.number > number, timeout_s)
            return self._news if self._news.number > number and not self._closed else None

    @property
    def closed(self) -> bool:
        """Whether there are no more news to come."""
        return self._closed

    def close(self) -> None:
        """Release everyone who waits."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


def digest(content: bytes | None) -> str | None:
    """Tell one content from another by a short name."""
    return None if content is None else hashlib.sha256(content).hexdigest()[:16]
