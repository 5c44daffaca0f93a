"""The kept results of one function: read where they are there, else computed once and written."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from weaver.cache.arguments import JSON, Description, digest, symbol
from weaver.cache.codec import Codec, MismatchError, Place
from weaver.cache.loaded import LoadedCode
from weaver.cache.provenance import Provenance, from_record, provenance, to_json
from weaver.cache.reading import watching
from weaver.cache.unfinished import computing
from weaver.cache.usage import tell
from weaver.errors import FingerprintError, StoreError
from weaver.store import Entry, Store

if TYPE_CHECKING:
    from weaver.fingerprint import Fingerprint

logger = logging.getLogger("weaver.cache")

Compute = Callable[[Sequence[str]], Sequence[Any]]


@dataclass(frozen=True)
class Wanted:
    """A result that is asked for: its key, and the code and arguments that the key stands for."""

    key: str
    fingerprints: "Mapping[str, Fingerprint]"
    settings: Mapping[str, JSON]


Order = Callable[[Sequence[Wanted]], None]


@dataclass(frozen=True)
class Shelf:
    """The results of one function, or of its members, in one project."""

    function: Callable[..., object]
    codec: Codec
    code: LoadedCode

    @property
    def name(self) -> str:
        """The function's full name."""
        return symbol(self.function)

    @property
    def store(self) -> Store:
        """Where the results are."""
        return self.code.home.store

    def wanted(self, calls: Sequence[Description]) -> list[Wanted]:
        """Make the keys of the results for the arguments of some calls.

        Raises:
            EditedError: the code is not what was loaded.
            FingerprintError: the function or a class among the arguments is not in the project's code.
        """
        classes = {kind for arguments in calls for kind in arguments.classes}
        owners: tuple[Any, ...] = (self.function, *sorted(classes, key=symbol))
        prints = {symbol(each): self._fingerprint(each) for each in owners}
        return [self._wanted(arguments, prints) for arguments in calls]

    def _fingerprint(self, owner: Any) -> "Fingerprint":  # noqa: ANN401 - a function or a class
        try:
            return self.code.fingerprint(owner.__module__, owner.__qualname__)
        except FingerprintError as error:
            raise FingerprintError(f"{self.name}: its results depend on {symbol(owner)}: {error}") from error

    def _wanted(self, arguments: Description, known: "Mapping[str, Fingerprint]") -> Wanted:
        owners = (self.name, *sorted(map(symbol, arguments.classes)))
        prints = {name: known[name] for name in owners}
        parts: dict[str, JSON] = {
            "function": self.name,
            "code": {name: fingerprint.digest for name, fingerprint in prints.items()},
            "result": repr(self.codec),
            "arguments": dict(arguments.values),
        }
        return Wanted(digest(parts), prints, arguments.values)

    def fetch(self, wanted: Sequence[Wanted], compute: Compute) -> list[Any]:
        """Return the results in the order wanted; `compute` gets the keys of all that are missing, once.

        Raises:
            StoreError: the store cannot be used, or a result is not of the annotated type.
        """
        asked = {each.key: each for each in wanted}
        found = self._read(asked)
        missing = [key for key in asked if key not in found]
        if missing:
            with self.store.lock(*missing):
                found |= self._read(missing)  # another process may have been first
                left = [each for each in asked.values() if each.key not in found]
                found |= self._computed(left, compute) if left else {}
        return [found[each.key] for each in wanted]

    def gather(self, wanted: Sequence[Wanted], order: Order) -> list[Any]:
        """Return the results in the order wanted; `order` has all that are missing computed elsewhere.

        Raises:
            StoreError: the store cannot be used, or what was ordered is not in it.
        """
        asked = {each.key: each for each in wanted}
        found = self._read(asked)
        missing = [each for each in asked.values() if each.key not in found]
        if missing:
            order(missing)
            found |= self._read(each.key for each in missing)
        if len(found) < len(asked):
            there = len(missing) - len(asked) + len(found)
            raise StoreError(
                f"{self.name}: expected {len(missing)} new results in {self.store}, found {there}:"
                " let WEAVER_CACHE name one folder, or address, for all processes"
            )
        return [found[each.key] for each in wanted]

    def _read(self, keys: Iterable[str]) -> dict[str, Any]:
        return {key: value for key in keys for value in self._kept(key)}

    def _kept(self, key: str) -> Iterator[Any]:
        """Yield the result, if it is there."""
        entry = self.store.read(key)
        if entry is None:
            return
        try:
            source, value = from_record(entry.record), self._decoded(entry)
        except MismatchError as mismatch:
            self.store.set_aside(key, str(mismatch))
            return
        tell("hit", self.name, key, source.uses)
        yield value

    def _computed(self, wanted: Sequence[Wanted], compute: Compute) -> dict[str, Any]:
        keys = [each.key for each in wanted]
        unfinished = self.store.checkpoints(digest(list[JSON](keys)))
        started = time.monotonic()
        with computing(unfinished) as computation, watching(self.code.home) as observer:
            values = compute(keys)
        if len(values) != len(keys):
            raise StoreError(f"{self.name}: expected {len(keys)} results, one a member, found {len(values)}")
        if observer.opened:
            _report(self.name, observer.opened)
            unfinished.delete()
            return dict(zip(keys, values, strict=True))
        share_s = (time.monotonic() - started) / len(keys)
        prints = [each for one in wanted for each in one.fingerprints.values()]
        source = provenance(self.code.home.root, prints, share_s, computation.uses, len(keys))
        results = zip(wanted, values, strict=True)
        found = {each.key: self._written(each, value, source) for each, value in results}
        unfinished.delete()
        return found

    def _written(self, wanted: Wanted, value: object, source: Provenance) -> object:
        """Keep a result and return it as every later call will find it."""
        place = self._place({})
        record = {
            "function": self.name,
            "settings": wanted.settings,
            "fingerprints": {name: each.to_json() for name, each in wanted.fingerprints.items()},
            "provenance": to_json(source),
            "result": self.codec.encode(value, place),
        }
        entry = self.store.write(wanted.key, record, place.arrays)
        tell("miss", self.name, wanted.key, source.uses)
        return self._decoded(entry)

    def _decoded(self, entry: Entry) -> object:
        if entry.record["function"] != self.name:
            raise MismatchError(f"expected a result of {self.name}, found one of {entry.record['function']}")
        return self.codec.decode(entry.record["result"], self._place(dict(entry.arrays)))

    def _place(self, arrays: dict[str, Any]) -> Place:
        return Place(f"{self.function.__qualname__}()", arrays)


def _report(function: str, files: Iterable[str]) -> None:
    """Say that a result rests on files, and what to do about it."""
    logger.warning(
        "results are not kept: %s read %s while it computed, which its key does not cover:"
        " give it the contents as an argument",
        function,
        ", ".join(sorted(files)),
    )
