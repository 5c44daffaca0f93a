"""What the next build would run: the chapters, and which of their trained runs would train again.

A chapter that runs reads the runs it used last, unless their code has changed since. Which other settings or
data it would ask for is unknown before it runs.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from weaver import cache
from weaver.building.execution import Execution
from weaver.building.staleness import Freshness, Judge
from weaver.project import Chapter

GONE = ("it is no longer kept",)


@dataclass(frozen=True)
class Retraining:
    """Runs of one function that would train again for the same reasons.

    `function` is its full name, empty where nothing is left of the runs; `trained_in` the first chapter that
    needs them.
    """

    function: str
    keys: tuple[str, ...]
    reasons: tuple[str, ...]
    trained_in: str


@dataclass(frozen=True)
class Outlook:
    """What becomes of a chapter: it runs for these reasons, trains these runs and reads `read` others."""

    chapter: str
    profile: str
    reasons: tuple[str, ...]
    trained: tuple[Retraining, ...]
    read: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """Say it in words, one line each."""
        name = self.chapter
        yield from (f"{name}: {reason}" for reason in self.reasons or ("fresh, nothing would run",))
        yield from (f"{name}: {self._trained(each)}" for each in self.trained)
        if self.read:
            which = "other" if self.trained else "trained"
            only = "only other settings or data than before would train"
            yield f"{name}: {_runs(self.read, which)} would be read: {only}"

    def _trained(self, runs: Retraining) -> str:
        what = f"{_runs(runs.keys)} of {runs.function}" if runs.function else _runs(runs.keys)
        if runs.trained_in != self.chapter:
            return f"{what} would be read once {runs.trained_in} has trained again"
        more = f" (and {len(runs.reasons) - 1} more)" if len(runs.reasons) > 1 else ""
        return f"{what} would train again: {runs.reasons[0]}{more}"


def outlooks(judge: Judge, judgements: Iterable[tuple[Chapter, Freshness]]) -> Iterator[Outlook]:
    """Foresee what becomes of chapters, given in the order in which a build runs them."""
    trained: dict[str, str] = {}
    for chapter, freshness in judgements:
        outlook = _outlook(judge, chapter, freshness)
        yield replace(outlook, trained=tuple(_placed(outlook, trained)))


def _placed(outlook: Outlook, trained: dict[str, str]) -> Iterator[Retraining]:
    """Name the chapter that trains each run first, and take the runs down in `trained`."""
    for runs in outlook.trained:
        by_chapter: dict[str, list[str]] = {}
        for key in runs.keys:
            by_chapter.setdefault(trained.setdefault(key, outlook.chapter), []).append(key)
        for first, keys in by_chapter.items():
            yield replace(runs, keys=tuple(keys), trained_in=first)


def _outlook(judge: Judge, chapter: Chapter, freshness: Freshness) -> Outlook:
    profile = freshness.demand.profile
    page = judge.ledger.read(profile, chapter.name) if freshness.reasons else None
    info = judge.store.info(page.key) if page else None
    used = Execution.from_json(info.record).used if info else ()
    groups: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for key in used:
        groups.setdefault(_judged(judge, key), []).append(key)
    trained = (
        Retraining(function, tuple(keys), reasons, chapter.name)
        for (function, reasons), keys in groups.items()
        if reasons
    )
    read = tuple(key for (_, reasons), keys in groups.items() if not reasons for key in keys)
    return Outlook(chapter.name, profile, freshness.reasons, tuple(trained), read)


def _judged(judge: Judge, key: str) -> tuple[str, tuple[str, ...]]:
    """Return the function of a run, and why it would train again."""
    info = judge.store.info(key)
    run = cache.run(info, judge.code) if info else None
    return (run.function.replace(":", "."), run.reasons) if run else ("", GONE)


def _runs(keys: Sequence[str], which: str = "") -> str:
    return " ".join(filter(None, (str(len(keys)), which, "run" if len(keys) == 1 else "runs")))
