"""Unfinished work, kept until the results that it leads to are.

    place = checkpoint()                      # in a function that `weaver.cache` computes
    state = place.load()                      # None unless an earlier attempt was killed
    place.save({"epoch": 7}, {"weights": weights})

It stands under the key of the result, so work that began with other code or arguments is never taken up; nor
is work that has read what is no longer there.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any

from weaver.dependencies.inputs import today
from weaver.dependencies.observer import Observer
from weaver.dependencies.recording import Recording
from weaver.storage.entry import Entry
from weaver.storage.hashing import Digests
from weaver.storage.safetensors_view import Array
from weaver.storage.store import Store


@dataclass(frozen=True)
class Computation:
    """What is being computed: where its unfinished work is kept, and the keys of the entries it has used."""

    store: Store
    observer: Observer
    recording: Recording
    uses: list[str] = field(default_factory=list)

    @property
    def inputs(self) -> Digests:
        """What it has asked for up to now."""
        return self.observer.settled(self.recording).inputs


CURRENT: ContextVar[Computation | None] = ContextVar("CURRENT", default=None)


@contextmanager
def computing(store: Store, observer: Observer, recording: Recording) -> Iterator[Computation]:
    """Keep the unfinished work of what is computed within in `store`; its inputs are recorded."""
    computation = Computation(store, observer, recording)
    token = CURRENT.set(computation)
    try:
        yield computation
    finally:
        CURRENT.reset(token)


@dataclass(frozen=True)
class Checkpoint:
    """The latest state of some unfinished work; without a store it forgets everything."""

    store: Store | None
    name: str
    computation: Computation | None = None  # what it asks for counts for the states, too

    def load(self) -> Entry | None:
        """Return the state saved last, its `record` and `arrays`; one that is damaged gives way to none."""
        for key in reversed(self._keys()):
            state = self.store.read(key) if self.store else None
            if state is not None and self._still_holds(state.record["inputs"]):
                return replace(state, record=state.record["state"])
        return None

    def _still_holds(self, read: Digests) -> bool:
        """Whether all that was read up to a state is as it was; it counts for what follows, too."""
        if self.computation is None:
            return not read
        observer = self.computation.observer
        holds = read == today(observer.root, read)
        observer.replay(read if holds else {})
        return holds

    def save(self, state: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
        """Keep a state, a JSON object and arrays, in place of the one before; killed meanwhile, one remains.

        Raises:
            StoreError: the folder cannot be written.
        """
        if self.store is None:
            return
        kept = {"state": state, "inputs": dict(self.computation.inputs) if self.computation else {}}
        before = self._keys()
        number = int(before[-1].removeprefix(f"{self.name}-")) + 1 if before else 0
        self.store.write(f"{self.name}-{number:09d}", kept, arrays)
        for key in before:
            self.store.remove(key)

    def _keys(self) -> list[str]:
        """List the states that there are, oldest first."""
        keys = self.store.keys() if self.store else ()
        return [key for key in keys if key.rpartition("-")[0] == self.name]


def checkpoint(name: str = "state") -> Checkpoint:
    """Return the place for the unfinished work of what is being computed, else one that keeps nothing.

    A function that trains twice gives each training a `name`, of small letters, digits, `_` and `.`.
    """
    computation = CURRENT.get()
    return Checkpoint(computation.store if computation else None, name, computation)
