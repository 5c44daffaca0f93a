"""A cached function computes what it must, once, and returns the same thing ever after."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from weaver.cache import Home, NotKeptError, bypass, cached, cached_members, keep_in
from weaver.dependencies.counted_code import CountedCode, Dependency
from weaver.dependencies.hooks import observe
from weaver.dependencies.observer import Observer
from weaver.errors import FingerprintError, StoreError

calls: list[object] = []


@dataclass(frozen=True)
class Settings:
    """What is asked for."""

    rate: float
    epochs: int = 3


@dataclass(frozen=True)
class Run:
    """What comes out."""

    losses: tuple[float, ...]
    weights: np.ndarray
    name: str | None = None


@cached
def fit(settings: Settings, seed: int = 0, *, scale: float = 1.0) -> Run:
    """Train one."""
    calls.append((settings, seed, scale))
    return Run(tuple([settings.rate] * settings.epochs), np.full(4, seed * scale).reshape(2, 2).T)


@cached_members
def fit_all(members: Sequence[Settings], data: np.ndarray, scale: float = 1.0) -> tuple[Run, ...]:
    """Train several together."""
    calls.append(tuple(members))
    return tuple(Run((member.rate,), data * scale) for member in members)


@cached
def choose(rates: tuple[float, ...]) -> float:
    """Train for several rates and choose."""
    calls.append("choose")
    return min(rates, key=lambda rate: fit(Settings(rate)).losses[-1])


@cached
def nothing() -> None:
    """Return nothing, which is a result too."""
    calls.append("nothing")


@cached
def wrong(value: object) -> int:
    """Return what the annotation does not say."""
    calls.append("wrong")
    return value


@cached
def unkept(rate: float) -> object:
    """Return something that cannot be kept."""
    calls.append("unkept")
    return rate


@cached_members
def too_few(members: Sequence[int]) -> list[int]:
    """Lose a member."""
    return list(members)[1:]


@dataclass(frozen=True)
class Code:
    """Stands in for the code of a project: each function and class counts by itself."""

    edited: str = ""
    unknown: str = ""

    def counted(self, starts: Sequence[tuple[str, str]], *_around: object) -> CountedCode:
        """Return what counts."""
        if self.unknown in {name for _, name in starts}:
            raise FingerprintError(f"{self.unknown} is not in src")
        parts = [Dependency(f"{module}.{name}", str(name == self.edited)) for module, name in starts]
        return CountedCode({}, tuple(parts))

    def today(self, names: Iterable[str]) -> dict[str, str | None]:
        """Return nothing, since no module is found on the way."""
        assert not list(names)
        return {}


@pytest.fixture(autouse=True)
def home(tmp_path: Path) -> Iterator[Home]:
    """Keep the results of the functions above below `tmp_path`, and start counting calls."""
    calls.clear()
    place = Home(tmp_path, tmp_path / "store", Code())
    with keep_in(place):
        yield place


def same(one: Run, other: Run) -> bool:
    """Compare two runs, and the types of what they hold."""
    types = [[type(value) for value in vars(each).values()] for each in (one, other)]
    kept = (one.losses, one.name) == (other.losses, other.name) and types[0] == types[1]
    return kept and one.weights.dtype == other.weights.dtype and np.array_equal(one.weights, other.weights)


def test_a_second_call_computes_nothing() -> None:
    """The second result equals the first, which equals the function's own, types and memory layout too."""
    first, second = fit(Settings(0.1), 3), fit(Settings(0.1), 3)
    assert len(calls) == 1
    assert same(first, second)
    assert same(first, fit.uncached(Settings(0.1), 3))
    assert first.weights.flags.c_contiguous == second.weights.flags.c_contiguous
    assert first.weights.flags.writeable == second.weights.flags.writeable


def test_what_a_caller_does_to_a_result_does_not_come_back() -> None:
    """Every call returns a result of its own, whose arrays cannot be changed: a copy can."""
    with pytest.raises(ValueError, match="read-only"):
        fit(Settings(0.1), 3).weights[:] = -1
    fit(Settings(0.1), 3).weights.copy()[:] = -1
    assert same(fit(Settings(0.1), 3), fit.uncached(Settings(0.1), 3))


def test_none_is_a_result() -> None:
    """A function that returns None is not called again."""
    assert [nothing(), nothing()] == [None, None]
    assert calls == ["nothing"]


