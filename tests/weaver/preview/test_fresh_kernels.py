"""Kernels that another thread may stop, and the one among them that is started ahead."""

import os
import sys
import sysconfig
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

import weaver
from weaver import qmd
from weaver.building.kernel import Surroundings
from weaver.building.kernel_environment import of_kernels
from weaver.chunk_options import Figures
from weaver.errors import CheckError, ExecutionError
from weaver.preview import spare_kernel
from weaver.preview.chapter_imports import Imports, imports
from weaver.preview.fresh_kernels import Kernels, Stopped
from weaver.preview.spare_kernel import Silent
from weaver.project import Chapter

PID = "import os\nopen('pid', 'w').write(str(os.getpid()))"
SLOW = "import time\ntime.sleep(60)"
PACKAGES = {
    "plain": "VALUE = 1",
    "loud": "print('loaded')",
    "settled": "import os\nVALUE = os.environ.get('SETTING', 'none')\nos.environ['OWN'] = 'set'",
    "reading": "VALUE = open('data.txt').read()\nopen('log', 'a').write(VALUE)",
    "nice": "import os\nopen('log', 'a').write(f'{os.getpriority(os.PRIO_PROCESS, 0)} ')",
}
LOADED = f"import sys\nprint([name for name in {list(PACKAGES)} if name in sys.modules])"


@dataclass(frozen=True)
class Desk:
    """Kernels of a project in `root`, and chapters of one chunk that run in them."""

    root: Path
    site: Path
    kernels: Kernels

    def chapter(self, code: str) -> Chapter:
        """Write a chapter of one chunk."""
        (self.root / "a.qmd").write_text(f"```{{python}}\n{code}\n```\n", encoding="utf-8")
        read = qmd.read_document(Path("a.qmd"), root=self.root)
        return Chapter("a", Path("a.qmd"), qmd.expand(read, root=self.root))

    def run(self, code: str) -> tuple[str, bool]:
        """Run a chapter and let the next spare kernel have what it loaded.

        Return what it printed, and whether it ran in a kernel that was there before.
        """
        chapter = self.chapter(f"{PID}\n{code}")
        found = imports(self.root, chapter, [])
        there = {each.pid for each in psutil.Process().children()}
        execution = self.kernels.run(chapter, Silent(), found)
        self.kernels.prepare(chapter.figures, found.of(execution.packages))
        awaited(lambda: psutil.Process().children(), 1.0)
        printed = "".join(output["text"] for output in execution.outputs[0])
        return printed.strip(), self.pid() in there

    def pid(self) -> int:
        """Return the process of a chapter, once it has begun."""
        return int(self.written("pid"))

    def written(self, name: str, text: str = "") -> str:
        """Wait until a file in the project holds a text, or any, and return what it holds."""
        path = self.root / name
        assert awaited(lambda: path.is_file() and path.read_text() and text in path.read_text())
        return path.read_text()


def awaited(wanted: Callable[[], object], patience_s: float = 60.0) -> bool:
    """Wait for something, and return whether it came."""
    deadline = time.monotonic() + patience_s
    while not wanted():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """Give kernels that end with the test, and a few packages in a folder where users install theirs."""
    base, root = tmp_path / "user", tmp_path / "project"
    monkeypatch.setenv("PYTHONUSERBASE", str(base))
    site = Path(sysconfig.get_path("purelib", f"{os.name}_user", {"userbase": str(base)}))
    site.mkdir(parents=True)
    for name, code in PACKAGES.items():
        (site / f"{name}.py").write_text(code, encoding="utf-8")
    root.mkdir()
    monkeypatch.syspath_prepend(site)  # where the versions of packages are read
    folders = os.pathsep.join([str(site), str(Path(weaver.__file__).parents[1])])
    kernels = Kernels(Surroundings(root, of_kernels("full", {**os.environ, "PYTHONPATH": folders})))
    yield Desk(root, site, kernels)
    kernels.close()


