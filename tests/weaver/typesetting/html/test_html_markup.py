"""What stands in the page: figures, tables, formulas, code, callouts, chapters."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from weaver.errors import TypesetError

PageOf = Callable[..., str]


def words(page: str) -> str:
    """Return the text of a page, with single spaces."""
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def test_headings_begin_under_the_title(page_of: PageOf, build: Any) -> None:
    """The title is the one heading of the first level, and numbers are apart from words."""
    page = page_of(build.prose("# One {#sec-a}\n\n## Two\n\n# Three {.unnumbered}"))
    assert re.findall(r"<(h\d)", page) == ["h1", "h2", "h3", "h2"]
    assert '<h2 id="sec-a"><span class="number">1</span> One</h2>' in page
    assert '<span class="number">1.1</span> Two' in page
    assert '<h2 class="unnumbered" id="three">Three</h2>' in page


def test_a_figure_has_its_caption_below_a_table_above(page_of: PageOf, build: Any) -> None:
    """As on paper, with the same names."""
    chunk = build.chunk("#| label: fig-a\n#| fig-cap: A *cap*\n#| echo: false\nx", build.picture())
    page = page_of(chunk, build.prose("See @fig-a.\n\n| a |\n|--:|\n| 1 |\n\n: Tab {#tbl-a}"))
    figure, table = re.findall(r"<figure.*?</figure>", page, re.S)
    assert figure.startswith('<figure class="fig" id="fig-a">')
    assert figure.index("<svg") < figure.index('<figcaption><b class="name">Figure 1:</b> A <em>cap</em>')
    assert table.startswith('<figure class="tbl" id="tbl-a">')
    assert table.index(">Table 1:</b> Tab") < table.index('<div class="scroll">') < table.index("<table>")
    assert '<th style="text-align: right;">a</th>' in table
    assert 'See <a href="#fig-a">Figure 1</a>.' in page


def test_panels_of_a_figure(page_of: PageOf, build: Any) -> None:
    """Sub-figures have letters, stand in the columns asked for, and can be referred to."""
    source = "#| label: fig-a\n#| fig-cap: C\n#| fig-subcap: [One, Two]\n#| layout-ncol: 2\n#| echo: false\nx"
    page = page_of(build.chunk(source, build.picture(), build.picture()), build.prose("See @fig-a-2."))
    assert '<div class="panels" style="--columns: 2">' in page
    assert page.count('<div class="panel">') == 2
    assert '<figure class="sub" id="fig-a-2">' in page
    assert "<figcaption>(b) Two</figcaption>" in page
    assert '<a href="#fig-a-2">Figure 1b</a>' in page


def test_a_wrong_layout_names_its_line(page_of: PageOf, build: Any) -> None:
    """What is checked for paper is checked here too."""
    with pytest.raises(TypesetError, match=r"report/q1\.qmd:3: layout-ncol='x': expected a whole number"):
        page_of(build.prose("a\n\n::: {layout-ncol=x}\nb\n:::"))
    with pytest.raises(TypesetError, match=r"q1\.qmd:2: the figure 'fig-a' is empty"):
        page_of(build.chunk("#| label: fig-a\n#| fig-cap: C\nx"))


def test_formulas_are_mathml(page_of: PageOf, build: Any) -> None:
    """An equation has its number beside it, and words of its own where it is given some."""
    page = page_of(build.prose('Let $a^2$.\n\n$$b$$ {#eq-b alt="Bee"}\n\n$$c$$\n\nSee @eq-b.'))
    assert page.count("<math ") == 3
    assert '<span class="equation" id="eq-b"><span class="formula" role="math" aria-label="Bee"><math' in page
    assert '</math></span><span class="number">(1)</span></span>' in page
    assert '<span class="formula"><math display="block"' in page
    assert '<a href="#eq-b">Equation 1</a>' in page


@pytest.mark.parametrize(
    ("options", "opening"),
    [
        ("#| code-fold: true", '<details class="fold">\n<summary>Code</summary>'),
        ("#| code-fold: show\n#| code-summary: How", '<details class="fold" open>\n<summary>How</summary>'),
    ],
)
def test_code_folds_under_what_it_shows(page_of: PageOf, build: Any, options: str, opening: str) -> None:
    """Folded code makes room for the figure."""
    chunk = build.chunk(f"#| label: fig-a\n#| fig-cap: C\n{options}\nplot()", build.picture())
    page = page_of(chunk)
    assert page.index("</figure>") < page.index(opening) < page.index("plot") < page.index("</details>")


def test_code_can_fold_in_the_page_alone(page_of: PageOf, text_of: PageOf, build: Any) -> None:
    """What stands under `format: html:` shows and folds the code there, and paper goes without."""
    yaml = "execute:\n  echo: false\nformat:\n  html:\n    echo: true\n    code-fold: true"
    chunk = build.chunk("answer = 42", build.printed("done"))
    page = page_of(chunk, build.chunk("#| echo: false\nsecret"), yaml=yaml)
    assert page.index("done") < page.index("<details") < page.index("answer")
    assert "secret" not in page
    assert "answer" not in text_of(chunk, yaml=yaml)
    shown = text_of(build.chunk("#| code-fold: true\nanswer = 42", build.printed("done")))
    assert shown.index("answer") < shown.index("done")


def test_what_was_printed_stands_as_it_is(page_of: PageOf, build: Any) -> None:
    """Whatever it looks like, and without the search of a language that it does not have."""
    page = page_of(build.chunk("show()", build.printed("<b> & [x]: \\a\n\n  'y'")))
    assert "<pre class=\"printed\"><code>&lt;b&gt; &amp; [x]: \\a\n\n  'y'</code></pre>" in page


def test_a_listing_stays_in_its_place(page_of: PageOf, build: Any) -> None:
    """It is referred to by its number, so it keeps its caption, folded or not."""
    source = "#| label: lst-a\n#| lst-cap: The loop\n#| code-fold: true\n#| filename: a.py\nx = 1"
    page = page_of(build.chunk(source, build.printed("done")))
    assert '<figure class="lst" id="lst-a">' in page
    assert page.index("Listing 1:</b> The loop") < page.index("<details") < page.index("<code>a.py</code>")
    assert page.index("</figure>") < page.index('<pre class="printed"><code>done')


def test_callouts_and_page_breaks(page_of: PageOf, build: Any) -> None:
    """A callout has its title, a page break is there for the printer."""
    page = page_of(build.prose("::: {.callout-tip #a}\n## A *tip*\nbody\n:::\n\n{{< pagebreak >}}\n"))
    assert '<div class="callout tip" role="note" id="a">' in page
    assert '<p class="callout-title">A <em>tip</em></p>' in page
    assert '<div class="page-break"></div>' in page


def test_chapters_are_sections_with_names(page_of: PageOf, build: Any) -> None:
    """So that one of them can be shown anew."""
    page = page_of(
        build.prose("a", chapter="q1"), build.prose("b", chapter="q1"), build.prose("c", chapter="q2")
    )
    chapters = re.findall(r'<section class="chapter" data-chapter="(\w+)">(.*?)</section>', page, re.S)
    assert [(name, words(text)) for name, text in chapters if words(text)] == [("q1", "a b"), ("q2", "c")]


def test_an_identifier_stands_once(page_of: PageOf, build: Any) -> None:
    """Two headings of one name lead to the first, and nothing else bears it."""
    page = page_of(build.prose("# A {#x}\n\n::: {#x}\nb\n:::\n\n[to](#x)"))
    assert page.count('id="x"') == 1


def test_widths_of_columns_can_be_given(page_of: PageOf, build: Any) -> None:
    """`tbl-colwidths` holds here as on paper."""
    table = "| a | b |\n|---|---|\n| 1 | 2 |"
    page = page_of(build.prose(f'::: {{#tbl-a tbl-colwidths="[30,70]"}}\n{table}\n\nC\n:::'))
    assert re.findall(r'<col style="width: (\d+)%"', page) == ["30", "70"]
