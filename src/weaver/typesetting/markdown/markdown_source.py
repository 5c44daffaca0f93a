"""The whole notebook as one Markdown text for Pandoc, with markers that say which cell is where."""

import json
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any, NoReturn

from weaver.chunk_options import Target
from weaver.errors import QuartoOnlyError, TypesetError
from weaver.qmd import DIAGRAMS, FENCE
from weaver.typesetting import languages
from weaver.typesetting.markdown import cells as notebooks
from weaver.typesetting.markdown import code_cells, metadata_keys, pipe_tables, shortcodes
from weaver.typesetting.markdown.cells import Cell
from weaver.typesetting.notices import Noticed
from weaver.typesetting.pandoc import Node, Nodes, blocks
from weaver.typesetting.pandoc_cache import NONE, Answers

DIAGRAM = "weaver-diagram"  # the class of code that only Quarto draws
CHUNK = "weaver-chunk"  # the class of code that is shown as the chunk that it would be
SHOWN = re.compile(r"^\{\{[\w-]+\}\}$")  # doubled braces are Quarto's way to show a chunk
MARKER = "weaver-cell"  # the raw format of the markers
TOO_LATE = "stands below code, where it is a remark: options stand at the top of their chunk"
MARKER_LINES = 4  # with the empty one after it
HIDDEN = re.compile(rf"\{{={MARKER}\}}\n(\d+)\n")
# The metadata that Pandoc itself acts on, or that is written in Markdown.
PANDOC_METADATA = (
    *("title", "subtitle", "abstract", "thanks", "description"),
    *("bibliography", "csl", "references", "nocite", "link-citations", "suppress-bibliography"),
)


@dataclass(frozen=True)
class Manuscript:
    """The notebook's cells and the text made from them for the format `target`.

    Cell i starts on line `starts[i]` of the text. `answers` are what was made of such texts before. In a
    `draft` a placeholder stands where only Quarto could set what the document has. `noticed` holds what is
    reported of it.
    """

    text: str
    cells: tuple[Cell, ...]
    starts: tuple[int, ...]
    metadata: Mapping[str, Any]
    target: Target = "typst"
    answers: Answers = NONE
    draft: bool = False
    noticed: Noticed = field(default_factory=Noticed, compare=False)

    @property
    def words(self) -> Mapping[str, str]:
        """The words that the report prints by itself, in its language."""
        return languages.words_of_language(self.metadata)

    def place(self, index: int, pattern: str = "", *, last: bool = False) -> str:
        """Return `file:line` of a regular expression's match in cell `index`, or else in any cell.

        Where no source has a match, it is the cell whose outputs have one.
        """
        candidates = (self.cells[index], *self.cells) if pattern else ()
        holding = [cell for cell in candidates if re.search(pattern, cell.source)]
        holding = holding or [cell for cell in candidates if re.search(pattern, cell.shown)]
        return (holding or [self.cells[index]])[0].place(pattern, last=last)

    def marker_line(self, index: int) -> int:
        """Return the line of the text on which the marker of a cell begins."""
        return self.starts[index] - MARKER_LINES

    def place_of_line(self, line: int) -> str:
        """Return `file:line` of a line of the text."""
        index = max(0, bisect_right(self.starts, line) - 1)
        cell = self.cells[index]
        offset = line - self.starts[index] if cell.kind == "markdown" else 0
        return f"{cell.file}:{cell.line + offset}"


class Position:
    """Where a walk over the document tree has come to; markers tell it the cell."""

    def __init__(self, manuscript: Manuscript) -> None:
        self.manuscript = manuscript
        self.cell = 0

    @property
    def source(self) -> str:
        """The source of the cell at hand."""
        return self.manuscript.cells[self.cell].source

    @property
    def file(self) -> str:
        """The file of the cell at hand."""
        return self.manuscript.cells[self.cell].file

    @property
    def is_in_chunk(self) -> bool:
        """Whether the cell at hand is a chunk."""
        return self.manuscript.cells[self.cell].kind == "code"

    def wrote(self, pattern: str) -> bool:
        """Whether a regular expression matches the cell at hand, or what it shows, as it is written."""
        cell = self.manuscript.cells[self.cell]
        return any(re.search(pattern, text) for text in (cell.source, cell.shown))

    def follow(self, node: Node) -> bool:
        """Whether a raw block is a marker, which then becomes the position."""
        form, text = node["c"]
        if form == MARKER:
            self.cell = int(text)
        return bool(form == MARKER)

    def place(self, pattern: str = "", *, last: bool = False) -> str:
        """Return `file:line` of a regular expression's match, in the cell at hand if it has one."""
        return self.manuscript.place(self.cell, pattern, last=last)

    def fail(self, pattern: str, message: str) -> NoReturn:
        """Raise an error that names the place of `pattern`.

        Raises:
            TypesetError: always.
        """
        raise TypesetError(message, place=self.place(pattern))

    def notice(self, pattern: str, subject: str, text: str) -> None:
        """Tell of something at the place of `pattern`; `text` is the same for all of its kind."""
        self.manuscript.noticed.tell(self.place(pattern), subject, text)

    def leave_to_quarto(self, pattern: str, what: str) -> str:
        """Return the words of a placeholder for what only Quarto sets.

        Raises:
            QuartoOnlyError: this is not a draft.
        """
        place = self.place(pattern)
        if not self.manuscript.draft:
            raise QuartoOnlyError(what, place=place)
        return f"{place}: {what}; Quarto sets it"


