"""The listing of what is kept, as lines and as JSON; no kernel runs here."""

import json
import re
from typing import TYPE_CHECKING

from weaver.commands import inventory, status

if TYPE_CHECKING:
    from conftest import Report

AGE, SIZE = r"\d+ (?:s|min|h)\b(?: – \d+ (?:s|min|h)\b)?", r"[\d.]+ k?B"


def page(report: "Report", *, each_run: bool = False, width: int | None = None) -> list[str]:
    """List what is kept; ages and sizes are written as `AGE` and `SIZE`, columns two spaces apart."""
    opened = report.open()
    found = inventory.take(opened.judge, opened.project, "full")
    lines = status.page(found, opened.judge.store, each_run=each_run, width=width)
    return [re.sub(r" {3,}", "  ", re.sub(AGE, "AGE", re.sub(SIZE, "SIZE", line))) for line in lines]


def test_chapters_come_first_then_runs_by_function_and_use(trained: "Report") -> None:
    """Each line says how fresh, how old and how large; runs that differ say in what."""
    lines = page(trained)
    assert lines[:4] == [
        "chapter  profile  state  age  size  runs  first reason to run again",
        "q1  full  fresh  AGE  SIZE  4",
        "q2  full  fresh  AGE  SIZE  6",
        "report  full  fresh  AGE  SIZE  3",
    ]
    assert lines[4:8] == [
        "",
        "trained by  chapters  runs  state  age  size  they differ in",
        "lab.experiments.train  q1  1  fresh  AGE  SIZE",
        "lab.experiments.train  q1, report  3  fresh  AGE  SIZE  members 0.1, 0.2, 0.3",
    ]
    assert len(lines) == 8 + 6


def test_what_is_stale_or_unused_is_told(trained: "Report") -> None:
    """With the reason in a few words, and with what cleaning would remove."""
    trained.edit("src/lab/engine/losses.py", "2 * each", "3 * each")
    trained.edit("report/report.qmd", "{{< include q1.qmd >}}", "")
    lines = page(trained)
    changed = "lab.engine.losses.slope changed (src/lab/engine/losses.py:1)"
    assert f"report  full  stale  AGE  SIZE  3  {changed}" in lines
    assert "lab.experiments.train  unused  1  stale  AGE  SIZE" in lines
    assert f"4 stale: {changed}" in lines
    assert lines[-1] == "weaver clean would remove: 3 unused entries (--unused), SIZE"


def test_runs_one_by_one(trained: "Report") -> None:
    """A run goes by the start of its key and by what sets it apart from others of its function."""
    runs = [line for line in page(trained, each_run=True) if line.startswith("lab.experiments.train")]
    assert len(runs) == 4
    assert all(re.search(r"  [0-9a-f]{12}  fresh  AGE  SIZE  data .*; members 0\.\d$", line) for line in runs)


def test_tables_are_cut_to_the_terminal(trained: "Report") -> None:
    """A line that is too long ends in an ellipsis instead of wrapping."""
    lines = page(trained, width=60)
    assert max(map(len, lines)) <= 60
    assert lines[0].endswith("…")


def test_as_json(trained: "Report") -> None:
    """All that the page says, and every run."""
    trained.edit("src/lab/kinds.py", "SCALE = 2.0", "SCALE = 4.0")
    opened = trained.open()
    found = inventory.take(opened.judge, opened.project, "full")
    record = json.loads(json.dumps(status.record(found)))
    chapters = {each["chapter"]: each for each in record["chapters"]}
    assert {name: each["state"] for name, each in chapters.items()} == {
        "q1": "fresh",
        "q2": "stale",
        "report": "fresh",
    }
    stale = next(run for run in record["runs"] if run["function"] == "lab.parts.constant")
    assert stale["state"] == "stale"
    assert stale["used_by"] == [{"chapter": "q2", "profile": "full"}]
    assert stale["key"] in chapters["q2"]["used"]
    assert "SCALE changed" in stale["reasons"][0]
    assert record["unused"] == {}
