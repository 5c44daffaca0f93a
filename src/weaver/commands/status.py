"""What is kept, as a page for the terminal and as JSON."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from tabulate import tabulate

from weaver.cache import Run, differences, summary, words
from weaver.commands.inventory import Inventory, KeptChapter
from weaver.console import age, size
from weaver.storage.store import Store

CHAPTERS = ("chapter", "profile", "state", "age", "size", "runs", "first reason to run again")
RUNS = ("trained by", "chapters", "runs", "state", "age", "size", "they differ in")
SHOWN = 12  # digits of a key
UNUSED = "unused"


def page(
    inventory: Inventory, store: Store, *, each_run: bool = False, width: int | None = None
) -> Iterator[str]:
    """Yield the lines of the listing: chapters, then runs by function and use, or one by one.

    Tables are cut to `width` columns.
    """
    now = time.time()
    yield from _table(CHAPTERS, (_chapter(kept, now) for kept in inventory.chapters), width)
    if inventory.runs:
        rows = _each if each_run else _by_use
        listed = (row for runs in _by_function(inventory.runs) for row in rows(inventory, runs, now))
        yield ""
        yield from _table(RUNS, listed, width)
        yield from _changes(inventory.runs)
    yield from _footer(inventory, store)


def record(inventory: Inventory) -> dict[str, Any]:
    """Return the listing in JSON's types; times are in UTC, sizes in bytes."""
    return {
        "chapters": [_chapter_record(kept) for kept in inventory.chapters],
        "runs": [_run_record(inventory, run) for run in inventory.runs],
        "unused": {key: inventory.sizes[key] for key in inventory.unused},
    }


def _table(headers: Sequence[str], rows: Iterable[Sequence[str]], width: int | None) -> Iterator[str]:
    for line in tabulate(list(rows), headers, tablefmt="plain", disable_numparse=True).splitlines():
        yield f"{line[: width - 1]}…" if width and len(line) > width else line.rstrip()


def _footer(inventory: Inventory, store: Store) -> Iterator[str]:
    """Say what could be removed, and how."""
    found = {
        "unused entries (--unused)": [inventory.sizes[key] for key in inventory.unused],
        "unfinished trainings (--checkpoints)": [each.size for each in store.leftovers("checkpoints")],
        "damaged entries (--set-aside)": [each.size for each in store.leftovers("set-aside")],
    }
    parts = [f"{len(sizes)} {what}, {size(sum(sizes))}" for what, sizes in found.items() if sizes]
    if parts:
        yield from ("", f"weaver clean would remove: {'; '.join(parts)}")


# chapters


def _chapter(kept: KeptChapter, now: float) -> tuple[str, ...]:
    """Return a row: name, profile, state, age, size, number of runs, first reason to run again."""
    known = kept.written is not None
    old = age(now - kept.written) if kept.written is not None else ""
    more = f" (and {len(kept.reasons) - 1} more)" if len(kept.reasons) > 1 else ""
    why = f"{_brief(kept.reasons[0])}{more}" if kept.reasons else ""
    weight, runs = (size(kept.size), str(len(kept.used))) if known else ("", "")
    return (kept.chapter, kept.profile, _state(kept), old, weight, runs, why)


def _state(kept: KeptChapter) -> str:
    if not kept.has_code:
        return "no code"
    return "stale" if kept.reasons else "fresh"


def _brief(reason: str) -> str:
    """Leave out of a reason the way on which it counts, which `weaver why` tells."""
    return reason.partition(", reached through ")[0]


def _chapter_record(kept: KeptChapter) -> dict[str, Any]:
    written = None if kept.written is None else datetime.fromtimestamp(kept.written, UTC)
    return {
        "chapter": kept.chapter,
        "profile": kept.profile,
        "state": _state(kept),
        "reasons": list(kept.reasons),
        "size": kept.size,
        "written": written and written.isoformat(timespec="seconds"),
        "used": sorted(kept.used),
    }


# runs


def _by_function(runs: Iterable[Run]) -> Iterable[list[Run]]:
    groups: dict[str, list[Run]] = {}
    for run in sorted(runs, key=lambda run: run.function):
        groups.setdefault(run.function, []).append(run)
    return groups.values()


def _by_use(inventory: Inventory, runs: Sequence[Run], now: float) -> Iterator[tuple[str, ...]]:
    """Return a row for the runs of a function that the same chapters use."""
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(_users(inventory, run), []).append(run)
    for users in sorted(groups, key=lambda users: (users == UNUSED, users)):
        group = groups[users]
        stale = sum(bool(run.reasons) for run in group)
        state = "fresh" if not stale else "stale" if stale == len(group) else f"{stale} stale"
        ages = sorted(now - _made(run) for run in group)
        span = " – ".join(dict.fromkeys((age(ages[0]), age(ages[-1]))))
        apart = differences([run.settings for run in group])
        settings = "; ".join(f"{name} {summary(values)}" for name, values in apart.items())
        weight = size(sum(run.size for run in group))
        yield (_name(group[0]), users, str(len(group)), state, span, weight, settings)


def _each(inventory: Inventory, runs: Sequence[Run], now: float) -> Iterator[tuple[str, ...]]:
    """Return a row for each run of a function, with the start of its key in place of a number."""
    apart = differences([run.settings for run in runs])
    for number, run in enumerate(runs):
        settings = "; ".join(f"{name} {words(values[number])}" for name, values in apart.items())
        state, old = "stale" if run.reasons else "fresh", age(now - _made(run))
        yield (_name(run), _users(inventory, run), run.key[:SHOWN], state, old, size(run.size), settings)


def _changes(runs: Sequence[Run]) -> Iterator[str]:
    """Say what has made runs stale, once for all that it has."""
    firsts = [_brief(run.reasons[0]) for run in runs if run.reasons]
    yield from (f"{firsts.count(reason)} stale: {reason}" for reason in dict.fromkeys(firsts))


def _run_record(inventory: Inventory, run: Run) -> dict[str, Any]:
    users = [{"chapter": kept.chapter, "profile": kept.profile} for kept in inventory.users(run.key)]
    state = "stale" if run.reasons else "fresh"
    return {**asdict(run), "function": _name(run), "state": state, "used_by": users}


def _users(inventory: Inventory, run: Run) -> str:
    one_profile = len(inventory.profiles) == 1
    users = inventory.users(run.key)
    names = (each.chapter if one_profile else f"{each.chapter} ({each.profile})" for each in users)
    return ", ".join(names) or UNUSED


def _name(run: Run) -> str:
    return run.function.replace(":", ".")


def _made(run: Run) -> float:
    return datetime.fromisoformat(run.provenance.created).timestamp()
