"""What a program writes for a terminal, as text that can be printed."""

import re

ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")  # colours, and moves of the cursor
OVERWRITTEN = re.compile(r"[^\n]*\r(?=[^\n])")  # by what a carriage return lets follow, as progress bars do


def without_colours(text: str) -> str:
    """Return a text without the codes that only a terminal understands."""
    return ANSI.sub("", text)


def last_state(text: str) -> str:
    """Return a text without what was overwritten in its lines: of a progress bar the last state stays."""
    return OVERWRITTEN.sub("", text)
