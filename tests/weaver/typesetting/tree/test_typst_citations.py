"""Citations that are left to Typst, as Quarto leaves them unless `citeproc` is set."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from weaver.errors import TypesetError

BOOKS = """\
@book{knuth84, author={Donald Knuth}, title={Literate}, year={1984}, publisher={CSLI}}
@book{lamport86, author={Leslie Lamport}, title={LaTeX}, year={1986}, publisher={AW}}
"""
NUMBERS = "citeproc: false\nbibliography: refs.bib\nnumber-sections: false"


@pytest.fixture
def printed(text_of: Callable[..., str], build: Any, tmp_path: Path) -> Callable[..., str]:
    """Return a function that prints a text with citations, from books that may be others."""

    def make(text: str, yaml: str = "", books: str = BOOKS, name: str = "refs.bib") -> str:
        (tmp_path / name).write_text(books, encoding="utf-8")
        return text_of(build.prose(text), yaml=f"{NUMBERS}\n{yaml}")

    return make


@pytest.mark.parametrize(
    ("yaml", "expected"),
    [
        ("", "see [1, p. 3], D. Knuth [1], [2]. References [1] D. Knuth, Literate"),
        (
            "bibliographystyle: apa",
            "see (Knuth, 1984, p. 3), Knuth (1984), (Lamport, 1986). References Knuth, D.",
        ),
        ("lang: de", "see [1, S. 3], D. Knuth [1], [2]. Literatur [1] D. Knuth, Literate"),
        ("suppress-bibliography: true", "see [1, p. 3], D. Knuth [1], [2]."),
    ],
)
def test_the_style_is_the_one_that_is_named(printed: Callable[..., str], yaml: str, expected: str) -> None:
    """Typst's usual style has numbers; another is never taken in silence."""
    page = "S. 3" if "de" in yaml else "p. 3"
    text = printed(f"[see @knuth84, {page}], @knuth84, [@lamport86].", yaml)
    assert expected in text
    assert ("Literate" in text) == ("suppress" not in yaml)


@pytest.mark.parametrize(
    ("nocite", "listed"), [("'@*'", ["Knuth", "Lamport"]), ("'@lamport86'", ["Lamport"])]
)
def test_what_is_not_cited_can_be_listed(printed: Callable[..., str], nocite: str, listed: list[str]) -> None:
    """`nocite` lists all, or what it names."""
    text = printed("No more.", f"nocite: {nocite}")
    assert [name for name in ("Knuth", "Lamport") if name in text] == listed


def test_the_list_stands_under_the_heading_that_ends_the_text(printed: Callable[..., str]) -> None:
    """As by Pandoc: its place, or the section that is there for it."""
    text = printed(
        "x [@knuth84]\n\n# Works cited\n\n# After\n\nThe end.", "reference-section-title: Works cited"
    )
    assert "x [1] Works cited [1] D. Knuth" in text
    assert text.count("Works cited") == 1


@pytest.mark.parametrize(
    ("text", "yaml", "books", "message"),
    [
        ("x\n\n[@knuth48]", "", BOOKS, r"q1\.qmd:3: no bibliography has the key 'knuth48'; .*: knuth84"),
        (
            "@knuth84",
            "bibliographystyle: none-such",
            BOOKS,
            r"_quarto\.yml:\d+: bibliographystyle: unknown style",
        ),
        (
            "@a",
            "",
            "@book{a,\n title={A}",
            r"refs\.bib:\d: the bibliography cannot be read from here: .*citeproc",
        ),
        (
            "@a",
            "",
            "@book{a, author={A}, title={A {$\\beta$-{VAE}}}, year={1984}}",
            r"_quarto\.yml:\d+: Typst sets no formula of a bibliography .*citeproc: true",
        ),
    ],
)
def test_what_typst_cannot_set_is_told(
    printed: Callable[..., str], text: str, yaml: str, books: str, message: str
) -> None:
    """A missing key, an unknown style, a file that is damaged, and a formula that would be set wrongly."""
    with pytest.raises(TypesetError, match=message):
        printed(text, yaml, books)


def test_a_bibliography_of_another_form_needs_pandoc(
    text_of: Callable[..., str], build: Any, tmp_path: Path
) -> None:
    """CSL as JSON is no file of Typst's: the error says what reads it."""
    (tmp_path / "refs.json").write_text('[{"id": "q", "title": "Words"}]')
    with pytest.raises(
        TypesetError, match=r"expected one of \.bib, .*, found 'refs\.json': write 'citeproc: true'"
    ):
        text_of(build.prose("@q"), yaml="citeproc: false\nbibliography: refs.json")
