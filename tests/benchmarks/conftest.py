"""A small report to build and edit, in the place of the project."""

import shutil
from typing import TYPE_CHECKING

import pytest

from benchmarks import projects
from benchmarks.projects import Copy

if TYPE_CHECKING:
    from conftest import Report


@pytest.fixture
def copy(report: "Report") -> Copy:
    """Give the small report with the tool's code beside its own."""
    shutil.copytree(projects.ROOT / "src/weaver", report.root / "src/weaver")
    return Copy(report.root)
