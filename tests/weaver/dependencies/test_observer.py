"""What a piece of code asks of its surroundings is heard, whoever does it for the code, and no more."""

import glob
import importlib
import inspect
import mmap
import multiprocessing
import os
import py_compile
import runpy
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from weaver.dependencies import asking, inputs
from weaver.dependencies.hooks import observe, stop
from weaver.dependencies.recording import Recording

Record = Callable[[Callable[[], object]], Recording]
NEEDS_INOTIFY = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what others open")


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Record]:
    """Observe a function in a project that is the working directory and has data."""
    files = {
        "data/x.txt": "1",
        "src/lab/m.py": "X = 1\n",
        "report/q3.qmd": "text",
        ".mypy_cache/meta.json": "1",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "data/empty").mkdir()
    monkeypatch.chdir(tmp_path)
    observer = observe(tmp_path, tmp_path / ".cache/store")

    def recorded(function: Callable[[], object]) -> Recording:
        with observer.recording() as recording:
            function()
        return recording

    yield recorded
    stop(observer)


def read() -> str:
    """Read the data."""
    return Path("data/x.txt").read_text(encoding="utf-8")


def in_a_thread() -> None:
    """Read the data in another thread, which has no frame of ours."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(Path("data/x.txt").read_text).result()


def in_a_forked_process() -> None:
    """Read the data in a worker."""
    with multiprocessing.get_context("fork").Pool(1) as pool:
        pool.apply(read)


def with_cat() -> None:
    """Read the data by a program."""
    subprocess.run(["cat", "data/x.txt"], check=True, capture_output=True)


def by_a_shell() -> None:
    """Read the data by a program that a shell starts."""
    os.system("cat data/x.txt > /dev/null")  # noqa: S605


def mapped() -> None:
    """Read the data through memory."""
    with open("data/x.txt", "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as memory:  # noqa: PTH123
        memory.read()


@pytest.mark.parametrize(
    "function",
    [
        read,
        in_a_thread,
        mapped,
        *(pytest.param(each, marks=NEEDS_INOTIFY) for each in (in_a_forked_process, with_cat, by_a_shell)),
    ],
)
def test_a_file_is_heard_whoever_opens_it(record: Record, function: Callable[[], object]) -> None:
    """Threads, workers, programs and memory maps read the same file."""
    assert record(function).inputs["data/x.txt"] == inputs.content("data/x.txt")


@NEEDS_INOTIFY
def test_native_readers_are_heard(record: Record) -> None:
    """No event of Python's tells of what safetensors and SQLite open."""
    save_file({"w": np.ones(3)}, "data/w.safetensors")
    with sqlite3.connect("data/runs.db") as base:
        base.execute("create table run (loss real)")

    def read_both() -> None:
        load_file("data/w.safetensors")
        found = sqlite3.connect("data/runs.db")
        found.execute("select * from run").fetchall()
        found.close()

    base.close()
    found = record(read_both)
    assert {"data/w.safetensors", "data/runs.db"} <= found.inputs.keys()
    assert not found.unobserved


def test_what_is_asked_about_a_file_is_an_input(record: Record) -> None:
    """Whether there is one, how large it is, which a folder has: files that appear are seen the next time."""

    def ask() -> None:
        Path("data/later.txt").exists()
        os.path.isfile("data/x.txt")  # noqa: PTH113
        os.path.getsize("data/x.txt")  # noqa: PTH202
        glob.glob("runs/*/x.txt")  # noqa: PTH207
        os.listdir("data/empty")  # noqa: PTH208

    found = record(ask).inputs
    assert found["kind:data/later.txt"] is None
    assert found["kind:data/x.txt"] == "file"
    assert found["size:data/x.txt"] == "1"
    assert found["runs/"] is None
    assert found["data/empty/"] == inputs.listing("data/empty")
    assert inputs.today(Path.cwd(), found) == found