def compose(
    notebook: Mapping[str, Any],
    folder: Path,
    target: Target = "typst",
    answers: Answers = NONE,
    *,
    draft: bool = False,
) -> Manuscript:
    """Join the cells of a notebook; the images in their outputs are written to `folder`.

    Raises:
        TypesetError: a cell cannot be read or printed; the message names file and line.
    """
    cells = notebooks.read_cells(notebook, target, lenient=draft)
    metadata, noticed = notebooks.metadata(cells, target), Noticed()
    if not draft:
        metadata_keys.check_keys(metadata, cells[0], target, noticed)
        languages.check_language(metadata, cells[0].place_of("lang", target), noticed)
    for cell in cells:
        for key in cell.unknown:
            noticed.tell(cell.place(re.escape(key)), f"the chunk option '{key}'", metadata_keys.UNKNOWN)
        if late := cell.too_late:
            noticed.tell(cell.place(rf"(?m)^{re.escape(late)}"), f"'{late.strip()}'", TOO_LATE)
        for key in cell.placed:
            noticed.tell(cell.place(re.escape(key)), f"the chunk option '{key}'", metadata_keys.NO_EFFECT)
    parts = [_front_matter(metadata)]
    for index, cell in enumerate(cells):
        marker = f"```{{={MARKER}}}\n{index}\n```"
        parts += [marker, "\n\n".join(_markdown(cell, index, folder, metadata))]
    text = "\n\n".join(parts) + "\n"
    return Manuscript(text, cells, _starts(parts), metadata, target, answers, draft, noticed)


def marked(value: Node | Nodes) -> list[int]:
    """Return the cells whose markers are in a part of the tree, also those that a comment hides.

    A marker begins a line, so it is in no note, which would end before it.
    """
    texts = [node["c"] for node in blocks(value) if node["t"] == "RawBlock"]
    found: dict[str, Callable[[str], list[str]]] = {MARKER: lambda text: [text], "html": HIDDEN.findall}
    return [int(cell) for form, text in texts if form in found for cell in found[form](text)]


def _starts(parts: Sequence[str]) -> tuple[int, ...]:
    """Return the line, from 1, on which the content of each cell starts."""
    ends = list(accumulate(part.count("\n") + 2 for part in parts))
    return tuple(end + 1 for end in ends[1::2])


def _front_matter(metadata: Mapping[str, Any]) -> str:
    kept = {key: metadata[key] for key in PANDOC_METADATA if key in metadata}
    kept |= {"lang": languages.tag_of(metadata)}
    return f"---\n{json.dumps({'link-citations': True, **kept}, default=str, ensure_ascii=False)}\n---"


def _with_attributes(source: str) -> str:
    """Give code whose language stands in braces alone attributes that Pandoc reads: else it is a span to it.

    Such are diagrams, and in doubled braces chunks that are only shown.
    """
    lines, opened = source.split("\n"), ""
    for index, line in enumerate(lines):
        fence = FENCE.match(line)
        if fence and not opened:
            opened, name = fence["fence"], fence["info"].strip("{}")
            is_diagram = name in DIAGRAMS and fence["info"].startswith("{")
            if is_diagram or SHOWN.match(fence["info"]):
                kind = DIAGRAM if is_diagram else CHUNK
                lines[index] = f'{fence["indent"]}{opened} {{.{kind} language="{name}"}}'
        elif fence and fence["fence"].startswith(opened) and not fence["info"]:
            opened = ""
    return "\n".join(lines)


def _markdown(cell: Cell, index: int, folder: Path, metadata: Mapping[str, Any]) -> Iterator[str]:
    if cell.kind == "markdown":
        pipe_tables.check_tables(cell.source, cell.place_of_line)
        yield _with_attributes(shortcodes.fill_in(cell, metadata))
    elif cell.kind == "code":
        yield from code_cells.markdown(cell, f"cell-{index}", folder)
    elif cell.kind == "raw" and index > 0:
        raise TypesetError("a raw cell is only understood as front matter, at the top", place=cell.place())
