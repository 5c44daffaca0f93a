"""`weaver.claims.marks`: the notebook as it is printed."""

from collections.abc import Callable, Mapping, Sequence

import pytest

from weaver.claims import Comparison, Fact
from weaver.claims.facts import MIME
from weaver.claims.marks import Judged
from weaver.errors import DocumentError
from weaver.typesetting.markdown import cells

Report = Callable[[Mapping[str, str], Mapping[str, Sequence[Fact | Comparison]]], Judged]
OPEN = Comparison("depth", -1, 1, 0.5, "-1 to 1 *points*")
PARENT = "{{< include q1.qmd >}}\n"
ONE = "# One {#sec-one}\n\n```{python}\n#| label: facts\nx\n```\n\n"
BEFORE, BEHIND = "**\\[Not borne out by the results:** ", " **found: -1 to 1 \\*points\\*\\]**"


def printed(report: Report, text: str) -> list[str]:
    """Return the sources of a chapter's cells, without that which states its facts, as they are printed."""
    judged = report({"report": PARENT, "q1": ONE + text}, {"facts": [OPEN]})
    return ["".join(cell["source"]) for cell in judged.notebook["cells"][3:]]


def test_a_sentence_that_is_not_borne_out_is_marked_in_words(report: Report) -> None:
    """Those who see no colours, or nothing, are told as well, and what was found."""
    text = "Before. [It *falls*.]{.claim needs=depth.lower} [It may.]{.claim needs='depth.open'}"
    (shown,) = printed(report, text)
    marked = f"[{BEFORE}It *falls*.{BEHIND}]{{.claim .claim-refuted needs=depth.lower}}"
    assert shown == text.replace("[It *falls*.]{.claim needs=depth.lower}", marked)


def test_what_holds_stays_as_it_is_written(report: Report) -> None:
    """Also the options of a chunk, to the letter."""
    chunk = "```{python}\n#| fig-cap:   '[It may.]{.claim needs=depth.open}'\n#| needs: depth.open\nx\n```"
    text = "[It may [rise]{.claim needs=depth.open}.]{.claim needs=depth.open}"
    assert printed(report, f"{text}\n\n{chunk}\n") == [text, chunk[len("```{python}\n") : -len("\n```")]]


def test_an_attribute_is_marked_so_that_it_stays_one(report: Report) -> None:
    """A callout's title is read twice."""
    (shown,) = printed(
        report, '::: {.callout-note title="[It falls.]{.claim needs=depth.lower}"}\nText.\n:::'
    )
    marked = f"[{BEFORE}It falls.{BEHIND}]{{.claim .claim-refuted needs=depth.lower}}"
    assert '"' not in BEHIND
    assert marked.replace("\\", "\\\\") in shown


def test_captions_are_marked(report: Report) -> None:
    """A caption says it as prose does, also one of several."""
    claim = "[It falls.]{.claim needs=depth.lower}"
    chunk = f"```{{python}}\n#| fig-cap: 'All. {claim}'\n#| fig-subcap:\n#|   - A\n#|   - '{claim}'\nx\n```"
    judged = report({"report": PARENT, "q1": ONE + chunk}, {"facts": [OPEN]})
    options = cells.read(judged.notebook)[3].options
    marked = f"[{BEFORE}It falls.{BEHIND}]{{.claim .claim-refuted needs=depth.lower}}"
    assert (options.fig_cap, options.fig_subcap) == (f"All. {marked}", ("A", marked))
    assert [claim.place for claim in judged.claims] == ["report/q1.qmd:9", "report/q1.qmd:10"]


def test_a_chunk_says_it_of_its_alternative_text(report: Report) -> None:
    """It is no Markdown: those who hear it hear the mark; the caption has it as well."""
    options = "#| fig-cap: 'Depth: it falls.'\n#| fig-alt: 'A \"curve\" that falls.'\n#| needs: depth.lower"
    chunk = f"```{{python}}\n{options}\nx\n```"
    judged = report({"report": PARENT, "q1": ONE + chunk}, {"facts": [OPEN]})
    shown = cells.read(judged.notebook)[3].options
    assert shown.fig_alt == ('[Not borne out by the results: A "curve" that falls. found: -1 to 1 *points*]',)
    assert shown.fig_cap == f"{BEFORE}Depth: it falls.{BEHIND}"
    assert [(claim.sentence, claim.place) for claim in judged.claims] == [
        ("Depth: it falls.", "report/q1.qmd:11")
    ]


def test_a_chunk_that_says_nothing_needs_nothing(report: Report) -> None:
    """Else a slip would leave unmarked what was to be held to facts."""
    with pytest.raises(DocumentError, match=r"q1.qmd:10: 'needs' is for a caption or a 'fig-alt'"):
        printed(report, "```{python}\n#| label: x\n#| needs: depth.lower\nx\n```")


def test_facts_are_not_printed(report: Report) -> None:
    """Nobody downstream has to know of their type."""
    judged = report({"report": PARENT, "q1": ONE}, {"facts": [OPEN]})
    assert MIME not in str(judged.notebook)


def test_the_list_of_claims_is_printed_where_it_is_asked_for(report: Report) -> None:
    """By section, with sentence, verdict and evidence; what stands below keeps its lines."""
    text = "[It falls[^1].]{.claim needs=depth.lower}\n\n## Two\n\nIt [may]{.claim needs=depth.open} rise.\n"
    parent = PARENT + "\n# All\n\n::: {.claims}\nThe claims stand here.\n:::\n\nAfter {{< meta nothing >}}\n"
    judged = report({"report": parent, "q1": ONE + text}, {"facts": [OPEN]})
    *_, listed, behind = cells.read(judged.notebook)
    assert listed.source == (
        "::: claims\n\n**@sec-one, One**\n\n- It falls. *Does not hold:* -1 to 1 \\*points\\*\n"
        "\n**Two**\n\n- It may rise. *Holds:* -1 to 1 \\*points\\*\n\n:::"
    )
    assert behind.place(r"\{\{<") == "report/report.qmd:9"


def test_a_report_without_claims_lists_none(report: Report) -> None:
    """The division is empty rather than left as it is for plain Quarto."""
    judged = report({"report": f"::: claims\nThe claims.\n:::\n\n{PARENT}", "q1": ONE}, {})
    assert ["".join(cell["source"]) for cell in judged.notebook["cells"][1:3]] == ["", "::: claims\n\n:::"]