def test_defaults_and_names_of_arguments_make_no_difference() -> None:
    """Calls that bind the same arguments share an entry."""
    fit(Settings(0.1))
    fit(Settings(0.1, epochs=3), seed=0, scale=1.0)
    fit(seed=0, settings=Settings(0.1))
    assert len(calls) == 1
    assert fit.key(Settings(0.1)) == fit.key(Settings(0.1), 0, scale=1.0)


@pytest.mark.parametrize("arguments", [(Settings(0.2),), (Settings(0.1, 4),), (Settings(0.1), 1)])
def test_another_argument_is_another_result(arguments: tuple[Settings, int]) -> None:
    """One setting changed is one run more."""
    fit(Settings(0.1))
    fit(*arguments)
    assert len(calls) == 2


def test_wrong_arguments_fail_as_the_function_would() -> None:
    """A call that does not fit the signature is a TypeError, not a computation."""
    with pytest.raises(TypeError, match="rates"):
        fit(Settings(0.1), rates=1)


def test_code_is_part_of_the_key(tmp_path: Path) -> None:
    """Other code of the function, or of a class among its arguments, is another key."""
    keys = {fit.key(Settings(0.1))}
    for changed in ("fit", "Settings", "Run"):
        with keep_in(Home(tmp_path, tmp_path / "store", Code(edited=changed))):
            keys.add(fit.key(Settings(0.1)))
    assert len(keys) == 3  # nothing of `Run` runs before its code is reached, and then `fit` covers it


def test_functions_of_one_name_do_not_meet() -> None:
    """The full name is part of the key."""
    keys = []
    for module in ("one", "other"):
        space: dict[str, object] = {"__name__": module}
        exec("def fit(rate: float) -> float:\n    return rate", space)  # noqa: S102
        keys.append(cached(space["fit"]).key(0.1))
    assert keys[0] != keys[1]


def test_only_functions_at_the_top_of_a_module_can_be_cached() -> None:
    """A function inside another, or a method, takes in values that no key would reflect."""

    def inner() -> int:
        return len(calls)

    for function in (inner, Observer.close):
        with pytest.raises(StoreError, match="expected a function at the top of a module"):
            cached(function)


def test_a_class_outside_the_project_is_refused(tmp_path: Path) -> None:
    """What is not found is an error, never a key without it."""
    with (
        keep_in(Home(tmp_path, tmp_path, Code(unknown="Settings"))),
        pytest.raises(
            FingerprintError, match=r"test_decorators:fit: its results depend on .*:Settings: .* not in src"
        ),
    ):
        fit(Settings(0.1))
    assert calls == []


def test_a_type_that_cannot_be_kept_costs_no_computation() -> None:
    """Arguments and return annotations are judged before the function runs."""
    with pytest.raises(StoreError, match=r"unkept: its result"):
        unkept(0.1)
    with pytest.raises(StoreError, match=r"argument value: expected"):
        wrong(object())
    assert calls == []


def test_a_result_that_is_not_of_its_type_is_refused(home: Home) -> None:
    """The annotation is held to, and nothing is kept."""
    with pytest.raises(StoreError, match=r"^wrong\(\): expected int, found str"):
        wrong("three")
    assert home.store.keys() == ()


def test_an_error_of_the_function_is_its_own(home: Home) -> None:
    """A failed computation leaves no entry and holds no lock."""
    with pytest.raises(ValueError, match="empty"):
        choose(())
    assert home.store.keys() == ()
    with pytest.raises(ValueError, match="empty"):
        choose(())


def test_bypass_calls_the_function(home: Home) -> None:
    """Tests of a function's own behaviour see no cache."""
    with bypass():
        fit(Settings(0.1))
        fit(Settings(0.1))
        fit_all([Settings(0.1)], np.ones(1))
        with pytest.raises(NotKeptError):
            fit.key(Settings(0.1))
    assert len(calls) == 3
    assert home.store.keys() == ()


