"""`weaver check`: what is wrong or doubtful, as lines, as JSON and as an exit code."""

import json
from typing import TYPE_CHECKING

import pytest

from weaver.cli import main

if TYPE_CHECKING:
    from conftest import Report


def test_a_fault_is_listed_and_ends_in_1(
    report: "Report", monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing has run: so nothing is built either."""
    monkeypatch.chdir(report.root)
    report.edit("report/q2.qmd", "@fig-line", "@fig-lines")
    assert main(["check", "--engine", "builtin"]) == 1
    out, err = capsys.readouterr()
    assert out.startswith(
        "report/q2.qmd:12: no figure has the label 'fig-lines'; labels that exist: fig-line"
    )
    assert "1 thing to mend" in err
    assert not (report.root / "build").exists()


def test_a_build_is_refused_with_all_faults(
    report: "Report", monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before any chapter runs."""
    monkeypatch.chdir(report.root)
    report.edit("report/q2.qmd", "@fig-line", "@fig-lines and @nobody")
    assert main(["build", "--engine", "builtin"]) == 1
    err = capsys.readouterr().err
    assert "(2 faults, found before anything ran)" in err
    assert "runs:" not in err


def test_json(report: "Report", monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Programs read places, texts and kinds."""
    monkeypatch.chdir(report.root)
    report.edit("report/q2.qmd", "@fig-line", "@fig-lines")
    assert main(["check", "--json", "--engine", "builtin"]) == 1
    first, *_ = json.loads(capsys.readouterr().out)
    assert (first["place"], first["kind"]) == ("report/q2.qmd:12", "fault")
