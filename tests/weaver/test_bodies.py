"""Edits of modules that a warm kernel can take over, and those that it cannot."""

from pathlib import Path
from textwrap import dedent

import pytest

from weaver.bodies import differ_in_bodies, find_edit
from weaver.fingerprint import Sources
from weaver.source_files import read_files

BEFORE = """
    from dataclasses import dataclass
    from functools import lru_cache

    LIMIT = 3


    def first(x: int = LIMIT) -> int:
        return x + 1


    @lru_cache
    def kept() -> int:
        return 1


    @dataclass
    class Thing:
        x: int = 1

        @property
        def double(self) -> int:
            return 2 * self.x
"""


@pytest.mark.parametrize(
    ("old", "new", "only_bodies"),
    [
        ("return x + 1", "y = x\n        return y + 1", True),
        ("return 2 * self.x", "return self.x + self.x", True),
        ("LIMIT = 3", "LIMIT = 3  # a comment", True),
        ("LIMIT = 3", "LIMIT = 4", False),
        ("return 1\n", "return 2\n", True),
        ("x: int = LIMIT", "x: int = 4", False),
        ("def first", "def second", False),
        ("x: int = 1", "x: int = 2", False),
        ("@property\n", "", False),
        ("return x + 1", "return (", False),
        ("LIMIT = 3", "LIMIT = 3\n\n\n    def added() -> None: ...", False),
    ],
)
def test_only_bodies_of_functions_may_differ(old: str, new: str, only_bodies: bool) -> None:
    """What is made when a module is imported is made by importing it."""
    before, now = dedent(BEFORE), dedent(BEFORE.replace(old, new))
    assert before != now
    assert differ_in_bodies(before.encode(), now.encode()) is only_bodies


MODULES = {
    "lab/__init__.py": "",
    "lab/low.py": "def draw():\n    return 1\n\n\ndef size():\n    return 2\n",
    "lab/middle.py": "from lab import low\n\nSIZE = low.size()\n\n\ndef show():\n    return low.draw()\n",
    "lab/high.py": "from lab.middle import show\n\n\ndef top():\n    return show()\n",
    "lab/apart.py": "def alone():\n    return 3\n",
}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Write a package of modules that import each other."""
    root = tmp_path / "src"
    for name, text in MODULES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_an_edit_touches_all_that_imports_it(source: Path) -> None:
    """Objects of these modules may do something else, those of others do what they did."""
    sources, before = Sources(source), read_files(source, None)
    codes = ["from lab import high, apart", "high.top()", "apart.alone()"]
    (source / "lab/low.py").write_text(MODULES["lab/low.py"].replace("return 1", "return 11"))
    edit = find_edit(before, read_files(source, None), ["lab.low"], sources)
    assert edit is not None
    assert edit.touched == {"lab.low", "lab.middle", "lab.high"}
    assert edit.concerns(sources.of_code(codes[0], codes[1]).dependencies)
    assert not edit.concerns(sources.of_code(codes[0], codes[2]).dependencies)


def test_what_was_computed_by_an_import_must_be_computed_anew(source: Path) -> None:
    """The constant of another module was made by the function as it was."""
    sources, before = Sources(source), read_files(source, None)
    (source / "lab/low.py").write_text(MODULES["lab/low.py"].replace("return 2", "return 22"))
    assert find_edit(before, read_files(source, None), ["lab.low"], sources) is None


def test_a_module_that_comes_or_goes_is_no_edit_of_bodies(source: Path) -> None:
    """It is imported, or its names are gone."""
    sources, before = Sources(source), read_files(source, None)
    (source / "lab/apart.py").unlink()
    now = read_files(source, None)
    assert find_edit(before, now, ["lab.apart"], sources) is None
    assert find_edit(now, before, ["lab.apart"], sources) is None


@pytest.mark.parametrize(
    ("decorator", "is_taken"),
    [
        ("lru_cache", True),
        ("contextmanager", True),
        ("styles.wrapping", True),
        ("styles.numbered", False),
        ("styles.called", False),
        ("styles.made(3)", False),
        ("styles.read", False),
        ("compiler.jit", False),
        ("unknown", False),
    ],
)
def test_a_decorator_must_do_no_more_than_call(tmp_path: Path, decorator: str, is_taken: bool) -> None:
    """One that calls the function at once, or looks into it, has made something of how it was."""
    source = tmp_path / "src"
    source.mkdir()
    (source / "styles.py").write_text(dedent(DECORATORS))
    module = f"{HEAD}\n\n@{decorator}\ndef draw():\n    return 1\n"
    (source / "lab.py").write_text(module)
    before = read_files(source, None)
    (source / "lab.py").write_text(module.replace("return 1", "return 2"))
    edit = find_edit(before, read_files(source, None), ["lab"], Sources(source))
    assert (edit is not None) is is_taken


HEAD = """from contextlib import contextmanager
from functools import lru_cache

import compiler
import styles
"""
DECORATORS = """
    import functools
    import inspect


    def wrapping(function):
        "Wrap."

        @functools.wraps(function)
        def wrapper(*args):
            return function(*args)

        return wrapper


    def numbered(function):
        function.number = 1
        return function


    def called(function):
        def wrapper(value=function()):
            return value

        return wrapper


    def read(function):
        text = inspect.getsource(function)

        def wrapper():
            return text

        return wrapper


    def made(number):
        return wrapping
"""
