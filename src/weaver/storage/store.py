"""A folder of entries: each written whole or not at all, and checked at every read. Storage only.

    entries-1/<key>/    the entries, each a folder (see `weaver.storage.entry`)
    partial/            entries being written
    set-aside/          damaged entries, kept to be looked at
    locks/              a lock file for each key
    marks/              empty files by which processes see that they share the store
    checkpoints/<key>/  a store for each computation that has begun (see `weaver.cache.checkpoints`)

An entry is made in `partial`, flushed, read back and renamed into place. It is never changed afterwards: a
second write keeps the first. The number in `entries-1` is the format's: entries of another format lie in
another folder, and to this version of the store they are missing, neither damaged nor misread.
"""

import errno
import logging
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from weaver.errors import StoreError, refusal
from weaver.paths import STORE
from weaver.storage import entry as entries
from weaver.storage.entry import DamageError, Entry, Info

if TYPE_CHECKING:
    from weaver.storage.safetensors_view import Array

KEY = re.compile(r"[0-9a-z][0-9a-z_.-]{0,199}")  # one case only: some file systems know no other
SWEPT_AFTER_S = {"partial": 3600.0, "checkpoints": 30 * 86400.0}

Read = TypeVar("Read")
Kind = Literal["checkpoints", "set-aside"]  # of what lies beside the entries

logger = logging.getLogger("weaver.store")


@dataclass(frozen=True)
class Leftover:
    """What lies beside the entries: `size` is in bytes, `touched` a time as in `time`."""

    path: Path
    size: int
    touched: float


class Store:
    """The entries in one folder, which is made when the first is written.

    Every method raises StoreError where the folder cannot be read or written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __str__(self) -> str:
        return str(self.folder)

    def read(self, key: str) -> Entry | None:
        """Return the entry, or None where it is missing; a damaged one is set aside and reported."""
        return self._checked(key, entries.read_entry)

    def info(self, key: str) -> Info | None:
        """Return the entry's record and size as `read` does, but leave its arrays unread and unchecked."""
        return self._checked(key, entries.read_info)

    def write(self, key: str, record: Mapping[str, Any], arrays: "Mapping[str, Array]") -> Entry:
        """Keep an entry and return it as it reads back; where the key has one already, return that.

        Raises:
            StoreError: it cannot be written, or does not read back as it was written.
        """
        existing = self.read(key)
        if existing is not None:
            return existing
        partial = self._fresh("partial", key)
        with self._told(f"write the entry {key}"):
            self._sweep()
            try:
                entries.write_entry(partial, Entry(key, record, arrays))
                entry = entries.read_entry(partial, key)
                published = publish(partial, self._place(key))
            except DamageError as damage:
                found = f"{shown(partial)}: not as it was written ({damage}): check the disk"
                raise StoreError(found) from None
            finally:
                shutil.rmtree(partial, ignore_errors=True)  # where all went well it has moved
        return entry if published else self.write(key, record, arrays)

    def remove(self, key: str) -> None:
        """Delete the entry, if there is one, at once for every reader."""
        partial = self._fresh("partial", key)
        with self._told(f"remove the entry {key}"):
            if _move(self._place(key), partial):
                shutil.rmtree(partial)

    def set_aside(self, key: str, reason: str) -> None:
        """Move a damaged entry out of the way and report it; `reason` says what is wrong with it."""
        target = self._fresh("set-aside", key)
        with self._told(f"set aside the damaged entry {key}"):
            moved = _move(self._place(key), target)
        if moved:  # else another process was first
            what = f"the entry {key} is damaged and not used: {reason}; it was moved to {shown(target)}"
            logger.warning(what)

    def keys(self) -> tuple[str, ...]:
        """List the keys that have an entry, in alphabetical order."""
        with self._told("list the entries"), suppress(FileNotFoundError):
            return tuple(sorted(path.name for path in self._entries.iterdir()))
        return ()

    def leftovers(self, kind: Kind) -> tuple[Leftover, ...]:
        """List unfinished computations, or damaged entries that were set aside."""
        found: list[Leftover] = []
        with self._told(f"list the {kind}"):
            for path in sorted((self.folder / kind).glob("*")):
                with suppress(FileNotFoundError):  # a computation at work replaces its files
                    found.append(_leftover(path))
        return tuple(found)

    def discard(self, leftover: Leftover) -> None:
        """Delete something that lies beside the entries."""
        with self._told(f"remove {shown(leftover.path)}"), suppress(FileNotFoundError):
            shutil.rmtree(leftover.path)

    @contextmanager
    def lock(self, *keys: str) -> Iterator[None]:
        """Wait for the locks of some keys and hold them; no order of asking leads to a deadlock."""
        from filelock import FileLock  # noqa: PLC0415 - slow to import, and a hit needs no lock

        with ExitStack() as held:
            with self._told("lock an entry"):
                for key in sorted(set(keys)):  # one order for all, or two could wait for each other
                    held.enter_context(FileLock(self.folder / "locks" / f"{_name(key)}.lock"))
            yield

    def checkpoints(self, key: str) -> "Store":
        """Return the store of the unfinished work that leads to an entry."""
        return Store(self.folder / "checkpoints" / _name(key))

    def share(self, keys: Iterable[str]) -> None:
        """Make sure that entries are where others who share the store look for them."""

    def mark(self, name: str) -> None:
        """Leave a mark, by which a process can tell that its store is this one; `unmark` takes it away."""
        with self._told("leave a mark"):
            place = self._mark(name)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.touch()

    def is_marked(self, name: str) -> bool:
        """Whether a mark of this name was left in the store."""
        with self._told("look for a mark"):
            return self._mark(name).exists()

    def unmark(self, name: str) -> None:
        """Take a mark away."""
        with self._told("take away a mark"):
            self._mark(name).unlink(missing_ok=True)

    def delete(self) -> None:
        """Delete the whole folder."""
        with self._told("delete it"), suppress(FileNotFoundError):
            shutil.rmtree(self.folder)

    @property
    def _entries(self) -> Path:
        return self.folder / f"entries-{entries.FORMAT}"

    def _place(self, key: str) -> Path:
        return self._entries / _name(key)

    def _mark(self, name: str) -> Path:
        return self.folder / "marks" / _name(name)

    def _fresh(self, kind: str, key: str) -> Path:
        return self.folder / kind / f"{_name(key)}.{secrets.token_hex(4)}"

    def _checked(self, key: str, read: Callable[[Path, str], Read]) -> Read | None:
        place = self._place(key)
        with self._told(f"read the entry {key}"):
            if not place.exists():
                return None
            try:
                return read(place, key)
            except DamageError as damage:
                self.set_aside(key, str(damage))
                return None

    def _sweep(self) -> None:
        """Delete what processes that were killed have left behind."""
        for kind, age in SWEPT_AFTER_S.items():
            for path in (self.folder / kind).glob("*"):
                with suppress(FileNotFoundError):  # two may sweep at once
                    if _touched(path) < time.time() - age:
                        shutil.rmtree(path)

    @contextmanager
    def _told(self, action: str) -> Iterator[None]:
        """Turn a refusal of the operating system into one clear message."""
        try:
            yield
        except OSError as error:
            raise StoreError(
                f"{shown(self.folder)}: cannot {action}: {refusal(error)},"
                " or let WEAVER_CACHE name another folder"
            ) from error


