"""Floats in one canonical form, however they were written."""

from collections.abc import Callable
from typing import Any

import pytest

from weaver.typesetting import pandoc
from weaver.typesetting.tree import floats

Numbered = Callable[..., tuple[list[Any], dict[str, str]]]


def _outline(nodes: list[Any]) -> list[Any]:
    """Return label, kind, caption and inner floats of each float."""
    found = []
    for node in nodes:
        if floats.is_float(node):
            caption, body = floats.parts(node)
            inner = _outline(body)
            label, kind = node["c"][0][0], floats.attribute(node, "kind")
            found.append((label, kind, pandoc.plain(caption), *([inner] if inner else [])))
        elif node["t"] == "Div":
            found += _outline(node["c"][1])
    return found


@pytest.mark.parametrize(
    ("source", "outline"),
    [
        ("![Cap *x*](a.png){#fig-a}", [("fig-a", "fig", "Cap x")]),
        ("![Cap](a.png)", [("", "fig", "Cap")]),
        ("![](a.png){#fig-a}", [("fig-a", "fig", "")]),
        ("[![Cap](a.png){#fig-a}](https://example.org)", [("fig-a", "fig", "Cap")]),
        ("[![](a.png)](https://example.org)", []),
        ("::: {#fig-a}\n![](a.png)\n\nCap\n:::", [("fig-a", "fig", "Cap")]),
        ("::: {#fig-a}\n![Cap](a.png)\n:::", [("fig-a", "fig", "Cap")]),
        ('::: {#fig-a fig-cap="A *cap*"}\n![](a.png)\n:::', [("fig-a", "fig", "A cap")]),
        ('![](a.png){#fig-a fig-cap="A *cap*"}', [("fig-a", "fig", "A cap")]),
        (
            "::: {#fig-a}\n![One](a.png){#fig-a-1}\n\n![Two](a.png){#fig-a-2}\n\nCap\n:::",
            [("fig-a", "fig", "Cap", [("fig-a-1", "fig", "One"), ("fig-a-2", "fig", "Two")])],
        ),
        ("| a |\n|---|\n| 1 |\n\n: Cap {#tbl-a}", [("tbl-a", "tbl", "Cap")]),
        ("::: {#tbl-a}\n\n| a |\n|---|\n| 1 |\n\nCap\n:::", [("tbl-a", "tbl", "Cap")]),
        ("::: {#tbl-a}\n\n| a |\n|---|\n| 1 |\n\n: Cap\n:::", [("tbl-a", "tbl", "Cap")]),
        ("| a |\n|---|\n| 1 |\n", []),
        ('```{#lst-a .python lst-cap="The *loop*"}\nx\n```', [("lst-a", "lst", "The loop")]),
        ("::: {#lst-a}\n```python\nx\n```\n\nCap\n:::", [("lst-a", "lst", "Cap")]),
        (
            "::: {layout-ncol=2}\n![A](a.png){#fig-a}\n\n![B](a.png)\n:::",
            [("fig-a", "fig", "A"), ("", "fig", "B")],
        ),
    ],
)
def test_hand_written_floats(numbered: Numbered, build: Any, source: str, outline: list[Any]) -> None:
    """Figures, tables and listings in all of Quarto's forms are found with label and caption."""
    assert _outline(numbered(build.prose(source))[0]) == outline


def test_one_picture_of_a_chunk(numbered: Numbered, build: Any) -> None:
    """A chunk's label and caption belong to its picture; what it printed stands apart."""
    source = "#| label: fig-a\n#| fig-cap: 1. A *cap*\n#| echo: false\nx"
    blocks, _ = numbered(build.chunk(source, build.printed("said"), build.picture()))
    assert _outline(blocks) == [("fig-a", "fig", "1. A cap")]
    assert [node["t"] for node in blocks] == ["RawBlock", "RawBlock", "CodeBlock", "Div"]


