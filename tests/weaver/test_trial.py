"""What warm kernels gave is shown, and checked before any other build may have it."""

import io
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from weaver.broadcast import Broadcast, State
from weaver.build import open_judge
from weaver.errors import ExecutionError
from weaver.execute import Listener, Surroundings, execute
from weaver.execution import Execution
from weaver.kernels import FreshKernels, Stopped
from weaver.preview import Announcer, Loop
from weaver.project import Chapter, read
from weaver.request import Request
from weaver.terminal import Terminal

if TYPE_CHECKING:
    from conftest import Report

REQUEST = Request("quick", "builtin", "q1", "html")


@dataclass
class Doubtful:
    """Kernels that count as warm, and of q1 give what `values` says, where it says anything."""

    values: tuple[str, ...] | None = None
    forgotten: list[str] = field(default_factory=list)

    def __call__(self, chapter: Chapter, surroundings: Surroundings, listener: Listener, /) -> Execution:
        """Run a chapter as it should be, and replace its values."""
        found = execute(chapter, surroundings, listener)
        return found if self.values is None else replace(found, values=self.values)

    def is_warm(self, chapter: str) -> bool:
        """Say yes until the chapter is forgotten."""
        return chapter not in self.forgotten

    def forget(self, chapter: str) -> None:
        """Be honest about a chapter from now on."""
        self.forgotten.append(chapter)
        self.values = None

    def stop(self) -> None:
        """Nothing runs in the background."""

    renew = close = stop


@dataclass(frozen=True)
class Trial:
    """The loop of a preview, with kernels of one's choice, and what its terminal said."""

    loop: Loop
    broadcast: Broadcast
    kernels: Doubtful
    confirming: FreshKernels
    said: io.StringIO

    def page(self) -> str:
        """Return the page as it is shown."""
        return (self.broadcast.state.pages.page or b"").decode()


@pytest.fixture
def trial(report: "Report", monkeypatch: pytest.MonkeyPatch) -> Iterator[Trial]:
    """Give a preview of q1 that is not running: a test takes each step itself."""
    monkeypatch.syspath_prepend(report.root / "src")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    said, broadcast, kernels = io.StringIO(), Broadcast(State()), Doubtful()
    confirming = FreshKernels()
    loop = Loop(report.root, REQUEST, Announcer(Terminal(said), broadcast), kernels, confirming)
    yield Trial(loop, broadcast, kernels, confirming, said)
    confirming.close()


def kept(report: "Report") -> Execution | None:
    """Return what any other build finds of q1."""
    return open_judge(report.root).judge(read(report.root).chapter("q1"), "quick").execution


def test_what_is_not_confirmed_is_nobody_elses(report: "Report", trial: Trial) -> None:
    """It is shown at once, and again without a run; a build neither takes it nor finds nothing changed."""
    trial.kernels.values = ("4113",)
    trial.loop.build()
    assert "4113" in trial.page()
    trial.kernels.values = ("never asked",)
    trial.loop.build()
    assert "never asked" not in trial.page()
    assert kept(report) is None
    assert report.weave("build", "q1", "--to", "html").returncode == 0
    assert "4113" not in (report.root / "build/q1.html").read_text(encoding="utf-8")


def test_a_fresh_kernel_agrees(report: "Report", trial: Trial) -> None:
    """Then the execution is there for every build, and nothing is said."""
    trial.loop.build()
    shown = trial.page()
    assert kept(report) is None
    trial.loop.confirm()
    assert kept(report) is not None
    trial.loop.build()
    assert trial.page() == shown
    assert "fresh kernel" not in trial.said.getvalue()


def test_a_fresh_kernel_disagrees(report: "Report", trial: Trial) -> None:
    """Then what it gave is kept and shown, it is said, and the kernel that was wrong is not used again."""
    trial.kernels.values = ("4113",)
    trial.loop.build()
    trial.loop.confirm()
    found = kept(report)
    assert found is not None
    assert found.values != ("4113",)
    assert "report/q1.qmd: in a fresh kernel it gives something else" in trial.said.getvalue()
    assert trial.kernels.forgotten == ["q1"]
    trial.loop.build()
    assert "4113" not in trial.page()


def test_a_fresh_kernel_fails(report: "Report", trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is kept, and the chapter runs again to show the error."""
    trial.loop.build()

    def fail(*_: object) -> Execution:
        raise ExecutionError("report/q1.qmd:3: NameError")

    monkeypatch.setattr(FreshKernels, "__call__", fail)
    trial.loop.confirm()
    assert kept(report) is None
    assert trial.kernels.forgotten == ["q1"]


def test_an_edit_ends_the_check(report: "Report", trial: Trial) -> None:
    """What is edited meanwhile is not checked to its end, and what is out of date not at all."""
    trial.loop.build()
    trial.loop.changed({"report/q1.qmd"})
    trial.loop.confirm()
    assert kept(report) is None
    trial.confirming.renew()
    report.write("data/numbers.csv", "1,2,4")
    trial.loop.confirm()
    assert kept(report) is None


def test_stopped_is_no_answer(trial: Trial) -> None:
    """The kernels that check begin nothing between an edit and the build that follows it."""
    trial.confirming.stop()
    with pytest.raises(Stopped):
        trial.confirming(None, None, None)  # type: ignore[arg-type]
