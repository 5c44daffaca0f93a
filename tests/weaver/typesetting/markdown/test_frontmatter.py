"""Title block, abstract and contents."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from weaver.errors import TypesetError


@pytest.mark.parametrize(
    ("author", "words"),
    [
        ("author: Ada", "Ada"),
        ("author: [Ada, Bob]", "Ada Bob"),
        ("author: {name: Ada, email: ada@x.org, affiliation: Home}", "Ada Home ada@x.org"),
        (
            "author: [{name: {given: Ada, family: King}, affiliations: [Student 1, {name: Uni}]}]",
            "Ada King Student 1 Uni",
        ),
    ],
)
def test_forms_of_an_author(text_of: Callable[..., str], build: Any, author: str, words: str) -> None:
    """Authors are names or records, as Quarto has them; affiliations are lines of their own."""
    assert words in text_of(build.prose("Text."), yaml=author)


@pytest.mark.parametrize(
    ("date", "words"),
    [
        ("2021-09-06", "September 6, 2021"),
        ("September 2021", "September 2021"),
        ("2021-09-06\ndate-format: YYYY", "Ada Lovelace 2021"),
        ("9/6/2021\ndate-format: iso", "2021-09-06"),
        ("soon\ndate-format: iso", "soon"),
        ("2021-09-06\nlang: fr", "6 septembre 2021"),
    ],
)
def test_forms_of_a_date(text_of: Callable[..., str], build: Any, date: str, words: str) -> None:
    """A date is written out, or as `date-format` asks; what is no date is printed as it is."""
    assert words in text_of(build.prose("Text."), yaml=f"date: {date}")


@pytest.mark.parametrize(
    ("yaml", "message"),
    [
        ("author: {email: a@b.c}", r"_quarto\.yml:\d: the front matter's author has no 'name'"),
        ("author: {name: A, affiliation: {id: x}}", r"_quarto\.yml:\d: .*affiliation has no 'name'"),
        ("author: {name: A, affiliation: {ref: x}}", r"no affiliation has the id 'x'; ids that exist: none"),
        ("author: {name: A, emial: a@b.c}", "unknown key 'emial'; did you mean 'email'"),
        ("author: {name: A, affiliations: [{nam: U}]}", "unknown key 'nam'; did you mean 'name'"),
        ("thanks: |\n  - a list\n  - of two\n", "thanks: expected text, found a list"),
        ("date: 2021-09-06\ndate-format: dddd\nlang: de", r"'dddd' has parts that are not known in 'de'"),
    ],
)
def test_what_cannot_be_printed_names_its_place(
    text_of: Callable[..., str], build: Any, yaml: str, message: str
) -> None:
    """Who somebody is cannot be guessed, nor how another language names its days."""
    with pytest.raises(TypesetError, match=message):
        text_of(build.prose("Text."), yaml=yaml)


def test_contents_go_as_deep_as_asked_for(text_of: Callable[..., str], build: Any) -> None:
    """`toc-depth` and `toc-title` hold; unnumbered sections are listed, unlisted ones are not."""
    prose = build.prose("# One\n\n## Two\n\n### Three\n\n# Thanks {-}\n\n# Hidden {.unlisted}")
    text = text_of(prose, yaml="toc: true\ntoc-depth: 2\ntoc-title: What is where")
    contents = text[text.index("What is where") : text.index("1 One", text.index("1 One") + 5)]
    assert [word for word in ("One", "Two", "Three", "Thanks", "Hidden") if word in contents] == [
        "One",
        "Two",
        "Thanks",
    ]


def test_titles_may_hold_markup(text_of: Callable[..., str], build: Any) -> None:
    """Emphasis and formulas in titles and abstract are set, references in the abstract resolved."""
    yaml = "title: A *good* $x$\nabstract: |\n  See @sec-s.\n\n  Two paragraphs."
    text = text_of(build.prose("# S {#sec-s}"), yaml=yaml)
    assert "A good 𝑥" in text
    assert "See Section 1. Two paragraphs." in text


def test_a_formula_in_the_title_is_letters_where_no_formula_can_stand(
    typeset_pdf: Callable[..., PdfReader], page_of: Callable[..., str], build: Any, tmp_path: Path
) -> None:
    """In the PDF's properties, at the top of its pages and in the browser's tab."""
    cells = (build.prose("# S\n\n{{< pagebreak >}}\n\nT"),)
    yaml = r"title: 'The $\beta$-VAE and $x_1$'"
    pdf = typeset_pdf(*cells, yaml=yaml)
    assert pdf.metadata is not None
    assert pdf.metadata.title == "The β-VAE and x1"
    assert "The β-VAE and x1" in pdf.pages[1].extract_text()
    page_of(*cells, yaml=yaml)
    assert "<title>The β-VAE and x1</title>" in (tmp_path / "out.html").read_text(encoding="utf-8")
