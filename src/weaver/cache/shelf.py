"""The kept results of one function: read where they are there, else computed once and written."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from weaver.cache.arguments import JSON, Description, digest, sha256, symbol
from weaver.cache.codec import Codec, MismatchError, Place
from weaver.cache.loaded import LoadedCode
from weaver.cache.provenance import Provenance, from_record, provenance, to_json
from weaver.cache.showing import Printed, listened, print_again
from weaver.cache.surroundings import drawn, put_back, seed, settings
from weaver.cache.unfinished import computing
from weaver.cache.usage import tell
from weaver.dependencies import traces
from weaver.dependencies.asking import package
from weaver.dependencies.hooks import observe
from weaver.dependencies.inputs import Digests, name_of, today
from weaver.dependencies.observer import Observer
from weaver.dependencies.traces import Traces
from weaver.errors import FingerprintError, StoreError
from weaver.store import Entry, Store

if TYPE_CHECKING:
    from weaver.fingerprint import Fingerprint

logger = logging.getLogger("weaver.cache")

VERSION = 2  # of keys: what older versions have kept is left alone
ON_A_WORKER: ContextVar[bool] = ContextVar("ON_A_WORKER", default=False)

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
    together: bool = False

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
        around: dict[str, JSON] = {"settings": dict(settings()), "folder": self._folder(), "version": VERSION}
        return [self._wanted(arguments, prints, around) for arguments in calls]

    def _fingerprint(self, owner: Any) -> "Fingerprint":  # noqa: ANN401 - a function or a class
        try:
            return self.code.fingerprint(owner.__module__, owner.__qualname__)
        except FingerprintError as error:
            raise FingerprintError(f"{self.name}: its results depend on {symbol(owner)}: {error}") from error

    def _wanted(
        self, arguments: Description, known: "Mapping[str, Fingerprint]", around: Mapping[str, JSON]
    ) -> Wanted:
        owners = (self.name, *sorted(map(symbol, arguments.classes)))
        prints = {name: known[name] for name in owners}
        parts: dict[str, JSON] = {
            "function": self.name,
            "code": {name: fingerprint.digest for name, fingerprint in prints.items()},
            "result": repr(self.codec),
            "arguments": dict(arguments.values),
            **around,
        }
        return Wanted(digest(parts), prints, arguments.values)

    def _folder(self) -> str:
        """Name the working folder in the project where relative paths begin, but not that of a worker."""
        here, root = Path.cwd(), self.code.home.root
        return name_of(root, here) if here.is_relative_to(root) and not ON_A_WORKER.get() else "."

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

    def places(self, key: str) -> Iterator[str]:
        """Give out the keys of all entries that lead to the result of today."""
        yield from (place for place in traces.places(key) if self.store.info(place))
        yield from self._traces.results(key)

    @property
    def _traces(self) -> Traces:
        return Traces(self.store, partial(today, self.code.home.root))

    @property
    def _observer(self) -> Observer:
        return observe(self.code.home.root, self.code.home.folder)

    def _read(self, keys: Iterable[str]) -> dict[str, Any]:
        return {key: value for key in keys for value in islice(self._kept(key), 1)}

    def _kept(self, key: str) -> Iterator[Any]:
        """Yield the result for the inputs of today, if it is there."""
        for place in self._traces.results(key):
            entry = self.store.read(place)
            if entry is None:
                continue
            try:
                source, value = from_record(entry.record), self._decoded(entry)
            except MismatchError as mismatch:
                self.store.set_aside(place, str(mismatch))
                continue
            tell("hit", self.name, place, source.uses)
            self._observer.replay(entry.record["inputs"])
            with put_back():
                print_again(entry.record["printed"])
            yield value

    def _computed(self, wanted: Sequence[Wanted], compute: Compute) -> dict[str, Any]:
        keys = [each.key for each in wanted]
        unfinished = self.store.checkpoints(digest(list[JSON](keys)))
        started = time.monotonic()
        with self._observer.recording() as recording:
            prints = [each for one in wanted for each in one.fingerprints.values()]
            recording.inputs.update(self._observer.earlier(_keepers(prints)))
            with computing(unfinished, self._observer, recording) as computation:
                values, printed = self._closed(keys, compute)
        self._observer.replay(recording.inputs)
        if len(values) != len(keys):
            raise StoreError(f"{self.name}: expected {len(keys)} results, one a member, found {len(values)}")
        if recording.unobserved:
            _report(self.name, recording.unobserved)
            unfinished.delete()
            return dict(zip(keys, values, strict=True))
        share_s = (time.monotonic() - started) / len(keys)
        source = provenance(self.code.home.root, prints, share_s, computation.uses, len(keys))
        results = zip(wanted, values, strict=True)
        made = partial(self._written, source=source, inputs=recording.inputs, printed=printed)
        found = {each.key: made(each, value) for each, value in results}
        unfinished.delete()
        return found

    def _closed(self, keys: Sequence[str], compute: Compute) -> tuple[Sequence[Any], Printed]:
        """Compute with nothing of what is around, and leave it as it was."""
        with put_back():
            seed(digest(list[JSON](keys)))
            start = drawn()
            with listened(self.name) as printed:
                values = compute(keys)
            if self.together and drawn() != start and not ON_A_WORKER.get():  # Dask draws in its threads
                raise StoreError(
                    f"{self.name}: it draws from a global generator, so that what a member gets hangs on the"
                    " others: give each member a generator of its own"
                )
        if not self.together or not printed:
            return values, printed
        logger.warning("%s prints, which no member can keep: %s", self.name, printed)
        return values, []

    def _written(
        self, wanted: Wanted, value: object, *, source: Provenance, inputs: Digests, printed: Printed
    ) -> object:
        """Keep a result and return it as every later call will find it."""
        place = self._place({})
        result = self.codec.encode(value, place)
        record = {
            "function": self.name,
            "settings": wanted.settings,
            "fingerprints": {name: each.to_json() for name, each in wanted.fingerprints.items()},
            "inputs": dict(inputs),
            "under": wanted.key,
            "printed": printed,
            "provenance": to_json(source),
            "digests": {name: sha256(array) for name, array in place.arrays.items()},
            "result": result,
        }
        entry = self.store.write(self._traces.add(wanted.key, inputs), record, place.arrays)
        tell("miss", self.name, entry.key, source.uses)
        return self._decoded(entry)

    def _decoded(self, entry: Entry) -> object:
        record = entry.record
        if record["function"] != self.name:
            raise MismatchError(f"expected a result of {self.name}, found one of {record['function']}")
        return self.codec.decode(record["result"], self._place(dict(entry.arrays), record["digests"]))

    def _place(self, arrays: dict[str, Any], digests: Mapping[str, str] = MappingProxyType({})) -> Place:
        return Place(f"{self.function.__qualname__}()", arrays, digests)


def _keepers(prints: "Iterable[Fingerprint]") -> Iterator[str]:
    """Name the files and the packages of code."""
    for one in (one for each in prints for one in each.dependencies):
        if one.package or one.file:
            yield package(one.package) if one.package else Path(str(one.file)).as_posix()


def _report(function: str, reasons: Iterable[str]) -> None:
    """Say why a result is not kept, and what to do about it."""
    logger.warning(
        'results are not kept: %s: %s: let `with cache.reads("data/…"):` name the files that it depends on',
        function,
        "; ".join(reasons),
    )
