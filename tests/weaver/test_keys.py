"""Which keys of the metadata are carried out, told, refused or passed over."""

import logging
from typing import Any

import pytest

from weaver import cells, keys
from weaver.cells import Cell
from weaver.errors import QuartoOnlyError, TypesetError
from weaver.options import Target


def front(build: Any, yaml: str, places: dict[str, str] | None = None) -> Cell:
    """Return a front matter whose keys stand in the files that `places` says."""
    record = build.front(yaml)
    record["metadata"]["weaver"]["keys"] = places or {}
    return cells.read({"cells": [record]})[0]


def check(build: Any, yaml: str, target: Target = "typst", places: dict[str, str] | None = None) -> None:
    """Check the keys of some metadata."""
    cell = front(build, yaml, places)
    keys.check(cells.metadata([cell], target), cell, target)


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
def test_a_harmless_key_says_nothing(build: Any, yaml: str, caplog: pytest.LogCaptureFixture) -> None:
    """What is for other tools or formats, or asks for what is done anyhow, or is the author's own."""
    with caplog.at_level(logging.WARNING):
        check(build, yaml)
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("yaml", "target", "lost"),
    [
        ("theme: cosmo\ncode-tools: true", "html", "code-tools (_quarto.yml:8), theme (_quarto.yml:7)"),
        ("logo: a.svg\nfig-align: left", "typst", "fig-align (_quarto.yml:8), logo (_quarto.yml:7)"),
        ("tbl-cap-location: bottom", "typst", "tbl-cap-location (_quarto.yml:7)"),
        ("bibliographystyle: ieee", "html", "bibliographystyle (_quarto.yml:7)"),
        ("citeproc: true\nbibliographystyle: ieee", "typst", "bibliographystyle (_quarto.yml:7)"),
    ],
)
def test_a_look_that_is_lost_is_told_in_one_line(
    build: Any, yaml: str, target: Target, lost: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The words are right without it; that it has no effect is said, with the line of each."""
    with caplog.at_level(logging.WARNING):
        check(build, yaml, target)
    assert [record.getMessage() for record in caplog.records] == [
        f"without effect in the built-in typesetter: {lost}"
    ]


@pytest.mark.parametrize("key", sorted(keys.REFUSED))
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


def test_what_is_used_of_the_format_of_latex_is_told(build: Any, caplog: pytest.LogCaptureFixture) -> None:
    """`format: pdf` is LaTeX's; where there is none for Typst, what both have in common is taken from it."""
    yaml = "format:\n  pdf: {documentclass: article, toc: true}\n  typst: {toc: true}"
    places = {"format": "_quarto.yml:8", "format.pdf": "_quarto.yml:9"}
    with caplog.at_level(logging.WARNING):
        check(build, yaml, places=places)
        check(build, yaml, places={**places, "format.typst": "_quarto.yml:12"})
    assert [record.getMessage() for record in caplog.records] == [
        "_quarto.yml:9: format: 'pdf' is LaTeX's and this PDF is set by Typst: used of it: toc;"
        " not used: documentclass"
    ]
