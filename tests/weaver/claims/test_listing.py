"""`weaver.claims.listing`: the list of all claims where the report prints it; builds test its lines."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from weaver.claims import Comparison
from weaver.claims.marks import Judged
from weaver.typesetting.markdown import cells

Judging = Callable[[Mapping[str, str], Mapping[str, Sequence[Any]]], Judged]
OPEN = Comparison("depth", -1, 1, 0.5, "-1 to 1 *points*")
PARENT = "{{< include q1.qmd >}}\n"
ONE = "# One {#sec-one}\n\n```{python}\n#| label: facts\nx\n```\n\n"


def test_the_list_of_claims_is_printed_where_it_is_asked_for(judging: Judging) -> None:
    """By section, with sentence, verdict and evidence; what stands below keeps its lines."""
    text = "[It falls[^1].]{.claim needs=depth.lower}\n\n## Two\n\nIt [may]{.claim needs=depth.open} rise.\n"
    parent = PARENT + "\n# All\n\n::: {.claims}\nThe claims stand here.\n:::\n\nAfter {{< meta nothing >}}\n"
    judged = judging({"report": parent, "q1": ONE + text}, {"facts": [OPEN]})
    *_, listed, behind = cells.read_cells(judged.notebook)
    assert listed.source == (
        "::: claims\n\n**@sec-one, One**\n\n- It falls. *Does not hold:* -1 to 1 \\*points\\*\n"
        "\n**Two**\n\n- It may rise. *Holds:* -1 to 1 \\*points\\*\n\n:::"
    )
    assert behind.place(r"\{\{<") == "report/report.qmd:9"


def test_a_list_that_is_only_shown_stays(judging: Judging) -> None:
    """A document about claims shows in code what to write."""
    parent = f"{PARENT}\n```markdown\n::: {{.claims}}\n:::\n```\n"
    judged = judging({"report": parent, "q1": ONE}, {"facts": [OPEN]})
    assert "{.claims}" in "".join(judged.notebook["cells"][-1]["source"])


def test_a_report_without_claims_lists_none(judging: Judging) -> None:
    """The division is empty rather than left as it is for plain Quarto."""
    judged = judging({"report": f"::: claims\nThe claims.\n:::\n\n{PARENT}", "q1": ONE}, {})
    assert ["".join(cell["source"]) for cell in judged.notebook["cells"][1:3]] == ["", "::: claims\n\n:::"]