def test_a_folder_is_the_working_one_where_none_is_named(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`os.listdir()` after a change of the folder lists that one."""
    monkeypatch.chdir("data")
    assert "data/" in record(os.listdir).inputs


def test_existence_does_not_count_the_size(record: Record) -> None:
    """Who asks whether a file exists does not care for what is in it."""
    assert record(lambda: Path("data/x.txt").exists()).inputs == {"kind:data/x.txt": "file"}


def test_variables_are_heard_by_name_and_value(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    """However they are read; one that is not set counts too."""
    monkeypatch.setenv("LAB", "a")

    def ask() -> None:
        os.environ["LAB"]
        os.getenv("LAB_RATE")
        "LAB_SEED" in os.environ  # noqa: B015
        os.environb.get(b"LAB_SIZE")

    names = ("env:LAB_RATE", "env:LAB_SEED", "env:LAB_SIZE")
    assert record(ask).inputs == {"env:LAB": "a", **dict.fromkeys(names)}


@NEEDS_INOTIFY
def test_variables_are_heard_that_a_worker_reads(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its memory is another one, so it tells."""
    monkeypatch.setenv("LAB", "a")

    def in_a_worker() -> None:
        with multiprocessing.get_context("fork").Pool(1) as pool:
            pool.apply(os.getenv, ("LAB",))

    assert record(in_a_worker).inputs["env:LAB"] == "a"


COPIES = {
    "as keywords": lambda: {**os.environ, "LAB": "1"},
    "as a dictionary": lambda: dict(os.environ),
    "by its method": os.environ.copy,
}


@pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES.keys())
def test_a_copy_of_all_variables_does_not_ask_for_those_of_the_terminal(
    copy: Callable[[], object], record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program gets them all, and another terminal is no reason to run; who asks for one by name has it."""
    for name in ("LAB_RATE", "TERM", "SHLVL", "SSH_TTY"):
        monkeypatch.setenv(name, "a")

    def ask_too() -> None:
        copy()
        os.environ.get("TERM")

    named = {"env:LAB_RATE", "env:TERM", "env:SHLVL", "env:SSH_TTY"}
    assert record(copy).inputs.keys() & named == {"env:LAB_RATE"}
    assert record(ask_too).inputs.keys() & named == {"env:LAB_RATE", "env:TERM"}


def test_the_tool_and_libraries_read_for_themselves(record: Record) -> None:
    """An import, and what a library reads of the environment, is nothing that the report asked for."""

    def work() -> None:
        import colorsys  # noqa: F401, PLC0415
        import wave  # noqa: F401, PLC0415

        subprocess.run([sys.executable, "-c", "pass"], check=True)
        inputs.content("data/x.txt")

    assert record(work).inputs == {}


@pytest.fixture
def editor() -> Iterator[Callable[[], None]]:
    """Another process, which opens sources and a cache of its own when it is told to."""
    code = """
import sys
for root in sys.stdin:
    for name in ("report/q3.qmd", "src/lab/m.py", ".mypy_cache/meta.json"):
        open(root.strip() + "/" + name).read()
    print(flush=True)
"""
    with subprocess.Popen(
        [sys.executable, "-uc", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:

        def opens() -> None:
            assert other.stdin
            assert other.stdout
            other.stdin.write(f"{Path.cwd()}\n".encode())
            other.stdin.flush()
            other.stdout.readline()

        yield opens
        assert other.stdin
        other.stdin.close()


@NEEDS_INOTIFY
def test_what_an_editor_opens_is_nobodys_input(editor: Callable[[], None], record: Record) -> None:
    """While a chapter runs, others are written: sources count where the process, or its program, reads."""
    assert record(editor).inputs == {}
    assert (
        "src/lab/m.py" in record(lambda: subprocess.run([sys.executable, "src/lab/m.py"], check=True)).inputs
    )


@NEEDS_INOTIFY
def test_the_build_beside_reads_for_itself(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the tool lies in the project, its modules are loaded at any time, and by no chapter's wish."""
    reads = "open('src/lab/m.py').read()"
    read = partial(subprocess.run, [sys.executable, "-c", reads], check=True)
    assert "src/lab/m.py" in record(read).inputs
    monkeypatch.setattr(asking, "TOOL", f"{Path.cwd()}/src/lab/")
    assert "src/lab/m.py" not in record(read).inputs


SPAWN = """
from multiprocessing import get_context
with get_context('spawn').Pool(1) as pool:
    pool.apply(exec, ('import lab.m',))
"""


@NEEDS_INOTIFY
@pytest.mark.parametrize(
    "run",
    [
        lambda: subprocess.run([sys.executable, "-c", "import lab.m"], check=True),
        lambda: exec(SPAWN, {"__name__": "__main__"}),  # noqa: S102
    ],
    ids=["a program", "a worker"],
)
def test_modules_of_other_processes_count(
    run: Callable[[], object], record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it finds them compiled, and opens no source."""
    monkeypatch.setenv("PYTHONPATH", "src")
    monkeypatch.syspath_prepend("src")
    assert "src/lab/m.py" in record(run).inputs
    py_compile.compile("src/lab/m.py")
    assert "src/lab/m.py" in record(run).inputs


def test_code_that_is_loaded_by_a_path_counts(record: Record) -> None:
    """Nobody records it as a module."""
    assert "src/lab/m.py" in record(lambda: runpy.run_path("src/lab/m.py")).inputs


def test_what_a_package_quotes_of_its_importer_is_no_input(
    record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else an edit beside the function that trains would train anew; what is read afterwards counts still."""
    installed = tmp_path / ".venv/site-packages"
    installed.mkdir(parents=True)
    (installed / "quoting.py").write_text(
        "import inspect, traceback\ntraceback.format_stack()\ninspect.stack()\n"
    )
    source = tmp_path / "src/lab/importing.py"
    source.write_text("def use():\n    import quoting\n")
    monkeypatch.syspath_prepend(str(installed))
    monkeypatch.syspath_prepend(str(source.parent))
    importing = importlib.import_module("importing")
    assert not [name for name in record(importing.use).inputs if "importing" in name]
    del sys.modules["quoting"]
    shown = record(lambda: (importing.use(), inspect.getsource(importing.use)))
    assert "src/lab/importing.py" in shown.inputs
    del sys.modules["importing"], sys.modules["quoting"]


def test_sources_count_whose_text_is_read(record: Record) -> None:
    """A listing shows the text of a module."""
    assert record(lambda: Path("src/lab/m.py").read_text()).inputs.keys() == {"src/lab/m.py"}


def test_what_is_made_on_the_way_counts_as_it_is_at_the_end(record: Record) -> None:
    """A temporary file is no input, a file that stays is one; one changed after it was read is told."""

    def work() -> None:
        for name in ("data/passing.txt", "data/stays.txt"):
            Path(name).write_text("a")
            Path(name).read_text()
        Path("data/stays.txt").write_text("ab")
        Path("data/passing.txt").unlink()

    found = record(work)
    assert "data/passing.txt" not in found.inputs
    assert found.inputs["data/stays.txt"] == inputs.content("data/stays.txt")
    assert not found.unobserved
    changed = record(lambda: Path("data/x.txt").write_text(read() + "1"))
    assert list(changed.unobserved) == ["data/x.txt was changed after it had been read"]


def test_files_elsewhere_count_where_the_report_asks(
    record: Record, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """They have an absolute path, in a worker too; those of the system are none."""
    place = tmp_path_factory.mktemp("elsewhere") / "y.txt"
    place.write_text("1")

    def in_a_worker() -> None:
        with multiprocessing.get_context("fork").Pool(1) as pool:
            pool.apply(place.read_text)

    assert record(place.read_text).inputs == {place.as_posix(): inputs.content(place)}
    assert place.as_posix() in record(in_a_worker).inputs
    assert record(Path("/etc/hostname").exists).inputs == {}
    assert record(lambda: list(Path("/proc").iterdir())).inputs == {}, (
        "the processes that run, to CarbonTracker for one"
    )


def test_what_cannot_be_seen_is_told(record: Record, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A database elsewhere, and another machine."""
    import socket  # noqa: PLC0415

    place = tmp_path_factory.mktemp("elsewhere") / "runs.db"

    def ask() -> None:
        sqlite3.connect(place).close()
        with socket.socket() as one:
            one.settimeout(0.1)
            one.connect_ex(("127.0.0.1", 9))

    found = list(record(ask).unobserved)
    assert [reason.partition(str(place))[0] for reason in found] == ["it reads the database ", found[1]]
    assert "127.0.0.1" in found[1]


def test_recordings_stand_in_one_another(record: Record, tmp_path: Path) -> None:
    """What a cached call reads, the chapter around it reads; what was read before is none of its inputs."""
    observer = observe(tmp_path, tmp_path / ".cache/store")

    def work() -> None:
        read()
        with observer.recording() as inner:
            Path("data/later.txt").exists()
        inners.append(inner)

    inners: list[Recording] = []
    assert record(work).inputs.keys() == {"data/x.txt", "kind:data/later.txt"}
    assert inners[0].inputs.keys() == {"kind:data/later.txt"}
