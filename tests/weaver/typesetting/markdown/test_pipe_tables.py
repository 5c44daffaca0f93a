"""Rows of pipe tables: none loses a cell in silence."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from weaver.errors import TypesetError
from weaver.typesetting.markdown.pipe_tables import check_tables

HEAD = "| a | b |\n|---|---|\n"


@pytest.mark.parametrize(
    ("markdown", "line"),
    [
        (f"{HEAD}| 1 | 2 |\n| 1 | 2 | 3 |", 3),
        (f"{HEAD}| p(x|y) | 0.5 |", 2),
        (f"{HEAD}| [x|y](z) | 0.5 |", 2),
        ("a | b\n--|:-:\nx | y | z", 2),
        ("| a | b | c |\n|---|---|\n| 1 | 2 |", 0),
        (f"- a list\n\n  {HEAD.replace(chr(10), chr(10) + '  ')}| 1 | 2 | 3 |", 4),
        ("> | a |\n> |---|\n> | 1 | 2 |", 2),
        (f"```\n{HEAD}```\n\n{HEAD}| `x|y` | 2 | 3 |", 7),
        (f"{HEAD}| 1 | 2 |\n\nText.\n\n{HEAD}| 1 | 2 | 3 |", 8),
    ],
)
def test_a_row_that_would_lose_a_cell_is_told(markdown: str, line: int) -> None:
    """Wherever the table stands, at its own line."""
    with pytest.raises(TypesetError, match=rf"^{line}: a row of a table has \d cells, the dashes"):
        check_tables(markdown, str)


@pytest.mark.parametrize(
    "markdown",
    [
        f"{HEAD}| 1 | 2 |\n| 1 |\n| 1 | 2 | |",
        f"{HEAD}| `x|y` | $|x|$ |\n| x \\| y | ``a|`b`` |",
        f"```\n{HEAD}| 1 | 2 | 3 |\n```",
        f"~~~~ markdown\n{HEAD}| 1 | 2 | 3 |\n~~~\n~~~~",
        f"<!--\n{HEAD}| 1 | 2 | 3 |\n-->",
        "+---+---+\n| a | b |\n+===+===+\n| 1 | 2 |\n+---+---+",
        "Text | with\n\n--- | bars | and\n\n| a line block\n| of two",
    ],
)
def test_other_rows_are_none_of_its_business(markdown: str) -> None:
    """Bars in code and formulas part no cells, empty cells are no loss, and code is no table."""
    check_tables(markdown, str)


GRID = "+---+---+\n| a | b |\n+===+===+\n{}\n+---+---+"


@pytest.mark.parametrize("row", ["| 1 | 2 | 3 |", "| 1 | 2222 |", "| p(x|y) | 2 |"])
def test_a_line_that_sticks_out_of_a_grid_is_told(row: str) -> None:
    """Pandoc would take heading and rows for one."""
    with pytest.raises(
        TypesetError, match=rf"^5: a line of a grid table is longer than its border: {re.escape(row)}"
    ):
        check_tables(f"Text.\n\n{GRID.format(row)}"[1:], str)


@pytest.mark.parametrize("row", ["| 1 | 2 |\n+---+---+\n| e\u0301 | 3 |", "| 1     |", "|1\\||2  |"])
def test_a_grid_in_order_is_none_of_its_business(row: str) -> None:
    """Cells may span columns, and accents take no room."""
    check_tables(f"{GRID.format(row)}\n\n| a line block that is longer\n+ a list", str)


@pytest.mark.parametrize("options", ["", "#| output: asis\n"])
def test_a_table_that_a_chunk_prints_is_told_at_the_chunk(
    text_of: Callable[..., str], build: Any, options: str
) -> None:
    """As `tabulate` prints it, on display or to standard output."""
    table = f"{HEAD}| p(x|y) | 0.5 |\n"
    output = build.printed(table) if options else build.shown(text_markdown=table)
    with pytest.raises(TypesetError, match=r"^report/q1\.qmd:7: a row of a table .*p\(x\|y\)"):
        text_of(build.prose("Text."), build.chunk(f"{options}x", output, line=6))
