"""Colours on a terminal where they are welcome: bold, dim and red, nothing else."""

import os
from typing import TextIO

BOLD, DIM, RED = "1", "2", "31"


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
