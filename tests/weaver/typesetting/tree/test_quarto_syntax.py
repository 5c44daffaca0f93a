"""Quarto's constructs: conditional content, callouts, shortcodes, raw blocks, outputs in HTML."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from weaver.errors import TypesetError
from weaver.typesetting import pandoc
from weaver.typesetting.html import page

Numbered = Callable[..., tuple[list[Any], dict[str, str]]]
FRAME = """<div><style scoped>
  .dataframe { x: y; }
</style>
<table border="1" class="dataframe"><thead>
<tr style="text-align: right;"><th></th><th>name</th><th>loss</th></tr></thead><tbody>
<tr><th>0</th><td>a</td><td>0.5</td></tr><tr><th>1</th><td>b</td><td>1e-3</td></tr></tbody></table>
</div>"""


@pytest.mark.parametrize(
    ("condition", "visible"),
    [
        ('.content-visible when-format="typst"', True),
        ('.content-visible when-format="html"', False),
        ('.content-visible when-format="pdf"', False),  # to Quarto, "pdf" is LaTeX alone
        ('.content-visible unless-format="html"', True),
        ('.content-hidden when-format="typst"', False),
        ('.content-hidden when-format="html"', True),
        ('.content-hidden unless-format="typst"', True),
        ('.content-visible when-format="html" when-format="typst"', True),
        ('.content-visible unless-format="html" unless-format="typst"', False),
    ],
)
def test_conditional_content(numbered: Numbered, build: Any, condition: str, visible: bool) -> None:
    """Blocks and spans show in the formats that they name, and hide what would be an error elsewhere."""
    raw = "" if visible else "<table></table>\n\n"
    text = f"::: {{{condition}}}\n{raw}block\n:::\n\n[span]{{{condition}}} rest\n"
    shown = pandoc.plain(numbered(build.prose(text))[0])
    assert ("block" in shown, "span" in shown) == (visible, visible)
    assert "rest" in shown


def test_what_is_hidden_keeps_the_place_of_what_follows(numbered: Numbered, build: Any) -> None:
    """A hidden block may span chunks; an error behind it still names its own line."""
    cells = (
        build.prose('::: {.content-visible when-format="html"}'),
        build.chunk("#| label: fig-a\n#| fig-cap: C\nx", build.picture(), line=3),
        build.prose(":::\n\n{{< kbd x >}}", line=7),
    )
    with pytest.raises(TypesetError, match=r"report/q1\.qmd:9: the shortcode"):
        numbered(*cells)


def test_an_unknown_condition_is_an_error(numbered: Numbered, build: Any) -> None:
    """Conditions on metadata or profiles are not decided at random."""
    with pytest.raises(TypesetError, match=r"report/q1\.qmd:3: the condition 'when-meta'"):
        numbered(build.prose('text\n\n::: {.content-visible when-meta="x"}\ny\n:::'))


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ("::: {.callout-note}\n## A *title*\n\nbody\n:::", "A title"),
        ('::: {.callout-tip title="In $x$ words"}\nbody\n:::', "In x words"),
        ("::: {.callout-warning}\nbody\n:::", "Warning"),
    ],
)
def test_callouts_have_a_title(text_of: Callable[..., str], build: Any, source: str, title: str) -> None:
    """A callout's title is its first heading, its attribute, or its kind; it is no section."""
    text = text_of(build.prose(f"# One\n\n{source}\n\n# Two\n"), yaml="toc: true")
    assert title.replace("x", "𝑥" if "$" in source else "x") in text
    assert "2 Two" in text
    assert text.count("body") == 1


def test_tabs_stand_one_below_the_other(numbered: Numbered, build: Any) -> None:
    """On paper the headings of tabs are sections, none deeper than the fourth level."""
    deep = "# A\n\n## B\n\n### C\n\n#### D\n\n"
    tabs = "::: {.panel-tabset}\n##### One {#sec-one}\ntext\n\n##### Two {#sec-two}\n:::\n"
    assert numbered(build.prose(deep + tabs))[1] == {"sec-one": "1.1.1.2", "sec-two": "1.1.1.3"}


@pytest.mark.parametrize("element", ["script", "iframe", "video"])
def test_an_output_that_needs_a_browser_is_an_error(numbered: Numbered, build: Any, element: str) -> None:
    """What Pandoc would leave out of an output in HTML is not left out in silence."""
    output = build.shown(text_html=f"<p>Loading</p><{element} src='x'></{element}>", text_plain="…")
    with pytest.raises(TypesetError, match=rf"report/q1\.qmd:5: .* needs a browser \('<{element}'\)"):
        numbered(build.chunk("x", output, line=4))