def test_a_record_says_where_a_result_came_from(home: Home) -> None:
    """Function, settings, duration, time, code, versions and commit stand beside the result."""
    fit(Settings(0.1), 3)
    info = home.store.info(fit.key(Settings(0.1), 3))
    assert info is not None
    record = info.record
    assert record["function"] == f"{__name__}:fit"
    assert record["settings"]["settings"]["fields"] == {"rate": 0.1, "epochs": 3}
    assert record["settings"]["seed"] == 3
    assert record["basis"]["starts"] == [[__name__, "fit"], [__name__, "Settings"]]
    source = record["provenance"]
    assert source["duration_s"] >= 0
    assert source["created"].endswith("+00:00")
    assert source["versions"]["python"]
    assert source["commit"] is None


def test_a_damaged_entry_is_computed_again(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    """Corruption costs a computation and a warning, never a wrong result."""
    fit(Settings(0.1), 3)
    record = home.folder / "entries-1" / fit.key(Settings(0.1), 3) / "record.json"
    record.write_bytes(record.read_bytes().replace(b"0.1", b"0.7"))
    assert same(fit(Settings(0.1), 3), fit.uncached(Settings(0.1), 3))
    assert [entry.name for entry in caplog.records] == ["weaver.store"]
    assert len(calls) == 3


@pytest.mark.parametrize(
    "change",
    [
        {"result": None},
        {"result": {"losses": ["0.1"] * 3, "weights": "fit().weights", "name": None}},
        {"function": "other:fit"},
        {"provenance": None},
        {"more": 1},
    ],
)
def test_an_entry_that_does_not_fit_is_set_aside(
    home: Home, caplog: pytest.LogCaptureFixture, change: dict[str, object]
) -> None:
    """An entry whose sums are right but which is no result of this function is not used."""
    key = fit.key(Settings(0.1), 3)
    fit(Settings(0.1), 3)
    entry = home.store.read(key)
    assert entry is not None
    home.store.remove(key)
    home.store.write(key, {**entry.record, **change}, entry.arrays)
    assert same(fit(Settings(0.1), 3), fit.uncached(Settings(0.1), 3))
    assert "damaged" in caplog.text
    assert len(list((home.folder / "set-aside").iterdir())) == 1


def test_members_are_computed_together_and_kept_apart() -> None:
    """Only what is missing is passed on, in one call; results come in the order asked."""
    data = np.arange(3.0)
    one, two, three = Settings(0.1), Settings(0.2), Settings(0.3)
    fit_all([two], data)
    runs = fit_all([three, two, one, three], data)
    assert [run.losses for run in runs] == [(0.3,), (0.2,), (0.1,), (0.3,)]
    assert calls == [(two,), (three, one)]
    assert fit_all((one, two), data=data, scale=1.0)[1].losses == (0.2,)
    assert fit_all([], data) == ()
    assert len(calls) == 2


def test_keys_of_members_rest_on_all_arguments() -> None:
    """The same member with other shared arguments is another entry."""
    member = Settings(0.1)
    keys = fit_all.keys([member, member], np.ones(2)) + fit_all.keys([member], np.ones(3))
    assert keys[0] == keys[1] != keys[2]
    assert keys[0] not in fit_all.keys([member], np.ones(2), 2.0)


def test_members_must_all_have_results() -> None:
    """A function that loses a member is told so."""
    with pytest.raises(StoreError, match="expected 3 results, one a member, found 2"):
        too_few([1, 2, 3])


def test_used_keys_are_heard_with_what_they_used(tmp_path: Path) -> None:
    """Whoever listens learns of entries read and computed, and of those behind a result that was read."""
    rates = (0.2, 0.1)
    wanted = {choose.key(rates), *(fit.key(Settings(rate)) for rate in rates)}
    for _ in ("computed", "read"):
        with observe(tmp_path, tmp_path).recording() as recording:
            choose(rates)
        assert recording.used == wanted


def test_hits_and_misses_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Every use of an entry is one event."""
    caplog.set_level(logging.DEBUG, "weaver.cache")
    nothing()
    nothing()
    events = [record.getMessage() for record in caplog.records if record.name == "weaver.cache"]
    assert events == [f"{event} {__name__}:nothing {nothing.key()}" for event in ("miss", "hit")]


def test_threads_compute_once(home: Home) -> None:
    """The lock of a key holds between threads, too."""

    def call(_number: int) -> Run:
        with keep_in(home):
            return fit(Settings(0.5), 5)

    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(call, range(4)))
    assert len(calls) == 1
    assert all(same(run, runs[0]) for run in runs)
