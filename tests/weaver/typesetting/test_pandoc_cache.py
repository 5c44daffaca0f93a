"""What Pandoc has answered before is kept from one build to the next, and holds or is not found."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from weaver.errors import TypesetError
from weaver.typesetting import pandoc, pandoc_cache
from weaver.typesetting.pandoc_cache import KEPT, NONE, Answers


@pytest.fixture
def asked() -> list[object]:
    """Give the list of what had to be worked out."""
    return []


@pytest.fixture
def ask(tmp_path: Path, asked: list[object]) -> Callable[..., Any]:
    """Return what asks in a folder for twice a number."""

    def twice(number: int, *beside: object) -> Any:
        def find() -> list[object]:
            asked.append(number)
            return [2 * number, "é"]

        return Answers(tmp_path / "answers").ask(["twice", number, *beside], find)

    return twice


def test_the_same_is_asked_once(ask: Callable[..., Any], asked: list[object]) -> None:
    """The answer is that of the first time; another question has its own."""
    assert [ask(1), ask(1), ask(2), ask(1, "more")] == [[2, "é"], [2, "é"], [4, "é"], [2, "é"]]
    assert asked == [1, 2, 1]


@pytest.mark.parametrize("damage", [b"", b"3", b"\xff\n", b"0" * 64 + b"\n[9]", b"[" * 100_000])
def test_what_is_damaged_is_asked_again(
    ask: Callable[..., Any], asked: list[object], tmp_path: Path, damage: bytes
) -> None:
    """A file that is cut off or changed says nothing, and is mended."""
    ask(1)
    (file,) = (tmp_path / "answers").iterdir()
    for content in (damage, file.read_bytes().replace(b"2", b"3", 1)):
        file.write_bytes(content)
        assert ask(1) == [2, "é"]
    assert asked == [1, 1, 1]
    ask(1)
    assert asked == [1, 1, 1]


def test_another_pandoc_or_tool_is_asked_again(
    ask: Callable[..., Any], asked: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upgrade of Pandoc's wheel, also while the process runs, and of the weaver itself, counts."""
    ask(1)
    other = tmp_path / "pandoc"
    other.write_text("1")
    monkeypatch.setattr(pandoc, "executable", lambda: str(other))
    ask(1)
    other.write_text("22")
    ask(1)
    monkeypatch.setattr(pandoc_cache, "of_tool", lambda: "another")
    ask(1)
    assert asked == [1, 1, 1, 1]


def test_an_error_is_not_kept(tmp_path: Path) -> None:
    """It may have been the machine's, and its place may be another next time."""

    def fail() -> None:
        raise TypesetError("no")

    for _ in range(2):
        with pytest.raises(TypesetError):
            Answers(tmp_path).ask(["x"], fail)
    assert list(tmp_path.iterdir()) == []


def test_the_latest_stay(ask: Callable[..., Any], asked: list[object], tmp_path: Path) -> None:
    """What has not been asked for longest makes room."""
    for number in range(KEPT + 1):
        if number:
            ask(0)  # once more: it is not the oldest
        ask(number)
        for age, file in enumerate(sorted((tmp_path / "answers").iterdir(), key=_written)):
            os.utime(file, ns=(age * 10**9,) * 2)
    assert len(list((tmp_path / "answers").iterdir())) == KEPT
    asked.clear()
    ask(0)
    assert asked == []
    ask(1)
    assert asked == [1]


def _written(path: Path) -> int:
    return path.stat().st_mtime_ns


def test_without_a_folder_nothing_is_kept(ask: Callable[..., Any], tmp_path: Path) -> None:
    """A folder that cannot be made costs the answers alone; none is made where none is named."""
    (tmp_path / "answers").write_text("a file")
    assert ask(1) == ask(1) == [2, "é"]
    assert NONE.ask(["x"], lambda: json.loads("[1]")) == [1]
