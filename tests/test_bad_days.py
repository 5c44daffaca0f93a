"""Whatever happens to a build or to its cache, the next build is right, or says in one sentence why not."""

import random
import resource
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

if TYPE_CHECKING:
    from conftest import Report

SLOW = pytest.mark.slow
EDIT = ("report/q1.qmd", "train([1, 2], 10)", "train([1, 2], 11)")  # two trainings more


@pytest.fixture(autouse=True)
def _own_temporary_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep in a folder of the test what killed builds leave in the system's; sockets want a short path."""
    with tempfile.TemporaryDirectory(prefix="bad-") as folder:
        monkeypatch.setenv("TMPDIR", folder)
        yield


class Killer:
    """Kills builds with `kill -9`, each at a moment and in a way that chance chooses."""

    def __init__(self, report: "Report", chapter: str | None, seed: int) -> None:
        self.report = report
        self.arguments = ("build", chapter) if chapter else ("build",)
        self.chance = random.Random(seed)  # noqa: S311
        self.torn = 0  # how many left a part of an entry behind

    def undisturbed(self) -> dict[str, bytes]:
        """Build from nothing, and learn how long that takes."""
        self.report.forget()
        started = time.monotonic()
        assert self.report.weave(*self.arguments).returncode == 0
        self.duration_s = time.monotonic() - started
        return self.report.printed()

    def kill(self, way: str) -> list[psutil.Process]:
        """Kill one build from nothing, and return the kernels that it had.

        The way is `build`, `build and kernel`, or `writer`: both while an entry is being written.
        """
        self.report.forget()
        with self.report.start(*self.arguments) as process:
            build = psutil.Process(process.pid)
            latest = (
                0.3 if way == "writer" else 1.0
            )  # in the first third a kernel starts, and nothing is written
            time.sleep(self.chance.uniform(0, latest * self.duration_s))
            if way == "writer":
                self._catch(process)
            kernels = build.children(recursive=True) if build.is_running() else []
            for victim in [*(kernels if way != "build" else []), build]:
                with suppress(psutil.NoSuchProcess):
                    victim.send_signal(signal.SIGKILL)
            process.communicate()
        self.torn += any(self._partial())
        return kernels

    def _catch(self, process: "subprocess.Popen[str]") -> None:
        """Halt a build and its kernels while a part of an entry lies there, unless it ends before."""
        while process.poll() is None:
            if any(self._partial()):
                halted = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
                self._each(halted, psutil.Process.suspend)
                if any(self._partial()):
                    return
                self._each(halted, psutil.Process.resume)
            time.sleep(0.0005)

    @staticmethod
    def _each(processes: list[psutil.Process], action: Callable[[psutil.Process], None]) -> None:
        for each in processes:
            with suppress(psutil.NoSuchProcess):
                action(each)

    def _partial(self) -> Iterator[Path]:
        """Yield the parts of entries, of the store and of the checkpoints in it."""
        folder = self.report.store.folder
        for pattern in ("partial/*/*", "checkpoints/*/partial/*/*"):
            yield from folder.glob(pattern)


@pytest.mark.parametrize(
    ("kills", "chapter"), [(2, "q1"), pytest.param(20, "q1", marks=SLOW), pytest.param(20, None, marks=SLOW)]
)
def test_a_build_that_is_killed(trained: "Report", kills: int, chapter: str | None) -> None:
    """At whatever moment: the next build gives the bytes of an undisturbed one, from whole entries."""
    killer = Killer(trained, chapter, seed=kills)
    expected = killer.undisturbed()
    for number in range(kills):
        kernels = killer.kill(("writer", "build", "build and kernel")[number % 3])
        result = trained.weave(*killer.arguments)
        assert (result.returncode, "damaged" in result.stderr) == (0, False), result.stderr
        assert trained.printed() == expected
        assert not (trained.store.folder / "set-aside").exists()
        assert all(trained.store.read(key) for key in trained.store.keys())  # noqa: SIM118
        assert psutil.wait_procs(kernels, timeout=20)[1] == []
    assert killer.torn > 0


def flip(path: Path, chance: random.Random) -> None:
    """Change one bit of a file."""
    data = bytearray(path.read_bytes())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(data)


def entries(report: "Report") -> list[Path]:
    """List the folders of the entries of a store."""
    return sorted((report.store.folder / "entries-1").iterdir())


