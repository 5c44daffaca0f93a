"""What both outputs of the built-in typesetter share: executed notebook → Markdown → Pandoc's tree, numbered.

`typesetting.pdf` makes a PDF of it and `typesetting.html` a page for the browser, with the same numbers,
words and targets. Nothing but the wheels of Pandoc and Typst is needed, and the same notebook, resources and
time stamp give the same bytes.
"""

import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

from weaver.chunk_options import Target as Format
from weaver.errors import TypesetError
from weaver.storage.hashing import Digests
from weaver.typesetting import formulas
from weaver.typesetting.formulas import Formulas
from weaver.typesetting.markdown import cells, frontmatter, markdown_source
from weaver.typesetting.markdown.markdown_source import Manuscript, Position, marked
from weaver.typesetting.pandoc import Nodes, PandocDocument
from weaver.typesetting.pandoc_cache import NONE, Answers
from weaver.typesetting.tree import (
    bibliography,
    chapterwise,
    citations,
    crossref,
    references,
    typst_citations,
)
from weaver.typesetting.tree.crossref import Scheme, Target
from weaver.typesetting.tree.images import ImageFolders

TWICE = re.compile(r"Duplicate identifier '(?P<label>.+)' at")
UNCLOSED = re.compile(r"Div at (_chunk )?line \d+ .*unclosed")
QUOTED = "_chunk"  # what Pandoc calls a quotation or an item, whose lines it counts anew
FENCE = r"(?m)^[ \t]*(?:>|[*+-][ \t]|[ \t]{2}).*?:{3,}[ \t]*\S"
AT_LINE = re.compile(r"at line (?P<line>\d+)")


@dataclass(frozen=True)
class Typeset:
    """What an output was made from, and a line for each kind of what was noticed.

    `files` are those that were looked for beside the notebook, with their digests from before they were read.
    """

    files: Digests
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Numbered:
    """A notebook as a numbered tree of blocks that no writer has touched yet.

    `written` has how formulas with macros stand in the sources.
    """

    manuscript: Manuscript
    document: PandocDocument
    titles: Mapping[str, Nodes]
    targets: Mapping[str, Target]
    style: Scheme
    written: Mapping[str, str]


def read_numbered(
    notebook: Mapping[str, Any], folder: Path, target: Format, answers: Answers = NONE, *, draft: bool = False
) -> Numbered:
    """Read an executed notebook for one format; the images of its outputs are written to `folder`.

    `answers` are what Pandoc has said of its chapters before. In a `draft` a placeholder stands for what only
    Quarto sets.

    Raises:
        TypesetError: the notebook cannot be read, or a label stands twice; the message names file and line.
    """
    text = markdown_source.compose(notebook, folder, target, answers, draft=draft)
    settled = chapterwise.read_settled(text)
    document = settled or _checked(text)
    titles = frontmatter.title_blocks(document.meta)
    titles = {key: chapterwise.settle(blocks, text) for key, blocks in titles.items()}
    body = document.blocks if settled else chapterwise.settle(document.blocks, text)
    written = formulas.expand(Position(text), body, *titles.values())
    # the PDF's: a number means one thing in both
    style = crossref.scheme(cells.metadata(text.cells), text.cells[0], text.noticed)
    targets = crossref.number([*chain(*titles.values()), *body], text, style)
    return Numbered(text, replace(document, blocks=body), titles, targets, style, written)


def numbered(notebook: Mapping[str, Any], target: Format = "typst") -> Numbered:
    """Read and number a notebook that is typeset elsewhere.

    Raises:
        TypesetError: the notebook cannot be read, or a label stands twice.
    """
    with tempfile.TemporaryDirectory(prefix="weaver-") as folder:
        return read_numbered(notebook, Path(folder), target, draft=True)


