"""`weaver.building.provenance_list`: the provenance as the report prints it."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pypdf

from weaver.building.provenance import Origin, ProvenanceRecord, Shown, TracedRun
from weaver.building.provenance_list import markdown

if TYPE_CHECKING:
    from conftest import Report

RUNS = {key: TracedRun(key, "lab.fit", {"seed": seed, "rate": 0.1}) for key, seed in (("a", 1), ("b", 2))}
RECORD = ProvenanceRecord(
    "abc123",
    False,
    "full",
    "Linux x86_64",
    "3.12.1",
    {"fig-a": Shown("q1", "A curve.", ["0123456789abcdef"])},
    {"q1": Origin(["a", "b"], {"data/x.csv": "f" * 64}, {"numpy": "2.0"}), "q2": Origin([], {}, {})},
    RUNS,
)


def test_a_chapter_names_what_it_rests_on() -> None:
    """Runs are counted by function; a chapter that rests on nothing is left out."""
    text = markdown(RECORD).replace("\\", "")
    assert "2 runs of `lab.fit`" in text
    assert "`data/x.csv` (`ffffffffffff`)" in text
    assert "| `fig-a` | `0123456789ab` |" in text
    assert "with changes that are in no commit" in text
    assert "q2" not in text


def test_what_all_chapters_share_is_said_once() -> None:
    """Packages of every chapter stand before those that a chapter has beside them."""
    origins = {name: Origin([], {}, {"numpy": "2.0", name: "1"}) for name in ("q1", "q2")}
    text = markdown(replace(RECORD, chapters=origins))
    assert "**Every chapter** rests on numpy 2.0." in text
    assert "**q1** rests on q1 1." in text
    assert text.count("numpy") == 1


def test_what_is_shown_stands_in_two_columns() -> None:
    """The last place of the second column stays empty where the number is odd."""
    shown = {f"fig-{letter}": Shown("q1", "A curve.", ["0" * 64]) for letter in "abc"}
    *_, head, _, first, second = markdown(replace(RECORD, shown=shown)).splitlines()
    assert head.count("SHA-256") == 2
    assert first == "| `fig-a` | `000000000000` | `fig-c` | `000000000000` |"
    assert second == "| `fig-b` | `000000000000` |  |  |"


def test_a_division_of_the_report_is_filled(report: "Report") -> None:
    """The sentence that plain Quarto prints in it is gone."""
    report.edit("report/report.qmd", "Two chapters follow.", "::: {.provenance}\nNot here.\n:::")
    report.build()
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(report.pdf).pages)
    assert "data/numbers.csv" in text
    assert "fig-line" in text
    assert "Not here." not in text
