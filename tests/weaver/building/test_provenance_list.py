"""`weaver.building.provenance_list`: the provenance as the report prints it."""

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


def test_a_division_of_the_report_is_filled(report: "Report") -> None:
    """The sentence that plain Quarto prints in it is gone."""
    report.edit("report/report.qmd", "Two chapters follow.", "::: {.provenance}\nNot here.\n:::")
    report.build()
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(report.pdf).pages)
    assert "data/numbers.csv" in text
    assert "fig-line" in text
    assert "Not here." not in text
