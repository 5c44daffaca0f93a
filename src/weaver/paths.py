"""Where things are: a project's root and parent document, and Quarto; quick to import."""

import os
import shutil
import sys
from pathlib import Path

from weaver.errors import ProjectError

CONFIGURATION = "_quarto.yml"
PARENT = Path("report/report.qmd")
ANSWERS = Path(".cache/answers")  # of Pandoc


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
    """Return the path of Quarto: what QUARTO_PATH names, else what is on the PATH or beside Python.

    Quarto's own R package and editor extension read the same variable.
    """
    if chosen := os.environ.get("QUARTO_PATH"):
        return shutil.which(chosen)
    beside = str(Path(sys.executable).parent)
    return shutil.which("quarto") or shutil.which("quarto", path=beside)
