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
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from weaver import environment, whole
from weaver.dependencies import inputs
from weaver.document import Prose
from weaver.errors import StoreError, refusal
from weaver.execution import Execution
from weaver.fingerprint import Fingerprint, Sources, changes
from weaver.modules import read_script
from weaver.options import Running
from weaver.project import Chapter
from weaver.script import read_chunks
from weaver.store import Entry, Store, shown

VERSION = "4"  # of the key and the ledger; a change re-runs every chapter

NOT_RUN = "__not_run__"  # a chunk that does not run still has its place in the order


@dataclass(frozen=True)
class Demand:
    """What a chapter's execution depends on, as far as it is known before running."""

    profile: str
    blocks: tuple[str, ...]  # a digest for each chunk and inline expression, in order
    fingerprint: Fingerprint

    def key(self, inputs: Mapping[str, str | None]) -> str:
        """Return the store's key of the execution that read `inputs`."""
        parts = [
            VERSION,
            self.profile,
            self.blocks,
            self.fingerprint.digest,
            sorted(inputs.items()),
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@dataclass(frozen=True)
class Remembered:
    """A ledger's page: the demand of the last execution and the digests of the files it read."""

    demand: Demand
    inputs: Mapping[str, str | None]
    unobserved: tuple[str, ...] = ()  # why the execution was not kept

    @property
    def key(self) -> str:
        """The store's key of that execution."""
        return self.demand.key(self.inputs)


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
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None  # a lost or damaged page costs a re-run, nothing else

    def write(self, chapter: str, page: Remembered) -> None:
        """Remember `page`, whole or not at all."""
        target = self._page(page.demand.profile, chapter)
        record = {
            "version": VERSION,
            "blocks": list(page.demand.blocks),
            "fingerprint": page.demand.fingerprint.to_json(),
            "inputs": dict(page.inputs),
            "unobserved": list(page.unobserved),
        }
        with self._told(target):
            whole.write(target, json.dumps(record).encode())
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
    texts = (*blocks, *unobserved, *(digest for digest in observed.values() if digest is not None))
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("expected digests")
    demand = Demand(profile, tuple(blocks), Fingerprint.from_json(record["fingerprint"]))
    return Remembered(demand, observed, tuple(unobserved))


@dataclass(frozen=True)
class Judge:
    """Decides on chapters; one serves a whole build, so that each source file is analysed once."""

    root: Path
    store: Store
    ledger: Ledger
    sources: Sources

    def judge(self, chapter: Chapter, profile: str) -> Freshness:
        """Find the kept execution of a chapter, or the reasons why there is none."""
        demand = self.demand(chapter, profile)
        if all(piece == NOT_RUN for piece in _pieces(chapter)):
            return Freshness(demand, Execution(((),) * len(chapter.chunks), (), {}), ())
        page = self.ledger.read(profile, chapter.name)
        if page is None:
            return Freshness(demand, None, ("it has not run yet",))
        reasons = tuple(self._reasons(chapter, page, demand))
        if reasons:
            # An edit taken back finds the execution from before it.
            return self._kept(demand, self._digests(page), reasons)
        return self._kept(demand, page.inputs, ("its kept outputs are gone",))

    def demand(self, chapter: Chapter, profile: str) -> Demand:
        """Analyse what a chapter's code depends on."""
        pieces = list(_pieces(chapter))
        blocks = tuple(_digest(piece) for piece in pieces)
        return Demand(profile, blocks, self.sources.of_code(*pieces))

    def keep(self, chapter: Chapter, demand: Demand, execution: Execution) -> Execution:
        """Store an execution, remember what it depended on, and return what is kept under its key now."""
        if self.demand(chapter, demand.profile).key({}) != demand.key({}):
            return execution  # code edited while it ran: nobody can say which of it was loaded
        if execution.unobserved:
            self.ledger.write(chapter.name, Remembered(demand, execution.opened, execution.unobserved))
            return execution
        entry = self.store.write(demand.key(execution.opened), execution.to_json(), {})
        self.ledger.write(chapter.name, Remembered(demand, execution.opened))
        return self._execution(entry) or execution

    def _execution(self, entry: Entry) -> Execution | None:
        """Read an execution; an entry that holds none is set aside."""
        try:
            return Execution.from_json(entry.record)
        except ValueError as error:
            self.store.set_aside(entry.key, str(error))
            return None

    def _kept(self, demand: Demand, inputs: Mapping[str, str | None], reasons: tuple[str, ...]) -> Freshness:
        key = demand.key(inputs)
        entry = self.store.read(key)
        execution = None if entry is None else self._execution(entry)
        return Freshness(demand, execution, () if execution else reasons, key if execution else None)

    def _digests(self, page: Remembered) -> inputs.Digests:
        return inputs.today(self.root, page.inputs, environment.of_kernels(page.demand.profile, os.environ))

    def _reasons(self, chapter: Chapter, page: Remembered, demand: Demand) -> Iterator[str]:
        yield from changed_chunks(chapter, page.demand, demand)
        yield from changed_code(page.demand, demand)
        yield from changed_inputs(page.inputs, self._digests(page))
        yield from (f"its outputs are not kept: {reason}" for reason in page.unobserved)


def changed_chunks(chapter: Chapter, old: Demand, new: Demand) -> Iterator[str]:
    """Name the chunks and inline expressions whose code is new or different."""
    if old.blocks == new.blocks:
        return
    known = set(old.blocks)
    places = [place for _, place in _placed_pieces(chapter)]
    fresh = [str(place) for place, digest in zip(places, new.blocks, strict=True) if digest not in known]
    if fresh:
        yield from (f"the code at {place} changed" for place in fresh)
    else:
        yield "code was removed or put in another order"


def changed_code(old: Demand, new: Demand) -> Iterator[str]:
    """Name the functions, classes, constants and packages that changed."""
    yield from (str(change) for change in changes(old.fingerprint, new.fingerprint))


def changed_inputs(old: inputs.Digests, new: inputs.Digests) -> Iterator[str]:
    """Say what happened to inputs: of several things about one file, or in one folder, the first alone."""
    told: set[str] = set()
    for name in sorted(new, key=lambda name: (":" in name, name.endswith("/"), name)):
        path = inputs.path_of(name)
        if old.get(name) != new[name] and path not in told:
            told.add(path)
            yield inputs.words(name, old.get(name), new[name])


def _pieces(chapter: Chapter) -> Iterator[str]:
    return (piece for piece, _ in _placed_pieces(chapter))


def _placed_pieces(chapter: Chapter) -> Iterator[tuple[str, Any]]:
    """Give out the code of a chapter: chunks that run, and inline expressions as they stand between them."""
    for block in chapter.blocks:
        if isinstance(block, Prose):
            yield from ((f"__inline__({inline.expression})", inline.place) for inline in block.inlines)
        elif block.running.runs:
            yield block.code, block.place
            if block.running != Running():
                yield f"__running__{astuple(block.running)}", block.place
        else:
            yield NOT_RUN, block.place


@functools.lru_cache(maxsize=4096)  # the preview asks again at every save
def _digest(code: str) -> str:
    """Digest code so that comments, docstrings and layout do not count."""
    read = read_chunks([code])
    statements = [statement.digest for statement in read_script(read.statements).statements]
    return hashlib.sha256(json.dumps([read.text, *statements]).encode()).hexdigest()
