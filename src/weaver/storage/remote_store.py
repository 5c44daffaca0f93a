"""A store shared through an address of fsspec, `s3://bucket/report`, by machines without a common folder.

    entries-1/<key>/<SHA-256>    the files of an entry, each under the digest of what it holds
    entries-1/<key>/SHA256SUMS   written last: with it the entry is there
    marks/                       as in a folder

Each process works in a folder of its own. What it lacks it fetches, verifies and keeps there; what it writes
it sends. Files named by their digests cannot be mixed up when two send the same entry at once. Locks and
unfinished work stay in the folder: machines that share an address alone may compute the same twice.
"""

import logging
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from weaver.errors import StoreError
from weaver.storage import entry as entries
from weaver.storage.entry import ARRAYS, RECORD, SUMS, DamageError, Entry, Info
from weaver.storage.store import Store, publish

if TYPE_CHECKING:
    from weaver.storage.safetensors_view import Array

DIGEST = re.compile("[0-9a-f]{64}")

logger = logging.getLogger("weaver.store")


class SharedStore(Store):
    """The entries in a folder, and those at an address."""

    def __init__(self, folder: Path, address: str) -> None:
        super().__init__(folder)
        self.address = address
        try:
            from fsspec.core import url_to_fs  # noqa: PLC0415 - an extra, and only a shared store needs it

            self._files, self._root = url_to_fs(address)
        except (ImportError, ValueError) as error:
            raise StoreError(f"WEAVER_CACHE={address}: expected an address of fsspec: {error}") from None

    def __str__(self) -> str:
        return self.address

    def read(self, key: str) -> Entry | None:  # noqa: D102 - as in `Store`, from the address too
        return super().read(key) or (super().read(key) if self._fetch(key) else None)

    def info(self, key: str) -> Info | None:  # noqa: D102 - as in `Store`, from the address too
        return super().info(key) or (super().info(key) if self._fetch(key) else None)

    def write(self, key: str, record: Mapping[str, Any], arrays: "Mapping[str, Array]") -> Entry:  # noqa: D102
        entry = super().write(key, record, arrays)
        self.share([key])
        return entry

    def share(self, keys: Iterable[str]) -> None:
        """Send the entries that are not at the address."""
        for key in keys:
            if self._get(self._remote(key, SUMS)) is None:
                self._send(key)

    def mark(self, name: str) -> None:  # noqa: D102 - as in `Store`, at the address
        self._put(f"{self._root}/marks/{name}", b"")

    def is_marked(self, name: str) -> bool:  # noqa: D102 - as in `Store`, at the address
        return self._get(f"{self._root}/marks/{name}") is not None

    def unmark(self, name: str) -> None:  # noqa: D102 - as in `Store`, at the address
        with self._reached(), suppress(FileNotFoundError):
            self._files.rm_file(f"{self._root}/marks/{name}")

    def _fetch(self, key: str) -> bool:
        """Copy an entry into the folder, if there is one whose bytes are those that were sent."""
        sums = self._get(self._remote(key, SUMS))
        if sums is None:
            return False
        partial = self._fresh("partial", key)
        with self._told(f"fetch the entry {key}"):
            try:
                partial.mkdir(parents=True)
                for digest, name in _lines(sums):
                    (partial / name).write_bytes(self._get(self._remote(key, digest)) or b"")
                (partial / SUMS).write_bytes(sums)
                entries.read_entry(partial, key)
                publish(partial, self._place(key))
            except DamageError as damage:
                self._set_aside_there(key, str(damage))
                return False
            finally:
                shutil.rmtree(partial, ignore_errors=True)
        return True

    def _send(self, key: str) -> None:
        place = self._place(key)
        with self._told(f"send the entry {key}"):
            sums = (place / SUMS).read_bytes()
            for digest, name in _lines(sums):
                self._put(self._remote(key, digest), (place / name).read_bytes())
            self._put(self._remote(key, SUMS), sums)

    def _set_aside_there(self, key: str, reason: str) -> None:
        place = self._remote(key, SUMS)
        with self._reached():
            self._files.mv(place, f"{place}.set-aside-{secrets.token_hex(4)}")
        logger.warning("%s: the entry %s is damaged and not used: %s", self.address, key, reason)

    def _remote(self, key: str, name: str) -> str:
        return f"{self._root}/entries-{entries.FORMAT}/{key}/{name}"

    def _get(self, place: str) -> bytes | None:
        with self._reached():
            try:
                return bytes(self._files.cat_file(place))
            except FileNotFoundError:
                return None

    def _put(self, place: str, data: bytes) -> None:
        with self._reached():
            self._files.makedirs(place.rpartition("/")[0], exist_ok=True)
            self._files.pipe_file(place, data)

    @contextmanager
    def _reached(self) -> Iterator[None]:
        """Turn what the other side refuses into one clear message."""
        try:
            yield
        except OSError as error:
            raise StoreError(
                f"WEAVER_CACHE={self.address}: cannot be used: {error}: check the address, or name a folder"
            ) from error


def _lines(sums: bytes) -> Iterator[tuple[str, str]]:
    """Yield digest and name of the files of an entry.

    Raises:
        DamageError: these are no sums of an entry.
    """
    for line in sums.decode(errors="replace").splitlines():
        digest, _, name = line.partition("  ")
        if name not in (RECORD, ARRAYS) or not DIGEST.fullmatch(digest):
            raise DamageError(f"{SUMS} has a line {line!r}")
        yield digest, name
