"""MyST's live rendering of the same report, where its command `myst` is installed: the content of its page.

Its themes come from elsewhere on the network; the content of a page is made without one.
"""

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.projects import Copy
from benchmarks.watched import started

NAME = "MyST, content of the page"
NOTEBOOK = "report.ipynb"
PROJECT = """\
version: 1
project:
  toc:
    - file: report.ipynb
site:
  template: ./theme
"""
THEME = """\
myst: v1
title: none
kind: site
source: https://mystmd.org
build:
  install: "true"
  start: "true"
options: []
"""
WATCHES_AFTER_S = 3.0  # an edit right after the first page is not seen
BUILT = re.compile(r"Built report\.ipynb")


@dataclass(frozen=True)
class Live:
    """A running `myst start` over the executed notebook of the report."""

    notebook: Path
    process: "subprocess.Popen[str]"

    def sample(self) -> float:
        """Edit the last paragraph and return the seconds until MyST has built the page anew."""
        content = json.loads(self.notebook.read_text(encoding="utf-8"))
        cell = [cell for cell in content["cells"] if cell["cell_type"] == "markdown"][-1]
        cell["source"] = f"{''.join(cell['source'])}\n\nEdited at {time.time()}."
        begun = time.perf_counter()
        self.notebook.write_text(json.dumps(content), encoding="utf-8")
        self.wait()
        return time.perf_counter() - begun

    def wait(self) -> None:
        """Wait until a page is built."""
        if self.process.stdout is not None:
            next(filter(BUILT.search, self.process.stdout))


@contextmanager
def live(copy: Copy, folder: Path) -> Iterator[Live | None]:
    """Run MyST in a folder within the block; None where it is not installed."""
    program = shutil.which("myst")
    if program is None:
        yield None
        return
    (folder / "theme").mkdir()
    (folder / "theme" / "template.yml").write_text(THEME)
    (folder / "myst.yml").write_text(PROJECT)
    notebook = folder / NOTEBOOK
    shutil.copyfile(copy.root / "build" / "notebooks" / NOTEBOOK, notebook)
    with started((program, "start", "--headless"), folder, os.environ) as process:
        found = Live(notebook, process)
        found.wait()
        time.sleep(WATCHES_AFTER_S)
        yield found
