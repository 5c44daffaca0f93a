"""What is recorded of the modules that a process loads."""

import importlib
import os
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from weaver.dependencies import loaded_code
from weaver.dependencies.loaded_code import LoadedCode
from weaver.dependencies.module_code import read_module, unread
from weaver.dependencies.module_memory import Memory

Write = Callable[[str, str], Path]


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LoadedCode]:
    """A recorder, with `src` of a project on the path; what it saw is forgotten afterwards."""
    (tmp_path / "src").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path / "src"))
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    before = set(sys.modules)
    recorder = loaded_code.start(Memory())
    for seen in (recorder.loaded, recorder.absent):  # by the tests themselves
        seen.clear()
    yield recorder
    for name in set(sys.modules) - before:
        del sys.modules[name]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file below the project's folder."""

    def write(name: str, text: str) -> Path:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        importlib.invalidate_caches()
        return file

    return write


def test_what_counts_is_the_source_that_was_loaded(code: LoadedCode, write: Write) -> None:
    """A file may be saved while it is imported; what runs is what was read."""
    text = "from pathlib import Path\nN = 1\nPath(__file__).write_text('N = 2')\n"
    file = write("src/lab/m.py", text)
    module = importlib.import_module("lab.m")
    assert (module.N, file.read_text()) == (1, "N = 2")
    assert code.loaded["lab.m"].code == read_module(text.encode())


def test_compiled_code_is_neither_read_nor_written(code: LoadedCode, write: Write, tmp_path: Path) -> None:
    """An edit that keeps size and second is one all the same, which compiled code does not notice."""
    file = write("src/m.py", "N = 1\n")
    os.utime(file, (1e9, 1e9))
    compiled = Path(importlib.util.cache_from_source(str(file)))
    importlib.machinery.SourceFileLoader("m", str(file)).get_code("m")
    file.write_text("N = 2\n")
    os.utime(file, (1e9, 1e9))
    stamp = (
        compiled.stat().st_mtime_ns if compiled.exists() else None
    )  # another setting may forbid to write it
    assert importlib.import_module("m").N == 2
    assert (compiled.stat().st_mtime_ns if compiled.exists() else None) == stamp
    write("src/other.py", "")
    importlib.import_module("other")
    assert "other" in code.loaded
    assert not list(tmp_path.rglob("other.*.pyc"))


def test_modules_of_ours_are_those_from_anywhere_but_wheels(
    code: LoadedCode, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside `src`, behind a link, in a folder without `__init__`; not what pip put somewhere."""
    write("beside/b1.py", "")
    write("elsewhere/e1.py", "")
    (tmp_path / "src/linked").symlink_to(tmp_path / "elsewhere")
    write("venv/lib/site-packages/site1.py", "")
    (tmp_path / "venv/lib/site-packages/developed").symlink_to(tmp_path / "elsewhere")
    for folder in ("beside", "venv/lib/site-packages"):
        monkeypatch.syspath_prepend(str(tmp_path / folder))
    for name in ("b1", "linked.e1", "developed.e1", "site1", "json.tool"):
        importlib.import_module(name)
    assert set(code.loaded) == {"b1", "linked", "linked.e1", "developed", "developed.e1"}
    assert code.loaded["linked"].file is None


def test_it_is_told_who_asked(code: LoadedCode, write: Write) -> None:
    """By a statement or not, at once or later: what no statement leads to counts whole."""
    write("src/lab/m.py", "import importlib\nfrom lab import k\nplug = importlib.import_module('lab.plug')\n")
    write("src/lab/k.py", "def later():\n    import lab.late\n")
    write("src/lab/plug.py", "")
    write("src/lab/late.py", "")
    exec("import lab.m\nlab.m.k.later()", {"__name__": "__main__"})  # noqa: S102 - as a chunk does
    assert {name: code.importers[name] for name in code.loaded} == {
        "lab": "",
        "lab.m": "",
        "lab.k": "lab.m",
        "lab.plug": "lab.m",
        "lab.late": "lab.k",
    }
    assert code.ways()["lab.late"] == ("lab.m", "lab.k")
    assert code.ways()["lab.m"] == ()


def test_what_was_asked_for_and_is_not_ours_is_told(
    code: LoadedCode, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When it appears, the same code does something else."""
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    write("src/lab/m.py", "try:\n    from lab import fast\nexcept ImportError:\n    import colorsys\n")
    importlib.import_module("lab.m")
    assert code.absent == {"lab.fast", "colorsys"}
    write("src/lab/fast.py", "")
    importlib.import_module("lab.fast")
    assert code.absent == {"colorsys"}


def test_a_module_that_fails_counts(code: LoadedCode, write: Write) -> None:
    """Its importer may catch the error, and once it is mended something else happens."""
    write("src/bad.py", "raise ImportError('not here')\n")
    write("src/broken.py", "def f(:\n")
    for name, error in (("bad", ImportError), ("broken", SyntaxError)):
        with pytest.raises(error):
            importlib.import_module(name)
    assert set(code.loaded) == {"bad", "broken"}


def test_a_reloaded_module_counts_as_loaded_last(code: LoadedCode, write: Write) -> None:
    """So does one that is removed and imported again."""
    write("src/m.py", "N = 1\n")
    module = importlib.import_module("m")
    write("src/m.py", "N = 2\n")
    before = code.version
    importlib.reload(module)
    assert code.loaded["m"].code == read_module(b"N = 2\n")
    assert code.version > before


def test_an_archive_counts_by_its_bytes(
    code: LoadedCode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is no plain source is not read, but it counts."""
    with zipfile.ZipFile(tmp_path / "lab.zip", "w") as archive:
        archive.writestr("zipped.py", "N = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path / "lab.zip"))
    assert importlib.import_module("zipped").N == 1
    assert code.loaded["zipped"].code == unread((tmp_path / "lab.zip").read_bytes())


def test_whoever_wants_to_know_is_told_of_each_module(code: LoadedCode, write: Write) -> None:
    """As soon as it has run; and on the way it is known what is being imported."""
    on_the_way: list[tuple[str, ...]] = []
    ready: list[str] = []

    def note(module: ModuleType) -> None:
        ready.append(module.__name__)

    code.after_import.append(note)
    sys.modules["noted"] = ModuleType("noted")
    sys.modules["noted"].__dict__["note"] = lambda: on_the_way.append(loaded_code.importing())
    write("src/m.py", "import k\n")
    write("src/k.py", "import noted\nnoted.note()\n")
    importlib.import_module("m")
    assert (on_the_way, ready) == ([("m", "k")], ["k", "m"])
    assert loaded_code.importing() == ()


def test_a_module_of_another_project_is_told(code: LoadedCode, write: Write, tmp_path: Path) -> None:
    """A report that was copied with its environment might run the code of the original."""
    write("_quarto.yml", "")
    write("src/m.py", "")
    importlib.import_module("m")
    (tmp_path / "copy").mkdir()
    assert code.foreign(tmp_path) == {}
    assert code.foreign(tmp_path / "copy") == {"m": tmp_path}


def test_a_second_start_goes_on_with_the_first(code: LoadedCode) -> None:
    """A kernel starts it, and a module with a cached function would too."""
    assert loaded_code.start(Memory()) is code
    assert loaded_code.current() is code
