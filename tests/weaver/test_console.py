"""What a build says while it works."""

import io
from pathlib import Path

import pytest

from weaver.console import CLEAR, RED, Terminal, age, duration, first_line_painted, painted, size
from weaver.progress import Report
from weaver.project import Chapter
from weaver.qmd import Chunk, Place


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


PLACE = Place(Path("report/q1.qmd"), 3)
CHUNK = Chunk("x", {"label": "fit"}, PLACE)
CHAPTER = Chapter("q1", PLACE.file, (CHUNK, CHUNK))
MESSAGE = "report/q1.qmd:3: it failed\n\n  the traceback"


def training(done: int, left_s: float | None = 65.4) -> Report:
    """Report a training of 40 epochs."""
    return Report("autoencoder, n = 16", done, 40, 0.012345, left_s)


def test_plain_lines_where_there_is_no_terminal() -> None:
    """A log shows chapter, reasons, chunk, and of a training now and then a line and its end."""
    stream = io.StringIO()
    terminal = Terminal(stream)
    terminal.chapter(CHAPTER, ["the code at report/q1.qmd:3 changed", "data/a.npy changed"])
    terminal.chunk(1, CHUNK)
    for done in range(1, 40):
        terminal.training(training(done))
    terminal.training(training(40, 0.0))
    assert stream.getvalue().splitlines() == [
        "q1: q1 – runs: the code at report/q1.qmd:3 changed (and 1 more)",
        "q1: chunk 1 of 2, fit",
        "q1: autoencoder, n = 16, epoch 1 of 40, loss 0.01235, 1 min 05 s left",
        "q1: autoencoder, n = 16, epoch 40 of 40, loss 0.01235",
    ]


def test_one_living_line_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A chunk and a bar overwrite each other; a line that stays clears them first."""
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Screen()
    terminal = Terminal(stream)
    terminal.chapter(CHAPTER, ["it has not run yet"])
    terminal.chunk(2, CHUNK)
    terminal.training(training(10))
    terminal.line("build/report.pdf: nothing changed")
    first, living, bar, last = stream.getvalue().split(CLEAR)
    assert first == "q1: q1 – runs: it has not run yet\n"
    assert living == "  q1: chunk 2 of 2, fit"
    assert (
        bar
        == ("  q1: autoencoder, n = 16 ━━━━━─────────────── epoch 10 of 40, loss 0.01235, 1 min 05 s left")[
            : len(bar)
        ]
    )
    assert last == "build/report.pdf: nothing changed\n"


def test_a_chapter_stands_out_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its name is bold and the reasons are dim."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    stream = Screen()
    Terminal(stream).chapter(CHAPTER, ["it has not run yet"])
    assert stream.getvalue() == "\x1b[1mq1\x1b[0m: q1 \x1b[2m– runs: it has not run yet\x1b[0m\n"


def test_a_living_line_never_wraps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line wider than the terminal could not be cleared again."""
    monkeypatch.setenv("COLUMNS", "30")
    stream = Screen()
    Terminal(stream).training(training(10))
    assert len(stream.getvalue().removeprefix(CLEAR)) < 30


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.44, "0.4 s"), (12.4, "12 s"), (59.6, "1 min 00 s"), (185, "3 min 05 s"), (3600, "60 min 00 s")],
)
def test_durations(seconds: float, text: str) -> None:
    """Time spans read as a person says them."""
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (12_345, "12.3 kB"),
        (999_700, "1 MB"),
        (2.5e9, "2.5 GB"),
    ],
)
def test_sizes(number: float, text: str) -> None:
    """Three digits say enough."""
    assert size(number) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-1, "0 s"), (59.9, "59 s"), (60, "1 min"), (3599, "59 min"), (3600, "1 h"), (172_800, "2 days")],
)
def test_ages(seconds: float, text: str) -> None:
    """Only the largest unit is told."""
    assert age(seconds) == text


@pytest.fixture
def colourful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start from a terminal that shows colours."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")


@pytest.mark.usefixtures("colourful")
def test_the_first_line_of_a_message_stands_out() -> None:
    """The place of an error is seen at once, and its traceback stays quiet."""
    expected = "\x1b[31mreport/q1.qmd:3: it failed\x1b[0m\n\n  the traceback"
    assert first_line_painted(MESSAGE, RED, Screen()) == expected


def test_a_file_or_a_pipe_holds_text_alone() -> None:
    """A log is not littered with codes."""
    assert first_line_painted(MESSAGE, RED, io.StringIO()) == MESSAGE


@pytest.mark.usefixtures("colourful")
@pytest.mark.parametrize(("variable", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_who_wants_no_colours_gets_none(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    """Both usual ways to say so are heard."""
    monkeypatch.setenv(variable, value)
    assert painted("text", RED, Screen()) == "text"


@pytest.mark.usefixtures("colourful")
def test_an_empty_no_color_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """By its definition the variable counts when it is not empty."""
    monkeypatch.setenv("NO_COLOR", "")
    assert painted("text", RED, Screen()) == "\x1b[31mtext\x1b[0m"
