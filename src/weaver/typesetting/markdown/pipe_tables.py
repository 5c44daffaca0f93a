"""Tables drawn by hand: a row of a pipe table with too many cells is reported, since Pandoc drops the rest.

So is a line of a grid table that is longer than its border: Pandoc takes it for something else.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile

from weaver.errors import TypesetError
from weaver.qmd import FENCE
from weaver.typesetting import pandoc

DASHES = re.compile(r"^(?=.*\|)(?!\+)\|?\s*:?-+:?\s*(?:[|+]\s*:?-+:?\s*)*\|?$")
AROUND = re.compile(r"^[\s>]*|\s+$")  # of a table in a quotation or a list
BOUND = re.compile(r"(?<!\\)\|")
COMMENT = re.compile(r"<!--.*?-->", re.S)
GRID = re.compile(r"^\+(?:[-=:]+\+)+$")
END = re.compile(r"^\||(?<!\\)\|$")


def check_tables(markdown: str, place: Callable[[int], str]) -> None:
    """Raise an error for the first row that would lose a cell; `place` names a line of the text, from 0.

    Raises:
        TypesetError: a row has more cells than its table has columns.
    """
    lines = list(_tables_apart(markdown))
    _check_grids(lines, place)
    for dashes in range(1, len(lines)):
        if DASHES.match(lines[dashes]) and "|" in lines[dashes - 1]:
            columns = len(re.findall(r"-+", lines[dashes]))
            for row, count in _suspects(lines, dashes, columns):
                if count > columns:
                    raise TypesetError(
                        f"a row of a table has {count} cells, the dashes under its heading are"
                        f" {columns}: the last would be lost: a '|' in a cell is written '\\|': {lines[row]}",
                        place=place(row),
                    )


def _check_grids(lines: Sequence[str], place: Callable[[int], str]) -> None:
    """Raise an error for a line that sticks out of a grid table."""
    border = 0
    for index, line in enumerate(lines):
        border = (border or (_width(line) if GRID.match(line) else 0)) if line[:1] in {"+", "|"} else 0
        if border and _width(line) > border:
            raise TypesetError(
                f"a line of a grid table is longer than its border: {line}", place=place(index)
            )


def _width(line: str) -> int:
    """Return how many columns a line takes at least."""
    return sum(unicodedata.category(letter) not in {"Mn", "Me", "Cf"} for letter in line)


def _suspects(lines: Sequence[str], dashes: int, columns: int) -> Iterator[tuple[int, int]]:
    """Yield the rows of a table that may have too many cells, each with how many it has."""
    after = range(dashes + 1, len(lines))
    rows = [dashes - 1, *takewhile(lambda index: "|" in lines[index], after)]
    suspects = [row for row in rows if len(BOUND.findall(END.sub("", lines[row]))) >= columns]
    return zip(suspects, _counts([lines[row] for row in suspects]), strict=False)


def _tables_apart(markdown: str) -> Iterator[str]:
    """Yield the lines without what is around tables; code and comments become empty lines."""
    opened = ""
    for line in COMMENT.sub(lambda match: "\n" * match[0].count("\n"), markdown).split("\n"):
        fence = FENCE.match(line)
        is_code = bool(opened or fence)
        if fence and not opened:
            opened = fence["fence"]
        elif fence and fence["fence"].startswith(opened) and not fence["info"]:
            opened = ""
        yield "" if is_code else AROUND.sub("", line)


def _counts(rows: Sequence[str]) -> list[int]:
    """Return how many cells each row has to its last that is not empty, as Pandoc reads them."""
    if not rows:
        return []
    most = max(row.count("|") for row in rows) + 1
    document, _ = pandoc.read_markdown("\n".join(["|" + " |" * most, "|" + "---|" * most, *rows]))
    tables = [block["c"] for block in document.blocks if block["t"] == "Table"]
    found = [row[1] for _, _, _, _, bodies, _ in tables for body in bodies for row in body[3]]
    return [max((number for number, cell in enumerate(cells, 1) if cell[4]), default=0) for cells in found]
