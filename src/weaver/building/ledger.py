"""What the last run of each chapter depended on, remembered from one build to the next."""

import functools
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from weaver.dependencies.counted_code import CountedCode
from weaver.errors import StoreError, refusal
from weaver.storage import atomic_write
from weaver.storage.hashing import Digests
from weaver.storage.store import shown

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
class Ledger:
    """Remembers, for each profile and chapter, what its last execution depended on.

    A chapter that begins to run is marked until its page is written: while the mark is there, no one knows
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
            atomic_write.write_whole(target, json.dumps(record).encode())
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
        """Turn a refusal of the operating system into one clear message."""
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
