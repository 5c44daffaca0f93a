"""Which keys of the metadata are carried out, told, refused or passed over."""

from typing import Any

import pytest

from weaver.chunk_options import Target
from weaver.errors import QuartoOnlyError, TypesetError
from weaver.typesetting.markdown import cells, metadata_keys
from weaver.typesetting.markdown.cells import Cell
from weaver.typesetting.notices import Noticed

AND_7 = "; likewise _quarto.yml:7"


def front(build: Any, yaml: str, places: dict[str, str] | None = None) -> Cell:
    """Return a front matter whose keys stand in the files that `places` says."""
    record = build.front(yaml)
    record["metadata"]["weaver"]["keys"] = places or {}
    return cells.read_cells({"cells": [record]})[0]


def check(
    build: Any, yaml: str, target: Target = "typst", places: dict[str, str] | None = None
) -> tuple[str, ...]:
    """Check the keys of some metadata and return what is told."""
    cell, noticed = front(build, yaml, places), Noticed()
    metadata_keys.check_keys(cells.metadata([cell], target), cell, target, noticed)
    return noticed.lines()


@pytest.mark.parametrize(
    "yaml",
    [
        "editor: visual\njupyter: python3\nexecute: {freeze: auto}",
        "course: ECE4179\nstudent-number: 7\nnote: mine",
        "documentclass: article\ngeometry: margin=1in\nlistings: true",
        "format: {html: {theme: cosmo}, revealjs: {transition: fade}}",
        "fig-cap-location: bottom\ncolumns: 1\nfilters: []\nfig-align: center\ntemplate: null",
        "header-includes: |\n  % a comment\n  \\usepackage{a}",
        "include-in-header: [head.tex, {text: '\\usepackage{b}'}, {file: more.tex}]",
        "website: {title: x}\ntheme: cosmo\ncode-tools: true",
    ],
)
def test_a_harmless_key_says_nothing(build: Any, yaml: str) -> None:
    """What is for other tools or formats, or asks for what is done anyhow, or is the author's own."""
    assert check(build, yaml) == ()


@pytest.mark.parametrize(
    ("yaml", "target", "lost"),
    [
        (
            "theme: cosmo\ncode-tools: true",
            "html",
            ["_quarto.yml:8: 'code-tools'", AND_7],
        ),
        ("logo: a.svg\nfig-align: left", "typst", ["_quarto.yml:8: 'fig-align'", AND_7]),
        ("tbl-cap-location: bottom", "typst", ["_quarto.yml:7: 'tbl-cap-location'", ""]),
        ("bibliographystyle: ieee", "html", ["_quarto.yml:7: 'bibliographystyle'", ""]),
        ("citeproc: true\nbibliographystyle: ieee", "typst", ["_quarto.yml:7: 'bibliographystyle'", ""]),
    ],
)
def test_a_look_that_is_lost_is_told_in_one_line(
    build: Any, yaml: str, target: Target, lost: list[str]
) -> None:
    """The words are right without it; that it has no effect is said, with the line of each."""
    first, others = lost
    assert check(build, yaml, target) == (f"{first} has no effect in the built-in typesetter{others}",)


@pytest.mark.parametrize("key", sorted(metadata_keys.REFUSED))
def test_what_changes_the_words_is_refused(build: Any, key: str) -> None:
    """Nothing that a report says is lost in silence; its line is that of the format's own key."""
    places = {
        "format": "_quarto.yml:20",
        "format.typst": "_quarto.yml:26",
        f"format.typst.{key}": "_quarto.yml:27",
    }
    with pytest.raises(QuartoOnlyError, match=rf"_quarto\.yml:27: '{key}' is not supported"):
        check(build, f"format:\n  typst:\n    {key}: [x]", places=places)


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("titel", "title"),
        ("number_sections", "number-sections"),
        ("font-size", "fontsize"),
        ("auther", "author"),
    ],
)
def test_a_slip_is_told_from_an_own_key(build: Any, slip: str, meant: str) -> None:
    """A key that is almost another is no key of the author's own."""
    with pytest.raises(TypesetError, match=f"unknown key '{slip}'; did you mean '{meant}'"):
        check(build, f"{slip}: x")


def test_words_of_ones_own_have_quartos_names(build: Any) -> None:
    """A slip in `language` is told; words that are not printed here, and those of any kind, are not."""
    check(build, "language: {search-no-results-text: x, crossref-abc-title: y, de: {code-summary: z}}")
    with pytest.raises(TypesetError, match=r"unknown word 'code-sumary'; did you mean 'code-summary'"):
        check(build, "language: {code-sumary: x}")


def test_what_is_used_of_the_format_of_latex_is_told(build: Any) -> None:
    """`format: pdf` is LaTeX's; where there is none for Typst, what both have in common is taken from it."""
    yaml = "format:\n  pdf: {documentclass: article, toc: true}\n  typst: {toc: true}"
    places = {"format": "_quarto.yml:8", "format.pdf": "_quarto.yml:9"}
    assert check(build, yaml, places=places) == (
        "_quarto.yml:9: format: 'pdf' is LaTeX's and this PDF is set by Typst: used of it: toc;"
        " not used: documentclass",
    )
    assert check(build, yaml, places={**places, "format.typst": "_quarto.yml:12"}) == ()
