"""`weaver.claims.verdicts`: each claim held to the facts of its chapter."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from weaver.claims import Comparison, Fact
from weaver.claims.marks import Judged
from weaver.errors import DocumentError

Judging = Callable[[Mapping[str, str], Mapping[str, Sequence[Any]]], Judged]
LOWER = Comparison("depth", -1.2, -0.3, 0.5, "-0.8 points")
GAP = Fact("gap", holds=False, evidence="0.01")
CHUNK = "```{{python}}\n#| label: {}\nx\n```\n\n"
ONE = "# One {#sec-one}\n\n" + CHUNK.format("facts")
PARENT = "{{< include q1.qmd >}}\n"


def test_a_claim_has_its_place_its_section_and_its_evidence(judging: Judging) -> None:
    """All that a list of claims shows of it."""
    text = ONE + "## Depth\n\nThen.\n[It falls, and the gap\nstays.]{.claim needs='depth.lower gap'}\n"
    (claim,) = judging({"report": PARENT, "q1": text}, {"facts": [LOWER, GAP]}).claims
    assert (claim.chapter, claim.place, claim.section) == ("q1", "report/q1.qmd:11", "Depth")
    assert (claim.sentence, claim.holds, claim.evidence) == ("It falls, and the gap stays.", False, "0.01")
    assert str(claim) == (
        "report/q1.qmd:11: 'It falls, and the gap stays.' needs depth.lower and gap.yes, found gap.no: 0.01"
    )


@pytest.mark.parametrize(
    ("needs", "holds"),
    [
        ("depth.lower", True),
        ("depth.higher|lower", True),
        ("depth.higher|equal|open", False),
        ("gap", False),
        ("gap.no", True),
        ("gap.no depth.lower", True),
        ("gap.yes depth.lower", False),
    ],
)
def test_a_claim_holds_where_each_of_its_facts_came_out_so(judging: Judging, needs: str, holds: bool) -> None:
    """`|` is or, a space is and."""
    text = f"{ONE}[So it is.]{{.claim needs='{needs}'}}"
    assert [
        claim.holds for claim in judging({"report": PARENT, "q1": text}, {"facts": [LOWER, GAP]}).claims
    ] == [holds]


def test_the_parent_may_need_what_any_chapter_states(judging: Judging) -> None:
    """The summary stands before the chapters and speaks of them."""
    parent = "[It falls.]{.claim needs=depth.lower}\n\n" + PARENT
    (claim,) = judging({"report": parent, "q1": ONE}, {"facts": [LOWER]}).claims
    assert (claim.holds, claim.chapter, claim.place) == (True, "report", "report/report.qmd:1")


def test_a_chapter_needs_its_own_facts(judging: Judging) -> None:
    """Else it would be another one that makes it wrong, and could not be judged alone."""
    texts = {
        "report": PARENT + "\n{{< include q2.qmd >}}\n",
        "q1": ONE,
        "q2": "# Two\n\n[It falls.]{.claim needs=depth.lower}\n",
    }
    with pytest.raises(
        DocumentError, match=r"q2.qmd:3: the fact 'depth' is stated nowhere; state it in a chunk"
    ):
        judging(texts, {"facts": [LOWER]})


@pytest.mark.parametrize(
    ("needs", "message"),
    [
        ("dept.lower", "report/q1.qmd:8: the fact 'dept' is stated nowhere; did you mean 'depth'?"),
        (
            "depth.yes",
            "report/q1.qmd:8: 'depth.yes': expected one of the outcomes of 'depth', higher, lower, equal",
        ),
    ],
)
def test_a_need_that_nothing_can_meet_is_an_error(judging: Judging, needs: str, message: str) -> None:
    """A slip in a name leaves no sentence unchecked."""
    text = f"{ONE}[It falls.]{{.claim needs={needs}}}"
    with pytest.raises(DocumentError) as error:
        judging({"report": PARENT, "q1": text}, {"facts": [LOWER]})
    assert str(error.value).startswith(message)


def test_one_name_means_one_fact(judging: Judging) -> None:
    """The same fact may be stated again; another one under its name would make the claim ambiguous."""
    text = ONE + CHUNK.format("again") + "[It falls.]{.claim needs=depth.lower}"
    again = {"facts": [LOWER], "again": [LOWER]}
    texts = {"report": PARENT, "q1": text}
    (claim,) = judging(texts, again).claims
    assert claim.holds


def test_two_facts_of_one_name_are_refused(judging: Judging) -> None:
    """Both are named with their places."""
    text = ONE + CHUNK.format("again")
    other = Comparison("depth", 1, 2, 0.5, "+1.5 points")
    with pytest.raises(DocumentError) as error:
        judging({"report": PARENT, "q1": text}, {"facts": [LOWER], "again": [other]})
    assert str(error.value) == (
        "report/q1.qmd:9: the fact 'depth' is stated as 'higher' (+1.5 points), and at report/q1.qmd:4 as"
        " 'lower' (-0.8 points): give one of them another name"
    )
