"""A preview of a project that is edited, watched as a browser does: when there is a new page, or PDF."""

import http.client
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.projects import WEAVER, Copy

PATIENCE_S = 120.0
ADDRESS = re.compile(r"http://[\d.]+:\d+")

State = Mapping[str, Any]


@dataclass(frozen=True)
class Seen:
    """What was shown after an edit, in seconds from it."""

    page: float
    pdf: float


@dataclass(frozen=True)
class Preview:
    """A preview that runs, and its stream of states."""

    states: Iterator[State]

    def settle(self) -> State:
        """Wait until nothing is being made, and return what is shown.

        Raises:
            RuntimeError: an error is shown instead.
        """
        state = next(state for state in self.states if not state["stage"] and state["page"] and state["pdf"])
        if state["problem"]:
            raise RuntimeError(f"the preview shows an error: {state['problem']}")
        return state

    def seen(self, before: State, edit: Callable[[], None]) -> tuple[Seen, State]:
        """Edit, wait for another page and another PDF than those `before`, and return what is shown then."""
        edit()
        started = time.perf_counter()
        moments: dict[str, float] = {}
        for state in self.states:
            now = time.perf_counter() - started
            if state["problem"] or now > PATIENCE_S:
                raise RuntimeError(f"expected another page and PDF, found {state}")
            for form in ("page", "pdf"):
                if state[form] != before[form]:
                    moments.setdefault(form, now)
            if "page" in moments and "pdf" in moments:
                return Seen(moments["page"], moments["pdf"]), state
        raise RuntimeError("the preview has ended")


@contextmanager
def previewing(copy: Copy) -> Iterator[Preview]:
    """Run `weaver preview` in a project within the block."""
    command = (sys.executable, "-u", "-c", WEAVER, "preview", "--no-browser")
    with started(command, copy.root, copy.environment) as process:
        found = next(filter(None, map(ADDRESS.search, process.stdout or ())))
        connection = http.client.HTTPConnection(urlsplit(found[0]).netloc, timeout=PATIENCE_S)
        connection.request("GET", "/events")
        answer = connection.getresponse()
        try:
            yield Preview(_states(answer))
        finally:
            answer.close()
            connection.close()


@contextmanager
def started(
    command: tuple[str, ...], folder: Path, environment: Mapping[str, str]
) -> Iterator["subprocess.Popen[str]"]:
    """Run a command within the block; what it says is read from its `stdout`."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_S)


def _states(answer: http.client.HTTPResponse) -> Iterator[State]:
    while line := answer.readline():
        if line.startswith(b"data: "):
            yield json.loads(line.removeprefix(b"data: "))
