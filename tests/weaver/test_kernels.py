"""Kernels that another thread may stop."""

import os
import threading
import time
from pathlib import Path

import psutil
import pytest

from weaver import document
from weaver.document import Chunk
from weaver.environment import of_kernels
from weaver.errors import ExecutionError
from weaver.execute import Surroundings
from weaver.kernels import Kernels, Stopped
from weaver.progress import Report
from weaver.project import Chapter


class Silent:
    """Hears nothing."""

    def chunk(self, number: int, chunk: Chunk) -> None:
        """Pass over the start of a chunk."""

    def training(self, report: Report) -> None:
        """Pass over the progress of a training."""

    def notice(self, text: str) -> None:
        """Pass over what the user should know."""


def chapter(root: Path, code: str) -> Chapter:
    """Write a chapter of one chunk."""
    (root / "a.qmd").write_text(f"```{{python}}\n{code}\n```\n", encoding="utf-8")
    return Chapter("a", Path("a.qmd"), document.expand(document.read(Path("a.qmd"), root=root), root=root))


def run(kernels: Kernels, root: Path, code: str) -> object:
    """Run one chunk."""
    return kernels(chapter(root, code), Surroundings(root, of_kernels("full", os.environ)), Silent())


def test_what_runs_is_stopped_with_its_kernel(tmp_path: Path) -> None:
    """However often it is told to: a second word must not keep the first from ending the kernel."""
    kernels, pid = Kernels(), tmp_path / "pid"

    def stop() -> None:
        while not (pid.is_file() and pid.read_text()):
            time.sleep(0.05)
        for _ in range(5):
            kernels.stop()
            time.sleep(0.01)

    thread = threading.Thread(target=stop)
    thread.start()
    with pytest.raises(Stopped):
        run(kernels, tmp_path, "import os, time\nopen('pid', 'w').write(str(os.getpid()))\ntime.sleep(60)")
    thread.join()
    assert not psutil.pid_exists(int(pid.read_text()))


def test_nothing_begins_until_it_is_renewed(tmp_path: Path) -> None:
    """An error of a chapter is an error again afterwards, not a stop."""
    kernels = Kernels()
    kernels.stop()
    with pytest.raises(Stopped):
        run(kernels, tmp_path, "1 / 0")
    kernels.renew()
    with pytest.raises(ExecutionError, match="ZeroDivisionError"):
        run(kernels, tmp_path, "1 / 0")