def test_several_pictures_with_captions_of_their_own(numbered: Numbered, build: Any) -> None:
    """Each picture becomes a sub-figure with a label that counts from 1."""
    source = "#| label: fig-a\n#| fig-cap: C\n#| fig-subcap: [One, Two]\n#| layout-ncol: 2\nx"
    blocks, numbers = numbered(build.chunk(source, build.picture(), build.picture()))
    assert _outline(blocks) == [("fig-a", "fig", "C", [("fig-a-1", "fig", "One"), ("fig-a-2", "fig", "Two")])]
    assert numbers["fig-a-2"] == "1b"
    (whole,) = [node for node in blocks if node["t"] == "Div"]
    assert floats.attribute(whole, "layout-ncol") == "2"


@pytest.mark.parametrize(
    "output",
    [
        {"text_markdown": "| a |\n|---|\n| 1 |", "text_plain": "…"},
        {"text_html": "<table><tr><td>1</td></tr></table>", "text_plain": "…"},
        {"text_plain": "1"},
    ],
)
def test_tables_of_chunks(numbered: Numbered, build: Any, output: dict[str, str]) -> None:
    """Whatever a chunk shows under a table's label is that table."""
    source = "#| label: tbl-a\n#| tbl-cap: C\nx"
    assert _outline(numbered(build.chunk(source, build.value(**output)))[0]) == [("tbl-a", "tbl", "C")]


def test_tables_printed_as_they_are(numbered: Numbered, build: Any) -> None:
    """`output: asis` takes what a chunk prints as part of the document, labels included."""
    printed = build.printed("| a |\n|---|\n| 1 |\n\n: Cap {#tbl-a}\n\n## Head {#sec-h}\n")
    cells = (build.prose("# One"), build.chunk("#| output: asis\nx", printed))
    assert numbered(*cells)[1] == {"tbl-a": "1", "sec-h": "1.1"}


def test_listings_of_chunks(numbered: Numbered, build: Any) -> None:
    """A chunk's code is a listing by its label, or by a label of its own beside a figure's."""
    first = build.chunk("#| label: lst-a\n#| lst-cap: Code\nx = 1")
    source = "#| label: fig-b\n#| fig-cap: Pic\n#| lst-label: lst-b\n#| lst-cap: More\nx = 2"
    blocks, numbers = numbered(first, build.chunk(source, build.picture()))
    assert numbers == {"lst-a": "1", "lst-b": "2", "fig-b": "1"}
    assert _outline(blocks)[0] == ("lst-a", "lst", "Code")


def test_alternative_text_falls_back_to_captions(numbered: Numbered, build: Any) -> None:
    """A picture without `fig-alt` is described by its own caption, else by that of the whole."""
    source = "::: {#fig-a}\n![](a.png){fig-alt='Own'}\n\n![Sub](a.png){#fig-a-1}\n\n![](b.png)\n\nWhole\n:::"
    images = [node for node in pandoc.walk(numbered(build.prose(source))[0]) if node["t"] == "Image"]
    alternatives = [dict(image["c"][0][2]).get("fig-alt") or pandoc.plain(image["c"][1]) for image in images]
    assert alternatives == ["Own", "Sub", "Whole"]


@pytest.mark.parametrize(
    ("source", "alternative", "rest"),
    [
        ("$$x$$ {#eq-a}", "", ""),
        ("$$\nx\n$$ {#eq-a}", "", ""),
        ('Let\n$$x$$ {#eq-a alt="The sum of $x_1$ and *y*"} hold.', "The sum of x_1 and y", "hold."),
        ("$$x$$ {#eq-a},", "", ","),
    ],
)
def test_equations_with_labels(
    numbered: Numbered, build: Any, source: str, alternative: str, rest: str
) -> None:
    """The label behind a displayed formula belongs to it, and so does alternative text."""
    (paragraph,) = [node for node in numbered(build.prose(source))[0] if node["t"] == "Para"]
    (span,) = [node for node in paragraph["c"] if node["t"] == "Span"]
    assert span["c"][0][0] == "eq-a"
    assert floats.attribute(span, "alt") == alternative
    assert pandoc.plain(paragraph["c"]).endswith(rest)
    assert "{#" not in pandoc.plain(paragraph["c"])
