"""Claims from the sources to the pages: what data turn, what is marked, and what a build says of it."""

import io
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfReader

from weaver.building.builder import open_builder
from weaver.building.request import Request
from weaver.claims import listing
from weaver.commands.submission import make
from weaver.console import Terminal
from weaver.errors import CheckError, ClaimError
from weaver.typesetting.quarto.quarto import Quarto

if TYPE_CHECKING:
    from conftest import Report

SUMMARY = "[The effect is small.]{.claim needs=effect.equal}"
CLAIMING = {
    "report/report.qmd": f"""
        # Summary {{#sec-summary}}

        {SUMMARY}

        {{{{< include q1.qmd >}}}}

        # All claims

        ::: {{.claims}}
        The claims stand here.
        :::
    """,
    "report/q1.qmd": """
        # The effect {#sec-q1}

        ```{python}
        #| label: facts
        from science.effect import interval

        from weaver.claims import Comparison, state

        effect = Comparison("effect", *interval("data/effect.csv"), margin=0.5)
        state(effect)
        ```

        Depth `{python} effect.words(higher="raises", lower="lowers", equal="keeps", open="may change")` it.
    """,
    "src/science/effect.py": '''
        from pathlib import Path

        from weaver.cache import cached


        @cached
        def interval(path: str) -> tuple[float, float]:
            """Return the interval of an effect."""
            low, high = map(float, Path(path).read_text().split(","))
            with open("trained.log", "a") as log:
                log.write("measured\\n")
            return low, high
    ''',
    "src/science/__init__.py": "",
    "data/effect.csv": "-0.2,0.3",
}


@pytest.fixture
def claiming(report: "Report", monkeypatch: pytest.MonkeyPatch) -> "Report":
    """Give a report of one chapter whose claims hold."""
    (report.root / "report/q2.qmd").unlink()
    for path, text in CLAIMING.items():
        report.write(path, text)
    report.prepare(monkeypatch)
    return report


def words(report: "Report") -> str:
    """Return the words of the PDF."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(report.pdf).pages).split())


def test_other_data_turn_the_verb_and_mark_the_sentence(claiming: "Report") -> None:
    """The report is there all the same; each build says so until it is mended, a quick one in one line."""
    claiming.build()
    assert "The effect is small. 2 The effect Depth keeps it." in words(claiming)
    assert claiming.build().lines == ("build/report.pdf: nothing changed",)
    claiming.write("data/effect.csv", "0.8,1.2")
    for _ in range(2):
        with pytest.raises(ClaimError) as error:
            claiming.build()
    assert str(error.value).split("\n") == [
        "report/report.qmd:3: 'The effect is small.' needs effect.equal, found effect.higher:"
        " interval 0.8 to 1.2, equal within ± 0.5",
        "1 sentence of build/report.pdf is not borne out by the results and marked there: choose its words"
        " by outcome, or correct it",
    ]
    printed = words(claiming)
    assert "Depth raises it." in printed
    assert "[Not borne out by the results: The effect is small. found: interval 0.8 to 1.2" in printed
    assert "Does not hold: interval 0.8 to 1.2" in printed
    assert (
        claiming.build(profile="quick")
        .lines[-1]
        .startswith("1 sentence of build/report.pdf is not borne out")
    )
    with pytest.raises(ClaimError):
        make(claiming.open(), Request("quick", "builtin"))
    assert not list(claiming.root.glob("*.zip"))
    claiming.edit(
        "report/report.qmd", "small.]{.claim needs=effect.equal}", "large.]{.claim needs=effect.higher}"
    )
    assert claiming.build().ran == []
    assert "Not borne out" not in words(claiming)


def test_a_kept_chapter_keeps_its_claims(claiming: "Report") -> None:
    """They are read from its notebook: what need not run is judged again, and listed without a run."""
    found, stale = claiming.open().claims(Request(engine="builtin"))
    assert (found, stale) == ((), ("q1", "report"))
    claiming.build()
    found, stale = claiming.open().claims(Request(engine="builtin"))
    assert stale == ()
    assert list(listing.page(found)) == [
        "report: Summary",
        "  report/report.qmd:3  The effect is small.",
        "    holds: interval -0.2 to 0.3, equal within ± 0.5",
        "q1: The effect",
        "  report/q1.qmd:13  Depth keeps it.",
        "    holds: interval -0.2 to 0.3, equal within ± 0.5",
        "2 claims, none not borne out",
    ]
    (record, _) = json.loads(json.dumps(listing.record(found)))
    assert record["needs"] == ["effect.equal"] and record["found"] == ["effect.equal"] and record["holds"]
    claiming.edit("report/report.qmd", "needs=effect.equal", "needs=effect.lower")
    with pytest.raises(ClaimError):
        claiming.build()
    assert (claiming.root / "trained.log").read_text() == "measured\n"
    assert claiming.build("q1").lines[-1].startswith("build/q1.pdf: typeset")


def test_a_wording_that_is_missing_is_told_before_anything_runs(claiming: "Report") -> None:
    """No chapter starts, whichever has the fault."""
    claiming.edit("report/q1.qmd", ', open="may change"', "")
    stream = io.StringIO()
    with pytest.raises(CheckError, match=r"report/q1.qmd:13: 'effect.words': .* found none for open"):
        open_builder(claiming.root, Terminal(stream)).pages(Request(engine="builtin"))
    assert stream.getvalue() == ""


def test_a_changed_byte_in_a_kept_metric_is_caught(claiming: "Report") -> None:
    """The claims rest on what was computed: an entry that is not what was written is computed again."""
    claiming.build()
    entries = [
        path for path in claiming.store.folder.rglob("*") if path.is_file() and b"0.3" in path.read_bytes()
    ]
    assert entries
    for path in entries:
        path.write_bytes(path.read_bytes().replace(b"0.3", b"0.9"))
    claiming.build()
    assert "Depth keeps it." in words(claiming)
    assert (claiming.root / "trained.log").read_text() == "measured\n" * 2


def test_plain_quarto_prints_the_sentences_as_they_stand(claiming: "Report", real_quarto: Quarto) -> None:
    """Nothing of facts, needs and lists is seen without the weaver."""
    claiming.edit("_quarto.yml", "type: default", "type: default\n  execute-dir: project")
    environment = {**os.environ, "QUARTO_PYTHON": sys.executable}
    command = [str(real_quarto.path), "render", "report/report.qmd", "--to", "typst"]
    subprocess.run(command, cwd=claiming.root, env=environment, check=True, capture_output=True)
    pages = PdfReader(next(claiming.root.rglob("report.pdf"))).pages
    words = " ".join(" ".join(page.extract_text() for page in pages).split())
    for sentence in ("The effect is small.", "Depth keeps it.", "The claims stand here."):
        assert sentence in words
    assert not any(odd in words for odd in ("needs", "{", "Unable to display", "vnd.weaver", "Words("))
