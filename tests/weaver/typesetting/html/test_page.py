"""One page of an executed notebook."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from weaver.errors import TypesetError
from weaver.typesetting.html import page as webpage

PageOf = Callable[..., str]
YAML = """subtitle: Sub *title*
toc: true
toc-depth: 2
toc-title: Contents
lang: en-GB
date: 2021-09-06
abstract: In short, see @sec-two.
bibliography: refs.bib"""


@pytest.fixture
def bibliography(tmp_path: Path) -> None:
    """Put a bibliography into the test's folder."""
    (tmp_path / "refs.bib").write_text("@book{knuth84, author={Knuth, D.}, title={Texts}, year=1984}")


def whole(tmp_path: Path) -> str:
    """Return the page that was made last."""
    return (tmp_path / "out.html").read_text(encoding="utf-8")


def cells(build: Any) -> tuple[Any, ...]:
    """Return two small chapters."""
    return (
        build.prose("# One {#sec-one}\n\nSee @fig-two, @sec-two and [@knuth84].", chapter="q1"),
        build.prose(
            "# Two {#sec-two}\n\nLike @sec-one. [There](#sec-one)\n\n## Deep\n\n### Deeper", chapter="q2"
        ),
        build.chunk("#| label: fig-two\n#| fig-cap: Second\nx", build.picture(), chapter="q2"),
    )


@pytest.mark.usefixtures("bibliography")
def test_the_page_says_what_it_is(page_of: PageOf, build: Any, tmp_path: Path) -> None:
    """Title, people, date, abstract, language, contents, and the references at the end."""
    page = page_of(*cells(build), yaml=YAML.replace("title: Contents", "title: In <this>"))
    text = whole(tmp_path)
    assert text.startswith('<!doctype html>\n<html lang="en-GB">')
    assert "<title>A report</title>" in text
    assert "<h1>A report</h1>" in page
    assert '<p class="subtitle">Sub <em>title</em></p>' in page
    assert '<p class="author"><span><b>Ada Lovelace</b></span></p>' in page
    assert '<p class="day">6 September 2021</p>' in page
    assert re.search(r'class="abstract">.*In short, see <a href="#sec-two">Section 2</a>', page, re.S)
    assert '<nav aria-label="In &lt;this&gt;">' in text
    assert re.findall(r'<a href="#([^"]+)" id="toc-', text) == ["sec-one", "sec-two", "deep", "references"]
    assert page.index('id="references"') < page.index('id="ref-knuth84"')
    assert '<a href="#ref-knuth84"' in page


def test_an_author_with_all_there_is_to_say(page_of: PageOf, build: Any) -> None:
    """Number and e-mail stand beside the name, and signs of HTML are no markup."""
    author = "author:\n  - name: A & B\n    email: a@b.org\n    affiliations: [Student number 1]"
    page = page_of(build.prose("x"), yaml=author)
    assert "<b>A &amp; B</b></span><span>Student number 1</span>" in page
    assert '<a href="mailto:a@b.org">a@b.org</a>' in page


def test_without_contents_there_is_no_navigation(page_of: PageOf, build: Any, tmp_path: Path) -> None:
    """An empty list would be a landmark that leads nowhere."""
    page_of(build.prose("x"))
    assert "<nav" not in whole(tmp_path)


@pytest.mark.usefixtures("bibliography")
def test_one_chapter_alone_keeps_its_numbers(page_of: PageOf, build: Any, tmp_path: Path) -> None:
    """What it refers to elsewhere is plain text, and contents lead through it."""
    page = page_of(*cells(build), yaml=YAML, only="q2")
    assert '<span class="number">2</span> Two' in page
    assert "Like Section 1. There" in page
    assert '<b class="name">Figure 1:</b> Second' in page
    assert "In short" not in page
    assert re.findall(r'<a href="#([^"]+)" id="toc-', whole(tmp_path)) == ["sec-two", "deep"]


@pytest.mark.usefixtures("bibliography")
def test_the_same_notebook_gives_the_same_bytes(page_of: PageOf, build: Any, tmp_path: Path) -> None:
    """Neither the folder nor the clock is in the page."""
    page_of(*cells(build), yaml=YAML)
    first = whole(tmp_path)
    (tmp_path / "b").mkdir()
    (tmp_path / "b/refs.bib").write_bytes((tmp_path / "refs.bib").read_bytes())
    notebook = build.notebook(*cells(build), yaml=YAML)
    webpage.write_page(notebook, tmp_path / "b/out.html", resources=tmp_path / "b")
    assert whole(tmp_path / "b") == first
    assert str(tmp_path) not in first


def test_numbers_are_those_of_the_pdf(page_of: PageOf, build: Any) -> None:
    """A pattern that only the PDF's format names holds here too: a number means one thing."""
    yaml = "format:\n  typst:\n    section-numbering: A.1\n  html: default"
    page = page_of(build.prose("# One\n\n## Two {#sec-a}\n\nSee @sec-a."), yaml=yaml)
    assert '<a href="#sec-a">Section A.1</a>' in page


def test_identifiers_are_there_once(page_of: PageOf, build: Any) -> None:
    """Chapters are written apart, and still no two of their blocks of code or notes have one name."""
    code = "```python\na = 1\n```\n\nA note.^[Here.]"
    page = page_of(build.prose(f"# One\n\n{code}"), build.prose(f"# Two\n\n{code}", chapter="q2"))
    identifiers = re.findall(r'\sid="([^"]+)"', page)
    assert len(identifiers) == len(set(identifiers))
    assert {"code-1", "code-2", "fn1", "fn2"} <= set(identifiers)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\n\n$\\frac{$", r"report/q1\.qmd:3: the formula cannot be set"),
        ("a\n\n@fig-none", r"report/q1\.qmd:3: no figure has the label 'fig-none'"),
        ("a\n\n[b](#none)", r"report/q1\.qmd:3: the link to '#none' leads nowhere"),
        ("a\n\n@nobody", r"report/q1\.qmd:3: no bibliography has the key 'nobody'"),
    ],
)
def test_errors_name_their_line_and_leave_the_old_page(
    page_of: PageOf, build: Any, tmp_path: Path, text: str, message: str
) -> None:
    """Whatever cannot be shown is told, as for the PDF."""
    (tmp_path / "out.html").write_text("old")
    with pytest.raises(TypesetError, match=message):
        page_of(build.prose(text))
    assert whole(tmp_path) == "old"


def test_raw_html_shows_and_raw_typst_does_not(page_of: PageOf, build: Any) -> None:
    """Layout for paper stays on paper."""
    page = page_of(build.prose("```{=typst}\n#v(1em)\n```\n\n<kbd>K</kbd>\n\n`<mark>m</mark>`{=html}"))
    assert "#v(1em)" not in page
    assert "<kbd>K</kbd>" in page
    assert "<mark>m</mark>" in page


def test_nothing_of_a_page_is_fetched(page_of: PageOf, build: Any, tmp_path: Path) -> None:
    """Styles, scripts and pictures are inside."""
    page_of(build.chunk("#| label: fig-a\n#| fig-cap: C\nx = 1", build.picture()), yaml="toc: true")
    text = whole(tmp_path)
    assert re.findall(r'<link[^>]*href="([^"]*)"', text) == ["data:,"]
    assert not re.search(r"<script[^>]+src|@import|url\(|<img", text)
