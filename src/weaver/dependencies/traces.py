"""Traces: the names of the inputs that were observed, under the key of what was known before.

With the digests of today they give the key of the result. A key without a trace has its result, if any, to
itself: what asked for nothing the first time asks for nothing ever. Several traces may stand under one key,
since what is asked for may follow from what was found; an edit taken back finds the one from before it.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from weaver.storage.hashing import Digests
from weaver.storage.store import Store

KEPT = 8  # under one key

Today = Callable[[Iterable[str]], Digests]


@dataclass(frozen=True)
class Traces:
    """The traces in a store; `today` tells what inputs are now."""

    store: Store
    today: Today

    def results(self, key: str) -> Iterator[str]:
        """Yield the keys under which the result for the inputs of today may be."""
        for place in places(key):
            info = self.store.info(place)
            if info is None:
                return
            names = named(info.record)
            yield place if names is None else result_key(key, self.today(names))

    def add(self, key: str, inputs: Digests) -> str:
        """Keep the names of the inputs of a result and return its key."""
        first = self.store.info(key)
        if not inputs and (first is None or named(first.record) is None):
            return key
        names = sorted(inputs)
        for place in places(key):
            info = self.store.info(place)
            if info is None or named(info.record) == names:
                break
        else:  # full: the oldest gives way
            infos = filter(None, map(self.store.info, places(key)))
            place = min(infos, key=lambda info: info.written).key
            self.store.remove(place)
        self.store.write(place, {"trace": names}, {})
        return result_key(key, inputs)


def places(key: str) -> Iterator[str]:
    """Yield the keys of the traces that may stand under a key."""
    yield from (f"{key}-{number}" if number else key for number in range(KEPT))


def named(record: Mapping[str, object]) -> list[str] | None:
    """Return the names in the record of a trace; None where it is that of a result."""
    names = record.get("trace")
    return list(map(str, names)) if isinstance(names, list) and record.keys() == {"trace"} else None


def result_key(key: str, inputs: Digests) -> str:
    """Return the key of the result for these inputs."""
    return hashlib.sha256(json.dumps([key, sorted(inputs.items())]).encode()).hexdigest()
