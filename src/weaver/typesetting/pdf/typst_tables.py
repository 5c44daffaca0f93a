"""Tables as calls of `article.typ`'s `fitted`, which finds the widths of their columns."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from weaver.typesetting import pandoc
from weaver.typesetting.pandoc import Node, Nodes, raw_inline
from weaver.typesetting.tree import html_styles
from weaver.typesetting.tree.images import quoted

ALIGNMENTS = {"AlignLeft": "left", "AlignRight": "right", "AlignCenter": "center", "AlignDefault": "auto"}
Cell = list[Any]
Row = list[Any]


def lay_out(table: Node, set_nodes: Callable[[Nodes], Nodes]) -> Nodes:
    """Return the blocks that show a table; `set_nodes` lays out what is in its cells."""
    _, _, columns, head, bodies, foot = table["c"]
    rows = [row for body in bodies for row in (*body[2], *body[3])] + foot[1]
    writer = _TableWriter(set_nodes)
    writer.write(f"#fitted({_least_widths([*head[1], *rows], columns)}, columns => table(columns: columns, ")
    writer.write(f"align: ({''.join(ALIGNMENTS[column[0]['t']] + ', ' for column in columns)}), ")
    if any(cell[4] for row in head[1] for cell in row[1]):
        writer.write("table.header(")
        writer.rows(head[1])
        writer.write("table.hline()), ")
    writer.rows(rows)
    writer.write("));")
    return writer.finished()


class _TableWriter:
    """Collects Typst, inlines and blocks; text and inlines that follow each other share one block."""

    def __init__(self, set_nodes: Callable[[Nodes], Nodes]) -> None:
        self.set_nodes = set_nodes
        self.blocks: Nodes = []
        self.line: Nodes = []

    def write(self, text: str) -> None:
        self.line.append(raw_inline(text))

    def rows(self, rows: Sequence[Row]) -> None:
        for _, cells in rows:
            for cell in cells:
                self.cell(cell)

    def cell(self, cell: Cell) -> None:
        (_, _, pairs), alignment, rowspan, colspan, content = cell
        ground = html_styles.declared(dict(pairs).get("style", "")).get("background-color", "")
        self.write(_cell_opening(ALIGNMENTS[alignment["t"]], rowspan, colspan, ground))
        if len(content) == 1 and content[0]["t"] == "Plain":
            self.line += self.set_nodes(content[0]["c"])
        elif content:
            self.blocks = [*self.finished(), *self.set_nodes(content)]
            self.line = []
        self.write("], ")

    def finished(self) -> Nodes:
        """Return all that was collected."""
        return [*self.blocks, pandoc.node("Plain", self.line)]


def _cell_opening(alignment: str, rowspan: int, colspan: int, ground: str) -> str:
    fill = f"rgb({quoted(ground)})" if ground else "auto"
    given = {"align": alignment, "rowspan": str(rowspan), "colspan": str(colspan), "fill": fill}
    named = [f"{key}: {value}" for key, value in given.items() if value not in {"auto", "1"}]
    return f"table.cell({', '.join(named)})[" if named else "["


def _least_widths(rows: Sequence[Row], columns: Sequence[Any]) -> str:
    """Return what is known of the columns' widths: shares of the line, or their longest words and cells."""
    shares = [column[1]["c"] for column in columns if column[1]["t"] == "ColWidth"]
    if shares:
        return f"shares: ({''.join(f'{share * 100:g}%, ' for share in shares)})"
    texts: list[list[tuple[str, bool]]] = [[] for _ in columns]
    for row in rows:
        for index, blocks in _in_columns(row, len(columns)):
            mono = any(node["t"] == "Code" for node in pandoc.walk(blocks))
            texts[index].append((pandoc.plain(blocks), mono))
    words = "".join(f"{_longest_word(column)}, " for column in texts)
    lengths = "".join(f"{max((len(text) for text, _ in column), default=0)}, " for column in texts)
    return f"words: ({words}), lengths: ({lengths})"


def _in_columns(row: Row, count: int) -> Iterator[tuple[int, Nodes]]:
    """Yield the cells that stand in one column, with its index."""
    column = 0
    for _, _, _, span, blocks in row[1]:
        if span == 1 and column < count:
            yield column, blocks
        column += span


def _longest_word(texts: Sequence[tuple[str, bool]]) -> str:
    """Return the Typst content of a column's longest word, which the column may not be narrower than."""
    words = ((word, mono) for text, mono in texts for word in text.split())
    word, mono = max(words, key=lambda each: len(each[0]), default=("", False))
    return f"{'raw' if mono else 'text'}({quoted(word)})"
