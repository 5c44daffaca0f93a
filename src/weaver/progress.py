"""Progress of long work, sent from a chapter's kernel to the terminal of the build.

The trainings call `epochs`; in a kernel of the build each report leaves as a comm message. Anywhere else (a
script, a test, a notebook in JupyterLab, which would complain of the message) a report costs nothing.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Protocol

TARGET = "weaver.progress"
INTERVAL_S = 0.1
WANTED = threading.Event()  # set where a build has started the kernel

Send = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Report:
    """How far a training has come; `unit` is what is counted, `left_s` the estimated time left in seconds."""

    description: str
    done: int
    total: int
    loss: float | None
    left_s: float | None
    unit: str = "epoch"

    @classmethod
    def from_message(cls, data: Mapping[str, Any]) -> "Report":
        """Read a report back from the data of a comm message."""
        return cls(**data)


@dataclass
class Progress:
    """Sends a report per epoch, at most every tenth of a second; `first` is the first: its epoch and time.

    With another `unit`, runs, it counts these.
    """

    description: str
    total: int
    send: Send | None
    unit: str = "epoch"
    first: tuple[int, float] | None = None
    last_sent: float = 0.0

    def update(self, epoch: int, loss: float | None = None) -> None:
        """Say that `epoch` epochs are done; `loss` is the latest training loss."""
        if self.send is None:
            return
        now = time.monotonic()
        self.first = self.first or (epoch, now)
        if epoch >= self.total or now - self.last_sent >= INTERVAL_S:
            self.last_sent = now
            left_s = self._left(epoch, now)
            self.send(asdict(Report(self.description, epoch, self.total, loss, left_s, self.unit)))

    def _left(self, epoch: int, now: float) -> float | None:
        """Estimate the time left from the epochs seen here; a resumed training did not begin at the first."""
        begun, at = self.first or (epoch, now)
        return (now - at) / (epoch - begun) * (self.total - epoch) if epoch > begun else None


def epochs(description: str, total: int) -> AbstractContextManager[Progress]:
    """Report the epochs of one training, in a `with` block: call `update` on what it gives."""
    return _reporting(description, total, "epoch")


def runs(description: str, total: int) -> AbstractContextManager[Progress]:
    """Report, as `epochs` does, how many of several trainings are done that go on elsewhere."""
    return _reporting(description, total, "run")


@contextmanager
def _reporting(description: str, total: int, unit: str) -> Iterator[Progress]:
    channel = _open_channel()
    try:
        yield Progress(description, total, channel.send if channel else None, unit)
    finally:
        if channel:
            channel.close()


class _Channel(Protocol):
    def send(self, data: dict[str, Any]) -> None: ...

    def close(self) -> None: ...


def _open_channel() -> _Channel | None:
    """Open a comm to the build, or None where there is none."""
    if not WANTED.is_set():
        return None
    from comm import create_comm  # noqa: PLC0415 - only present beside a kernel

    channel: _Channel = create_comm(target_name=TARGET)
    return channel