def test_a_chapter_finds_in_a_spare_kernel_what_a_fresh_one_holds(desk: Desk) -> None:
    """Whatever an edit does to imports; where a spare one would differ, the chapter runs in a fresh one."""
    (desk.root / "data.txt").write_text("one")
    assert desk.run("import plain, settled\nprint(settled.VALUE)") == ("none", False)
    hidden = "def load():\n    import plain, settled\nprint('plain' in globals())"
    assert desk.run(hidden) == ("False", True), "it is loaded, but nothing has a name yet"
    assert desk.run(f"import plain\n{LOADED}") == ("['plain']", False), "the other would still be loaded"
    late = "import os\nos.environ['SETTING'] = 'set'\nimport settled\nprint(settled.VALUE)"
    assert desk.run(f"{LOADED}; import plain\n{late}") == ("[]\nset", False), (
        "a package found the variables of its time"
    )
    assert desk.run(f"{LOADED}\n{late}") == ("[]\nset", True), "so nothing is loaded ahead where one is set"
    assert desk.run("import loud") == ("loaded", True)
    assert desk.run("import loud") == ("loaded", False), "its words belong to the chapter"
    assert desk.run("import reading\nprint(reading.VALUE)") == ("one", False)
    desk.written("log", "oneone")
    (desk.root / "data.txt").write_text("two")
    assert desk.run("import reading\nprint(reading.VALUE)") == ("two", False)


def test_a_spare_kernel_that_is_dead_or_out_of_date_is_not_used(desk: Desk) -> None:
    """A fresh one is; one that is well is used after that."""
    others = psutil.Process().children()  # of tests before this one
    desk.run("import nice")
    assert awaited(lambda: desk.written("log").count(" ") == 2), "the spare one has loaded it, too"
    for spare in set(psutil.Process().children()) - set(others):
        spare.kill()
    assert desk.run("import nice\nprint(1)") == ("1", False)
    (desk.site / "nice-2.dist-info").mkdir()
    assert desk.run("import nice\nprint(2)") == ("2", False)
    assert desk.run("import nice\nprint(3)") == ("3", True)


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no priority of their own")
def test_a_spare_kernel_stands_behind_others_until_it_is_taken(desk: Desk) -> None:
    """While it loads packages, where it may come back; a chapter runs as usual."""
    usual = os.getpriority(os.PRIO_PROCESS, 0)
    desk.run("import nice")
    behind = min(usual + spare_kernel.FURTHER_BACK, 19) if spare_kernel._may_come_back() else usual
    desk.written("log", f"{usual} {behind} ")
    threads = "print({os.getpriority(os.PRIO_PROCESS, int(each)) for each in os.listdir('/proc/self/task')})"
    assert desk.run(f"import nice\n{threads}") == (f"{{{usual}}}", True)


def test_what_runs_is_stopped_with_its_kernel(desk: Desk) -> None:
    """However often it is told to: a second word must not keep the first from ending the kernel."""
    for _ in range(2):  # in a fresh kernel, then in the spare one
        (desk.root / "pid").unlink(missing_ok=True)
        thread = threading.Thread(target=_stop, args=[desk])
        thread.start()
        with pytest.raises(Stopped):
            desk.run(SLOW)
        thread.join()
        assert not psutil.pid_exists(desk.pid())
        with pytest.raises(Stopped):
            desk.run("1 / 0")
        desk.kernels.renew()
        assert desk.run("print(1)") == ("1", False)


def test_what_is_done_meanwhile_ends_the_run_with_its_error(desk: Desk) -> None:
    """The first look at a report, which a reader need not wait for, may refuse what runs already."""
    chapter = desk.chapter(f"{PID}\n{SLOW}")

    def refuse() -> None:
        desk.pid()
        raise CheckError("a fault")

    with pytest.raises(CheckError, match="a fault"):
        desk.kernels.run(chapter, Silent(), Imports({}), refuse)
    assert not psutil.pid_exists(desk.pid())


def _stop(desk: Desk) -> None:
    desk.pid()
    for _ in range(5):
        desk.kernels.stop()
        time.sleep(0.01)


def test_an_error_is_that_of_the_chapter(desk: Desk) -> None:
    """In a spare kernel it reads as in a fresh one, and the death of either is told."""
    with pytest.raises(ExecutionError) as fresh:
        desk.run("1 / 0")
    desk.kernels.prepare(Figures(), Imports({}))
    with pytest.raises(ExecutionError) as found:
        desk.run("1 / 0")
    assert str(found.value) == str(fresh.value)
    desk.kernels.prepare(Figures(), Imports({}))
    with pytest.raises(ExecutionError, match="the kernel died"):
        desk.run("os.kill(os.getpid(), 9)")


def test_its_end_leaves_no_kernel(desk: Desk) -> None:
    """Neither one that runs nor one that waits; twice is once."""
    others = psutil.Process().children()  # of tests before this one
    desk.run("print(1)")
    desk.kernels.close()
    desk.kernels.close()
    assert set(psutil.Process().children()) <= set(others)