def test_a_page_break_breaks_the_page(typeset_pdf: Callable[..., Any], build: Any) -> None:
    """The shortcode `pagebreak` starts a new page; with three braces it is shown."""
    pdf = typeset_pdf(build.prose("one\n\n{{< pagebreak >}}\n\ntwo {{{< pagebreak >}}}"))
    assert [word in pdf.pages[1].extract_text() for word in ("one", "two {{< pagebreak >}}")] == [False, True]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{{< video x.mp4 >}}", r":3: the shortcode '\{\{< video x\.mp4 >\}\}' cannot be carried out"),
        ("<math>*x*</math>", r":3: something in this HTML would be lost: '<math>"),
        ("::: {.panel-tabset}\nx\n:::", r":3: '\.panel-tabset' has no headings"),
        ("a *{{< kbd x >}}*", r":3: the shortcode '\{\{< kbd x >\}\}' cannot be carried out"),
        ("`{{< var x >}}`", r":3: the shortcode '\{\{< var x >\}\}' cannot be carried out"),
        ("::: {#nte-a .callout-note}\nx\n:::", r":3: labels of the kind 'nte-' are not supported: 'nte-a'"),
        ("text\n:::", r":4: 'text :::' opens or closes nothing"),
    ],
)
def test_what_cannot_be_printed_is_an_error(
    numbered: Numbered, build: Any, source: str, message: str
) -> None:
    """Nothing is left out in silence: the error names the construct and its line."""
    with pytest.raises(TypesetError, match=rf"report/q1\.qmd{message}"):
        numbered(build.prose(f"text\n\n{source}\n"))


def test_a_div_that_is_never_closed_names_its_line(text_of: Callable[..., str], build: Any) -> None:
    """Pandoc closes it in silence at the end of the document; here it is an error where it opens."""
    with pytest.raises(TypesetError, match=r"report/q2\.qmd:22: ':::' opens here and is never closed"):
        text_of(build.prose("a"), build.prose("b\n\n::: {.x}\nc", chapter="q2", line=20), build.prose("d"))


def test_html_comments_and_raw_typst_pass(text_of: Callable[..., str], build: Any) -> None:
    """Comments are for the author alone; raw Typst is set as it stands."""
    assert "seen 6" in text_of(build.prose("<!-- hidden -->\n\nseen `#(2*3)`{=typst}"))


def test_raw_blocks_show_in_the_format_that_they_name(numbered: Numbered, build: Any) -> None:
    """HTML and Typst written as such are left out of the other format, and nothing is an error."""
    block = "```{=html}\n<hr class='a'>\n```"
    prose = build.prose(f"{block}\n\na `<b>`{{=html}} `#v(1em)`{{=typst}}\n\n`#x`{{=typst}}\n")

    def shown(target: str) -> list[str]:
        blocks, _ = numbered(prose, target=target)
        return [node["c"][1] for node in pandoc.walk(blocks) if node["t"] in {"RawBlock", "RawInline"}]

    assert shown("typst") == ["0", "1", "#v(1em)", "#x"]
    assert shown("html") == ["0", "1", "<hr class='a'>", "<b>"]


def test_what_a_page_would_fetch_is_told(build: Any, tmp_path: Path) -> None:
    """HTML that is declared may show what is of other hosts, with a notice, but no other file."""

    def told(html: str) -> tuple[str, ...]:
        notebook = build.notebook(build.prose(f"a\n\n```{{=html}}\n{html}\n```"))
        return page.write_page(notebook, tmp_path / "out.html", resources=tmp_path).notices

    assert told('<svg><use href="#x"/></svg><img src="data:image/gif;base64,R">') == ()
    with pytest.raises(TypesetError, match=r"q1\.qmd:4: '<img .*' shows another file"):
        told('<img alt="x" src=x.png>')
    assert told('<a href="https://example.org/x.png">x</a>') == ()
    (notice,) = told('<img alt="x" src="//example.org/x.png">')
    assert notice.startswith("report/q1.qmd:4: '<img alt=")
    assert notice.endswith("the page shows it only where there is a network")


def test_a_data_frame_in_html_becomes_a_table(numbered: Numbered, build: Any) -> None:
    """The table that pandas shows keeps its cells, and its columns of numbers are aligned to the right."""
    blocks, numbers = numbered(
        build.chunk("#| label: tbl-a\n#| tbl-cap: C", build.value(text_html=FRAME, text_plain="…"))
    )
    (table,) = [node for node in pandoc.walk(blocks) if node["t"] == "Table"]
    assert numbers == {"tbl-a": "1"}
    assert pandoc.plain(table["c"][3:5]).split() == ["name", "loss", "0", "a", "0.5", "1", "b", "1e-3"]
    assert [column[0]["t"] for column in table["c"][2]] == ["AlignRight", "AlignDefault", "AlignRight"]


@pytest.mark.parametrize(("active", "shown"), [("[web]", "One. Three."), ("[paper]", "Two. Three.")])
def test_a_condition_may_ask_for_a_profile(
    text_of: Callable[..., str], build: Any, active: str, shown: str
) -> None:
    """What is for a profile is shown where it is active."""
    prose = build.prose(
        '::: {.content-visible when-profile="web"}\nOne.\n:::\n\n'
        '::: {.content-visible unless-profile="web"}\nTwo.\n:::\n\nThree.'
    )
    assert shown in text_of(prose, yaml=f"quarto-profile: {active}")
