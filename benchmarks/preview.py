"""The preview: from a save to the page and to the PDF, beside others that show documents live."""

import tempfile
from collections.abc import Callable, Iterator
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


@dataclass(frozen=True)
class Subject:
    """A project, a document of prose, and a chapter elsewhere, with how a line of it that draws begins.

    The function that this line calls is in the file `figures`.
    """

    copy: Copy
    prose: str
    chapter: str
    code: str
    figures: str


@dataclass(frozen=True)
class Others:
    """Samples of the rivals; none where one is not installed."""

    myst: tuple[float, ...]
    nbclient: tuple[float, ...]
    quarto: tuple[float, ...]


def run(effort: Effort) -> Iterator[Comparison]:
    """Edit a copy of the report while it is previewed."""
    with copied() as copy:
        copy.weaver("build")
        figures = "src/hw2/questions/q4/figures.py"
        yield from compare(Subject(copy, "report/q2.qmd", "q4", "figures.remedy(", figures), effort)


def compare(subject: Subject, effort: Effort) -> Iterator[Comparison]:
    """Measure edits of prose, of a chunk that draws, and of the function that it calls.

    The first edit of each warms up and is dropped.
    """
    copy, rounds = subject.copy, effort.rounds + (not effort.is_quick)
    with previewing(copy) as preview:
        before = preview.settle()
        prose, before = _seen(preview, before, rounds, partial(copy.add_prose, subject.prose))
        drawn, before = _seen(preview, before, rounds, partial(add_line, subject))
        called, _ = _seen(preview, before, rounds, partial(edit_function, subject))
    kept = slice(0 if effort.is_quick else 1, None)
    yield from lines(prose[kept], drawn[kept], called[kept], others(subject, rounds, kept))


def lines(prose: list[Seen], drawn: list[Seen], called: list[Seen], rivals: Others) -> Iterator[Comparison]:
    """Set what was seen beside the rivals."""
    edited = "a sentence edited: the"
    page, pdf = tuple(each.page for each in prose), tuple(each.pdf for each in prose)
    missing = "" if rivals.myst else "MyST not installed"
    yield Comparison(f"{edited} page", "s", page, myst.NAME, rivals.myst, Target("ours", 0.4), missing)
    missing = "" if rivals.quarto else MISSING
    yield Comparison(f"{edited} PDF", "s", pdf, SOURCES, rivals.quarto, Target("ours", 1.0), missing)
    for thing, seen in {"a chunk that draws": drawn, "a function that it calls": called}.items():
        page = tuple(each.page for each in seen)
        yield Comparison(f"{thing} edited: the page", "s", page, "nbclient, its chapter", rivals.nbclient)


def others(subject: Subject, rounds: int, kept: slice) -> Others:
    """Measure the rivals after the preview has ended."""
    copy = subject.copy
    with tempfile.TemporaryDirectory(prefix="weaver-bench-") as folder, myst.live(copy, Path(folder)) as live:
        shown = [live.sample() for _ in range(rounds)] if live else []
    found = quarto.find()
    render = timed(partial(by_hand.render_sources, copy, found)) if found else None
    rendered = [render() for _ in range(rounds)] if render else []
    execute = timed(partial(by_hand.execute, copy, subject.chapter))
    executed = [execute() for _ in range(rounds)]
    return Others(tuple(shown[kept]), tuple(executed[kept]), tuple(rendered[kept]))


def _seen(
    preview: Preview, before: State, rounds: int, edit: Callable[[int], None]
) -> tuple[list[Seen], State]:
    """Edit again and again, each time when all of the last edit is shown; return what is shown at last."""
    found = []
    for number in range(1, rounds + 1):
        seen, before = preview.seen(before, partial(edit, number))
        found.append(seen)
    return found, before


def edit_function(subject: Subject, number: int) -> None:
    """Let the function that draws print a number as well, another each time."""
    function = subject.code.rpartition(".")[2].removesuffix("(")
    subject.copy.add_statement(subject.figures, function, f"print({number})")


def add_line(subject: Subject, number: int) -> None:
    """Let the chunk that draws print a number as well, another each time.

    Raises:
        ValueError: there is no such line.
    """
    document, code = subject.copy.root / "report" / f"{subject.chapter}.qmd", subject.code
    text = document.read_text(encoding="utf-8")
    if code not in text:
        raise ValueError(f"{document.name}: expected a line with {code}, found none: the benchmark edits it")
    document.write_text(text.replace(code, f"print({number})\n{code}", 1), encoding="utf-8")