def default_folder(root: Path) -> Path:
    """Return the folder of a project's store: what WEAVER_CACHE names, else `.cache/store` below `root`."""
    named = os.environ.get("WEAVER_CACHE")
    return root / (named if named and not shared_address() else STORE)


def shared_address() -> str | None:
    """Return what WEAVER_CACHE names if it is an address (see `weaver.storage.remote_store`), no folder."""
    named = os.environ.get("WEAVER_CACHE", "")
    return named if "://" in named else None


def shown(path: Path) -> str:
    """Name a path as the reader of a message would, from the working directory where it lies below."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _name(key: str) -> str:
    """Return a key as the name of a file, which every key is that leads to no other folder."""
    if not KEY.fullmatch(key):
        raise StoreError(f"expected a key of small letters, digits, '_', '.' and '-', found {key!r}")
    return key


def _leftover(path: Path) -> Leftover:
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return Leftover(path, size, _touched(path))


def _touched(folder: Path) -> float:
    """Return when something in a folder, or one level below, was last added or removed."""
    return max(path.stat().st_mtime for path in (folder, *folder.glob("*")))


def publish(partial: Path, place: Path) -> bool:
    """Give a finished entry its name; False where another process was first, whose entry then stays."""
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        partial.rename(place)
    except OSError as error:
        if error.errno in {errno.ENOTEMPTY, errno.EEXIST}:
            return False
        raise
    entries.flush(place.parent)
    return True


def _move(source: Path, target: Path) -> bool:
    """Rename into a folder that is made for it; False where there is nothing to rename."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        source.rename(target)
    except FileNotFoundError:
        return False
    return True
