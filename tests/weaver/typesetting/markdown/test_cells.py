"""Cells and the options of code cells."""

from typing import Any

import pytest

from weaver.errors import DocumentError, TypesetError
from weaver.typesetting.markdown import cells


def test_options_are_read_and_are_not_code(build: Any) -> None:
    """The `#|` lines at the top are options; what follows is the code."""
    source = (
        "#| label: fig-a\n#| fig-subcap:\n#|   - One\n#|   - Two\n#| echo: false\n\nplot()  #| no option\n"
    )
    cell = cells.read_cells(build.notebook(build.chunk(source)))[1]
    assert cell.options.label == "fig-a"
    assert cell.options.fig_subcap == ("One", "Two")
    assert not cell.options.echo
    assert cell.code == "plot()  #| no option"


def test_the_front_matter_sets_defaults_that_a_chunk_overrides(build: Any) -> None:
    """`execute` holds for all chunks that do not say otherwise."""
    notebook = build.notebook(
        build.chunk("x"), build.chunk("#| echo: true\nx"), yaml="execute:\n  echo: false\n  warning: false"
    )
    _, first, second = cells.read_cells(notebook)
    assert (first.options.echo, second.options.echo) == (False, True)
    assert not first.options.warning


def test_metadata_for_typst_comes_before_metadata_for_all(build: Any) -> None:
    """What stands under `format: typst:` overrides what stands at the top."""
    yaml = "toc: false\nformat:\n  typst:\n    toc: true\n  html: default"
    assert cells.metadata(cells.read_cells(build.notebook(yaml=yaml)))["toc"] is True


def test_each_format_has_its_own_metadata_and_options(build: Any) -> None:
    """Code folds where it can be unfolded; what a chunk says itself comes first."""
    yaml = "execute:\n  echo: false\nformat:\n  html:\n    echo: true\n    code-fold: show\n    toc: true"
    notebook = build.notebook(
        build.chunk("x"), build.chunk("#| code-fold: false\n#| echo: false\ny"), yaml=yaml
    )
    _, first, second = cells.read_cells(notebook, "html")
    assert (first.options.echo, first.options.code_fold) == (True, "show")
    assert (second.options.echo, second.options.code_fold) == (False, False)
    assert cells.metadata(cells.read_cells(notebook), "html")["toc"] is True
    assert "toc" not in cells.metadata(cells.read_cells(notebook))
    assert not cells.read_cells(build.notebook(build.chunk("#| code-fold: true\nx")))[1].options.code_fold


def test_options_without_effect_on_paper_are_accepted(build: Any) -> None:
    """Options that only matter on a screen or while executing are no error."""
    source = "#| code-fold: true\n#| code-summary: Show\n#| fig-width: 5\n#| error: false\nx"
    assert cells.read_cells(build.notebook(build.chunk(source)))[1].code == "x"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("#| fig-capt: C", r"report/q1\.qmd:5: unknown chunk option 'fig-capt'; did you mean 'fig-cap'\?"),
        ("#| label: a\n#| echo: fenced", r"report/q1\.qmd:6: 'echo: fenced' is not .*; Quarto sets it"),
        ("#| label: a\n#| echo: maybe", r"report/q1\.qmd:6: 'echo' expects true or false, found 'maybe'"),
        ("#| code-fold: maybe", r"q1\.qmd:5: 'code-fold' expects true or false or show, found 'maybe'"),
        ("#| output: both", r"q1\.qmd:5: 'output' expects true or false or asis, found 'both'"),
        ("#| layout-ncol: 0", r"q1\.qmd:5: 'layout-ncol' expects a whole number above 0, found 0"),
        ("#| fig-cap: {a: b}", r"q1\.qmd:5: 'fig-cap' expects one text"),
        ("#| fig-subcap: true", r"q1\.qmd:5: 'fig-subcap' expects one text or a list"),
        ("#| tbl-colwidths: 3", r"q1\.qmd:5: 'tbl-colwidths' expects a list"),
        ("#| label: a\n#| fig-cap: 'b", r"q1\.qmd:\d: invalid YAML"),
        ("#| nothing", r"q1\.qmd:5: expected 'key: value' lines"),
    ],
)
def test_a_wrong_option_names_its_line(build: Any, source: str, message: str) -> None:
    """An option that is unknown or has a value of the wrong kind is an error with file and line."""
    with pytest.raises((TypesetError, DocumentError), match=message):
        cells.read_cells(build.notebook(build.chunk(source, line=4)))


def test_invalid_front_matter_names_its_line(build: Any) -> None:
    """YAML that cannot be read is an error in the file that the front matter came from."""
    with pytest.raises(DocumentError, match=r"_quarto\.yml:\d+: invalid YAML"):
        cells.read_cells(build.notebook(yaml="abstract: [never closed"))


def test_what_stands_below_a_key_has_its_place(build: Any) -> None:
    """The front matter is of several files; a place is that of the key, or of what it stands in."""
    front = build.front("crossref:\n  fig-title: Bild\nlang: de\nformat:\n  typst:\n    toc: true")
    front["metadata"]["weaver"]["keys"] = {
        "crossref": "_quarto.yml:30",
        "lang": "report/report.qmd:2",
        "format": "a.yml:1",
        "format.typst": "b.yml:1",
        "format.typst.toc": "b.yml:2",
        "toc": "c.yml:1",
    }
    (cell,) = cells.read_cells({"cells": [front]})
    assert cell.place("Bild") == "_quarto.yml:30"
    assert cell.place("(?m)^lang:") == "report/report.qmd:2"
    assert cell.place_of("crossref.fig-title") == "_quarto.yml:30"
    assert (cell.place_of("toc"), cell.place_of("toc", "html")) == ("b.yml:2", "c.yml:1")


def test_multi_line_sources_may_be_lists(build: Any) -> None:
    """A notebook file stores text as a list of lines; both forms mean the same."""
    cell = build.prose("# A\n\ntext")
    listed = {**cell, "source": ["# A\n", "\n", "text"]}
    assert cells.read_cells(build.notebook(listed)) == cells.read_cells(build.notebook(cell))


def test_only_chunks_have_options(build: Any) -> None:
    """A heading that begins with a bar looks like an option line and is prose."""
    assert cells.read_cells(build.notebook(build.prose("# |x|: [a")))[1].unknown == []
