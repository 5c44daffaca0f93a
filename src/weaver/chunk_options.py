"""The options of chunks: what one says itself, and what the document and the project say for all.

Here alone it is decided whether a chunk runs, whether its error may stand, and how its figures are drawn; who
wants to know asks its `Running`. What says not to run is heard wherever it stands, and what is not understood
is refused: a document from elsewhere is somebody else's code.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Literal

from weaver.errors import DocumentError

# Quarto's name of the format that a report is read for; by `pdf` it means LaTeX.
Target = Literal["typst", "html", "pdf"]
TARGETS: tuple[Target, ...] = ("typst", "html", "pdf")
OPTION = re.compile(r"^#[^\S\n]*\| ?(?P<text>.*)$", re.M)  # as Quarto reads it
SWITCHES = frozenset({"eval", "error", "enabled"})
MEASURES = frozenset({"fig-width", "fig-height", "fig-asp", "fig-dpi"})
FORMATS = ("svg", "png", "retina", "jpeg", "pdf")
AS_LINES = "pdf"  # drawn as SVG, which has lines as well
OF_CHUNK = frozenset({"eval", "error", "fig-format"}) | MEASURES
RUNNING = OF_CHUNK | {"enabled"}
DRAWN = MEASURES | {
    "fig-format"
}  # what the first of `TARGETS` says holds for all, as `weaver.typesetting.markdown.metadata_keys` tells
SHOWING = frozenset({"echo", "include", "output", "warning", "code-fold", "code-summary"})
# What Quarto knows below `execute` and what changes nothing here: results are kept by other means.
BESIDE = frozenset(
    {"cache", "daemon", "daemon-restart", "debug", "engine", "freeze", "keep-ipynb", "keep-md"}
    | {"df-print", "fig-align", "fig-pos", "message", "plotly-connected"}
)
OF_EXECUTE = RUNNING | SHOWING | BESIDE
LIKE = 0.75  # of a slip to what was meant

Json = Any  # what YAML and JSON can hold
Place = Callable[[str], str]
"""From an option's key to the file and line on which it stands."""


@dataclass(frozen=True)
class Figures:
    """How Matplotlib draws: width and height in inches, the format by Quarto's name for it."""

    width: float = 5.5
    height: float = 3.5
    dpi: float = 96
    format: str = "svg"


@dataclass(frozen=True)
class Running:
    """What becomes of a chunk in a kernel."""

    runs: bool = True
    may_fail: bool = False
    figures: Figures = field(default_factory=Figures)


def split(source: str) -> tuple[list[str], list[str]]:
    """Part a chunk's lines into those of its options, at its top, and those of its code."""
    lines = source.split("\n")
    count = next((i for i, line in enumerate(lines) if not OPTION.match(line)), len(lines))
    return lines[:count], lines[count:]


def text(lines: Iterable[str]) -> str:
    """Return the YAML in option lines."""
    return "\n".join(OPTION.sub(r"\g<text>", line) for line in lines)


def running(given: Mapping[str, Json], defaults: Mapping[str, Json], place: Place) -> Running:
    """Decide on a chunk from what it says itself and what `defaults` says for all.

    Raises:
        DocumentError: the value of an option is none that it can have.
    """
    own = {key: given[key] for key in sorted(OF_CHUNK) if key in given}
    _check(own, place)
    if "fig-height" in own:
        defaults = {key: value for key, value in defaults.items() if key != "fig-asp"}
    values = {**defaults, **own}
    return Running(
        runs=values.get("eval", True) and values.get("enabled", True),
        may_fail=values.get("error", False),
        figures=figures(values),
    )


def defaults(metadata: Mapping[str, Json], place: Place) -> dict[str, Json]:
    """Return what a document and its project say about the running of all chunks.

    A chapter runs once for all formats: what one of them forbids does not run.

    Raises:
        DocumentError: a key below `execute` is a slip, a value is none that its option can have, or the
            formats want different things.
    """
    _check_names(metadata, place)
    result: dict[str, Json] = {}
    for values in _by_format(metadata):
        own = {key: value for key, value in values.items() if key in RUNNING}
        _check(own, place)
        for key, value in own.items():
            before = result.setdefault(key, value)
            if key in {"eval", "enabled"}:
                result[key] = before and value
            elif before != value and key not in DRAWN:
                raise DocumentError(
                    f"'{key}' expects one value for all formats, since a chapter runs once for"
                    f" all of them; found {before!r} and {value!r}",
                    place=place(key),
                )
    return result


