"""Results as a table to read: in the terminal, or as Markdown for the docs."""

from collections.abc import Iterator, Mapping, Sequence

from tabulate import tabulate

from benchmarks.comparison import Comparison, goal, shown
from benchmarks.machine import Machine
from benchmarks.results import Result

HEADERS = ("case", "ours", "rival", "theirs", "ratio", "target")
ALIGNMENT = ("left", "right", "left", "right", "right", "left")


def plain(measured: Result) -> str:
    """Return a result as text for the terminal."""
    return f"{heading(measured)}\n\n{_table(measured.comparisons, 'simple')}\n"


def markdown(results: Mapping[str, Result]) -> str:
    """Return results as Markdown, a section each."""
    parts = (
        f"### {each.title}\n\n{described(each)}\n\n{_table(each.comparisons, 'pipe')}\n"
        for each in results.values()
    )
    return "\n".join(parts)


def heading(measured: Result) -> str:
    """Say what was measured, and on what."""
    return f"{measured.title}\n{described(measured)}"


def described(measured: Result) -> str:
    """Say in a line where and when it was measured, and whether in earnest."""
    words = f"{_machine(measured.machine)}; {measured.date}."
    return f"{words} A smoke run: these figures mean nothing." if measured.is_quick else words


def _machine(machine: Machine) -> str:
    device = "" if machine.device == "CPU" else f", {machine.device}"
    return (
        f"{machine.cpu}, {machine.cores} cores, {machine.memory_gb:g} GB{device};"
        f" {machine.system}, Python {machine.python}, torch {machine.torch}"
    )


def _table(comparisons: Sequence[Comparison], style: str) -> str:
    return tabulate(
        list(_rows(comparisons)), HEADERS, tablefmt=style, colalign=ALIGNMENT, disable_numparse=True
    )


def _rows(comparisons: Sequence[Comparison]) -> Iterator[tuple[str, ...]]:
    """Yield a row for each comparison; a case is named once, our figure once a unit."""
    last: tuple[str, str] | None = None
    for each in comparisons:
        named = (each.case, each.unit)
        case = "" if last is not None and last[0] == each.case else each.case
        ours = "" if last == named else shown(each.ours, each.unit)
        last = named
        theirs = shown(each.theirs, each.unit) or each.note
        ratio = "" if each.ratio is None else f"{each.ratio:.3g}×"
        yield (case, ours, each.rival, theirs, ratio, _verdict(each))


def _verdict(comparison: Comparison) -> str:
    words = {True: "reached", False: "missed", None: "not measured"}
    target = goal(comparison)
    return f"{target}: {words[comparison.reached]}" if target else ""
