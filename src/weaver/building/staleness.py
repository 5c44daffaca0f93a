"""Which chapters must run again, and why.

A chapter's execution is kept in the store under a key of everything it depends on: its code and all
the code of the project that this reaches, the versions of the packages reached, the contents of the files
it read, and the profile. Only what a kernel observed tells which files those are, so a small ledger
remembers them from one build to the next; without it the chapter runs again.
"""

import functools
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from weaver.building import kernel_environment
from weaver.building.chapter_code import NOT_RUN, digests, names_and_words, pieces, placed_pieces
from weaver.building.execution import Execution
from weaver.building.ledger import Demand, Ledger, Remembered
from weaver.dependencies import inputs, traces
from weaver.dependencies.counted_code import changes
from weaver.dependencies.project_code import ProjectCode
from weaver.dependencies.traces import Traces
from weaver.project import Chapter
from weaver.storage.entry import Entry
from weaver.storage.hashing import Digests
from weaver.storage.store import Store


@dataclass(frozen=True)
class Freshness:
    """Whether a chapter's kept execution still holds; `reasons` says in words why it does not.

    `key` is that of the execution; None where there is none, or where there was nothing to execute.
    """

    demand: Demand
    execution: Execution | None
    reasons: tuple[str, ...]
    key: str | None = None


@dataclass(frozen=True)
class Judge:
    """Decides on chapters; one serves a whole build, so that each source file is analysed once."""

    root: Path
    store: Store
    ledger: Ledger
    code: ProjectCode

    def judge(self, chapter: Chapter, profile: str) -> Freshness:
        """Find the kept execution of a chapter, or the reasons why there is none."""
        demand = self.demand(chapter, profile)
        if all(piece == NOT_RUN for piece in pieces(chapter)):
            return Freshness(demand, Execution(((),) * len(chapter.chunks), (), {}), ())
        for key in self._traces(profile).results(demand.key):  # an edit taken back finds its own again
            entry = self.store.read(key)
            execution = None if entry is None else self._execution(entry)
            if execution:
                return Freshness(demand, execution, (), key)
        page = self.ledger.read(profile, chapter.name)
        reasons = tuple(self._reasons(chapter, page, demand)) if page else ("it has not run yet",)
        return Freshness(demand, None, reasons or ("its kept outputs are gone",))

    def last(self, chapter: Chapter, profile: str) -> Execution | None:
        """Return the execution that was kept last, if a chapter has the same chunks still."""
        page = self.ledger.read(profile, chapter.name)
        is_same = page is not None and page.demand == self.demand(chapter, profile)
        entry = self.store.read(page.key) if page and page.key and is_same else None
        return self._execution(entry) if entry else None

    def demand(self, chapter: Chapter, profile: str) -> Demand:
        """Return what is known of a chapter before it runs."""
        return Demand(profile, digests(chapter))

    def state(self, chapter: Chapter, profile: str) -> str:
        """Return what is another where a run of a chapter is obsolete, as its last one tells."""
        self.code.refresh()
        page, demand = self.ledger.read(profile, chapter.name), self.demand(chapter, profile)
        names = page.inputs if page else [f"{inputs.CODE}{name}" for name in names_and_words(chapter)]
        return traces.result_key(demand.key, self._today(profile, names))

    def keep(self, chapter: Chapter, demand: Demand, execution: Execution) -> Execution:
        """Store an execution, remember what it depended on, and return what is kept under its key now."""
        if execution.unobserved:
            self._remember(chapter, demand, execution, "")
            return execution
        key = self._traces(demand.profile).add(demand.key, execution.opened)
        entry = self.store.write(key, {**execution.to_json(), "under": demand.key}, {})
        self._remember(chapter, demand, execution, key)
        return self._execution(entry) or execution

    def _remember(self, chapter: Chapter, demand: Demand, execution: Execution, key: str) -> None:
        page = Remembered(demand, key, execution.opened, execution.code, execution.unobserved, execution.path)
        self.ledger.write(chapter.name, page)

    def _execution(self, entry: Entry) -> Execution | None:
        """Read an execution; an entry that holds none is set aside."""
        try:
            return Execution.from_json(entry.record)
        except ValueError as error:
            self.store.set_aside(entry.key, str(error))
            return None

    def _traces(self, profile: str) -> Traces:
        return Traces(self.store, functools.partial(self._today, profile))

    def _today(self, profile: str, names: Iterable[str]) -> Digests:
        code = [name for name in names if name.startswith(inputs.CODE)]
        around = kernel_environment.of_kernels(profile, os.environ)
        return {**inputs.today(self.root, set(names) - set(code), around), **self.code.today(code)}

    def _reasons(self, chapter: Chapter, page: Remembered, demand: Demand) -> Iterator[str]:
        yield from changed_chunks(chapter, page.demand, demand)
        new = self.code.whole(page.code.modules)
        changed = changes(page.code, new)
        yield from map(str, changed)
        yield from changed_inputs(page.inputs, self._today(demand.profile, page.inputs), bool(changed))
        yield from (f"its outputs are not kept: {reason}" for reason in page.unobserved)


def changed_chunks(chapter: Chapter, old: Demand, new: Demand) -> Iterator[str]:
    """Name the chunks and inline expressions whose code is new or different."""
    if old.blocks == new.blocks:
        return
    known = set(old.blocks)
    places = [place for _, place in placed_pieces(chapter)]
    fresh = [str(place) for place, digest in zip(places, new.blocks, strict=True) if digest not in known]
    if fresh:
        yield from (f"the code at {place} changed" for place in fresh)
    else:
        yield "code was removed or put in another order"


def changed_inputs(old: Digests, new: Digests, is_code_named: bool = False) -> Iterator[str]:
    """Say what happened to inputs: the first thing about each file, and nothing about code already named."""
    named: set[str] = set()
    for name in sorted(new, key=lambda name: (":" in name, name.endswith("/"), name)):
        path = inputs.path_of(name)
        if is_code_named and (name.startswith(inputs.CODE) or name.endswith(".py")) and old.get(name):
            continue
        if old.get(name) != new[name] and path not in named:
            named.add(path)
            yield inputs.change_in_words(name, old.get(name), new[name])
