"""Functions of a loaded module that get the code of its edited source."""

import importlib
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from weaver.exchange import exchange

BEFORE = b"""\
def first(x, *, y=2):
    'Say one.'
    return x + y


def second():
    return [first(n) for n in range(2)]


class Thing:
    def size(self):
        return 1

    @staticmethod
    def name():
        return "old"

    @property
    def twice(self):
        return (lambda: 2 * self.size())()


def make(n):
    def made():
        return n

    return made
"""


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Load a module."""
    (tmp_path / "lab.py").write_bytes(BEFORE)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("lab")
    del sys.modules["lab"]


def edited(*pairs: tuple[str, str]) -> tuple[bytes, bytes]:
    """Return the source before and after replacements."""
    text = BEFORE.decode()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return BEFORE, text.encode()


def test_whoever_holds_a_function_has_its_new_code(lab: ModuleType) -> None:
    """A name elsewhere, an object of the class, a bound method; objects stay the same."""
    first, second, thing = lab.first, lab.second, lab.Thing()
    size = thing.size
    pair = edited(
        ("    'Say one.'\n    return x + y", "    'Say two.'\n    z = x * y\n    return z"),
        ("return 1", "return 10"),
        ('return "old"', 'return "new"'),
    )
    assert exchange({"lab": pair}) == ""
    assert first is lab.first
    assert (first(3), first(3, y=3), second(), first.__doc__) == (6, 9, [0, 2], "Say two.")
    assert (size(), thing.twice, thing.name()) == (10, 20, "new")


def test_the_source_of_what_only_moved_is_found(lab: ModuleType) -> None:
    """Listings and tracebacks look for the lines of a function in the file as it is."""
    pair = edited(("    return x + y", "    x += 1\n    x -= 1\n    return x + y"))
    Path(str(lab.__file__)).write_bytes(pair[1])
    assert exchange({"lab": pair}) == ""
    assert inspect.getsource(lab.make).startswith("def make(n):\n")


def test_a_function_made_by_an_edited_one_has_no_counterpart(lab: ModuleType) -> None:
    """It would go on as it was, so nothing is exchanged at all."""
    made = lab.make(5)
    pair = edited(("        return n", "        return n + 1"), ("return 1", "return 10"))
    assert "made has no counterpart" in exchange({"lab": pair})
    assert (made(), lab.Thing().size()) == (5, 1)
    del made
    assert exchange({"lab": pair}) == ""
    assert (lab.make(5)(), lab.Thing().size()) == (6, 10)


def test_a_function_made_by_an_unedited_one_stays(lab: ModuleType) -> None:
    """Its code is what it was, a line further down."""
    made = lab.make(5)
    pair = edited(("return x + y", "x += 0\n    return x + y + 1"))
    assert exchange({"lab": pair}) == ""
    assert (made(), lab.first(1)) == (5, 4)
    assert made.__code__.co_firstlineno == BEFORE.decode().splitlines().index("    def made():") + 2


def test_a_module_that_is_not_loaded_is_passed_over() -> None:
    """It will be loaded from its file."""
    assert exchange({"nowhere_at_all": (b"A = 1", b"A = 1")}) == ""
