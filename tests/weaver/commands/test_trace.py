"""`weaver trace`: where a figure comes from, and that it can be made again from that."""

import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pypdf
import pytest

from weaver.building.provenance import FILE, ProvenanceRecord
from weaver.building.request import Request
from weaver.cli import main
from weaver.commands import trace
from weaver.errors import ProjectError, TypesetError

if TYPE_CHECKING:
    from conftest import Report

WHO = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")


def git(root: Path, *arguments: str) -> str:
    """TracedRun git in a project."""
    command = ["git", *WHO, *arguments]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.strip()


def commit(root: Path) -> str:
    """Commit all sources of a project and return the commit."""
    (root / ".gitignore").write_text("build/\n.cache/\n__pycache__/\n", encoding="utf-8")
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "All")
    return git(root, "rev-parse", "HEAD")


def carried(pdf: Path) -> ProvenanceRecord:
    """Return the record that a PDF carries."""
    return trace.of_pdf(pdf, None)


def built(report: "Report") -> Path:
    """Build a report and return its PDF."""
    report.build()
    return report.pdf


def pictures(notebook: Path) -> Iterator[str]:
    """Yield the SHA-256 of each picture in an executed notebook."""
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        for output in cell.get("outputs", ()):
            if svg := output.get("data", {}).get("image/svg+xml"):
                yield hashlib.sha256("".join(svg).encode()).hexdigest()


def test_a_figure_is_made_again_from_its_record(
    report: "Report", tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commit that the PDF names, checked out elsewhere, gives the same bytes, and the same PDF."""
    named = commit(report.root)
    first = built(report)
    record = carried(first)
    assert (record.commit, record.clean) == (named, True)
    shutil.copy(first, kept := tmp_path_factory.mktemp("kept") / "report.pdf")
    report.edit("src/science/figures.py", "[0, slope]", "[0, -slope]")  # goes on elsewhere meanwhile
    again = tmp_path_factory.mktemp("again") / "report"
    git(report.root, "worktree", "add", "-q", str(again), record.commit or "")
    other = type(report)(again)
    other.prepare(monkeypatch)
    other.build()
    assert list(record.shown["fig-line"].sha256) == list(pictures(again / "build/notebooks/q2.ipynb"))
    assert (again / "build/report.pdf").read_bytes() == kept.read_bytes()


def test_changes_that_are_in_no_commit_are_told(report: "Report") -> None:
    """A build of what nobody can check out says so; a new commit of it is printed anew."""
    commit(report.root)
    report.edit("report/q1.qmd", "The sum is", "All in all it is")
    assert not carried(built(report)).clean
    git(report.root, "commit", "-qam", "More")
    assert carried(built(report)).clean


def test_the_record_names_data_packages_and_no_place(report: "Report") -> None:
    """Of this machine it has no path, and no time."""
    pdf = built(report)
    text = pypdf.PdfReader(pdf).attachments[FILE][0].decode()
    record = ProvenanceRecord.from_json(text.encode())
    data = hashlib.sha256((report.root / "data/numbers.csv").read_bytes()).hexdigest()
    assert record.chapters["q1"].data == {"data/numbers.csv": data}
    assert "matplotlib" in record.chapters["q2"].packages
    assert record.commit is None
    assert str(report.root) not in text


def test_code_that_is_read_is_no_data(report: "Report") -> None:
    """The commit names it; a list of the tool's own modules once filled two pages."""
    report.write("notes.py", "x = 1")
    report.edit("report/q1.qmd", "result = total", 'note = open("notes.py").read()\nresult = total')
    record = carried(built(report))
    assert list(record.chapters["q1"].data) == ["data/numbers.csv"]


def test_runs_with_their_settings(trained: "Report") -> None:
    """Seeds are settings; what all runs share is not told again."""
    record = trace.of_report(trained.open(), "fig-parts", Request())
    assert {run.function for run in record.runs.values()} >= {"lab.parts.default", "lab.parts.constant"}
    told = "\n".join(trace.lines(record, trained.open().project))
    assert "chunk   report/q2.qmd:5" in told
    assert "lab.parts.default" in told


def test_what_has_not_run_cannot_be_traced(report: "Report") -> None:
    """Nothing runs for it."""
    with pytest.raises(ProjectError, match=r"^q2: it is to run first"):
        trace.of_report(report.open(), "fig-line", Request())
    with pytest.raises(ProjectError, match=r"expected one of fig-line"):
        trace.of_report(report.open(), "fig-lines", Request())


def test_on_the_terminal(
    report: "Report", monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A label of the report, or a PDF wherever it lies."""
    monkeypatch.chdir(report.root)
    report.build()
    assert main(["trace", "fig-line"]) == 0
    assert "\nfig-line: A line.\n  chunk   report/q2.qmd:3\n  sha256  " in capsys.readouterr().out
    assert main(["trace", "build/report.pdf", "fig-line", "--json"]) == 0
    assert list(json.loads(capsys.readouterr().out)["shown"]) == ["fig-line"]
    assert main(["trace", "build/report.pdf", "fig-other"]) == 1


def test_a_pdf_without_a_record(tmp_path: Path) -> None:
    """Quarto's has none, and what is no PDF neither."""
    writer = pypdf.PdfWriter()
    writer.add_blank_page(100, 100)
    writer.write(tmp_path / "empty.pdf")
    for name in ("empty.pdf", "missing.pdf"):
        with pytest.raises(TypesetError):
            carried(tmp_path / name)
