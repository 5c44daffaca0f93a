"""Which chapters must run again, and why.

A chapter's execution is kept in the store under a key of everything it depends on: its code and all
the code of the project that this reaches, the versions of the packages reached, the contents of the files
it read, and the profile. Only what a kernel observed tells which files those are, so a small ledger
remembers them from one build to the next; without it the chapter runs again.
"""

import functools
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from weaver.building import kernel_environment
from weaver.building.chapter_code import NOT_RUN, digests, pieces, placed_pieces, words
from weaver.building.execution import Execution
from weaver.dependencies import inputs, traces
from weaver.dependencies.counted_code import CountedCode, changes
from weaver.dependencies.project_code import ProjectCode
from weaver.dependencies.traces import Traces
from weaver.errors import StoreError, refusal
from weaver.project import Chapter
from weaver.storage import atomic_write
from weaver.storage.entry import Entry
from weaver.storage.hashing import Digests
from weaver.storage.store import Store, shown

VERSION = "4"  # of the key and the ledger; a change re-runs every chapter


@dataclass(frozen=True)
class Demand:
    """What a chapter's execution depends on, as far as it is known before running."""

    profile: str
    blocks: tuple[str, ...]  # a digest for each chunk and inline expression, in order

    @property
    def key(self) -> str:
        """The key of the traces of all executions of this."""
        return hashlib.sha256(json.dumps([VERSION, self.profile, self.blocks]).encode()).hexdigest()


@dataclass(frozen=True)
class Remembered:
    """A ledger's page: the last execution's demand, its key in the store, its inputs, its code in parts."""

    demand: Demand
    key: str
    inputs: Digests
    code: CountedCode
    unobserved: tuple[str, ...] = ()  # why the execution was not kept
    path: tuple[str, ...] = ()  # folders in which the chapter finds modules, beside the usual ones


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
class Ledger:
    """Remembers, for each profile and chapter, what its last execution depended on.

    A chapter that begins to run is marked until its page is written: while the mark is there, nobody knows
    all that it may have trained.
    """

    folder: Path

    def read(self, profile: str, chapter: str) -> Remembered | None:
        """Return what is remembered, or None where nothing readable is."""
        try:
            return _remembered(profile, self._page(profile, chapter).read_text(encoding="utf-8"))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None  # a lost or damaged page costs a re-run, nothing else

    def write(self, chapter: str, page: Remembered) -> None:
        """Remember `page`, whole or not at all."""
        target = self._page(page.demand.profile, chapter)
        record = {
            "version": VERSION,
            "blocks": list(page.demand.blocks),
            "key": page.key,
            "inputs": dict(page.inputs),
            "code": page.code.to_json(),
            "unobserved": list(page.unobserved),
            "path": list(page.path),
        }
        with self._told(target):
            atomic_write.write(target, json.dumps(record).encode())
            self._mark(page.demand.profile, chapter).unlink(missing_ok=True)

    def begin(self, profile: str, chapter: str) -> None:
        """Mark a chapter that begins to run."""
        with self._told(self._page(profile, chapter)):
            mark = self._mark(profile, chapter)
            mark.parent.mkdir(parents=True, exist_ok=True)
            mark.touch()

    def is_unclear(self, profile: str, chapter: str) -> bool:
        """Whether a chapter began to run and has not ended, or has a page that cannot be read."""
        if self._mark(profile, chapter).exists():
            return True
        return self._page(profile, chapter).exists() and self.read(profile, chapter) is None

    def chapters(self) -> dict[str, tuple[str, ...]]:
        """List by profile the chapters that are remembered or marked."""
        found: dict[str, set[str]] = {}
        for path in sorted(self.folder.glob("*/[!.]*")):
            found.setdefault(path.parent.name, set()).add(path.stem)
        return {profile: tuple(sorted(names)) for profile, names in found.items()}

    def path(self) -> tuple[str, ...]:
        """Return the folders in which chapters find modules, beside the usual ones."""
        pages = (self.read(profile, name) for profile, names in self.chapters().items() for name in names)
        return tuple(dict.fromkeys(place for page in pages if page for place in page.path))

    def forget(self, profile: str, chapter: str) -> int:
        """Remove the page and the mark of a chapter and return their size in bytes."""
        paths = (self._page(profile, chapter), self._mark(profile, chapter))
        with self._told(paths[0]):
            found = [path for path in paths if path.exists()]
            freed = sum(path.stat().st_size for path in found)
            for path in found:
                path.unlink()
        return freed

    @contextmanager
    def _told(self, page: Path) -> Iterator[None]:
        """Turn what the operating system refuses into one clear message."""
        try:
            yield
        except OSError as error:
            raise StoreError(f"{shown(page)}: cannot write the ledger: {refusal(error)}") from None

    def _page(self, profile: str, chapter: str) -> Path:
        return self.folder / profile / f"{chapter}.json"

    def _mark(self, profile: str, chapter: str) -> Path:
        return self.folder / profile / f"{chapter}.begun"


@functools.lru_cache(maxsize=64)  # the preview asks again at every save
def _remembered(profile: str, text: str) -> Remembered | None:
    """Read a page, None where it is of another version.

    Raises:
        KeyError, TypeError, ValueError: it is not of the types of one.
    """
    record = json.loads(text)
    if record["version"] != VERSION:
        return None
    blocks, observed, unobserved = record["blocks"], record["inputs"], record["unobserved"]
    if not isinstance(blocks, list) or not isinstance(observed, dict) or not isinstance(unobserved, list):
        raise TypeError("expected a list of blocks, and inputs by name")
    path = tuple(map(str, record["path"]))
    texts = (*blocks, *unobserved, *(digest for digest in observed.values() if digest is not None))
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("expected digests")
    demand, code = Demand(profile, tuple(blocks)), CountedCode.from_json(record["code"])
    return Remembered(demand, str(record["key"]), observed, code, tuple(unobserved), path)


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

    def demand(self, chapter: Chapter, profile: str) -> Demand:
        """Return what is known of a chapter before it runs."""
        return Demand(profile, digests(chapter))

    def state(self, chapter: Chapter, profile: str) -> str:
        """Return what is another where a run of a chapter is obsolete, as its last one tells."""
        self.code.refresh()
        page, demand = self.ledger.read(profile, chapter.name), self.demand(chapter, profile)
        names = page.inputs if page else [f"{inputs.CODE}{name}" for name in words(chapter)]
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
        code = [name for name in names if name.startswith((inputs.CODE, inputs.TEXT))]
        around = kernel_environment.of_kernels(profile, os.environ)
        return {**inputs.today(self.root, set(names) - set(code), around), **self.code.today(code)}

    def _reasons(self, chapter: Chapter, page: Remembered, demand: Demand) -> Iterator[str]:
        yield from changed_chunks(chapter, page.demand, demand)
        new = self.code.whole(page.code.modules, words(chapter))
        told = changes(page.code, new)
        yield from map(str, told)
        yield from changed_inputs(page.inputs, self._today(demand.profile, page.inputs), bool(told))
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


def changed_inputs(old: Digests, new: Digests, code_is_told: bool = False) -> Iterator[str]:
    """Say what happened to inputs: of several things about one file the first, and nothing of code told."""
    told: set[str] = set()
    for name in sorted(new, key=lambda name: (":" in name, name.endswith("/"), name)):
        path = inputs.path_of(name)
        if code_is_told and name.startswith((inputs.CODE, inputs.TEXT)) and old.get(name):
            continue
        if old.get(name) != new[name] and path not in told:
            told.add(path)
            yield inputs.words(name, old.get(name), new[name])
