"""Which of the files that a chapter opens are its inputs."""

import json
import os
from hashlib import sha256
from pathlib import Path

import pytest

from weaver.digests import digest
from weaver.observe import USED, Observer


@pytest.fixture
def observer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Observer:
    """An observer of a project that is the working directory."""
    monkeypatch.chdir(tmp_path)
    return Observer(tmp_path)


def opens(observer: Observer, path: str | bytes, flags: int = os.O_RDONLY) -> list[str]:
    """Tell the observer that a file is opened and return what it knows then."""
    observer.hear("open", (path, "r", flags))
    return sorted(observer.opened)


@pytest.mark.parametrize("path", ["data/a.npy", b"data/a.npy", "./data/../data/a.npy", "{root}/data/a.npy"])
def test_a_file_that_is_read_is_an_input(observer: Observer, path: str | bytes) -> None:
    """However it is named, a file is known by its path in the project, with the digest of its bytes."""
    (observer.root / "data").mkdir()
    (observer.root / "data/a.npy").write_bytes(b"numbers")
    path = path.format(root=observer.root) if isinstance(path, str) else path
    assert opens(observer, path) == ["data/a.npy"]
    assert observer.opened["data/a.npy"] == sha256(b"numbers").hexdigest()


def test_a_file_opened_in_vain_is_an_input(observer: Observer) -> None:
    """When it appears, the chapter would find it."""
    assert opens(observer, "data/missing.npz") == ["data/missing.npz"]
    assert observer.opened == {"data/missing.npz": None}


@pytest.mark.parametrize(
    ("flags", "reads"),
    [
        (os.O_RDONLY | os.O_CLOEXEC, True),
        (os.O_RDWR, True),
        (os.O_WRONLY | os.O_CREAT | os.O_TRUNC, False),
        (os.O_WRONLY | os.O_APPEND, False),
        (os.O_RDWR | os.O_CREAT | os.O_TRUNC, False),
    ],
)
def test_a_file_that_is_only_written_is_none(observer: Observer, flags: int, reads: bool) -> None:
    """What a chapter writes does not make it stale."""
    assert opens(observer, "notes.txt", flags) == (["notes.txt"] if reads else [])


@pytest.mark.parametrize(
    "path",
    [
        ".cache/store/x",
        ".git/HEAD",
        ".venv/lib/x.py",
        "build/report.pdf",
        "src/science/numbers.py",
        "src/science/__pycache__/numbers.cpython-311.pyc",
        "src/woven_report.egg-info/PKG-INFO",
        "../beside/a.npy",
        "/etc/hostname",
    ],
)
def test_what_the_weaver_and_python_open_is_none(observer: Observer, path: str) -> None:
    """Caches, environments, pages and the code that fingerprints cover are no inputs."""
    assert opens(observer, path) == []


def test_a_store_elsewhere_in_the_project_is_none(
    observer: Observer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variable that moves the store moves what is passed over."""
    monkeypatch.setenv("WEAVER_CACHE", "kept")
    assert opens(Observer(observer.root), "kept/entries-1/x/record.json") == []


@pytest.mark.parametrize("path", ["src/science/style.mplstyle", "data/build/a.npy", "report/src/a.csv"])
def test_data_is_an_input_wherever_it_lies(observer: Observer, path: str) -> None:
    """Only whole top folders are passed over, and of `src` only code."""
    assert opens(observer, path) == [path]


def test_compiled_code_stands_for_its_source(observer: Observer) -> None:
    """A module that no fingerprint covers is an input also when Python reads it compiled."""
    assert opens(observer, "__pycache__/extra.cpython-311.pyc") == ["extra.py"]


def test_the_first_reading_counts(observer: Observer) -> None:
    """A file edited while the chapter runs is not what the chapter read: its old digest stays."""
    (observer.root / "a.csv").write_text("1")
    opens(observer, "a.csv")
    (observer.root / "a.csv").write_text("2")
    opens(observer, "a.csv")
    assert observer.opened["a.csv"] == sha256(b"1").hexdigest()


def test_a_listed_folder_is_an_input(observer: Observer) -> None:
    """A chapter that lists a folder is stale when a name comes or goes, not when a file changes."""
    folder = observer.root / "data"
    folder.mkdir()
    (folder / "a.npy").write_bytes(b"1")
    observer.hear("os.listdir", (str(folder),))
    known = observer.opened["data/"]
    assert known == digest(folder)
    (folder / "a.npy").write_bytes(b"2")
    assert digest(folder) == known
    (folder / "b.npy").write_bytes(b"1")
    assert digest(folder) != known


@pytest.mark.parametrize("folder", ["", "src", "src/science"])
def test_folders_that_imports_search_are_none(observer: Observer, folder: str) -> None:
    """Python lists them for every chapter, and a new file in them changes nothing by itself."""
    observer.hear("os.scandir", (str(observer.root / folder),))
    assert observer.opened == {}


def test_entries_that_are_used_are_no_inputs(observer: Observer) -> None:
    """The cache tells which they are, however often, and their order does not count."""
    for keys in (("b", "a"), ("a",)):
        observer.hear(USED, (keys,))
    opens(observer, "missing.csv")
    assert json.loads(observer.told()) == {"opened": {"missing.csv": None}, "used": ["a", "b"]}
