"""Tables of the report as Markdown, through tabulate."""

from collections.abc import Sequence

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
