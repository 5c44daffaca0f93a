"""Builds of the whole report from its latest state: nothing changed, prose edited, a figure edited."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import count

from benchmarks import by_hand
from benchmarks.comparison import Comparison, Target
from benchmarks.projects import Copy, copied
from benchmarks.timing import Effort, Sample, in_turns, timed
from weaver.typesetting.quarto import quarto

TITLE = "Building: from an edit to the PDF, the whole process"
OURS = "ours"
FLOOR, PYTHON = "Pandoc + Typst by hand", "starting Python"
NOTEBOOK, SOURCES = "quarto render, notebook", "quarto render, .qmd"
MISSING = "Quarto not installed"


@dataclass(frozen=True)
class Figure:
    """A function that draws a figure of one chapter alone."""

    chapter: str
    file: str
    function: str


@dataclass(frozen=True)
class Subject:
    """A project with the places that are edited in it."""

    copy: Copy
    prose: str
    figures: tuple[Figure, ...]


FIGURES = (
    Figure("q1", "src/hw2/questions/q1/figures_autoencoders.py", "losses"),
    Figure("q4", "src/hw2/questions/q4/figures.py", "rise_and_fall"),
)


def run(effort: Effort) -> Iterator[Comparison]:
    """Build a copy of the report, then edit it and build it again and again."""
    with copied() as copy:
        yield from compare(Subject(copy, "report/q2.qmd", FIGURES), effort)


def compare(subject: Subject, effort: Effort) -> Iterator[Comparison]:
    """Measure all edits of one project."""
    subject.copy.weaver("build")
    by_hand.prepare(subject.copy)
    yield from unchanged(subject, effort)
    yield from prose(subject, effort)
    for figure in subject.figures:
        yield from drawing(subject, figure, effort)


def unchanged(subject: Subject, effort: Effort) -> Iterator[Comparison]:
    """Measure a build after which nothing was edited; the floor is the interpreter's own start."""
    copy = subject.copy
    contestants = {
        OURS: timed(partial(copy.weaver, "build")),
        PYTHON: timed(partial(by_hand.start_python, copy)),
        **_quarto(copy, {NOTEBOOK: by_hand.render_notebook}),
    }
    yield from _lines("nothing changed", contestants, Target("ours", 0.2), effort, (NOTEBOOK,))


def prose(subject: Subject, effort: Effort) -> Iterator[Comparison]:
    """Measure an edit of a sentence."""
    copy, numbers = subject.copy, count(1)

    def ours() -> float:
        copy.add_prose(subject.prose, next(numbers))
        return timed(partial(copy.weaver, "build"))()

    renderers = {NOTEBOOK: by_hand.render_notebook, SOURCES: by_hand.render_sources}
    contestants = {OURS: ours, FLOOR: timed(partial(by_hand.typeset, copy)), **_quarto(copy, renderers)}
    yield from _lines("a sentence edited", contestants, Target("ours", 1.0), effort, tuple(renderers))


def drawing(subject: Subject, figure: Figure, effort: Effort) -> Iterator[Comparison]:
    """Measure an edit of a figure's code: its chapter runs, no network trains."""
    copy, numbers = subject.copy, count(1)

    def ours() -> float:
        copy.add_statement(figure.file, figure.function, f"_edit = {next(numbers)}")
        return timed(partial(copy.weaver, "build"))()

    def hand() -> None:
        by_hand.execute(copy, figure.chapter)
        by_hand.typeset(copy)

    renderers = {SOURCES: by_hand.render_sources}
    contestants = {OURS: ours, f"nbclient + {FLOOR}": timed(hand), **_quarto(copy, renderers)}
    case = f"a figure of {figure.chapter} edited, networks cached"
    yield from _lines(case, contestants, Target("ours", 6.0), effort, tuple(renderers))


def _quarto(copy: Copy, renderers: Mapping[str, Callable[[Copy, quarto.Quarto], None]]) -> dict[str, Sample]:
    found = quarto.find()
    return {name: timed(partial(render, copy, found)) for name, render in renderers.items()} if found else {}


def _lines(
    case: str, contestants: dict[str, Sample], target: Target, effort: Effort, wanted: tuple[str, ...]
) -> Iterator[Comparison]:
    """Set ours beside each rival, those `wanted` also where they are missing."""
    samples = in_turns(contestants, effort)
    rivals = dict.fromkeys((*list(contestants)[1:], *wanted))
    for number, rival in enumerate(rivals):
        theirs = samples.get(rival, ())
        note = "" if theirs else MISSING
        yield Comparison(case, "s", samples[OURS], rival, theirs, None if number else target, note)
