"""Quarto: found, checked, called; its errors raised."""

import hashlib
import json
import logging
import stat
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from weaver.errors import QuartoError, TypesetError
from weaver.typesetting.markdown import cells
from weaver.typesetting.quarto import notebook_settings, quarto
from weaver.typesetting.quarto.quarto import Quarto

# Answers like Quarto: records its call, what lies in its folder and what it reads; writes a PDF or fails. It
# reads a notebook as Quarto does: a source that is one text is split at its newlines, which are lost.
SCRIPT = """#!{python}
import json, os, pathlib, sys
if sys.argv[1:] == ["--version"]:
    print("{version}")
    sys.exit()
files = sorted(str(path.relative_to("..")) for path in pathlib.Path("..").rglob("*") if path.is_file())
cells = json.loads(pathlib.Path("report.ipynb").read_text())["cells"]
sources = [cell["source"] for cell in cells]
texts = ["".join(source.split("\\n") if isinstance(source, str) else source) for source in sources]
record = {{"call": sys.argv[1:], "files": files, "texts": texts, "cells": cells, "folder": os.getcwd()}}
record["time"] = os.environ["SOURCE_DATE_EPOCH"]
pathlib.Path({record!r}).write_text(json.dumps(record))
{action}
"""
PYTHON = sys.executable
WRITE = "pathlib.Path('report.pdf').write_bytes(b'%PDF new')"
FAIL = "sys.exit('\\x1b[31mERROR: typst failed\\x1b[0m')"


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that puts a `quarto` on an otherwise empty PATH and gives its record's path."""

    def install(action: str = WRITE, version: str = "1.5.57") -> Path:
        folder, record = tmp_path / "bin", tmp_path / "record.json"
        folder.mkdir(exist_ok=True)
        script = folder / "quarto"
        script.write_text(SCRIPT.format(python=PYTHON, version=version, record=str(record), action=action))
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        monkeypatch.delenv("QUARTO_PATH", raising=False)
        monkeypatch.setenv("PATH", str(folder))
        return record

    return install


@pytest.fixture
def no_quarto(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave no `quarto` to be found, neither by its variable nor on the PATH nor beside Python."""
    monkeypatch.delenv("QUARTO_PATH", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))


@pytest.mark.usefixtures("no_quarto")
def test_none_is_found_where_there_is_none() -> None:
    """Without Quarto the answer is None, not an error."""
    assert quarto.find() is None


@pytest.mark.usefixtures("no_quarto")
def test_one_is_found_on_the_path(fake: Any) -> None:
    """Its version is asked for."""
    fake()
    found = quarto.find()
    assert found is not None
    assert found.version == (1, 5, 57)
    assert str(found) == "Quarto 1.5.57"


@pytest.mark.usefixtures("no_quarto")
def test_the_one_that_is_named_is_taken(fake: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`QUARTO_PATH` chooses one of several, and one that is not there is not replaced by another."""
    fake()
    chosen = (tmp_path / "bin/quarto").rename(tmp_path / "quarto-of-mine")
    monkeypatch.setenv("QUARTO_PATH", str(chosen))
    found = quarto.find()
    assert found is not None
    assert found.path == chosen
    fake()
    monkeypatch.setenv("QUARTO_PATH", str(tmp_path / "bin"))  # a folder, as Quarto's own variables name it
    inside = quarto.find()
    assert inside is not None
    assert inside.path == tmp_path / "bin/quarto"
    monkeypatch.setenv("QUARTO_PATH", str(tmp_path / "none"))
    assert quarto.find() is None


@pytest.mark.usefixtures("no_quarto")
def test_one_is_found_beside_python(fake: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`pip install quarto-cli` puts it into the environment's own folder."""
    fake()
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))
    assert quarto.find() is not None


