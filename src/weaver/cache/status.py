"""The kept results as runs to list: what they are of, and why one would be computed again."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from weaver.cache.codec import MismatchError
from weaver.cache.provenance import Provenance, from_record
from weaver.errors import FingerprintError
from weaver.store import Info, Store

if TYPE_CHECKING:
    from weaver.fingerprint import Fingerprint

Fingerprints = Callable[[str, str], "Fingerprint"]


@dataclass(frozen=True)
class Run:
    """A kept result; `size` is in bytes, `reasons` is empty where the code is still that of the result.

    `under` is the key of what was known before: of its traces, or its own where it asked for nothing.
    """

    key: str
    function: str
    settings: Mapping[str, Any]
    provenance: Provenance
    size: int
    reasons: tuple[str, ...]
    under: str


def runs(store: Store, fingerprints: Fingerprints) -> Iterator[Run]:
    """Give out every kept result, judged against the code as it is now."""
    infos = (store.info(key) for key in store.keys())  # noqa: SIM118 - a store is no dict
    found = (run(info, fingerprints) for info in infos if info is not None)
    return (each for each in found if each is not None)


def run(info: Info, fingerprints: Fingerprints) -> Run | None:
    """Return the result in an entry, judged against the code as it is now; None where it is none."""
    record = info.record
    try:
        source, stale = from_record(record), tuple(_stale(record, fingerprints))
    except (MismatchError, AttributeError, KeyError, TypeError, ValueError):
        return None  # other entries are none of the cache's, or of another version's
    return Run(info.key, record["function"], record["settings"], source, info.size, stale, record["under"])


def reasons(key: str, store: Store, fingerprints: Fingerprints) -> tuple[str, ...]:
    """Say why the result under a key would be computed again; nothing if it would be read."""
    info = store.info(key)
    return ("its entry is missing",) if info is None else tuple(_stale(info.record, fingerprints))


def _stale(record: Mapping[str, Any], fingerprints: Fingerprints) -> Iterator[str]:
    """Name everything behind a record that has changed since."""
    from weaver.fingerprint import Fingerprint  # noqa: PLC0415 - as in `weaver.cache.home`

    for name, kept in record.get("fingerprints", {}).items():
        old = Fingerprint.from_json(kept)
        new = _now(name, fingerprints)
        if new is None:
            yield _gone(name)
        elif new.digest != old.digest:
            yield from _changed(old, new)


def _gone(name: str) -> str:
    """Tell of a function or class that is no longer there."""
    return f"{name.replace(':', '.')} is gone"


def _changed(old: "Fingerprint", new: "Fingerprint") -> Iterator[str]:
    """Tell of code, or of the version of a package, that is another now."""
    from weaver.fingerprint import changes  # noqa: PLC0415

    return (str(change) for change in changes(old, new))


def _now(name: str, fingerprints: Fingerprints) -> "Fingerprint | None":
    try:
        return fingerprints(*name.split(":"))
    except FingerprintError:
        return None
