"""Tables of the report as Markdown, through tabulate."""

from collections.abc import Callable, Sequence
from math import isnan

from tabulate import tabulate


def markdown(
    headers: Sequence[str], rows: Sequence[Sequence[str | int | float]], *, align: str | None = None
) -> str:
    """Return a pipe table; `align` has a letter a column: l, r or c (default: first left, others right).

    Cells are printed as they are given: numbers are formatted by the caller, who knows their digits.
    """
    names = {"l": "left", "r": "right", "c": "center"}
    letters = align or "l" + "r" * (len(headers) - 1)
    return tabulate(
        [[str(cell) for cell in row] for row in rows],
        headers=headers,
        tablefmt="pipe",
        colalign=[names[letter] for letter in letters],
        disable_numparse=True,
    )


def emphasised(
    cells: Sequence[str], values: Sequence[float], best: Callable[[Sequence[float]], float]
) -> list[str]:
    """Return the cells of a column, in bold where the value is the best: the `min` or `max` of all.

    NaN is the value of a cell that is not compared.
    """
    compared = [value for value in values if not isnan(value)]
    return [
        f"**{cell}**" if compared and value == best(compared) else cell
        for cell, value in zip(cells, values, strict=True)
    ]