@pytest.mark.parametrize("version", ["1.3.450", "unknown"])
def test_one_that_is_of_no_use_is_passed_over(
    fake: Any, version: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Too old, or no version at all: the built-in typesetter takes over, and a warning says why."""
    fake(version=version)
    with caplog.at_level(logging.WARNING):
        assert quarto.find() is None
    assert version in caplog.text


def test_the_notebook_is_handed_over_in_a_folder_of_its_own(fake: Any, build: Any, tmp_path: Path) -> None:
    """Quarto gets the notebook, and each file that it names where Quarto looks for it."""
    record_file = fake()
    named = (
        *("report/refs.bib", "report/a b.png", "report/pic.png", "x.png", "report/shift.lua", "docs/y.png"),
        *("report/film.mp4", "report/in.html.png", "report/typst.svg"),
    )
    for name in named:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    prose = build.prose(
        "![C](pic.png){#fig-a} [link](https://x.org) ![gone](none.png) ![up](../x.png)"
        " ![A][a] ![D](data:image/png;base64," + "A" * 5000 + ")\n\n[a]: <a b.png>\n\n{{< video film.mp4 >}}"
        '\n\n<img src="in.html.png">\n\n```{=typst}\n#image("typst.svg")\n```'
    )
    printed = build.chunk("x", build.shown(text_markdown="![y](/docs/y.png)"))
    notebook = build.notebook(prose, printed, yaml="bibliography: report/refs.bib\nfilters: [shift.lua]")
    output = tmp_path / "out.pdf"
    found = quarto.find()
    assert found is not None
    used = quarto.render(found, notebook, output, resources=tmp_path)
    digest = hashlib.sha256(b"x").hexdigest()
    assert {name for name, one in used.items() if one == digest} == set(named)
    assert used["report/none.png"] is None
    record = json.loads(record_file.read_text())
    call = ["render", "report.ipynb", "--to", "typst", "--output", "report.pdf"]
    assert record["call"] == [*call, "--no-execute", *notebook_settings.ARGUMENTS]
    places = [name.replace("report/refs", "report/report/refs") for name in named]
    found = {name for name in record["files"] if "weaver-" not in name}
    assert found == {"_quarto.yml", "report/report.ipynb", *places}
    assert record["texts"][1:] == [cell.source for cell in cells.read_cells(notebook)[1:]]
    assert not Path(record["folder"]).exists()
    assert tmp_path not in Path(record["folder"]).parents
    assert output.read_bytes() == b"%PDF new"


def test_a_page_comes_from_the_same_notebook(fake: Any, build: Any, tmp_path: Path) -> None:
    """Only the format and the name of the output are others."""
    record_file = fake("pathlib.Path('report.html').write_text('<p>new')")
    found = quarto.find()
    assert found is not None
    notebook, output = build.notebook(build.prose("x")), tmp_path / "q1.html"
    quarto.render(found, notebook, output, resources=tmp_path, target="html")
    record = json.loads(record_file.read_text())
    call = ["render", "report.ipynb", "--to", "html", "--output", "report.html"]
    assert record["call"] == [*call, "--no-execute", *notebook_settings.ARGUMENTS]
    assert record["texts"][1:] == ["x"]
    assert output.read_text() == "<p>new"


def test_pages_are_dated_as_the_report_is(
    fake: Any, build: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Typst, which Quarto calls, would take the clock's time, and no two PDFs would be the same."""
    record_file = fake()
    found = quarto.find()
    assert found is not None
    notebook, output = build.notebook(build.prose("x")), tmp_path / "out.pdf"
    times = []
    for day, variable in ((datetime(2021, 9, 6, tzinfo=UTC), "5"), (None, "5"), (None, "")):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", variable)
        quarto.render(found, notebook, output, resources=tmp_path, timestamp=day)
        times.append(json.loads(record_file.read_text())["time"])
    assert times == ["1630886400", "5", "0"]


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (FAIL, r"code 1 \(ENGINE=builtin typesets without it\):\nERROR: typst failed$"),
        ("pass", "wrote no PDF"),
    ],
)
def test_a_failure_is_raised_and_leaves_the_old_pdf(
    fake: Any, build: Any, tmp_path: Path, action: str, message: str
) -> None:
    """What Quarto writes to stderr is the error's text, without colours."""
    fake(action)
    output = tmp_path / "out.pdf"
    output.write_bytes(b"old")
    found = quarto.find()
    assert found is not None
    with pytest.raises(QuartoError, match=message):
        quarto.render(found, build.notebook(build.prose("x")), output, resources=tmp_path)
    assert output.read_bytes() == b"old"
    assert {path.name for path in tmp_path.iterdir()} == {"bin", "record.json", "out.pdf"}


def test_its_warnings_are_passed_on(
    fake: Any, build: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A reference that Quarto cannot resolve does not go unnoticed."""
    fake(f"sys.stderr.write('WARN: Unable to resolve crossref @fig-x\\n'); {WRITE}")
    found = quarto.find()
    assert found is not None
    with caplog.at_level(logging.WARNING):
        quarto.render(found, build.notebook(build.prose("x")), tmp_path / "out.pdf", resources=tmp_path)
    assert "Unable to resolve crossref @fig-x" in caplog.text


def test_a_missing_bibliography_is_named(fake: Any, build: Any, tmp_path: Path) -> None:
    """Before Quarto is called at all."""
    record_file = fake()
    found = quarto.find()
    assert found is not None
    notebook = build.notebook(build.prose("x"), yaml="bibliography: none.bib")
    with pytest.raises(TypesetError, match=r"_quarto\.yml:\d+: the bibliography 'none\.bib' is missing"):
        quarto.render(found, notebook, tmp_path / "out.pdf", resources=tmp_path)
    assert not record_file.exists()


def test_a_real_quarto_gives_the_same_numbers(build: Any, tmp_path: Path, real_quarto: Quarto) -> None:
    """Where Quarto is installed, its PDF has the captions and references of the built-in one."""
    given = (
        build.prose("# One {#sec-one}\n\nSee @fig-a, @sec-two and [-@fig-a].\n\n# Two {#sec-two}\n"),
        build.chunk("#| label: fig-a\n#| fig-cap: A caption\n#| fig-alt: A box\nx", build.picture()),
    )
    quarto.render(real_quarto, build.notebook(*given), tmp_path / "out.pdf", resources=tmp_path)
    text = " ".join(page.extract_text() for page in PdfReader(tmp_path / "out.pdf").pages)
    words = " ".join(text.replace("\N{NO-BREAK SPACE}", " ").split())
    assert "See Figure 1, Section 2 and 1." in words
    assert "Figure 1: A caption" in words


def test_what_paper_cannot_show_is_told_before(fake: Any, build: Any, tmp_path: Path) -> None:
    """Quarto would print the name of an object in its place; a page by Quarto shows it."""
    record_file = fake("pathlib.Path('report.html').write_text('<p>new')")
    found = quarto.find()
    assert found is not None
    chart = build.shown(text_plain="alt.Chart(...)")
    chart["data"]["application/vnd.vegalite.v5+json"] = "{}"
    notebook = build.notebook(build.chunk("x", chart, line=4))
    with pytest.raises(TypesetError, match=r"report/q1\.qmd:5: an output of this chunk needs a browser"):
        quarto.render(found, notebook, tmp_path / "out.pdf", resources=tmp_path)
    assert not record_file.exists()
    quarto.render(found, notebook, tmp_path / "out.html", resources=tmp_path, target="html")
    hidden = build.notebook(build.chunk("#| output: false\nx", chart))
    with pytest.raises(QuartoError, match="wrote no PDF"):
        quarto.render(found, hidden, tmp_path / "out.pdf", resources=tmp_path)
