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
from typing import Any, NamedTuple

from weaver import matplotlib_figures
from weaver.cache import counted_inputs
from weaver.cache.argument_key import JSON, Description, digest, sha256, symbol
from weaver.cache.checkpoints import Computation, computing
from weaver.cache.codec import Codec, MismatchError, ValuePlace
from weaver.cache.counted_inputs import Basis
from weaver.cache.kept_figures import is_drawing
from weaver.cache.module_state import Changed
from weaver.cache.printed_output import Printed, listened, print_again
from weaver.cache.process_state import drawn, put_back, seed, settings
from weaver.cache.project_store import Home, record
from weaver.cache.provenance import Provenance, from_record, provenance, to_json
from weaver.cache.usage_events import tell
from weaver.dependencies import inputs, traces
from weaver.dependencies.counted_code import PACKAGE, CountedCode
from weaver.dependencies.hooks import observe
from weaver.dependencies.inputs import CODE, name_of, today
from weaver.dependencies.observer import Input, Observer
from weaver.dependencies.recording import Recording
from weaver.dependencies.traces import Traces
from weaver.errors import FingerprintError, StoreError
from weaver.storage.entry import Entry
from weaver.storage.hashing import Digests
from weaver.storage.store import Store

logger = logging.getLogger("weaver.cache")

VERSION = 2  # of keys: what older versions have kept is left alone
ON_A_WORKER: ContextVar[bool] = ContextVar("ON_A_WORKER", default=False)

Compute = Callable[[Sequence[str]], Sequence[Any]]


class HeldState(NamedTuple):
    """What modules hold that they did not hold after their import; inputs that are otherwise in memory."""

    modules: tuple[str, ...]
    state: dict[str, JSON]
    inputs: frozenset[Input]


@dataclass(frozen=True)
class Wanted:
    """A result that is asked for: its key, and the code and arguments that the key stands for."""

    key: str
    basis: Basis
    held: HeldState
    settings: Mapping[str, JSON]


Order = Callable[[Sequence[Wanted]], None]


