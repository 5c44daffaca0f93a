"""The versions of what is installed, read off the folders beside the packages."""

import shutil
from pathlib import Path

import pytest

from weaver.dependencies import installed_packages
from weaver.dependencies.installed_packages import NOT_INSTALLED


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give an empty folder of packages, the only one on the path."""
    monkeypatch.setattr("sys.path", [str(tmp_path)])
    return tmp_path


def test_a_package_is_looked_at_again_once_it_changes(site: Path) -> None:
    """A process that runs on sees what is installed, upgraded and removed while it runs."""
    assert installed_packages.current().version("measures") == NOT_INSTALLED
    (site / "measures").mkdir()
    (site / "measures-1.0.dist-info").mkdir()
    assert installed_packages.current().version("measures") == "1.0"
    (site / "measures-1.0.dist-info").rename(site / "measures-1.1.dist-info")
    assert installed_packages.current().version("measures") == "1.1"
    shutil.rmtree(site / "measures-1.1.dist-info")
    assert installed_packages.current().version("measures") == NOT_INSTALLED


def test_the_first_on_the_path_counts(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two versions it is the one that Python imports, also when the places change."""
    for place, version in (("one", "1.0"), ("two", "2.0")):
        (site / place / "measures").mkdir(parents=True)
        (site / place / f"measures-{version}.dist-info").mkdir()
    for order, version in ((("one", "two"), "1.0"), (("two", "one"), "2.0")):
        monkeypatch.setattr("sys.path", [str(site / place) for place in order])
        assert installed_packages.current().version("measures") == version


def test_a_module_of_another_name_has_the_version_of_its_package(site: Path) -> None:
    """The list of files that a package came with says which modules are its own."""
    for name, listed in (("Metrics", "metre/a.py,,\nmeasures.py,,\n"), ("Other", "other/measures/a.py,,\n")):
        (site / f"{name}-3.0.dist-info").mkdir()
        (site / f"{name}-3.0.dist-info/RECORD").write_text(listed)
    found = installed_packages.current()
    assert [found.version(name) for name in ("metre", "measures", "a", "meas")] == [
        *("3.0", "3.0"),
        *(NOT_INSTALLED, NOT_INSTALLED),
    ]


def test_a_package_that_was_built_here_counts_by_what_was_installed(site: Path) -> None:
    """Whoever installs their own folder again rarely gives it another version."""
    (site / "measures").mkdir()
    folder = site / "measures-1.0.dist-info"
    folder.mkdir()
    (folder / "direct_url.json").write_text("{}")
    versions = set()
    for digest in ("one", "two"):
        (folder / "RECORD").write_text(f"measures/__init__.py,sha256={digest},1\n")
        versions.add(installed_packages.current().version("measures"))
    assert len(versions) == 2
    assert all(version.startswith("1.0 (") for version in versions)
