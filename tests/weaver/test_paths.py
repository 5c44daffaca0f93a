"""Where a project's root is, and that no other module knows where things are."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import weaver
from weaver import paths
from weaver.errors import ProjectError
from weaver.paths import find_root

if TYPE_CHECKING:
    from conftest import Report

PACKAGE = Path(weaver.__file__).parent
GENERATED = (f"{paths.CACHE}", f"{paths.BUILD}/")
EXPLAINED = {"commands/help_examples.py"}  # what a user reads names the files


def test_the_root_is_found_from_below(report: "Report", tmp_path_factory: pytest.TempPathFactory) -> None:
    """A command works in every folder of the project, and says so outside of one."""
    assert find_root(report.root / "src" / "science") == report.root
    with pytest.raises(ProjectError, match=r"expected _quarto\.yml in this folder or one above"):
        find_root(tmp_path_factory.mktemp("elsewhere"))


def constants(path: Path) -> Iterator[str]:
    """Yield the texts in a module that are single words."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " not in node.value:
            yield node.value


def test_only_one_module_names_the_folders() -> None:
    """To keep things elsewhere is the change of a line."""
    modules = {path.relative_to(PACKAGE).as_posix(): path for path in PACKAGE.rglob("*.py")}
    found = [
        (name, text)
        for name, path in modules.items()
        if name != "paths.py" and name not in EXPLAINED and "skeleton" not in path.parts
        for text in constants(path)
        if text == paths.SOURCES or text.startswith(GENERATED)
    ]
    assert found == []