def resolve(numbered: Numbered, head: Nodes, only: str | None, folders: ImageFolders) -> Nodes:
    """Return the whole, or one chapter, behind the blocks `head` that open it, with references and citations.

    Raises:
        TypesetError: there is no such chapter, a reference leads nowhere, or a citation cannot be set; the
            message names file and line.
    """
    text, body = numbered.manuscript, numbered.document.blocks
    chosen = body if only is None else _chapter(body, text, only)
    blocks, cited = references.resolve(
        [*head, *chosen],
        numbered.targets,
        manuscript=text,
        style=numbered.style,
        printed=crossref.identifiers(chosen),
        elsewhere=crossref.identifiers(body) if only else (),
    )
    folders.use(bibliography.files(text.cells, text.metadata, folders.resources))
    entries = bibliography.entries(text.cells, text.metadata, folders.resources)
    document = replace(numbered.document, blocks=blocks)
    if not (cited or "nocite" in document.meta):
        return blocks
    known = [entry.key for entry in entries]
    if typst_citations.are_wanted(text):
        return typst_citations.cited(document, cited, known, text, folders)
    return citations.cited(document, cited, known, text, folders.resources)


def read_formulas(numbered: Numbered, blocks: Nodes) -> Formulas:
    """Read the formulas of a resolved tree, its chapters side by side."""
    text, version = numbered.manuscript, numbered.document.version
    chapters = [found for _, found in chapterwise.by_chapter(text, blocks)]
    known = chapterwise.side_by_side(
        lambda found: formulas.read_formulas(found, version, text.answers), chapters
    )
    return Formulas({tex: one for found in known for tex, one in found.items()}, numbered.written)


def in_letters(numbered: Numbered, inlines: Nodes) -> str:
    """Return text without its markup, and with the letters of its formulas."""
    known = formulas.read_formulas(inlines, numbered.document.version, numbered.manuscript.answers)
    return Formulas(known, numbered.written).in_letters(inlines)


def formula_table(numbered: Numbered) -> formulas.Table:
    """Return how the formulas of a document are set, by their TeX in the sources."""
    blocks = [*chain(*numbered.titles.values()), *numbered.document.blocks]
    paper = numbered.manuscript.target != "html"
    return formulas.table(blocks, numbered.document.version, numbered.written, paper=paper)


def write_numbered(numbered: Numbered, parts: Sequence[Nodes], *options: str) -> str:
    """Write the parts of a laid-out tree, one after the other, in the format that `options` name.

    Raises:
        TypesetError: Pandoc warns of something.
    """
    text = numbered.manuscript
    source, warnings = chapterwise.write_by_chapter(
        numbered.document.version, parts, *options, answers=text.answers
    )
    for warning in warnings:
        raise TypesetError(f"{text.cells[0].file}: Pandoc: {warning}")
    return source


def _checked(text: Manuscript) -> PandocDocument:
    document, warnings = chapterwise.read_by_chapter(text)
    _check_reading(document, warnings, text)
    return document


def _check_reading(document: PandocDocument, warnings: Sequence[str], text: Manuscript) -> None:
    """Raise the first of Pandoc's warnings, and the loss of a cell in something that is never closed."""
    for warning in warnings:
        if twice := TWICE.match(warning):
            crossref.tell_twice(text, twice["label"], 0, 0)
            continue
        line = AT_LINE.search(warning)
        place = text.place_of_line(int(line["line"])) if line else text.cells[0].file
        place = text.place(0, FENCE) if QUOTED in warning else place
        never = "':::' opens here and is never closed: write ':::' behind what belongs to it"
        raise TypesetError(never if UNCLOSED.match(warning) else warning, place=place)
    if lost := set(range(len(text.cells))) - set(marked(document.blocks)):
        place = text.place(max(0, min(lost) - 1))
        raise TypesetError(
            "something opens here and is never closed: the rest of the report is in it", place=place
        )


def _chapter(blocks: Nodes, text: Manuscript, name: str) -> Nodes:
    """Return the blocks of one chapter's cells."""
    chapters = dict.fromkeys(cell.chapter for cell in text.cells)
    if name not in chapters:
        raise TypesetError(f"expected one of the chapters {', '.join(chapters)}, found '{name}'")
    found = chapterwise.by_chapter(text, blocks)
    return [block for chapter, inner in found if chapter == name for block in inner]
