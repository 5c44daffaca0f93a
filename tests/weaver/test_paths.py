"""Where a project's root is."""

from typing import TYPE_CHECKING

import pytest

from weaver.errors import ProjectError
from weaver.paths import find_root

if TYPE_CHECKING:
    from conftest import Report


def test_the_root_is_found_from_below(report: "Report", tmp_path_factory: pytest.TempPathFactory) -> None:
    """A command works in every folder of the project, and says so outside of one."""
    assert find_root(report.root / "src" / "science") == report.root
    with pytest.raises(ProjectError, match=r"expected _quarto\.yml in this folder or one above"):
        find_root(tmp_path_factory.mktemp("elsewhere"))
