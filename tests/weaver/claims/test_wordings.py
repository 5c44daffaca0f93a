"""`weaver.claims.wordings`: what is told of claims before anything trains."""

from pathlib import Path

import pytest

from weaver import qmd
from weaver.claims import wordings
from weaver.project import Chapter
from weaver.qmd import Include

FOUR = 'higher="raises", lower="lowers", equal="keeps", open="may change"'


def chapter(text: str) -> Chapter:
    """Read a chapter."""
    path = Path("report/q1.qmd")
    blocks = [block for block in qmd.parse(text, path).blocks if not isinstance(block, Include)]
    return Chapter("q1", path, tuple(blocks))


def chunk(*lines: str) -> str:
    """Write a chunk."""
    return "\n".join(["```{python}", *lines, "```"])


@pytest.mark.parametrize(
    "text",
    [
        f"It `{{python}} depth.words({FOUR})` it.",
        "It `{python} facts['gap'].words(no='stays', yes='goes')`.",
        "It `{python} depth.words(**WORDINGS)`.",
        "It has `{python} text.words(3)` words, `{python} text.words(limit=3)` of them short.",
        "[It rises.]{.claim needs='depth.higher|open'}",
        chunk(
            '#| fig-cap: "[It rises.]{.claim needs=gap}"',
            "#| needs: [gap, depth.lower]",
            f"depth.words({FOUR})",
        ),
        chunk("#| eval: false", 'depth.words(higher="raises")'),
    ],
)
def test_complete_wordings_pass(text: str) -> None:
    """Nor is anything said of other methods of that name, or of code that does not run."""
    assert list(wordings.faults(chapter(text))) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'One.\n\nIt `{python} depth.words(higher="raises", lower="lowers")` it.',
            "report/q1.qmd:3: 'depth.words': expected a wording for each outcome, found none for equal, open",
        ),
        (
            'It `{python} gap.words(yes="stays")`.',
            "report/q1.qmd:1: 'gap.words': expected a wording for each outcome, found none for no",
        ),
        (
            f"It `{{python}} depth.words({FOUR.replace('higher', 'hihger')})`.",
            "report/q1.qmd:1: 'depth.words': no outcome is called 'hihger'; did you mean 'higher'?",
        ),
        (
            'It `{python} gap.words(yes="stays", no=" ")`.',
            "report/q1.qmd:1: 'gap.words': the wording for 'no' is empty",
        ),
        (
            'It `{python} gap.words(yes="stays", no="goes").upper()`.',
            "report/q1.qmd:1: 'gap.words(…)' is to stand alone in its inline expression",
        ),
        (
            chunk("#| echo: false", "x = 1", 'gap.words(no="stays")'),
            "report/q1.qmd:4: 'gap.words': expected a wording for each outcome, found none for yes",
        ),
        (
            "One.\n\n[It rises.]{.claim needs=gap.big}",
            "report/q1.qmd:3: 'gap.big': expected one of the outcomes",
        ),
        (
            chunk("#| echo: false", "#| needs: gap.big"),
            "report/q1.qmd:3: 'gap.big': expected one of the outcomes",
        ),
        (
            chunk("#| tbl-cap: '[It rises.]{.claim}'"),
            "report/q1.qmd:2: a claim needs facts, found ''",
        ),
    ],
)
def test_what_is_missing_is_told_with_file_and_line(text: str, message: str) -> None:
    """A wording that only other data ask for is missed before they are there."""
    assert message in "\n".join(map(str, wordings.faults(chapter(text))))


def test_all_of_it_is_told_at_once() -> None:
    """Nobody builds again and again to hear of one fault after the other."""
    text = 'It `{python} a.words(yes="x")` and `{python} b.words(no="y")`.\n\n[c]{.claim}'
    one, other = chapter(text), chapter("\n`{python} c.words(yes='z')`")
    places = [fault.place for each in (one, other) for fault in wordings.faults(each)]
    assert places == [f"report/q1.qmd:{line}" for line in (1, 1, 3, 2)]
