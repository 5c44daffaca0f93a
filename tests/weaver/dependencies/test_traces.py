"""Under a key of what was known before stand the names of inputs; with what they are today they lead on."""

from pathlib import Path

from weaver.dependencies.traces import KEPT, Traces
from weaver.storage.store import Store


def test_an_edit_taken_back_finds_the_first_result_again(tmp_path: Path) -> None:
    """Each state of the inputs has a key of its own, also where other names were asked for."""
    now = {"a": "1", "b": "1"}
    traces = Traces(Store(tmp_path), lambda names: {name: now[name] for name in names})
    assert list(traces.results("key")) == []
    first = traces.add("key", {"a": "1"})
    assert list(traces.results("key")) == [first]
    second = traces.add("key", {"a": "2", "b": "1"})
    assert first in traces.results("key")
    now["a"] = "2"
    assert first not in traces.results("key")
    assert second in traces.results("key")


def test_what_asks_for_nothing_stands_under_its_key(tmp_path: Path) -> None:
    """The key is that of the result, and no trace is read."""
    traces = Traces(Store(tmp_path), lambda _: {})
    assert traces.add("key", {}) == "key"
    assert Store(tmp_path).keys() == ()


def test_the_last_few_traces_are_kept(tmp_path: Path) -> None:
    """A call that asks for other files each time does not fill the store."""
    traces = Traces(Store(tmp_path), lambda names: dict.fromkeys(names, "1"))
    keys = [traces.add("key", {f"file {number}": "1"}) for number in range(KEPT + 3)]
    found = list(traces.results("key"))
    assert len(found) == KEPT
    assert keys[-1] in found
