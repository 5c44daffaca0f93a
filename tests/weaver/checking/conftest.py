"""A report of which everything can be told before it runs."""

from collections.abc import Callable
from pathlib import Path

import pytest

from weaver import project
from weaver.building.notebook import weave_unrun
from weaver.checking.check import Checked, check
from weaver.chunk_options import Target
from weaver.dependencies.first_party import Modules
from weaver.dependencies.module_memory import Memory

Told = Callable[..., list[str]]
"""From files below `report/` or elsewhere, and kinds of findings, to what is told, a line each."""


def checked(
    root: Path, target: Target = "typst", *, only: str | None = None, by_quarto: bool = False
) -> Checked:
    """Check the project in a folder."""
    found = project.read_project(root)
    modules = Modules(root, Memory(root / ".cache/code"), [str(root / "src"), str(root)])
    return check(found, weave_unrun(found), modules, target=target, only=only, by_quarto=by_quarto)


@pytest.fixture(name="checked")
def checked_of() -> Callable[..., Checked]:
    """Check the project in a folder."""
    return checked


@pytest.fixture
def told(tmp_path: Path) -> Told:
    """Lay out files and say what is told of them, without the kinds that are not asked for."""

    def written(files: dict[str, str], *kinds: str, by_quarto: bool = False) -> list[str]:
        for name, text in {"_quarto.yml": "title: The title\nnumber-sections: true\n", **files}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        found = checked(tmp_path, by_quarto=by_quarto).findings
        return [str(one) for one in found if one.kind in (kinds or ("fault",))]

    return written
