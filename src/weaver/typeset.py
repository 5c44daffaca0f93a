"""What both outputs of the built-in typesetter share: executed notebook → Markdown → Pandoc's tree, numbered.

`weaver.pages` makes a PDF of it and `weaver.webpage` a page for the browser, with the same numbers, words and
targets. Nothing but the wheels of Pandoc and Typst is needed, and the same notebook, resources and time stamp
give the same bytes.
"""

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from weaver import cells, crossref, dialect, floats, frontmatter, manuscript, pandoc
from weaver.cells import Target as Format
from weaver.citations import check, with_references
from weaver.crossref import Scheme, Target
from weaver.errors import TypesetError
from weaver.manuscript import Manuscript, marked
from weaver.pandoc import Document, Node, Nodes

CITEPROC = ("bibliography", "csl", "nocite", "lang", "link-citations")  # metadata that citeproc reads
AT_LINE = re.compile(r"at line (?P<line>\d+)")
FORMULA = re.compile(r"Could not convert TeX math (?P<tex>.*), rendering as TeX:(?P<reason>.*)", re.S)


@dataclass(frozen=True)
class Numbered:
    """A notebook as a numbered tree of blocks that no writer has touched yet."""

    manuscript: Manuscript
    document: Document
    titles: Mapping[str, Nodes]
    targets: Mapping[str, Target]
    style: Scheme


@dataclass(frozen=True)
class Resolved:
    """What is to be printed, references resolved.

    `citations` has each key with the cell that cites it; `nocite` cites without.
    """

    blocks: Nodes
    citations: Mapping[str, int]
    cites: bool


def read(notebook: Mapping[str, Any], folder: Path, target: Format) -> Numbered:
    """Read an executed notebook for one format; the images of its outputs are written to `folder`.

    Raises:
        TypesetError: the notebook cannot be read, or a label stands twice; the message names file and line.
    """
    text = manuscript.compose(notebook, folder, target)
    document, warnings = pandoc.read(text.text)
    _check_reading(document, warnings, text)
    titles = frontmatter.title_blocks(document.meta)
    titles = {key: floats.gather(dialect.settle(blocks, text)) for key, blocks in titles.items()}
    body = floats.gather(dialect.settle(document.blocks, text))
    style = crossref.scheme(
        cells.metadata(text.cells), text.cells[0]
    )  # the PDF's: a number means one thing in both
    targets = crossref.number([*chain(*titles.values()), *body], text, style)
    return Numbered(text, Document(document.meta, body, document.version), titles, targets, style)


def numbers(notebook: Mapping[str, Any]) -> dict[str, Target]:
    """Return what has a label in a notebook, with its number as printed.

    Raises:
        TypesetError: the notebook cannot be read, or a label stands twice.
    """
    with tempfile.TemporaryDirectory(prefix="weaver-") as folder:
        return dict(read(notebook, Path(folder), "typst").targets)


def resolve(numbered: Numbered, head: Nodes, only: str | None) -> Resolved:
    """Return the whole, or one chapter, behind the blocks `head` that open it.

    Raises:
        TypesetError: there is no such chapter, or a reference leads nowhere; the message names file and line.
    """
    text, body = numbered.manuscript, numbered.document.blocks
    chosen = body if only is None else _chapter(body, text, only)
    blocks, citations = crossref.resolve(
        [*head, *chosen],
        numbered.targets,
        manuscript=text,
        style=numbered.style,
        printed=crossref.identifiers(chosen),
        elsewhere=crossref.identifiers(body) if only else (),
    )
    cites = bool(citations or "nocite" in numbered.document.meta)
    return Resolved(with_references(blocks, text.metadata) if cites else blocks, citations, cites)


def write(
    numbered: Numbered,
    resolved: Resolved,
    *options: str,
    folder: Path,
    metadata: Mapping[str, Node] | None = None,
) -> str:
    """Write a resolved tree in the format that `options` name; the bibliography is relative to `folder`.

    `metadata` is added to what citeproc reads.

    Raises:
        TypesetError: a citation or a formula cannot be set; the message names file and line.
    """
    meta = numbered.document.meta
    kept = {key: meta[key] for key in CITEPROC if key in meta}
    tree = Document({**kept, **(metadata or {})}, resolved.blocks, numbered.document.version)
    options = (*options, "--citeproc") if resolved.cites else options
    source, warnings = pandoc.write(tree, *options, folder=folder)
    check(warnings, resolved.citations, numbered.manuscript, folder)
    _check_formulas(warnings, numbered.manuscript)
    return source


def by_chapter(blocks: Nodes, text: Manuscript) -> Iterator[tuple[str, Node]]:
    """Give out blocks with the names of the chapters that they stand in, none before the first cell."""
    current = ""
    for block in blocks:
        found = marked(block)
        current = text.cells[found[0]].chapter if found else current
        yield current, block
        current = text.cells[found[-1]].chapter if found else current


def _check_reading(document: Document, warnings: Sequence[str], text: Manuscript) -> None:
    """Raise the first of Pandoc's warnings, and the loss of a cell in something that is never closed."""
    for warning in warnings:
        line = AT_LINE.search(warning)
        place = text.place_of_line(int(line["line"])) if line else text.cells[0].file
        raise TypesetError(f"{place}: {warning}")
    if lost := set(range(len(text.cells))) - set(marked(document.blocks)):
        place = text.place(max(0, min(lost) - 1))
        raise TypesetError(
            f"{place}: something opens here and is never closed: the rest of the report is in it"
        )


def _chapter(blocks: Nodes, text: Manuscript, name: str) -> Nodes:
    """Return the blocks of one chapter's cells."""
    chapters = dict.fromkeys(cell.chapter for cell in text.cells)
    if name not in chapters:
        raise TypesetError(f"expected one of the chapters {', '.join(chapters)}, found '{name}'")
    return [block for chapter, block in by_chapter(blocks, text) if chapter == name]


def _check_formulas(warnings: Sequence[str], text: Manuscript) -> None:
    """Raise the first of Pandoc's warnings; what it could not set would be printed as it stands."""
    for warning in warnings:
        if match := FORMULA.match(warning):
            pieces = match["tex"].split()
            place = text.place(0, r"\s+".join(map(re.escape, pieces)))
            reason = next((line for line in match["reason"].splitlines() if "unexpected" in line), "")
            raise TypesetError(f"{place}: the formula cannot be set: {' '.join(pieces)}: {reason.strip()}")
        raise TypesetError(f"{text.cells[0].file}: Pandoc: {warning}")