def figures(values: Mapping[str, Json]) -> Figures:
    """Return how figures are drawn where these options hold."""
    usual = Figures()
    width = values.get("fig-width", usual.width)
    height = values.get("fig-height", usual.height)
    drawn = values.get("fig-format", usual.format)
    return Figures(
        width=width,
        height=width * values["fig-asp"] if "fig-asp" in values else height,
        dpi=values.get("fig-dpi", usual.dpi),
        format=usual.format if drawn == AS_LINES else drawn,
    )


def for_all(metadata: Mapping[str, Json], target: Target | None) -> dict[str, Json]:
    """Return the options that the metadata set for all chunks, in one format or, for None, in any."""
    formats = metadata.get("format")
    below = formats.get(target) if isinstance(formats, Mapping) else None
    both = (metadata, below) if isinstance(below, Mapping) else (metadata,)
    return {key: value for values in both for key, value in _said(values)}


def evaluates(defaults: Mapping[str, Json], runs: Iterable[bool]) -> bool:
    """Whether a chapter's inline expressions are evaluated; `runs` says of its chunks whether they run.

    Quarto evaluates them under `eval: false` as well. Here nothing runs where nothing is to.
    """
    return defaults.get("enabled", True) and (defaults.get("eval", True) or any(runs))


def doubt(key: object, value: Json, known: Collection[str]) -> str:
    """Return what to say of an option that is not known and may be a slip, or a switch; nothing of others."""
    if key in known:
        return ""
    if near := get_close_matches(str(key), sorted(known), 3, LIKE):
        meant = next((each for each in near if str(key).startswith(each)), near[0])  # fig-cap of fig-caption
        return f"'{key}'; did you mean '{meant}'?"
    return "" if isinstance(value, str | list | Mapping) else f"'{key}'"


def unknown_of_execute(metadata: Mapping[str, Json]) -> list[str]:
    """Return the keys below `execute` that mean nothing, to Quarto neither."""
    return [str(key) for key in _execute(metadata) if key not in OF_EXECUTE]


def _said(values: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    """Yield the options that stand on one level of the metadata, or there below `execute`."""
    yield from _execute(values).items()
    yield from ((key, values[key]) for key in values if key in RUNNING | SHOWING)
    if values.get("engine") == "markdown":  # the one of Quarto's that runs nothing
        yield "enabled", False


def _execute(values: Mapping[str, Json]) -> Mapping[str, Json]:
    found = values.get("execute")
    return {"enabled": found} if isinstance(found, bool) else found or {}


def _by_format(metadata: Mapping[str, Json]) -> list[dict[str, Json]]:
    formats = metadata.get("format")
    named = [target for target in TARGETS if isinstance(formats, Mapping) and target in formats]
    return [for_all(metadata, target) for target in named] or [for_all(metadata, None)]


def _check_names(metadata: Mapping[str, Json], place: Place) -> None:
    formats = metadata.get("format")
    below = formats.values() if isinstance(formats, Mapping) else ()
    for values in (metadata, *(each for each in below if isinstance(each, Mapping))):
        found = _execute(values)
        if not isinstance(found, Mapping):
            raise DocumentError(
                f"'execute' expects options or false, found {found!r}", place=place("execute")
            )
        for key in found:
            if what := doubt(key, found[key], OF_EXECUTE):
                raise DocumentError(f"unknown option of 'execute': {what}", place=place(str(key)))


def _check(values: Mapping[str, Json], place: Place) -> None:
    for key, value in values.items():
        if key in SWITCHES:
            good, expected = isinstance(value, bool), "true or false"
        elif key in MEASURES:
            good = isinstance(value, int | float) and not isinstance(value, bool) and value > 0
            expected = "a number above 0"
        else:
            good, expected = value in FORMATS, f"one of {', '.join(FORMATS)}"
        if not good:
            raise DocumentError(f"'{key}' expects {expected}, found {value!r}", place=place(key))
