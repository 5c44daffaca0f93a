"""Divisions of a document that the build fills, `::: {.claims}`; plain Quarto prints what stands in them."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from weaver.qmd import COMMENT
from weaver.typesetting.markdown.cells import lines_of, text_of

CLAIMS, PROVENANCE = "claims", "provenance"  # the classes of those that are filled with lists

Filled = Mapping[str, Any]
"""A cell as nbformat has it."""


def filled(cell: Filled, name: str, content: Callable[[], str]) -> Iterator[Filled]:
    """Yield a cell in parts, with Markdown in place of each division of the class `name`."""
    source = text_of(cell["source"])
    found = _division(name).finditer(source) if cell["cell_type"] == "markdown" else ()
    match = next((each for each in found if each["division"]), None)
    if match is None:
        yield cell
        return
    text = f"::: {name}\n{content()}\n:::"
    parts = (source[: match.start()], 0), (text, match.start()), (source[match.end() :], match.end())
    before, middle, behind = (_part(cell, part, at) for part, at in parts)
    yield from (before, middle)
    yield from filled(behind, name, content)


@cache
def _division(name: str) -> re.Pattern[str]:
    """Return what matches a division of a class, with all in it; not one in code or in a comment."""
    return re.compile(
        rf"""{COMMENT.pattern}
        |(?P<division>^(?P<colons>:{{3,}})[ \t]*(?:{name}|\{{(?=[^}}\n]*\.{name}(?![\w-]))[^}}\n]*\}})
        [ \t]*\n.*?^(?P=colons):*[ \t]*$)""",
        re.M | re.S | re.X,
    )


def _part(cell: Filled, text: str, start: int) -> Filled:
    """Return a Markdown cell with a text of its own, which stands where `start` is in the whole."""
    lines = text_of(cell["source"]).count("\n", 0, start)
    place = cell["metadata"]["weaver"]
    metadata = {**cell["metadata"], "weaver": {**place, "line": place["line"] + lines}}
    name = f"{cell['id']}-{start}" if start else cell["id"]
    return {**cell, "id": name, "metadata": metadata, "source": lines_of(text)}
