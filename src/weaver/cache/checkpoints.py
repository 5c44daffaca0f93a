"""Unfinished work, kept until the results that it leads to are.

    place = checkpoint()                      # in a function that `weaver.cache` computes
    state = place.load()                      # None unless an earlier attempt was killed
    place.save({"epoch": 7}, {"weights": weights})

It stands under the key of the result, so work that began with other code or arguments is never taken up; nor
is work that has read what is no longer there.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any

from weaver.dependencies.traces import Today
from weaver.storage.entry import Entry
from weaver.storage.hashing import Digests
from weaver.storage.safetensors_view import Array
from weaver.storage.store import Store


@dataclass(frozen=True)
class Computation:
    """What is being computed: where its unfinished work is kept, and the keys of the entries it has used.

    `asked` tells the inputs that it has up to now, `today` what inputs are, `replay` takes down those of a
    state that is taken up.
    """

    store: Store
    asked: Callable[[], Digests]
    today: Today
    replay: Callable[[Digests], None]
    uses: list[str] = field(default_factory=list)


CURRENT: ContextVar[Computation | None] = ContextVar("CURRENT", default=None)


@contextmanager
def computing(computation: Computation) -> Iterator[Computation]:
    """Keep the unfinished work of what is computed within."""
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
        holds = read == self.computation.today(read)
        self.computation.replay(read if holds else {})
        return holds

    def save(self, state: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
        """Keep a state, a JSON object and arrays, in place of the one before; killed meanwhile, one remains.

        Raises:
            StoreError: the folder cannot be written.
        """
        if self.store is None:
            return
        kept = {"state": state, "inputs": dict(self.computation.asked()) if self.computation else {}}
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
