"""The kept results as runs to list: what they are of, and why one would be computed again."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from weaver.cache.codec import MismatchError
from weaver.cache.counted_inputs import Basis
from weaver.cache.project_store import Code
from weaver.cache.provenance import Provenance, from_record
from weaver.dependencies.counted_code import changes
from weaver.dependencies.project_code import Start
from weaver.errors import FingerprintError
from weaver.storage.entry import Info
from weaver.storage.store import Store


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


def runs(store: Store, code: Code) -> Iterator[Run]:
    """Yield every kept result, judged against the code as it is now."""
    infos = (store.info(key) for key in store.keys())  # noqa: SIM118 - a store is not a dict
    found = (run(info, code) for info in infos if info is not None)
    return (each for each in found if each is not None)


def run(info: Info, code: Code) -> Run | None:
    """Return the result in an entry, judged against the code as it is now; None where it is none."""
    record = info.record
    try:
        source, stale = from_record(record), tuple(_stale(record, code))
    except (MismatchError, AttributeError, KeyError, TypeError, ValueError):
        return None  # other entries are none of the cache's, or of another version's
    return Run(info.key, record["function"], record["settings"], source, info.size, stale, record["under"])


def reasons(key: str, store: Store, code: Code) -> tuple[str, ...]:
    """Say why the result under a key would be computed again; nothing if it would be read."""
    info = store.info(key)
    return ("its entry is missing",) if info is None else tuple(_stale(info.record, code))


def _stale(record: Mapping[str, Any], code: Code) -> Iterator[str]:
    """Name everything of the code behind a record that has changed since."""
    kept = Basis.from_json(record["basis"])
    try:
        new = kept.again(code)
    except FingerprintError:
        missing = [start for start in kept.starts if _is_gone(start, code)]
        yield from (f"{'.'.join(start)} is gone" for start in missing)
        return
    if new.digest != kept.counted.digest:
        yield from map(str, changes(kept.counted, new))


def _is_gone(start: Start, code: Code) -> bool:
    try:
        code.counted((start,))
    except FingerprintError:
        return True
    return False
