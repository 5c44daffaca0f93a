"""A new report from nothing: the skeleton that `weaver new` lays, which builds as it stands."""

import json
import os
import shlex
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from weaver.errors import ProjectError

SKELETON = Path(__file__).parents[1] / "skeleton"
NAMES = {"gitignore": ".gitignore"}  # under its own name it would have a say here
MARK = "@WEAVER@"
DISTRIBUTION = "woven-report"


def lay(folder: Path) -> str:
    """Lay the skeleton of a report in a new or empty folder, and return in words what to do next.

    Raises:
        ProjectError: the folder holds something, or is none.
    """
    _refuse(folder)
    requirement = origin(folder)
    for source in _files():
        target = folder / source.relative_to(SKELETON)
        target = target.with_name(NAMES.get(target.name, target.name))
        target.parent.mkdir(parents=True, exist_ok=True)
        text = source.read_text(encoding="utf-8")
        target.write_text(text.replace(MARK, _for_make(requirement)), encoding="utf-8")
    return f"{folder}: a report of one question; build it: cd {shlex.quote(str(folder))} && make report"


def origin(folder: Path) -> str:
    """Say what pip can install this weaver from: a place relative to `folder`, a repository, or its name.

    What is installed knows its place by the standard file `direct_url.json` (PEP 610).
    """
    checkout = Path(__file__).parents[3]
    if (checkout / "pyproject.toml").is_file():
        return os.path.relpath(checkout.resolve(), folder.resolve())
    found = distribution(DISTRIBUTION)
    place = json.loads(found.read_text("direct_url.json") or "{}")
    if repository := place.get("vcs_info"):
        return f"{DISTRIBUTION} @ {repository['vcs']}+{place['url']}@{repository['commit_id']}"
    local = Path(url2pathname(urlsplit(place.get("url", "")).path))
    if place.get("url", "").startswith("file:") and local.exists():
        return os.path.relpath(local.resolve(), folder.resolve())
    return f"{DISTRIBUTION}=={found.version}"


def _refuse(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise ProjectError(f"{folder}: expected a new or empty folder, found a file: name another folder")
    held = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    if held:
        more = f" and {len(held) - 3} more" if len(held) > 3 else ""
        found = f"{', '.join(held[:3])}{more}"
        raise ProjectError(
            f"{folder}: expected a new or empty folder, found {found} in it: name another folder"
        )


def _files() -> Iterator[Path]:
    """Yield the skeleton's files; where it is installed, its modules may have been compiled."""
    for path in sorted(SKELETON.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path


def _for_make(text: str) -> str:
    """Write a text as the value of a variable of make."""
    return text.replace("$", "$$").replace("#", r"\#")
