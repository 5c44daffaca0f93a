"""A new report from nothing: what is laid builds, and what is there is never touched."""

import io
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from pypdf import PdfReader

from weaver import cli
from weaver.building.builder import open_builder
from weaver.building.request import Request
from weaver.commands import new_report
from weaver.console import Terminal
from weaver.errors import ProjectError

LAID = {
    ".gitignore",
    "Makefile",
    "README.md",
    "_quarto.yml",
    "data/README.md",
    "pyproject.toml",
    "report/q1.qmd",
    "report/references.bib",
    "report/report.qmd",
    "src/study/__init__.py",
    "src/study/examples.py",
    "src/study/figures.py",
    "src/study/network.py",
}


def files(folder: Path) -> set[str]:
    """Name the files below a folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def laid(tmp_path: Path) -> Path:
    """Give a new report."""
    folder = tmp_path / "my report"
    assert cli.main(["new", str(folder)]) == 0
    return folder


def own_question() -> str:
    """Return the question that the page about new reports has one write."""
    page = (Path(__file__).parents[3] / "docs/new-report.md").read_text(encoding="utf-8")
    [question] = re.findall(r"^````markdown\n(.+?)^````$", page, re.M | re.DOTALL)
    return str(question)


def test_what_is_laid_builds_to_a_pdf(laid: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From nothing to pages, with a question as the documentation writes it: all its parts are there."""
    assert files(laid) == LAID
    (laid / "report/q2.qmd").write_text(own_question().replace("sec-q1", "sec-q2"), encoding="utf-8")
    parent = laid / "report/report.qmd"
    parent.write_text(f"{parent.read_text(encoding='utf-8')}\n{{{{< include q2.qmd >}}}}\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(laid / "src"))  # in place of the installation
    stream = io.StringIO()
    request = Request(engine="builtin")
    pdf = open_builder(laid, Terminal(stream)).pages(request)
    executions = open_builder(laid, Terminal(stream)).executions(request)
    assert all(value.strip() for each in executions.values() for value in each.values)
    text = " ".join(" ".join(page.extract_text() for page in PdfReader(pdf).pages).split())
    assert "How many hidden units does it take?" in text
    assert "Figure 1 shows what networks of Equation 1 learn, Table 1" in text
    assert "Rumelhart" in text
    assert re.search(r"2 Does it learn\? After 1000 epochs the loss is 0\.\d{3}\.", text)
    assert re.search(
        r"The best of them has 8 hidden units and is right on 9\d\.\d % of the test examples", text
    )
    assert open_builder(laid, Terminal(stream)).pages(request) == pdf
    assert stream.getvalue().endswith("build/report.pdf: nothing changed\n")


@pytest.mark.parametrize("held", ["notes.txt", ".git/config", "report/report.qmd"])
def test_a_folder_that_holds_something_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], held: str
) -> None:
    """Nobody's work is overwritten, and the message says what was found."""
    folder = tmp_path / "mine"
    (folder / held).parent.mkdir(parents=True)
    (folder / held).write_text("precious")
    assert cli.main(["new", str(folder)]) == 1
    first = Path(held).parts[0]
    assert f"expected a new or empty folder, found {first} in it: name another" in capsys.readouterr().err
    assert files(folder) == {held}
    assert (folder / held).read_text() == "precious"


def test_a_file_is_refused(tmp_path: Path) -> None:
    """A report is a folder."""
    (tmp_path / "mine").write_text("precious")
    with pytest.raises(ProjectError, match="found a file"):
        new_report.lay(tmp_path / "mine")


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    """The current folder too, as after `mkdir` and `cd`."""
    new_report.lay(tmp_path)
    assert files(tmp_path) == LAID


def test_the_makefile_installs_the_weaver_from_where_it_is(laid: Path) -> None:
    """The path is relative, so that both may move together, and nothing is left of the mark."""
    makefile = (laid / "Makefile").read_text(encoding="utf-8")
    assert new_report.MARK not in makefile
    [place] = re.findall(r"^WEAVER \?= (.+)$", makefile, re.M)
    assert not Path(place).is_absolute()
    assert (laid / place / "src/weaver/commands/new_report.py").is_file()


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_the_makefile_has_a_target_for_each_question(laid: Path) -> None:
    """A question that is added can be made at once."""
    (laid / "report/q2.qmd").write_text("# Another {#sec-q2}\n")
    for target in ("report", "q1", "q2", "notebooks", "submission", "why"):
        run = subprocess.run(
            ["make", "--dry-run", target], cwd=laid, capture_output=True, text=True, check=True
        )
        assert ".venv/bin/weaver" in run.stdout


class Installed:
    """Stands for a distribution that pip has installed."""

    version = "1.2"

    def __init__(self, place: object) -> None:
        self.place = place

    def read_text(self, name: str) -> str | None:
        """Give what pip wrote down about where it came from."""
        assert name == "direct_url.json"
        return json.dumps(self.place) if self.place else None


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[object], str]:
    """Return a function that says where an installed weaver is taken from."""

    def origin(place: object) -> str:
        monkeypatch.setattr(
            new_report, "__file__", str(tmp_path / "lib/site-packages/weaver/commands/new_report.py")
        )
        monkeypatch.setattr(new_report, "distribution", lambda _name: Installed(place))
        return new_report.origin(tmp_path / "mine")

    return origin


def test_an_installed_weaver_is_taken_from_where_pip_found_it(
    installed: Callable[[object], str], tmp_path: Path
) -> None:
    """A repository at its commit, a folder by its relative path, an index by name and version."""
    (tmp_path / "the weaver").mkdir()
    commit = {"url": "https://example.org/w.git", "vcs_info": {"vcs": "git", "commit_id": "abc"}}
    assert installed(commit) == "woven-report @ git+https://example.org/w.git@abc"
    assert installed({"url": (tmp_path / "the weaver").as_uri(), "dir_info": {}}) == "../the weaver"
    assert installed({"url": (tmp_path / "gone").as_uri(), "dir_info": {}}) == "woven-report==1.2"
    assert installed(None) == "woven-report==1.2"
