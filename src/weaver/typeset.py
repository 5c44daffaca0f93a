"""The built-in typesetter: executed notebook → Markdown → Pandoc's tree → Typst → PDF.

Nothing but the wheels of Pandoc and Typst is needed, no system font is used, and the same notebook, resources
and time stamp give the same bytes. The PDF conforms to PDF/UA-1.
"""

import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import Any

import typst

from weaver import crossref, dates, dialect, floats, frontmatter, layout, manuscript, pandoc, whole
from weaver.citations import check, with_references
from weaver.crossref import Scheme, Target
from weaver.errors import TypesetError
from weaver.manuscript import Manuscript, marked
from weaver.pandoc import Document, Nodes
from weaver.pictures import Pictures

TEMPLATE = files("weaver") / "article.typ"
WRITE = ("--to=typst", "--syntax-highlighting=idiomatic")
CITEPROC = ("bibliography", "csl", "nocite", "lang", "link-citations")  # metadata that citeproc reads
AT_LINE = re.compile(r"at line (?P<line>\d+)")
IN_SOURCE = re.compile(r"\.typ:(?P<line>\d+):\d+")
GLYPH = re.compile(r'the text `"(?P<text>.+)"` could not be displayed')
FORMULA = re.compile(r"Could not convert TeX math (?P<tex>.*), rendering as TeX:(?P<reason>.*)", re.S)


@dataclass(frozen=True)
class Numbered:
    """A notebook as a numbered tree of blocks that no writer has touched yet."""

    manuscript: Manuscript
    document: Document
    titles: Mapping[str, Nodes]
    targets: Mapping[str, Target]
    style: Scheme


def pdf(
    notebook: Mapping[str, Any],
    output: Path,
    *,
    resources: Path,
    timestamp: datetime | None,
    only: str | None = None,
) -> None:
    """Typeset an executed notebook as a PDF, which appears whole or not at all.

    Args:
        notebook: in nbformat's layout, version 4; its cells say in their metadata where they stand.
        output: the PDF; its folder is made where there is none.
        resources: the folder that the cells' file names, images and the bibliography are relative to.
        timestamp: the document's time, in its time zone; None for a PDF that tells none.
        only: a chapter to print alone, with the numbers that it has in the whole.

    Raises:
        TypesetError: something cannot be typeset; the message names file and line. An older PDF stays.
    """
    with tempfile.TemporaryDirectory(prefix="weaver-") as name:
        folder = Path(name)
        numbered = _numbered(notebook, folder)
        source = _typst(numbered, Pictures(folder, resources), timestamp, only)
        content = _compile(source, folder, timestamp, numbered.manuscript)
    whole.write(output, content)


def numbers(notebook: Mapping[str, Any]) -> dict[str, Target]:
    """Return what has a label in a notebook, with its number as printed.

    Raises:
        TypesetError: the notebook cannot be read, or a label stands twice.
    """
    with tempfile.TemporaryDirectory(prefix="weaver-") as folder:
        return dict(_numbered(notebook, Path(folder)).targets)


def _numbered(notebook: Mapping[str, Any], folder: Path) -> Numbered:
    text = manuscript.compose(notebook, folder)
    document, warnings = pandoc.read(text.text)
    _check_reading(document, warnings, text)
    titles = frontmatter.title_blocks(document.meta)
    titles = {key: floats.gather(dialect.settle(blocks, text)) for key, blocks in titles.items()}
    body = floats.gather(dialect.settle(document.blocks, text))
    style = crossref.scheme(text.metadata)
    targets = crossref.number([*chain(*titles.values()), *body], text, style)
    return Numbered(text, Document(document.meta, body, document.version), titles, targets, style)


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


def _typst(numbered: Numbered, pictures: Pictures, timestamp: datetime | None, only: str | None) -> str:
    """Return the Typst source of the whole, or of one chapter."""
    text, meta = numbered.manuscript, numbered.document.meta
    blocks, citations = _resolved(numbered, timestamp is not None, only)
    cites = bool(citations or "nocite" in meta)
    blocks = with_references(blocks, text.metadata) if cites else blocks
    blocks = layout.lay_out(blocks, text, pictures, numbered.style)
    kept = {key: meta[key] for key in CITEPROC if key in meta}
    tree = Document(kept, blocks, numbered.document.version)
    options = [*WRITE, "--citeproc"] if cites else WRITE
    source, warnings = pandoc.write(tree, *options, folder=pictures.resources)
    check(warnings, citations, text, pictures.resources)
    _check_formulas(warnings, text)
    return TEMPLATE.read_text(encoding="utf-8") + source


def _resolved(numbered: Numbered, dated: bool, only: str | None) -> tuple[Nodes, dict[str, int]]:
    """Return what is to be printed, references resolved, and the cells of the citations in it."""
    text, body = numbered.manuscript, numbered.document.blocks
    chosen = body if only is None else _chapter(body, text, only)
    head = frontmatter.opening(text.metadata, numbered.titles, dated=dated, part=only is not None)
    return crossref.resolve(
        [*head, *chosen],
        numbered.targets,
        manuscript=text,
        style=numbered.style,
        printed=layout.identifiers(chosen),
        elsewhere=layout.identifiers(body) if only else (),
    )


def _chapter(blocks: Nodes, text: Manuscript, name: str) -> Nodes:
    """Return the blocks of one chapter's cells."""
    chapters = dict.fromkeys(cell.chapter for cell in text.cells)
    if name not in chapters:
        raise TypesetError(f"expected one of the chapters {', '.join(chapters)}, found '{name}'")
    kept, current = [], ""
    for block in blocks:
        cells = marked(block)
        current = text.cells[cells[0]].chapter if cells else current
        if current == name:
            kept.append(block)
        current = text.cells[cells[-1]].chapter if cells else current
    return kept


def _check_formulas(warnings: Sequence[str], text: Manuscript) -> None:
    """Raise the first of Pandoc's warnings; what it could not set would be printed as it stands."""
    for warning in warnings:
        if match := FORMULA.match(warning):
            pieces = match["tex"].split()
            place = text.place(0, r"\s+".join(map(re.escape, pieces)))
            reason = next((line for line in match["reason"].splitlines() if "unexpected" in line), "")
            raise TypesetError(f"{place}: the formula cannot be set: {' '.join(pieces)}: {reason.strip()}")
        raise TypesetError(f"{text.cells[0].file}: Pandoc: {warning}")


def _compile(source: str, folder: Path, timestamp: datetime | None, text: Manuscript) -> bytes:
    compiler = typst.Compiler(root=folder, ignore_system_fonts=True)
    try:
        content = compiler.compile(
            source.encode(), pdf_standards=["ua-1"], timestamp=timestamp or dates.START
        )
    except typst.TypstError as error:
        raise TypesetError(_explanation(error, source, text)) from None
    if not isinstance(content, bytes):
        raise TypesetError("Typst gave no PDF")
    return content


def _explanation(error: typst.TypstError, source: str, text: Manuscript) -> str:
    """Say what Typst says, with the place in the sources that its line was made from."""
    line, shown = IN_SOURCE.search(error.diagnostic), GLYPH.search(error.message)
    cell = layout.cell_of(source, int(line["line"]) if line else 0)
    place = text.place(cell, re.escape(shown["text"]) if shown else "")
    hints = "".join(f"; {hint}" for hint in error.hints)
    return f"{place}: Typst: {error.message}{hints}"