def test_each_of_300_flipped_bits_is_found(
    trained: "Report", tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Over all that a build has kept: the entry is set aside and reported, and the others are read."""
    chance = random.Random(300)  # noqa: S311
    shutil.copytree(trained.store.folder / "entries-1", tmp_path / "good")
    for number in range(300):
        entry = chance.choice(entries(trained))
        flip(chance.choice(sorted(entry.iterdir())), chance)
        assert trained.store.read(entry.name) is None
        assert len(list((trained.store.folder / "set-aside").iterdir())) == number + 1
        assert f"the entry {entry.name} is damaged" in caplog.records[number].getMessage()
        shutil.copytree(tmp_path / "good" / entry.name, entry)
    assert all(trained.store.read(entry.name) for entry in entries(trained))
    assert len(caplog.records) == 300


@pytest.mark.parametrize("rounds", [1, pytest.param(6, marks=SLOW)])
def test_flipped_bits_are_found_by_a_build(trained: "Report", rounds: int) -> None:
    """With a bit flipped in every entry, all are reported and computed again, and the bytes are the same."""
    chance, expected, flips = random.Random(rounds), trained.printed(), 0  # noqa: S311
    names = {entry.name for entry in entries(trained)}
    for _ in range(rounds):
        for entry in entries(trained):
            flip(chance.choice(sorted(entry.iterdir())), chance)
        flips += len(names)
        trained.pdf.unlink()  # where nothing is to be made, no entry is read
        result = trained.weave("build")
        assert result.returncode == 0, result.stderr
        assert {
            name for name in names if f"the entry {name} is damaged and not used" in result.stderr
        } == names
        assert trained.printed() == expected
        assert len(list((trained.store.folder / "set-aside").iterdir())) == flips
        assert {entry.name for entry in entries(trained)} == names


@pytest.mark.slow
def test_eight_builds_at_once(trained: "Report") -> None:
    """All end well with the same bytes, and each network was trained once."""
    expected = trained.printed()
    trained.forget()
    started = [trained.start("build") for _ in range(8)]
    told = [process.communicate(timeout=300)[1] for process in started]
    assert [process.returncode for process in started] == [0] * 8, told
    assert trained.printed() == expected
    log = (trained.root / "trained.log").read_text().splitlines()
    assert sorted(log) == [
        "1 from 0",
        "1 from 0",
        "2 from 0",
        "3 from 0",
        "3 from 0",
    ]  # for 8 and for 10 epochs


def refused(report: "Report", *message: str, **environment: str) -> None:
    """Expect a build to end with one clear error, and the old report to stay."""
    before = report.pdf.read_bytes(), report.pdf.stat().st_mtime_ns
    result = report.weave("build", **environment)
    assert result.returncode == 1
    for part in message:
        assert part in result.stderr
    assert "Traceback" not in result.stderr
    assert (report.pdf.read_bytes(), report.pdf.stat().st_mtime_ns) == before


def test_a_full_disk(trained: "Report", small_disk: Path) -> None:
    """The message says in which chunk, which folder, and what to do."""
    trained.edit(*EDIT)
    message = "cannot write the entry", "No space left on device: free some space on that disk"
    refused(
        trained,
        "report/q1.qmd:7: chunk 'train': StoreError: ",
        *message,
        str(small_disk / "store"),
        WEAVER_CACHE=str(small_disk / "store"),
    )


def test_a_disk_that_can_only_be_read(trained: "Report", small_disk: Path) -> None:
    """What is kept there can be used; the first thing to be kept is refused with advice."""
    store = small_disk / "store"
    for path in entries(trained):
        if not (path / "arrays.safetensors").exists():
            shutil.copytree(path, store / "entries-1" / path.name)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    result = trained.weave("build", WEAVER_CACHE=str(store))
    # Typeset, for the record in the PDF names no run that is not there; but nothing runs.
    assert result.returncode == 0
    assert result.stderr.startswith("build/report.pdf: ")
    trained.edit(*EDIT)
    refused(
        trained,
        "cannot lock an entry: Read-only file system: make the folder writable",
        WEAVER_CACHE=str(store),
    )


def test_a_quota(trained: "Report") -> None:
    """Where a file may not be as large as it must, no part of it is left."""
    trained.edit(*EDIT)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
    try:
        refused(trained, "cannot write the entry", "File too large: allow larger files")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not any(trained.store.folder.rglob("partial/*"))


def test_a_folder_of_pages_that_is_full(trained: "Report") -> None:
    """An edit of prose needs no entry, but a page."""
    trained.edit("report/q2.qmd", "It walks", "It goes")
    notebook = trained.root / "build/notebooks/report.ipynb"
    notebook.unlink()
    notebook.mkdir()
    refused(trained, "build/notebooks/report.ipynb: Is a directory: remove the folder")


@pytest.mark.slow
def test_a_cache_of_another_version(trained: "Report") -> None:
    """Entries of another format are left alone, and so is a ledger of another version: all is made again."""
    expected = trained.printed()
    (trained.store.folder / "entries-1").rename(trained.store.folder / "entries-0")
    for page in (trained.root / ".cache/ledger/full").iterdir():
        page.write_text('{"version": "0", "pages": []}')
    trained.pdf.unlink()
    result = trained.weave("build")
    assert result.returncode == 0, result.stderr
    assert "damaged" not in result.stderr
    assert trained.printed() == expected
    assert len(list((trained.store.folder / "entries-0").iterdir())) == len(entries(trained))
