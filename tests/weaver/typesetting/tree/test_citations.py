"""Errors in citations."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from weaver.errors import TypesetError


def test_a_missing_key_suggests_the_nearest(text_of: Callable[..., str], build: Any, tmp_path: Path) -> None:
    """A misspelt key is an error with file, line and keys that exist."""
    (tmp_path / "refs.bib").write_text("@book{knuth84, title={T}}\n@book{ lamport86 , title={L}}\n")
    with pytest.raises(TypesetError, match=r"q1\.qmd:6: no bibliography has the key 'knuth48'; .*: knuth84$"):
        text_of(build.prose("x\n\n[see @knuth48, p. 3]", line=4), yaml="bibliography: refs.bib")


def test_a_citation_without_a_bibliography(text_of: Callable[..., str], build: Any) -> None:
    """Where the front matter names no bibliography, the error says so."""
    with pytest.raises(TypesetError, match=r"'knuth84': the front matter names none"):
        text_of(build.prose("@knuth84"))


def test_a_missing_bibliography(text_of: Callable[..., str], build: Any) -> None:
    """A bibliography that is not there is named."""
    with pytest.raises(TypesetError, match=r"none\.bib"):
        text_of(build.prose("@knuth84"), yaml="bibliography: none.bib")


def test_no_section_without_citations(text_of: Callable[..., str], build: Any, tmp_path: Path) -> None:
    """A bibliography that nothing cites leaves no empty section."""
    (tmp_path / "refs.bib").write_text("@book{knuth84, title={T}}")
    assert "References" not in text_of(build.prose("x"), yaml="bibliography: refs.bib")


def test_the_section_can_be_named(text_of: Callable[..., str], build: Any, tmp_path: Path) -> None:
    """`reference-section-title` names it; `nocite` lists what is not cited."""
    (tmp_path / "refs.bib").write_text("@book{knuth84, author={Knuth}, title={The TeXbook}}")
    yaml = "bibliography: refs.bib\nreference-section-title: Sources\nnocite: '@*'"
    assert "Sources Knuth. n.d. The TeXbook." in text_of(build.prose("x"), yaml=yaml)


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        ("", "x (Knuth 1984) References Knuth. 1984. T."),
        ("# Works cited", "x (Knuth 1984) Works cited Knuth. 1984. T."),
        (
            "# References\n\n# Appendix\n\nThe end.",
            "x (Knuth 1984) References Knuth. 1984. T. Appendix The end.",
        ),
        ("# Last\n\n::: {#refs}\n:::\n\nThe end.", "x (Knuth 1984) Last Knuth. 1984. T. The end."),
    ],
)
def test_the_list_stands_once_and_under_one_heading(
    end: str, expected: str, text_of: Callable[..., str], build: Any, tmp_path: Path
) -> None:
    """At its place, else in the section with its title, else under a heading that ends the document."""
    (tmp_path / "refs.bib").write_text("@book{knuth84, author={Knuth}, title={T}, year=1984}")
    cells = [build.prose("x [@knuth84]"), *([build.prose(end)] if end else [])]
    assert expected in text_of(*cells, yaml="number-sections: false\nbibliography: refs.bib")


@pytest.mark.parametrize(("value", "listed"), [("true", False), ("false", True)])
def test_the_list_can_be_left_out(
    value: str, listed: bool, text_of: Callable[..., str], build: Any, tmp_path: Path
) -> None:
    """The citation stays; `nocite` adds nothing to a list that is not printed."""
    (tmp_path / "refs.bib").write_text("@book{knuth84, author={Knuth}, title={T}, year=1984}")
    yaml = f"bibliography: refs.bib\nsuppress-bibliography: {value}\nnocite: '@*'"
    text = text_of(build.prose("x [@knuth84]"), yaml=yaml)
    assert "x (Knuth 1984)" in text
    assert ("Knuth. 1984. T." in text) == listed


def test_references_can_stand_in_the_front_matter(text_of: Callable[..., str], build: Any) -> None:
    """Without a file, as Pandoc and Quarto read them."""
    yaml = "references:\n- {id: q, type: book, title: Inline *words*}"
    assert "x (Inline Words, n.d.)" in text_of(build.prose("x [@q]"), yaml=yaml)
