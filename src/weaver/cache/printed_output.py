"""What a computation shows: text is kept and printed again, a figure or a display belongs outside of it."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from typing import Any

from weaver.errors import StoreError

Printed = list[list[str]]
"""Pieces of text, each with the name of the stream that it went to, in their order."""


class _Listened:
    """A stream that passes on what is written to it, and keeps it."""

    def __init__(self, stream: Any, name: str, printed: Printed) -> None:  # noqa: ANN401
        self._stream, self._name, self._printed = stream, name, printed

    def write(self, text: str) -> int:
        if self._printed and self._printed[-1][0] == self._name:
            self._printed[-1][1] += text
        else:
            self._printed.append([self._name, text])
        written: int = self._stream.write(text)
        return written

    def writelines(self, lines: Sequence[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._stream, name)


@contextmanager
def listened(function: str) -> Iterator[Printed]:
    """Keep what is printed within.

    Raises:
        StoreError: a figure was drawn, or something displayed: the next call would not show it again.
    """
    printed: Printed = []
    before = _figures()
    with ExitStack() as streams:
        streams.enter_context(redirect_stdout(_Listened(sys.stdout, "stdout", printed)))
        streams.enter_context(redirect_stderr(_Listened(sys.stderr, "stderr", printed)))
        streams.enter_context(_no_display(function))
        yield printed
    if _figures() != before:
        raise StoreError(
            f"{function}: it draws with pyplot, which a kept result cannot show again:"
            " return the numbers and draw them outside of it"
        )


def print_again(printed: Printed) -> None:
    """Print what a computation printed."""
    for name, text in printed:
        getattr(sys, name).write(text)


@contextmanager
def _no_display(function: str) -> Iterator[None]:
    """Within, refuse what IPython would display."""
    ipython: Any = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is None:
        yield
        return

    def refuse(*_args: object, **_kwargs: object) -> None:
        raise StoreError(
            f"{function}: it displays something, which a kept result cannot show again:"
            " return it and display it outside"
        )

    publisher = shell.display_pub
    publish = publisher.publish
    publisher.publish = refuse
    try:
        yield
    finally:
        publisher.publish = publish


def _figures() -> list[tuple[int, int]]:
    """Return the figures of pyplot, and how much there is in each."""
    pyplot: Any = sys.modules.get("matplotlib.pyplot")
    if pyplot is None:
        return []
    managers = pyplot._pylab_helpers.Gcf.get_all_fig_managers()
    return [(one.num, sum(len(axes.get_children()) for axes in one.canvas.figure.axes)) for one in managers]
