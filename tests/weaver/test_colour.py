"""Colours: on a terminal whose user wants them, nowhere else."""

import io

import pytest

from weaver.colour import RED, first_line_painted, painted

MESSAGE = "report/q1.qmd:3: it failed\n\n  the traceback"


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


@pytest.fixture(autouse=True)
def colourful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start from a terminal that shows colours."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")


def test_the_first_line_of_a_message_stands_out() -> None:
    """The place of an error is seen at once, and its traceback stays quiet."""
    expected = "\x1b[31mreport/q1.qmd:3: it failed\x1b[0m\n\n  the traceback"
    assert first_line_painted(MESSAGE, RED, Screen()) == expected


def test_a_file_or_a_pipe_holds_text_alone() -> None:
    """A log is not littered with codes."""
    assert first_line_painted(MESSAGE, RED, io.StringIO()) == MESSAGE


@pytest.mark.parametrize(("variable", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_who_wants_no_colours_gets_none(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    """Both usual ways to say so are heard."""
    monkeypatch.setenv(variable, value)
    assert painted("text", RED, Screen()) == "text"


def test_an_empty_no_color_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """By its definition the variable counts when it is not empty."""
    monkeypatch.setenv("NO_COLOR", "")
    assert painted("text", RED, Screen()) == "\x1b[31mtext\x1b[0m"
