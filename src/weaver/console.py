"""What a build says while it works: one living line on a terminal, plain lines anywhere else."""

import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:  # a build without changes reads no document
    from weaver.progress import Report
    from weaver.project import Chapter
    from weaver.qmd import Chunk

BOLD, DIM, RED = "1", "2", "31"
BAR_WIDTH = 20
PLAIN_INTERVAL_S = 15.0
CLEAR = "\r\x1b[K"


def painted(text: str, style: str, stream: TextIO) -> str:
    """Return a text in a style if `stream` shows styles, else as it is."""
    return f"\x1b[{style}m{text}\x1b[0m" if text and _welcome(stream) else text


def first_line_painted(text: str, style: str, stream: TextIO) -> str:
    """Return a text with its first line in a style: what matters of a long message."""
    first, line_break, rest = text.partition("\n")
    return f"{painted(first, style, stream)}{line_break}{rest}"


def _welcome(stream: TextIO) -> bool:
    """Whether it is a terminal whose user has not said no (no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


@dataclass
class Terminal:
    """Writes to `stream`."""

    stream: TextIO
    _living: bool = field(default=False, init=False)
    _chapter: str = field(default="", init=False)
    _chunks: int = field(default=0, init=False)
    _last_plain: float = field(default=0.0, init=False)

    def chapter(self, chapter: "Chapter", reasons: Sequence[str]) -> None:
        """A chapter starts to run, for these reasons."""
        self._chapter, self._chunks = chapter.name, len(chapter.chunks)
        more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
        name = painted(chapter.name, BOLD, self.stream)
        because = painted(f"– runs: {reasons[0]}{more}", DIM, self.stream)
        self.line(f"{name}: {chapter.heading} {because}")

    def chunk(self, number: int, chunk: "Chunk") -> None:
        """A chunk of the chapter starts."""
        self._last_plain = 0.0
        text = f"{self._chapter}: chunk {number} of {self._chunks}, {chunk.name}"
        if self.stream.isatty():
            self._draw(text)
        else:
            self.line(text)

    def training(self, report: "Report") -> None:
        """A training has come this far."""
        if self.stream.isatty():
            self._draw(f"{self._chapter}: {report.description} {_bar(report)} {numbers(report)}")
        elif self._due(report):
            self.line(f"{self._chapter}: {report.description}, {numbers(report)}")

    def notice(self, text: str) -> None:
        """The weaver has something to say that the user should know."""
        self.line(text)

    def line(self, text: str) -> None:
        """Write a line that stays."""
        if self._living:
            self.stream.write(CLEAR)
            self._living = False
        self.stream.write(f"{text}\n")
        self.stream.flush()

    def _draw(self, text: str) -> None:
        width = shutil.get_terminal_size().columns - 3  # a line that wraps could not be cleared
        self.stream.write(f"{CLEAR}  {text[:width]}")
        self.stream.flush()
        self._living = True

    def _due(self, report: "Report") -> bool:
        """Whether enough time has gone by for another plain line; the end is always reported."""
        now = time.monotonic()
        if report.done < report.total and now - self._last_plain < PLAIN_INTERVAL_S:
            return False
        self._last_plain = now
        return True


def _bar(report: "Report") -> str:
    filled = BAR_WIDTH * report.done // max(report.total, 1)
    return "━" * filled + "─" * (BAR_WIDTH - filled)


def numbers(report: "Report") -> str:
    """Write how far a training is: `epoch 3 of 9, loss 0.5, 12 s left`."""
    parts = [f"{report.unit} {report.done} of {report.total}"]
    if report.loss is not None:
        parts.append(f"loss {report.loss:.4g}")
    if report.left_s is not None and report.done < report.total:
        parts.append(f"{duration(report.left_s)} left")
    return ", ".join(parts)


def size(number: float) -> str:
    """Write a number of bytes as a person says it: `950 B`, `12 kB`, `3.1 MB`."""
    for unit in ("B", "kB", "MB"):
        if number < 999.5:
            return f"{number:.3g} {unit}"
        number /= 1000
    return f"{number:.3g} GB"


def age(seconds: float) -> str:
    """Write how long ago something was, in its largest unit: `40 s`, `5 min`, `3 h`, `12 days`."""
    for unit, length, largest in (("s", 1, 60), ("min", 60, 60), ("h", 3600, 48)):
        if seconds < length * largest:
            return f"{int(max(seconds, 0)) // length} {unit}"
    return f"{int(seconds) // 86400} days"


def duration(seconds: float) -> str:
    """Write a time span as a person says it: `0.4 s`, `12 s`, `3 min 05 s`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
