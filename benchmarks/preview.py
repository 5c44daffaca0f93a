"""The preview: from a save to the page and to the PDF, beside others that show documents live."""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks import by_hand, myst
from benchmarks.build import MISSING, SOURCES
from benchmarks.comparison import Comparison, Target
from benchmarks.projects import Copy, copied
from benchmarks.timing import Effort, timed
from benchmarks.watched import Preview, Seen, State, previewing
from weaver.typesetting.quarto import quarto

TITLE = "Preview: from a save to what is shown"
READING_S = 8.0  # until an author saves again; by then the next kernel stands ready


@dataclass(frozen=True)
class Drawn:
    """How a line of a chapter begins that draws, where the function is that it calls, and what is allowed."""

    chapter: str
    code: str
    figures: str
    seconds: float


@dataclass(frozen=True)
class Subject:
    """A project, a document of prose, and chapters that draw."""

    copy: Copy
    prose: str
    drawn: tuple[Drawn, ...]


CURVES = "src/hw2/questions/q2_q3/figures.py"
DRAWN = (
    Drawn("q1", "figures.rate_search(", "src/hw2/questions/q1/figures_autoencoders.py", 3.0),
    Drawn("q2", "figures.learning_curves(", CURVES, 1.5),
    Drawn("q3", "figures.learning_curves(", CURVES, 1.5),
    Drawn("q4", "figures.remedy(", "src/hw2/questions/q4/figures.py", 1.5),
)


@dataclass(frozen=True)
class Others:
    """Samples of the rivals, of nbclient by chapter; none where one is not installed."""

    myst: tuple[float, ...]
    nbclient: Mapping[str, tuple[float, ...]]
    quarto: tuple[float, ...]


def run(effort: Effort) -> Iterator[Comparison]:
    """Edit a copy of the report while it is previewed."""
    with copied() as copy:
        copy.weaver("build")
        yield from compare(Subject(copy, "report/q2.qmd", DRAWN), effort)


def compare(subject: Subject, effort: Effort) -> Iterator[Comparison]:
    """Measure edits of prose, of a chunk that draws, and of the function that it calls.

    The first edit of each warms up and is dropped.
    """
    copy, rounds = subject.copy, effort.rounds + (not effort.is_quick)
    edited: list[list[Seen]] = []
    reading_s = 0.0 if effort.is_quick else READING_S
    with previewing(copy) as preview:
        before = preview.settle()
        for edit in edits(subject):
            seen, before = _seen(preview, before, rounds, reading_s, edit)
            edited.append(seen)
    kept = slice(0 if effort.is_quick else 1, None)
    prose, *drawn = (each[kept] for each in edited)
    yield from lines(subject, prose, drawn, others(subject, rounds, kept))


def edits(subject: Subject) -> Iterator[Callable[[int], None]]:
    """Give out the edits: of prose, and for each chapter of its chunk and of the function that this calls."""
    yield partial(subject.copy.add_prose, subject.prose)
    for drawn in subject.drawn:
        yield partial(add_line, subject.copy, drawn)
        yield partial(edit_function, subject.copy, drawn)


def lines(
    subject: Subject, prose: list[Seen], drawn: list[list[Seen]], rivals: Others
) -> Iterator[Comparison]:
    """Set what was seen beside the rivals."""
    edited = "a sentence edited: the"
    page, pdf = tuple(each.page for each in prose), tuple(each.pdf for each in prose)
    missing = "" if rivals.myst else "MyST not installed"
    yield Comparison(f"{edited} page", "s", page, myst.NAME, rivals.myst, Target("ours", 0.5), missing)
    missing = "" if rivals.quarto else MISSING
    yield Comparison(f"{edited} PDF", "s", pdf, SOURCES, rivals.quarto, Target("ours", 1.0), missing)
    cases = [(each, thing) for each in subject.drawn for thing in ("a chunk that draws", "what it calls")]
    for (each, thing), seen in zip(cases, drawn, strict=True):
        case, page = f"{each.chapter}, {thing} edited: the page", tuple(one.page for one in seen)
        theirs = rivals.nbclient[each.chapter]
        yield Comparison(case, "s", page, "nbclient, its chapter", theirs, Target("ours", each.seconds))


def others(subject: Subject, rounds: int, kept: slice) -> Others:
    """Measure the rivals after the preview has ended."""
    copy = subject.copy
    with tempfile.TemporaryDirectory(prefix="weaver-bench-") as folder, myst.live(copy, Path(folder)) as live:
        shown = [live.sample() for _ in range(rounds)] if live else []
    found = quarto.find()
    render = timed(partial(by_hand.render_sources, copy, found)) if found else None
    rendered = [render() for _ in range(rounds)] if render else []
    executed = {}
    for each in subject.drawn:
        execute = timed(partial(by_hand.execute, copy, each.chapter))
        executed[each.chapter] = tuple([execute() for _ in range(rounds)][kept])
    return Others(tuple(shown[kept]), executed, tuple(rendered[kept]))


def _seen(
    preview: Preview, before: State, rounds: int, reading_s: float, edit: Callable[[int], None]
) -> tuple[list[Seen], State]:
    """Edit again and again, each time some seconds after the last was shown; return what is at last."""
    found = []
    for number in range(1, rounds + 1):
        time.sleep(reading_s)
        seen, before = preview.seen(before, partial(edit, number))
        found.append(seen)
    return found, before


def edit_function(copy: Copy, drawn: Drawn, number: int) -> None:
    """Let the function that draws print a number as well, another each time."""
    function = drawn.code.rpartition(".")[2].removesuffix("(")
    copy.add_statement(drawn.figures, function, f"print({number})")


def add_line(copy: Copy, drawn: Drawn, number: int) -> None:
    """Let the chunk that draws print a number as well, another each time.

    Raises:
        ValueError: there is no such line.
    """
    document, code = copy.root / "report" / f"{drawn.chapter}.qmd", f"\n{drawn.code}"
    text = document.read_text(encoding="utf-8")
    if code not in text:
        raise ValueError(f"{document.name}: expected a line with {code}, found none: the benchmark edits it")
    document.write_text(text.replace(code, f"\nprint({number}){code}", 1), encoding="utf-8")
