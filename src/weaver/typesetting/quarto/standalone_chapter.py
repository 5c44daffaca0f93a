"""One chapter for Quarto, which sees nothing of the others: it goes on counting, references become words.

They are the number that the other thing has in the whole report, which the built-in typesetter counts as
Quarto does, and the word that Quarto would print before it.
"""

import logging
import re
from collections.abc import Callable, Mapping
from itertools import takewhile
from typing import Any

from weaver.chunk_options import OPTION, Target
from weaver.errors import TypesetError
from weaver.typesetting.markdown import cells
from weaver.typesetting.markdown.labels import LABEL, THEOREMS
from weaver.typesetting.tree import chapterwise, crossref, numbered_document
from weaver.typesetting.tree.numbered_document import Numbered

REFERENCE = re.compile(
    rf"(?P<code>```.*?```|`[^`\n]+`)|\[(?P<group>[^\[\]]*@[^\[\]]*)\](?!\()|(?<![\w@\\])@(?P<label>{LABEL})",
    re.S | re.I,
)
PART = re.compile(rf"(?P<before>[^@]*?)\s*(?P<bare>-)?@(?P<label>{LABEL})(?P<after>[^@]*)", re.I)
LOG = logging.getLogger("weaver")

Words = Callable[[str], tuple[str, str] | None]
"""From the label of a thing elsewhere to the word for its kind and its number; None for another label."""


def chapter(notebook: Mapping[str, Any], name: str, target: Target = "typst") -> dict[str, Any]:
    """Leave the front matter and one chapter's cells, whose references to other chapters are words.

    The notebook's own metadata tell from which numbers on its sections, figures, … count in the format, and
    which links lead to other chapters.
    """
    front, *rest = notebook["cells"]
    kept = [cell for cell in rest if cell["metadata"]["weaver"]["chapter"] == name]
    try:
        numbered = numbered_document.numbered(notebook, target)
        crossref.scheme(numbered.manuscript.metadata, numbered.manuscript.cells[0])  # what only Quarto counts
    except TypesetError as error:
        LOG.warning("the numbers of other chapters are not known: %s", error)
        return {**notebook, "cells": [front, *kept]}
    if any(target.kind in THEOREMS for target in numbered.targets.values()):
        LOG.warning("Quarto counts the theorems of a chapter alone from 1")
    words = _elsewhere(numbered, name)
    return {
        **notebook,
        "metadata": {**notebook["metadata"], "weaver": _place(numbered, name, target)},
        "cells": [front, *(_worded(cell, words) for cell in kept)],
    }


def in_words(text: str, words: Words) -> str:
    """Return Markdown in which the references that `words` knows are words."""

    def replaced(match: re.Match[str]) -> str:
        if match["group"]:
            return _group(match["group"], words) or match[0]
        found = words(match["label"]) if match["label"] else None
        return "\N{NO-BREAK SPACE}".join(found) if found else match[0]

    return REFERENCE.sub(replaced, text)


def _place(numbered: Numbered, name: str, target: Target) -> dict[str, Any]:
    """Return how far is counted where a chapter begins, what is elsewhere, and how formulas are set."""
    found = [*chapterwise.by_chapter(numbered.manuscript, numbered.document.blocks)]
    above = takewhile(lambda part: part[0] != name, found)
    sections, counts = crossref.counted([block for _, blocks in above for block in blocks])
    others = (crossref.identifiers(blocks) for chapter, blocks in found if chapter != name)
    own = [block for chapter, blocks in found for block in blocks if chapter == name]
    levels = [block["c"][0] for block in own if block["t"] == "Header"]
    place = {
        "sections": " ".join(map(str, sections)),  # of a list Quarto drops what stands in it twice
        "counts": dict(counts),
        "level": min(levels, default=1),
        "elsewhere": sorted(set().union(*others)),
    }
    return place if target == "pdf" else {**place, "formulas": numbered_document.formula_table(numbered)}


def _elsewhere(numbered: Numbered, name: str) -> Words:
    read, style = numbered.manuscript.cells, numbered.style

    def words(written: str) -> tuple[str, str] | None:
        target = numbered.targets.get(crossref.label_of(written))
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
