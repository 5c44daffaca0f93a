"""One chapter for Quarto, which sees nothing of the others: a reference to them becomes words.

They are the number that the other thing has in the whole report, which the built-in typesetter counts as
Quarto does, and the word that Quarto would print before it.
"""

import logging
import re
from collections.abc import Callable, Mapping
from typing import Any

from weaver import cells, crossref, typeset
from weaver.crossref import LABEL
from weaver.errors import TypesetError
from weaver.options import OPTION

REFERENCE = re.compile(
    rf"(?P<code>```.*?```|`[^`\n]+`)|\[(?P<group>[^\[\]]*@[^\[\]]*)\](?!\()|(?<![\w@\\])@(?P<label>{LABEL})",
    re.S | re.I,
)
PART = re.compile(rf"(?P<before>[^@]*?)\s*(?P<bare>-)?@(?P<label>{LABEL})(?P<after>[^@]*)", re.I)
LOG = logging.getLogger("weaver")

Words = Callable[[str], tuple[str, str] | None]
"""From the label of a thing elsewhere to the word for its kind and its number; None for another label."""


def chapter(notebook: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Leave the front matter and one chapter's cells, whose references to other chapters are words."""
    front, *rest = notebook["cells"]
    kept = [cell for cell in rest if cell["metadata"]["weaver"]["chapter"] == name]
    words = _elsewhere(notebook, name)
    return {**notebook, "cells": [front, *(_worded(cell, words) for cell in kept)]}


def in_words(text: str, words: Words) -> str:
    """Return Markdown in which the references that `words` knows are words."""

    def replaced(match: re.Match[str]) -> str:
        if match["group"]:
            return _group(match["group"], words) or match[0]
        found = words(match["label"]) if match["label"] else None
        return "\N{NO-BREAK SPACE}".join(found) if found else match[0]

    return REFERENCE.sub(replaced, text)


def _elsewhere(notebook: Mapping[str, Any], name: str) -> Words:
    read = cells.read(notebook, lenient=True)
    try:
        targets = typeset.numbers(notebook)
        style = crossref.scheme(cells.metadata(read), read[0])
    except TypesetError as error:
        LOG.warning("references to other chapters stay without a number: %s", error)
        return lambda _label: None

    def words(written: str) -> tuple[str, str] | None:
        target = targets.get(crossref.label_of(written))
        if target is None or read[target.cell].chapter == name:
            return None
        return style.prefix(target, written), target.number

    return words


def _worded(cell: Mapping[str, Any], words: Words) -> dict[str, Any]:
    source = cells.text_of(cell["source"])
    if cell["cell_type"] == "markdown":
        source = in_words(source, words)
    elif cell["cell_type"] == "code":
        source = OPTION.sub(lambda match: in_words(match[0], words), source)
    return {**cell, "source": cells.lines_of(source)}


def _group(group: str, words: Words) -> str:
    """Write what stands in one pair of brackets, nothing where none of it is elsewhere or a part cites."""
    parts = [PART.fullmatch(part.strip()) for part in group.split(";")]
    found = [match and words(match["label"]) for match in parts]
    if not any(found) or not all(parts):
        return ""
    return ", ".join(_part(match, known) for match, known in zip(parts, found, strict=True) if match)


def _part(match: re.Match[str], known: tuple[str, str] | None) -> str:
    if not known:
        return f"[{match[0]}]"
    word = "" if match["bare"] else match["before"] or known[0]
    return f"{word}\N{NO-BREAK SPACE}{known[1]}".strip("\N{NO-BREAK SPACE}") + match["after"]
