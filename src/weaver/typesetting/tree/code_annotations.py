"""Annotated code: the marks at its lines, and the list that explains them: as Quarto sets both on paper.

The marks are left out, and each entry of the list names the lines that had its mark:
https://quarto.org/docs/authoring/code-annotation.html.
"""

import re
from collections.abc import Mapping
from itertools import groupby

from weaver.typesetting import pandoc
from weaver.typesetting.markdown.markdown_source import MARKER
from weaver.typesetting.pandoc import Node, Nodes

MARK = re.compile(r"[ \t]*(?:#|//|--|%|;|/\*|<!--)[ \t]*<(?P<number>\d+)>[ \t]*(?:\*/|-->)?[ \t]*$", re.M)


def carry_out(blocks: Nodes, words: Mapping[str, str]) -> Nodes:
    """Return the blocks with every list below annotated code as one of lines, at once behind the code."""
    result: Nodes = []
    rest = list(blocks)
    while rest:
        block = rest.pop(0)
        for content in _rows(block):
            content[:] = carry_out(content, words)
        result.append(block)
        code = next((node for node in pandoc.walk(block) if node["t"] == "CodeBlock"), None)
        if code and MARK.search(code["c"][1]):
            result += _explained(code, rest, words)
    return result


def _rows(block: Node) -> list[Nodes]:
    """Return the rows of blocks that stand in a block."""
    if block["t"] == "Div":
        return [block["c"][1]]
    if block["t"] in {"BulletList", "OrderedList"}:
        return list(block["c"] if block["t"] == "BulletList" else block["c"][1])
    if block["t"] == "DefinitionList":
        return [row for _, meanings in block["c"] for row in meanings]
    return [block["c"]] if block["t"] == "BlockQuote" else []


def _explained(code: Node, rest: Nodes, words: Mapping[str, str]) -> Nodes:
    """Take the list out of what follows the code; without one, or with other marks, the code stays."""
    lines = _lines(code["c"][1])
    index = _place_of_list(code, rest)
    if index is None:
        return []
    (start, *_), items = rest[index]["c"]
    numbers = range(start, start + len(items))
    if not set(numbers) <= lines.keys():
        return []
    del rest[index]
    code["c"][1] = MARK.sub("", code["c"][1])
    entries = [[_named(lines[number], words), [item]] for number, item in zip(numbers, items, strict=True)]
    return [pandoc.node("DefinitionList", entries)]


def _place_of_list(code: Node, rest: Nodes) -> int | None:
    """Return where a list follows: at once, or behind what a chunk has printed."""
    is_output = "cell-code" in code["c"][0][1]
    for index, block in enumerate(rest):
        if block["t"] == "OrderedList":
            return index
        is_marker = block["t"] == "RawBlock" and block["c"][0] == MARKER
        is_output = is_output and not is_marker
        if not (is_marker or is_output):
            return None
    return None


def _lines(code: str) -> dict[int, list[int]]:
    """Return for each mark the lines that have it, from 1."""
    found: dict[int, list[int]] = {}
    for count, line in enumerate(code.split("\n"), 1):
        if match := MARK.search(line):
            found.setdefault(int(match["number"]), []).append(count)
    return found


def _named(lines: list[int], words: Mapping[str, str]) -> Nodes:
    """Return the words for some lines: Line 2, Lines 1-3,7."""
    runs = [[line for _, line in run] for _, run in groupby(enumerate(lines), lambda each: each[1] - each[0])]
    text = ",".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
    return pandoc.inlines_of_text(f"{words['code-line' if len(lines) == 1 else 'code-lines']} {text}")
