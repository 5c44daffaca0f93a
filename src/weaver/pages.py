"""The PDF: the numbered tree → Typst, in the look of `article.typ` → PDF/UA-1. No system font is used."""

import re
import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import typst

from weaver import dates, frontmatter, layout, typeset, whole
from weaver.errors import TypesetError
from weaver.frontmatter import FrontMatter, Person
from weaver.manuscript import Manuscript
from weaver.pandoc import Node, Nodes, raw
from weaver.pictures import Folders, Pictures, quoted
from weaver.typeset import Numbered

TEMPLATE = files("weaver") / "article.typ"
SOURCE = "report.typ"
WRITE = ("--to=typst", "--syntax-highlighting=idiomatic")
IN_SOURCE = re.compile(r"\.typ:(?P<line>\d+):\d+")
GLYPH = re.compile(r'the text `"(?P<text>.+)"` could not be displayed')


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
        numbered = typeset.read(notebook, folder, "typst")
        source = _typst(numbered, Pictures(Folders(folder, resources)), timestamp, only)
        content = _compile(source, folder, timestamp, numbered.manuscript)
    whole.write(output, content)


def _typst(numbered: Numbered, pictures: Pictures, timestamp: datetime | None, only: str | None) -> str:
    """Return the Typst source of the whole, or of one chapter."""
    text = numbered.manuscript
    front = frontmatter.read(text.metadata, numbered.titles)
    opening = list(_opening(front, dated=timestamp is not None, part=only is not None))
    blocks = typeset.resolve(numbered, opening, only, pictures.folders.resources)
    source = typeset.write(numbered, layout.lay_out(blocks, text, pictures, numbered.style), *WRITE)
    return TEMPLATE.read_text(encoding="utf-8") + source


def _opening(front: FrontMatter, *, dated: bool, part: bool) -> Iterator[Node]:
    """Give out the blocks that open the document, whose file is `dated` or not; a `part` has no contents."""
    names = "".join(f"{quoted(person.name)}, " for person in front.people)
    language, _, region = front.language.partition("-")
    settings = f"title: {quoted(front.name)}, authors: ({names}), language: {quoted(language)}"
    settings += f", region: {quoted(region)}" if region else ""
    settings += ", date: auto" if dated else ""
    yield raw(f"#show: article.with({settings})")
    yield from _title_block(front)
    if front.abstract and not part:
        yield from (raw(f"#abstract({quoted(front.abstract_title)})["), *front.abstract, raw("]"))
    if front.contents and not part:
        yield raw(f"#contents({quoted(front.contents)}, {front.depth})")


def _title_block(front: FrontMatter) -> Nodes:
    authors = "".join(f"({_person(person)}), " for person in front.people)
    opening = raw(f"#title-block(authors: ({authors}), date: {quoted(front.day)}, [")
    return [opening, *front.subtitle, raw("], ["), *front.title, raw("])")]


def _person(person: Person) -> str:
    lines = "".join(f"{quoted(line)}, " for line in person.affiliations)
    return f"name: {quoted(person.name)}, email: {quoted(person.email)}, affiliations: ({lines})"


def _compile(source: str, folder: Path, timestamp: datetime | None, text: Manuscript) -> bytes:
    # Typst remembers what it set from files of the same names, so the next PDF of a process takes a fifth.
    file = folder / SOURCE
    file.write_text(source, encoding="utf-8")
    compiler = typst.Compiler(file, root=folder, ignore_system_fonts=True)
    try:
        content = compiler.compile(pdf_standards=["ua-1"], timestamp=timestamp or dates.START)
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
    if shown:
        return f"{place}: no font that Typst brings has '{shown['text']}': write it in other letters"
    hints = "".join(f"; {hint}" for hint in error.hints)
    return f"{place}: Typst: {error.message}{hints}"
