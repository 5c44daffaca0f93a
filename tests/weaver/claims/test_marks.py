"""`weaver.claims.marks`: the notebook as it is printed."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from weaver.claims import Comparison
from weaver.claims.facts import MIME
from weaver.claims.marks import Judged
from weaver.errors import DocumentError
from weaver.typesetting.markdown import cells

Judging = Callable[[Mapping[str, str], Mapping[str, Sequence[Any]]], Judged]
OPEN = Comparison("depth", -1, 1, 0.5, "-1 to 1 *points*")
PARENT = "{{< include q1.qmd >}}\n"
ONE = "# One {#sec-one}\n\n```{python}\n#| label: facts\nx\n```\n\n"
BEFORE, BEHIND = "**\\[Not borne out by the results:** ", " **found: -1 to 1 \\*points\\*\\]**"


def printed(judging: Judging, text: str) -> list[str]:
    """Return the sources of a chapter's cells, without that which states its facts, as they are printed."""
    judged = judging({"report": PARENT, "q1": ONE + text}, {"facts": [OPEN]})
    return ["".join(cell["source"]) for cell in judged.notebook["cells"][3:]]


def test_a_sentence_that_is_not_borne_out_is_marked_in_words(judging: Judging) -> None:
    """Those who see no colours, or nothing, are told as well, and what was found."""
    text = "Before. [It *falls*.]{.claim needs=depth.lower} [It may.]{.claim needs='depth.open'}"
    (shown,) = printed(judging, text)
    marked = f"[{BEFORE}It *falls*.{BEHIND}]{{.claim .claim-refuted needs=depth.lower}}"
    assert shown == text.replace("[It *falls*.]{.claim needs=depth.lower}", marked)


def test_what_holds_stays_as_it_is_written(judging: Judging) -> None:
    """Also the options of a chunk, to the letter."""
    chunk = "```{python}\n#| fig-cap:   '[It may.]{.claim needs=depth.open}'\n#| needs: depth.open\nx\n```"
    text = "[It may [rise]{.claim needs=depth.open}.]{.claim needs=depth.open}"
    assert printed(judging, f"{text}\n\n{chunk}\n") == [text, chunk[len("```{python}\n") : -len("\n```")]]


def test_an_attribute_is_marked_so_that_it_stays_one(judging: Judging) -> None:
    """A callout's title is read twice."""
    (shown,) = printed(
        judging, '::: {.callout-note title="[It falls.]{.claim needs=depth.lower}"}\nText.\n:::'
    )
    marked = f"[{BEFORE}It falls.{BEHIND}]{{.claim .claim-refuted needs=depth.lower}}"
    assert '"' not in BEHIND
    assert marked.replace("\\", "\\\\") in shown


def test_captions_are_marked(judging: Judging) -> None:
    """A caption says it as prose does, also one of several."""
    claim = "[It falls.]{.claim needs=depth.lower}"
    chunk = f"```{{python}}\n#| fig-cap: 'All. {claim}'\n#| fig-subcap:\n#|   - A\n#|   - '{claim}'\nx\n```"
    judged = judging({"report": PARENT, "q1": ONE + chunk}, {"facts": [OPEN]})
    options = cells.read_cells(judged.notebook)[3].options
    marked = f"[{BEFORE}It falls.{BEHIND}]{{.claim .claim-refuted needs=depth.lower}}"
    assert (options.fig_cap, options.fig_subcap) == (f"All. {marked}", ("A", marked))
    assert [claim.place for claim in judged.claims] == ["report/q1.qmd:9", "report/q1.qmd:10"]


def test_a_chunk_says_it_of_its_alternative_text(judging: Judging) -> None:
    """It is no Markdown: those who hear it hear the mark; the caption has it as well."""
    options = "#| fig-cap: 'Depth: it falls.'\n#| fig-alt: 'A \"curve\" that falls.'\n#| needs: depth.lower"
    chunk = f"```{{python}}\n{options}\nx\n```"
    judged = judging({"report": PARENT, "q1": ONE + chunk}, {"facts": [OPEN]})
    shown = cells.read_cells(judged.notebook)[3].options
    assert shown.fig_alt == ('[Not borne out by the results: A "curve" that falls. found: -1 to 1 *points*]',)
    assert shown.fig_cap == f"{BEFORE}Depth: it falls.{BEHIND}"
    assert [(claim.sentence, claim.place) for claim in judged.claims] == [
        ("Depth: it falls.", "report/q1.qmd:11")
    ]


def test_a_chunk_that_says_nothing_needs_nothing(judging: Judging) -> None:
    """Else a slip would leave unmarked what was to be held to facts."""
    with pytest.raises(DocumentError, match=r"q1.qmd:10: 'needs' is for a caption or a 'fig-alt'"):
        printed(judging, "```{python}\n#| label: x\n#| needs: depth.lower\nx\n```")


def test_what_code_shows_as_markdown_is_held_to_facts(judging: Judging) -> None:
    """A table that a chunk displays, or prints as it is, may hold claims as well."""
    claim = "[It falls.]{.claim needs=depth.lower}"
    displayed = {"output_type": "display_data", "data": {"text/markdown": claim}, "metadata": {}}
    printed = {"output_type": "stream", "name": "stdout", "text": claim}
    chunks = "```{python}\n#| label: {}\n#| output: {}\nx\n```\n\n"
    text = "".join(
        chunks.replace("{}", label, 1).replace("{}", output)
        for label, output in (("a", "asis"), ("b", "true"))
    )
    shown = {"facts": [OPEN], "a": [displayed, printed], "b": [printed]}
    judged = judging({"report": PARENT, "q1": ONE + text}, shown)
    assert [claim.place for claim in judged.claims] == ["report/q1.qmd:9"] * 2
    *_, first, second = judged.notebook["cells"]
    marked = f"[{BEFORE}It falls.{BEHIND}]{{.claim .claim-refuted needs=depth.lower}}"
    assert [first["outputs"][0]["data"]["text/markdown"], first["outputs"][1]["text"]] == [marked] * 2
    assert second["outputs"] == [printed]


def test_the_metadata_make_no_claims(judging: Judging) -> None:
    """Nothing would hold an abstract to facts, so that it is refused rather than passed over."""
    front = "---\ntitle: T\nabstract: '[It falls.]{.claim needs=depth.lower}'\n---\n\n"
    with pytest.raises(DocumentError, match=r"report/report.qmd:3: a claim stands in the text"):
        judging({"report": front + PARENT, "q1": ONE}, {"facts": [OPEN]})


def test_facts_are_not_printed(judging: Judging) -> None:
    """Nobody downstream has to know of their type."""
    judged = judging({"report": PARENT, "q1": ONE}, {"facts": [OPEN]})
    assert MIME not in str(judged.notebook)
