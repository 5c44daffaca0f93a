"""Unfinished work is found again by what it leads to, and by nothing else."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from weaver.cache import Checkpoint, Home, bypass, cached, cached_members, checkpoint, keep_in
from weaver.dependencies.counted_code import CountedCode, Dependency
from weaver.storage.store import Store

seen: list[int | None] = []
STOPS = 3


def train(name: str = "state") -> int:
    """Go on from the last epoch; fail before the last."""
    place = checkpoint(name)
    state = place.load()
    seen.append(state.record["epoch"] if state else None)
    for epoch in range(state.record["epoch"] if state else 0, 2 * STOPS):
        place.save({"epoch": epoch + 1}, {"weights": np.full(3, epoch)})
        if epoch + 1 == STOPS:
            raise KeyboardInterrupt
    return 2 * STOPS


@cached
def fit(rate: float) -> int:
    """Train once."""
    return train() if rate else 0


@cached
def fit_twice(rate: float) -> int:
    """Train two networks, each with unfinished work of its own, and one that is cached itself."""
    return train("first") + train("second") + fit(rate)


@cached_members
def fit_all(members: Sequence[int]) -> tuple[int, ...]:
    """Train together."""
    epochs = train()
    return tuple(epochs * member for member in members)


@dataclass(frozen=True)
class Code:
    """Stands in for the code of a project."""

    state: str

    def counted(self, _starts: object, *_around: object) -> CountedCode:
        """Return what counts."""
        return CountedCode({}, (Dependency("code", self.state),))

    def today(self, _names: object) -> dict[str, str | None]:
        """Return nothing, since no module is found on the way."""
        return {}


@pytest.fixture(autouse=True)
def home(tmp_path: Path) -> Iterator[Home]:
    """Keep results below `tmp_path`."""
    seen.clear()
    place = Home(tmp_path, tmp_path / "store", Code("1"))
    with keep_in(place):
        yield place


def interrupted(function: object, *arguments: object) -> None:
    """Call a function that is stopped half way."""
    with pytest.raises(KeyboardInterrupt):
        function(*arguments)


def test_an_interrupted_training_goes_on(home: Home) -> None:
    """The second attempt begins where the first ended, and leaves nothing unfinished behind."""
    interrupted(fit, 0.1)
    assert home.store.keys() == ()
    assert fit(0.1) == 2 * STOPS
    assert fit(0.1) == 2 * STOPS
    assert seen == [None, STOPS]
    assert list((home.folder / "checkpoints").iterdir()) == []


def test_other_arguments_begin_anew() -> None:
    """Unfinished work is taken up only by the call that it belongs to."""
    interrupted(fit, 0.1)
    interrupted(fit, 0.2)
    assert seen == [None, None]


def test_other_code_begins_anew(home: Home) -> None:
    """So it is when the code changed: what it left is not what this code would have done."""
    interrupted(fit, 0.1)
    with keep_in(Home(home.root, home.folder, Code("edited"))):
        interrupted(fit, 0.1)
    assert seen == [None, None]


def test_the_same_missing_members_go_on() -> None:
    """Members that are computed together share their unfinished work."""
    interrupted(fit_all, [1, 2])
    interrupted(fit_all, [1, 2, 3])
    assert fit_all([1, 2]) == (2 * STOPS, 4 * STOPS)
    assert seen == [None, None, STOPS]


def test_trainings_within_one_result_have_names() -> None:
    """Two trainings of a function, and a cached one that it calls, do not meet."""
    for _ in range(3):
        interrupted(fit_twice, 0.1)
    assert fit_twice(0.1) == 6 * STOPS
    assert seen == [None, STOPS, None, 2 * STOPS, STOPS, None, 2 * STOPS, 2 * STOPS, STOPS]


def test_outside_the_cache_nothing_is_kept(tmp_path: Path) -> None:
    """A training that is called directly, or past the cache, starts at the beginning each time."""
    interrupted(train)
    with bypass():
        interrupted(fit, 0.1)
    assert seen == [None, None]
    assert list(tmp_path.iterdir()) == []


def test_the_latest_good_state_counts(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Killed between two states both may be there; a damaged one gives way to the one before."""
    place = Checkpoint(Store(tmp_path / "store"), "state")
    states = tmp_path / "store" / "entries-1"
    place.save({"epoch": 1}, {})
    shutil.copytree(states, tmp_path / "before")
    place.save({"epoch": 2}, {})
    shutil.copytree(tmp_path / "before", states, dirs_exist_ok=True)
    assert place.load().record == {"epoch": 2}
    (max(states.iterdir()) / "record.json").write_bytes(b"")
    assert place.load().record == {"epoch": 1}
    assert len(caplog.records) == 1
    place.save({"epoch": 3}, {})
    assert place.load().record == {"epoch": 3}
    assert len(list(states.iterdir())) == 1


def test_states_of_other_names_stay(tmp_path: Path) -> None:
    """Saving under one name leaves the states of others alone, also where one name begins like another."""
    one, other = Checkpoint(Store(tmp_path), "state"), Checkpoint(Store(tmp_path), "state-2")
    one.save({"epoch": 1}, {})
    other.save({"epoch": 2}, {})
    one.save({"epoch": 3}, {})
    assert [place.load().record["epoch"] for place in (one, other)] == [3, 2]
