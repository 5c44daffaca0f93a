"""Where a module of ours is found that is not loaded, as the interpreter would find it."""

import importlib.machinery
import os
import sys
from collections.abc import Callable
from importlib.abc import MetaPathFinder
from importlib.util import spec_from_file_location
from pathlib import Path

import pytest

from weaver.dependencies.first_party import Module, Modules, is_first_party
from weaver.dependencies.module_memory import Memory

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file below the project's folder that holds its own name."""

    def write(name: str) -> Path:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"N = {name!r}\n", encoding="utf-8")
        return file

    return write


def find(root: Path, name: str) -> Module | None:
    """Find a module on the path of a project."""
    return Modules(root, Memory(), [str(root / "src"), str(root), *sys.path]).find(name)


def test_the_first_on_the_path_is_found(tmp_path: Path, write: Write) -> None:
    """A package before a module, `src` before what lies beside it, and that before the standard library."""
    places = ("src/m/__init__.py", "src/m.py", "m.py", "src/colorsys.py", "beside/b.py")
    package, *_, hiding, beside = map(write, places)
    for name, file in (("m", package), ("colorsys", hiding), ("beside.b", beside)):
        found = find(tmp_path, name)
        assert found
        assert found.file == file
    assert [find(tmp_path, name) for name in ("m.n", "json", "numpy", "weaver.cache", "nothing")] == [
        None
    ] * 5


def test_a_folder_without_init_has_parts_wherever_they_lie(tmp_path: Path, write: Write) -> None:
    """Deeper ones too, though none above is imported."""
    for name in ("src/parts/deep/a.py", "parts/deep/b.py"):
        write(name)
    assert [find(tmp_path, f"parts.deep.{name}") is not None for name in ("a", "b", "c")] == [
        True,
        True,
        False,
    ]


def test_a_library_counts_by_its_bytes(tmp_path: Path, write: Write) -> None:
    """It may be built again without another name or version."""
    suffix = importlib.machinery.EXTENSION_SUFFIXES[0]
    file = write(f"src/fast{suffix}")
    first = find(tmp_path, "fast")
    file.write_bytes(b"other")
    second = find(tmp_path, "fast")
    assert first
    assert second
    assert first.code.digest != second.code.digest


def test_an_editable_install_is_ours(tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some tools put a finder in front of such a folder and no path."""
    file = write("elsewhere/edited.py")

    class Finder(MetaPathFinder):
        def find_spec(self, name: str, *_: object) -> importlib.machinery.ModuleSpec | None:
            return spec_from_file_location(name, file) if name == "edited" else None

    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Finder()])
    found = find(tmp_path / "project", "edited")
    assert found
    assert found.file == file


@pytest.mark.parametrize(
    ("file", "ours"),
    [
        ("/home/a/report/src/lab/m.py", True),
        ("/run/ipykernel_1/123.py", True),
        ("/home/a/report/.venv/lib/python3.11/site-packages/numpy/core.py", False),
        ("/usr/lib/python3/dist-packages/yaml.py", False),
        (os.__file__, False),
        (is_first_party.__wrapped__.__code__.co_filename, False),
        ("<string>", False),
        ("<frozen importlib._bootstrap>", False),
    ],
)
def test_ours_is_what_comes_neither_with_python_nor_in_a_wheel(file: str, ours: bool) -> None:
    """Nor with the tool."""
    assert is_first_party(file) == ours
