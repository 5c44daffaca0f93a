"""The notebook as one text, and the way back from its lines to the sources."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from weaver.errors import TypesetError
from weaver.typesetting.markdown import markdown_source

LINES = st.lists(st.text("ab ", max_size=5), min_size=1, max_size=6)


@given(st.lists(LINES, min_size=1, max_size=5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_line_leads_back_to_its_source(build: Any, tmp_path: Path, texts: list[list[str]]) -> None:
    """A line of the joined text is traced to the file and line that it came from."""
    cells = [
        build.prose("\n".join([*lines, f"word{index}"]), chapter=f"q{index}", line=10 * index + 1)
        for index, lines in enumerate(texts)
    ]
    text = markdown_source.compose(build.notebook(*cells), tmp_path)
    for number, line in enumerate(text.text.splitlines(), 1):
        if line.startswith("word"):
            index = int(line[4:])
            expected = f"report/q{index}.qmd:{10 * index + 1 + len(texts[index])}"
            assert text.place_of_line(number) == expected
            assert text.place(index + 1, line) == expected


def test_what_only_an_output_holds_is_placed_at_its_chunk(build: Any, tmp_path: Path) -> None:
    """A letter that a picture shows, or a formula that code wrote, stands in no source."""
    chunk = build.chunk("draw()", build.shown(text_latex="$\\oops$", text_plain="x"), line=7)
    text = markdown_source.compose(build.notebook(build.prose("One."), chunk), tmp_path)
    assert text.place(0, r"\\oops") == "report/q1.qmd:8"


def test_metadata_that_are_not_carried_out_are_an_error(build: Any, tmp_path: Path) -> None:
    """What would change the text is not passed over."""
    with pytest.raises(TypesetError, match=r"_quarto\.yml:7: 'shift-heading-level-by' is not supported"):
        markdown_source.compose(build.notebook(yaml="shift-heading-level-by: 1"), tmp_path)


def test_places_are_found_in_other_cells_too(build: Any, tmp_path: Path) -> None:
    """What the cell at hand does not hold is looked for in all; what none holds is the cell itself."""
    cells = (build.prose("a"), build.prose("b\n\n::: {#fig-x}", chapter="q2", line=5))
    text = markdown_source.compose(build.notebook(*cells), tmp_path)
    assert text.place(1, "#fig-x") == "report/q2.qmd:7"
    assert text.place(2, "nowhere") == "report/q2.qmd:5"
