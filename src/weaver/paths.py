"""Where things are: a project's root, its documents and what is generated, and Quarto; quick to import."""

import os
import shutil
import sys
from pathlib import Path

from weaver.errors import ProjectError

CONFIGURATION = "_quarto.yml"
PARENT = Path("report/report.qmd")
SOURCES = "src"
DATA = "data"

BUILD = Path("build")
NOTEBOOKS = BUILD / "notebooks"

CACHE = Path(".cache")
STORE = CACHE / "store"  # trained runs and executions, by key
LEDGER = CACHE / "ledger"  # what the last run of each chapter depended on
STAMPS = CACHE / "stamps"  # what the pages in `build` were made from
MANIFESTS = CACHE / "unchanged"  # what the last builds read and wrote
CODE_MEMORY = CACHE / "code"  # what was read in sources
PANDOC_ANSWERS = CACHE / "answers"
FETCHED = CACHE / "fetched"  # images from elsewhere


def find_root(start: Path) -> Path:
    """Return the nearest folder at or above `start` that holds `_quarto.yml`.

    Raises:
        ProjectError: there is none.
    """
    for folder in (start, *start.parents):
        if (folder / CONFIGURATION).is_file():
            return folder
    raise ProjectError(
        f"expected {CONFIGURATION} in this folder or one above it, found none: run this in a report"
    )


def quarto_program() -> str | None:
    """Return the path of Quarto: by QUARTO_PATH, a program or its folder, on the PATH or beside Python.

    Quarto's own R package and editor extension read the same variable.
    """
    if chosen := os.environ.get("QUARTO_PATH"):
        return shutil.which(chosen) or shutil.which("quarto", path=chosen)
    beside = str(Path(sys.executable).parent)
    return shutil.which("quarto") or shutil.which("quarto", path=beside)
