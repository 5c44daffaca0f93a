"""Outputs in HTML as Pandoc's tree: tables above all, with the styles that pandas gives them."""

import re
from collections.abc import Iterator

from weaver.typesetting import pandoc
from weaver.typesetting.markdown.markdown_source import Position
from weaver.typesetting.markdown.outputs import HTML
from weaver.typesetting.pandoc import Node, Nodes
from weaver.typesetting.tree import html_styles

NUMBER = re.compile(r"^[-+−]?(\d[\d,]*\.?\d*|\.\d+)([eE][-+]?\d+)?\s*%?$|^(nan|NaN|inf|-inf)$")
INK = "#1a1a1a"  # on a ground that is coloured, whether the page is light or dark


def read_html(node: Node, position: Position) -> Nodes | None:
    """Replace an output in HTML by what Pandoc reads in it."""
    if position.follow(node) or node["c"][0] != HTML:
        return None
    html = node["c"][1]
    if "gradient(" in html:
        position.notice("", "", "colours that run, as in bars behind numbers, are not printed")
    document, _ = pandoc.read_markdown(html_styles.worked_out(html), source=("--from=html",))
    for each in pandoc.walk(document.blocks):
        if each["t"] == "Table":
            _align_numbers(each)
            _keep_grounds(each)
    return document.blocks


def _keep_grounds(table: Node) -> None:
    """Leave of the attributes of cells their colours alone: names are made by pandas, and differ."""
    _, _, _, head, bodies, foot = table["c"]
    rows = [*head[1], *(row for body in bodies for row in (*body[2], *body[3])), *foot[1]]
    for cell in (cell for _, cells in rows for cell in cells):
        ground = html_styles.declared(dict(cell[0][2]).get("style", "")).get("background-color")
        pairs = [("style", f"background-color: {ground}; color: {INK}")] if ground else []
        cell[0] = pandoc.attributes("", [], pairs)


def _align_numbers(table: Node) -> None:
    """Align columns of numbers to the right, as pandas does, where the HTML says nothing."""
    _, _, columns, _, bodies, _ = table["c"]
    rows = [[pandoc.plain(cell[4]) for cell in row[1]] for body in bodies for row in body[3]]
    for column, texts in zip(columns, _columns(rows), strict=False):
        if column[0]["t"] == "AlignDefault" and all(NUMBER.match(text) for text in texts if text):
            column[0] = {"t": "AlignRight"}


def _columns(rows: list[list[str]]) -> Iterator[tuple[str, ...]]:
    return zip(*rows, strict=False)