@dataclass(frozen=True)
class Shelf:
    """The results of one function, or of its members, in one project."""

    function: Callable[..., object]
    codec: Codec
    home: Home
    together: bool = False

    @property
    def name(self) -> str:
        """The function's full name."""
        return symbol(self.function)

    @property
    def store(self) -> Store:
        """Where the results are."""
        return self.home.store

    def wanted(self, calls: Sequence[Description]) -> list[Wanted]:
        """Make the keys of the results for the arguments of some calls.

        Raises:
            FingerprintError: the function or a class among the arguments is not in the project's code.
            StoreError: a name of a module that counts means something else than after its import.
        """
        around: dict[str, JSON] = {"settings": dict(settings()), "folder": self._folder(), "version": VERSION}
        if is_drawing(self.function):
            around["figures"] = list(matplotlib_figures.wanted())
        known = {each.classes: self._basis(each.classes) for each in calls}
        return [self._wanted(each, *known[each.classes], around) for each in calls]

    def _basis(self, classes: frozenset[type]) -> tuple[Basis, HeldState]:
        """Return the code that counts, and what its modules hold by now that they did not hold at first."""
        owners: tuple[Any, ...] = (self.function, *sorted(classes, key=symbol))
        starts = [(each.__module__, each.__qualname__) for each in owners]
        try:
            found = counted_inputs.of(self.home.code, starts)
            modules = tuple(found.counted.modules)
            changed = record().since_import(modules)
            self._require_own(changed)
            if changed.whole:
                found = counted_inputs.of(self.home.code, starts, changed.whole)
        except FingerprintError as error:
            names = ", ".join(map(symbol, owners))
            raise FingerprintError(f"{self.name}: its results depend on {names}: {error}") from error
        return found, HeldState(modules, dict(changed.state), self._remembered(found))

    def _remembered(self, found: Basis) -> frozenset[Input]:
        """Return the inputs that modules and packages remember, and that are otherwise by now."""
        earlier = self._observer.earlier(_keepers([found.counted]))
        return frozenset(earlier - self._today({name for name, _ in earlier}).items())

    def _require_own(self, changed: Changed) -> None:
        if changed.rebound:
            raise StoreError(
                f"{self.name}: {', '.join(changed.rebound)} was set after the import of its module, which no"
                " key would show: set it in the module, or pass it as an argument"
            )
        if changed.of_chunk:
            raise StoreError(
                f"{self.name}: {', '.join(changed.of_chunk)} holds a function or class of a chunk, or of"
                " a file loaded by its path, whose code no key would reflect: import it from a module of src/"
            )

    def _wanted(
        self, arguments: Description, found: Basis, held: HeldState, around: Mapping[str, JSON]
    ) -> Wanted:
        parts: dict[str, JSON] = {
            "function": self.name,
            "code": found.counted.digest,
            "state": held.state,
            "result": repr(self.codec),
            "arguments": dict(arguments.values),
            **around,
        }
        return Wanted(digest(parts), found, held, arguments.values)

    def _folder(self) -> str:
        """Name the working folder in the project where relative paths begin, but not that of a worker."""
        here, root = Path.cwd(), self.home.root
        return name_of(root, here) if here.is_relative_to(root) and not ON_A_WORKER.get() else "."

    def fetch(self, wanted: Sequence[Wanted], compute: Compute) -> list[Any]:
        """Return the results in the order wanted; `compute` gets the keys of all that are missing, once.

        Raises:
            StoreError: the store cannot be used, or a result is not of the annotated type.
        """
        asked = {each.key: each for each in wanted}
        said: set[str] = set()
        known = [each.key for each in asked.values() if not each.held.inputs]
        found = self._read(known, said)
        missing = [key for key in asked if key not in found]
        if missing:
            with self.store.lock(*missing):
                found |= self._read([key for key in known if key in missing], said)  # another may be first
                left = [each for each in asked.values() if each.key not in found]
                found |= self._computed(left, compute) if left else {}
        return [found[each.key] for each in wanted]

    def gather(self, wanted: Sequence[Wanted], order: Order) -> list[Any]:
        """Return the results in the order wanted; `order` has all that are missing computed elsewhere.

        Raises:
            StoreError: the store cannot be used, or what was ordered is not in it.
        """
        asked = {each.key: each for each in wanted}
        said: set[str] = set()
        found = self._read(asked, said)  # others do not remember what this process does
        missing = [each for each in asked.values() if each.key not in found]
        if missing:
            order(missing)
            found |= self._read([each.key for each in missing], said)
        if len(found) < len(asked):
            there = len(missing) - len(asked) + len(found)
            raise StoreError(
                f"{self.name}: expected {len(missing)} new results in {self.store}, found {there}:"
                " let WEAVER_CACHE name one folder, or address, for all processes"
            )
        return [found[each.key] for each in wanted]

    def places(self, key: str) -> Iterator[str]:
        """Yield the keys of all entries that lead to the result of today."""
        yield from (place for place in traces.places(key) if self.store.info(place))
        yield from self._traces.results(key)

    @property
    def _traces(self) -> Traces:
        return Traces(self.store, self._today)

    def _today(self, names: Iterable[str]) -> Digests:
        code = [name for name in names if name.startswith(CODE)]
        return {**today(self.home.root, set(names) - set(code)), **self.home.code.today(code)}

    @property
    def _observer(self) -> Observer:
        return observe(self.home.root, self.home.folder)

    def _read(self, keys: Iterable[str], said: set[str]) -> dict[str, Any]:
        return {key: value for key in keys for value in islice(self._kept(key, said), 1)}

    def _kept(self, key: str, said: set[str]) -> Iterator[Any]:
        """Yield the result for the inputs of today, if it is there; `said` grows by what is printed again."""
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
            self._observer.counted(Basis.from_json(entry.record["basis"]).counted)
            computation = digest([entry.record["provenance"], entry.record["printed"]])
            if computation not in said:  # members that were computed together have one text
                said.add(computation)
                with put_back():
                    print_again(entry.record["printed"])
            yield value

    def _computed(self, wanted: Sequence[Wanted], compute: Compute) -> dict[str, Any]:
        keys = [each.key for each in wanted]
        unfinished = self.store.checkpoints(digest(list[JSON](keys)))
        started = time.monotonic()
        with self._observer.recording() as recording:
            asked = partial(self._asked, wanted, recording)
            with computing(Computation(unfinished, asked, self._today, self._observer.replay)) as computation:
                values, printed = self._closed(keys, compute)
            recording.inputs.update(asked())
        for one in wanted:
            self._compare(one, recording)
            for name, _ in sorted(one.held.inputs, key=str):
                recording.unobserved.setdefault(
                    f"{name} changed after a module had read it: begin a new process"
                )
        self._observer.replay(recording.inputs)
        if len(values) != len(keys):
            raise StoreError(f"{self.name}: expected {len(keys)} results, one a member, found {len(values)}")
        if recording.unobserved:
            _report(self.name, recording.unobserved)
            unfinished.delete()
            return dict(zip(keys, values, strict=True))
        share_s = (time.monotonic() - started) / len(keys)
        counted = [one.basis.counted for one in wanted]
        source = provenance(self.home.root, counted, share_s, computation.uses, len(keys))
        results = zip(wanted, values, strict=True)
        made = partial(self._written, source=source, inputs=recording.inputs, printed=printed)
        found = {each.key: made(each, value) for each, value in results}
        unfinished.delete()
        return found

    def _asked(self, wanted: Sequence[Wanted], recording: Recording) -> Digests:
        """Return what was asked for up to now: when modules were imported, since then, and of code."""
        earlier = self._observer.earlier(_keepers(each.basis.counted for each in wanted))
        found = {**dict(earlier), **self._observer.settled(recording).inputs}
        new = {name for one in wanted for name in _new(one.basis.counted, self._reached(one, found))}
        return {**found, **self._today(new)}

    def _reached(self, wanted: Wanted, inputs: Iterable[str]) -> CountedCode:
        """Return the code that counts by now, with all of what was found by its name."""
        named = {name.removeprefix(CODE) for name in inputs if name.startswith(CODE)}
        return counted_inputs.of(self.home.code, wanted.basis.starts, {*wanted.basis.whole, *named}).counted

    def _compare(self, wanted: Wanted, recording: Recording) -> None:
        """Take down whether code was edited before it was loaded.

        Raises:
            StoreError: modules hold something else than before, which a kept result would not bring about.
        """
        before = wanted.basis
        changed = record().since_import(wanted.held.modules)
        if changed.rebound or changed.state != wanted.held.state:
            differ = dict(changed.state.items() ^ wanted.held.state.items())
            names = sorted({*changed.rebound, *differ})
            raise StoreError(
                f"{self.name}: it changes {', '.join(names)}, which a kept result would not repeat: return"
                " it, or remember it by functools.cache"
            )
        after = counted_inputs.of(self.home.code, before.starts, before.whole).counted
        known = {one.name: one.digest for one in before.counted.dependencies}
        for one in after.dependencies:
            if known.get(one.name, one.digest) != one.digest:
                recording.unobserved.setdefault(f"{one.name} was edited before it was loaded")
        self._observer.counted(self._reached(wanted, recording.inputs))

    def _closed(self, keys: Sequence[str], compute: Compute) -> tuple[Sequence[Any], Printed]:
        """Compute with nothing of what is around, and leave it as it was."""
        with put_back():
            seed(digest(list[JSON](keys)))
            start = drawn()
            with listened(self.name) as printed:
                values = compute(keys)
            if self.together and drawn() != start and not ON_A_WORKER.get():  # Dask draws in its threads
                raise StoreError(
                    f"{self.name}: it draws from a global generator, so that what a member gets depends on"
                    " the others: give each member a generator of its own"
                )
        return values, printed

    def _written(
        self, wanted: Wanted, value: object, *, source: Provenance, inputs: Digests, printed: Printed
    ) -> object:
        """Keep a result and return it as every later call will find it."""
        place = self._place({})
        result = self.codec.encode(value, place)
        record = {
            "function": self.name,
            "settings": wanted.settings,
            "basis": wanted.basis.to_json(),
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

    def _place(self, arrays: dict[str, Any], digests: Mapping[str, str] = MappingProxyType({})) -> ValuePlace:
        return ValuePlace(f"{self.function.__qualname__}()", arrays, digests)


def _new(known: CountedCode, code: CountedCode) -> Iterator[str]:
    """Name as inputs the modules and packages that turned out to count for more."""
    for one in set(code.dependencies) - set(known.dependencies):
        package = one.name.removeprefix(PACKAGE)
        yield f"{CODE}{code.module_of(package)}" if package == one.name else f"{inputs.PACKAGE}{package}"


def _keepers(counted: Iterable[CountedCode]) -> set[str]:
    """Name the files and the packages of code."""
    return {one.file or one.name for each in counted for one in each.dependencies}


def _report(function: str, reasons: Iterable[str]) -> None:
    """Say why a result is not kept, and what to do about it."""
    logger.warning(
        'results are not kept: %s: %s: let `with cache.reads("data/…"):` name the files that it depends on',
        function,
        "; ".join(reasons),
    )
