"""What is kept, and which chapters name it.

A chapter names the execution that holds for it now, the last one that it had, and the runs that these used.
Each profile in which it has run counts. What no chapter names is unused.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from weaver import cache
from weaver.building.execution import Execution
from weaver.building.staleness import Judge
from weaver.cache import Run
from weaver.dependencies.traces import named, places
from weaver.project import Chapter, Project


@dataclass(frozen=True)
class KeptChapter:
    """What is kept for a chapter in a profile.

    `reasons` say why it would run; none where it is fresh. `executions` are keys of the store, `used` those
    of the runs behind them. `size` is in bytes, `written` the time of the newest execution as in `time`.
    `is_unclear` says that its last run did not end or is not remembered, so that it may have used others.
    """

    chapter: str
    profile: str
    has_code: bool
    reasons: tuple[str, ...]
    executions: frozenset[str]
    used: frozenset[str]
    size: int
    written: float | None
    is_unclear: bool


@dataclass(frozen=True)
class Inventory:
    """The chapters of a report by profile, the runs in its store, and the sizes of all entries by key."""

    chapters: tuple[KeptChapter, ...]
    runs: tuple[Run, ...]
    sizes: Mapping[str, int]
    traces: frozenset[str]  # the keys of the entries that lead to others

    @property
    def named(self) -> frozenset[str]:
        """The keys of all entries that a chapter names."""
        return frozenset().union(*(kept.executions | kept.used for kept in self.chapters))

    @property
    def spared(self) -> frozenset[str]:
        """The keys of runs that no chapter names but one that is unclear may want: their code is current."""
        fresh = frozenset(run.key for run in self.runs if not run.reasons)
        return fresh - self.named if self.unclear else frozenset()

    @property
    def unused(self) -> tuple[str, ...]:
        """The keys of the entries that nothing needs."""
        wanted = self.named | self.spared
        wanted |= {place for run in self.runs if run.key in wanted for place in places(run.under)}
        return tuple(key for key in self.sizes if key not in wanted)

    def users(self, key: str) -> tuple[KeptChapter, ...]:
        """Return the chapters that name a run."""
        return tuple(kept for kept in self.chapters if key in kept.used)

    @property
    def profiles(self) -> tuple[str, ...]:
        """The profiles of the chapters."""
        return tuple(dict.fromkeys(kept.profile for kept in self.chapters))

    @property
    def unclear(self) -> tuple[KeptChapter, ...]:
        """The chapters that may want more than they name: a run that did not end, or none in any profile."""
        known = {kept.chapter for kept in self.chapters if kept.executions or not kept.has_code}
        return tuple(kept for kept in self.chapters if kept.is_unclear or kept.chapter not in known)


def take(judge: Judge, project: Project, profile: str) -> Inventory:
    """Look at all chapters, in `profile` and in every other in which they have run, and at the store."""
    keys = judge.store.keys()  # first: what a build at work keeps from here on is not looked at
    chapters = project.every_chapter
    profiles = _profiles(judge, chapters, profile)
    kept = tuple(_kept(judge, chapter, each) for each in profiles for chapter in chapters)
    infos = [info for key in keys if (info := judge.store.info(key))]
    runs = (cache.run(info, judge.code) for info in infos)
    sizes = {info.key: info.size for info in infos}
    traces = frozenset(info.key for info in infos if named(info.record) is not None)
    return Inventory(kept, tuple(run for run in runs if run), sizes, traces)


def only(inventory: Inventory, chapter: str) -> Inventory:
    """Leave one chapter and the runs that it names."""
    kept = tuple(each for each in inventory.chapters if each.chapter == chapter)
    found = replace(inventory, chapters=kept)
    runs = tuple(run for run in inventory.runs if run.key in found.named)
    return replace(found, runs=runs, sizes={key: inventory.sizes.get(key, 0) for key in found.named})


def _profiles(judge: Judge, chapters: Iterable[Chapter], asked: str) -> Iterator[str]:
    yield asked
    names = {chapter.name for chapter in chapters}
    for profile, remembered in judge.ledger.chapters().items():
        if profile != asked and not names.isdisjoint(remembered):
            yield profile


def _kept(judge: Judge, chapter: Chapter, profile: str) -> KeptChapter:
    freshness, page = judge.judge(chapter, profile), judge.ledger.read(profile, chapter.name)
    keys = {freshness.key, page.key if page else None} - {None}
    infos = [info for key in keys if key and (info := judge.store.info(key))]
    used = frozenset(run for info in infos for run in Execution.from_json(info.record).used)
    found = {info.key for info in infos}
    under = {place for info in infos for place in places(str(info.record.get("under", "")))}
    traced = {place for place in under if judge.store.info(place)}
    return KeptChapter(
        chapter.name,
        profile,
        has_code=freshness.execution is None or freshness.key is not None,
        reasons=freshness.reasons,
        executions=frozenset(found | traced),
        used=used,
        size=sum(info.size for info in infos),
        written=max((info.written for info in infos), default=None),
        is_unclear=judge.ledger.is_unclear(profile, chapter.name) or not found >= keys,
    )
