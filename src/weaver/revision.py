"""The commit that a project stands on, as git tells it."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

GENERATED = (":!build", ":!.cache")  # even where nobody has told git to ignore it


@dataclass(frozen=True)
class Revision:
    """A commit, None without git or a repository, and whether the files are those of it."""

    commit: str | None
    is_clean: bool


def revision(root: Path) -> Revision:
    """Return the commit of the project in `root`, and whether anything in there differs from it."""
    found = commit(root)
    changed = _git(root, "status", "--porcelain", "--", ".", *GENERATED) if found else None
    return Revision(found, changed == "")


def commit(root: Path) -> str | None:
    """Return the commit of the project in `root`."""
    return _git(root, "rev-parse", "--verify", "HEAD")


def _git(root: Path, *arguments: str) -> str | None:
    """Return what git says, None where it cannot."""
    try:
        command = ["git", *arguments]
        answer = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)  # noqa: S603
    except FileNotFoundError:
        return None
    return answer.stdout.strip() if answer.returncode == 0 else None
