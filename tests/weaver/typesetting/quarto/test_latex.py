"""A PDF by LaTeX: what is missing is told in one line, what is there is called."""

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfReader

from weaver.building.builder import open_builder
from weaver.building.request import Request
from weaver.console import Terminal
from weaver.errors import ProjectError
from weaver.typesetting.quarto import latex, quarto
from weaver.typesetting.quarto.quarto import Quarto

if TYPE_CHECKING:
    from conftest import Report

QUARTO = f"""#!{sys.executable}
import pathlib, sys
if sys.argv[1:] == ["--version"]:
    print("1.8.25")
else:
    pathlib.Path({{calls!r}}).write_text(" ".join(sys.argv[1:]))
    pathlib.Path("report.pdf").write_bytes(b"%PDF by LaTeX")
"""
FOUND = Quarto(Path("quarto"), (1, 8, 25))


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Leave nothing to be found but what a test puts into this folder, and give the folder."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.delenv("QUARTO_PATH")
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    return folder


def install(folder: Path, *names: str, script: str = "#!/bin/sh\n") -> None:
    """Put commands into a folder."""
    for name in names:
        (folder / name).write_text(script)
        (folder / name).chmod(0o755)


def test_one_line_says_what_to_install(path: Path) -> None:
    """All that is missing is told at once, and that the report can do without."""
    with pytest.raises(ProjectError) as error:
        latex.require(None)
    message = str(error.value)
    assert "\n" not in message
    for words in (
        "FORMAT=latex: install Quarto",
        "quarto install tinytex",
        "librsvg2-bin",
        "leave FORMAT out",
    ):
        assert words in message
    install(path, "xelatex")
    with pytest.raises(ProjectError, match=r"^FORMAT=latex: install rsvg-convert \(Debian: librsvg2-bin\);"):
        latex.require(FOUND)


def test_any_tex_will_do(path: Path, tmp_path: Path) -> None:
    """One on the PATH, or the one that Quarto installs into the user's folder."""
    install(path, "rsvg-convert")
    with pytest.raises(ProjectError, match=r"install a TeX installation \('quarto install tinytex'\);"):
        latex.require(FOUND)
    (tmp_path / ".TinyTeX" / "bin").mkdir(parents=True)
    assert latex.require(FOUND) is FOUND


def test_quarto_is_asked_for_a_pdf_by_latex(built: "Report", path: Path, tmp_path: Path) -> None:
    """The executed notebook is handed over; without FORMAT the next build is by Typst again."""
    calls = tmp_path / "calls"
    install(path, "lualatex", "rsvg-convert")
    install(path, "quarto", script=QUARTO.format(calls=str(calls)))
    terminal = io.StringIO()
    output = open_builder(built.root, Terminal(terminal)).pages(Request(format="latex"))
    assert output == built.root / "build" / "report.pdf"
    assert output.read_bytes() == b"%PDF by LaTeX"
    assert calls.read_text().startswith("render report.ipynb --to pdf --output report.pdf ")
    assert "typeset by Quarto" in terminal.getvalue()
    open_builder(built.root, Terminal(io.StringIO())).pages(Request(engine="builtin"))
    assert "Two small chapters" in PdfReader(output).pages[0].extract_text()


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (Request(format="latex"), "FORMAT=latex: install Quarto"),
        (
            Request(format="latex", engine="builtin"),
            "ENGINE=builtin: expected FORMAT=pdf or html, found latex",
        ),
        (Request(format="docx"), "FORMAT: expected one of pdf, html, latex, found 'docx'"),
    ],
)
@pytest.mark.usefixtures("path")
def test_what_cannot_be_done_is_told_before_anything_runs(
    report: "Report", request_: Request, message: str
) -> None:
    """No kernel starts for a report that could not be typeset in the end."""
    stream = io.StringIO()
    with pytest.raises(ProjectError, match=message):
        open_builder(report.root, Terminal(stream)).pages(request_)
    assert stream.getvalue() == ""


def test_a_real_tex_sets_the_report(built: "Report", real_quarto: quarto.Quarto) -> None:
    """Where Quarto and TeX are installed, the PDF has the report's numbers."""
    try:
        latex.require(real_quarto)
    except ProjectError as missing:
        pytest.skip(str(missing))
    output = open_builder(built.root, Terminal(io.StringIO())).pages(Request(format="latex"))
    assert "Figure 1" in "".join(page.extract_text() for page in PdfReader(output).pages)
