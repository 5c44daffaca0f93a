"""The PDF: the numbered tree → Typst, in the look of `article.typ` → PDF/UA-1. No system font is used."""

import re
import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import typst

from weaver import (
    dates,
    formulas,
    frontmatter,
    languages,
    layout,
    pandoc,
    paper,
    typeset,
    typst_citations,
    whole,
)
from weaver.answers import NONE, Answers
from weaver.digests import Digests
from weaver.errors import TypesetError
from weaver.frontmatter import FrontMatter, Person
from weaver.manuscript import Manuscript
from weaver.pandoc import Node, Nodes, raw, raw_inline
from weaver.pictures import Folders, Pictures, quoted
from weaver.typeset import Numbered

TEMPLATES = tuple(files("weaver") / name for name in ("tables.typ", "article.typ"))
SOURCE = "report.typ"
WRITE = (
    "--to=typst-smart",
    "--syntax-highlighting=idiomatic",
)  # apostrophes as they are, not as Typst guesses
IN_SOURCE = re.compile(r"\.typ:(?P<line>\d+):(?P<column>\d+)")
TOO_WIDE = re.compile(r"too wide: (?P<tex>.*)", re.S)
GLYPH = re.compile(r'the text `"(?P<text>.+)"` could not be displayed')


def pdf(
    notebook: Mapping[str, Any],
    output: Path,
    *,
    resources: Path,
    timestamp: datetime | None,
    only: str | None = None,
    answers: Answers = NONE,
    draft: bool = False,
) -> Digests:
    """Typeset an executed notebook as a PDF, which appears whole or not at all.

    Returns the files that were looked for beside the notebook, with their digests from before they were read.

    Args:
        notebook: in nbformat's layout, version 4; its cells say in their metadata where they stand.
        output: the PDF; its folder is made where there is none.
        resources: the folder that the cells' file names, images and the bibliography are relative to.
        timestamp: the document's time, in its time zone; None for a PDF that tells none.
        only: a chapter to print alone, with the numbers that it has in the whole.
        answers: what Pandoc has said before.
        draft: whether a placeholder stands where only Quarto could set what the document has.

    Raises:
        TypesetError: something cannot be typeset; the message names file and line. An older PDF stays.
    """
    press = _press()
    press.clear()
    numbered = typeset.read(notebook, press.folder, "typst", answers, draft=draft)
    folders = Folders(press.folder, resources)
    source = _typst(numbered, Pictures(folders), timestamp, only)
    whole.write(output, _compile(press, source, timestamp, numbered))
    return folders.used


class Press:
    """Typst, with what it remembers of the document that it set last, and a folder for that document.

    The same compiler over the same file knows which parts of it are as they were: after an edit in a preview
    it takes a fourth of the time, and a twentieth of the memory that a new one would leave behind.
    """

    def __init__(self) -> None:
        self._kept = tempfile.TemporaryDirectory(prefix="weaver-")  # removed when the process ends
        self.folder = Path(self._kept.name)
        self._source = self.folder / SOURCE
        self._source.touch()
        self._compilers: dict[bool, typst.Compiler] = {}  # by whether they know the fonts of the system

    def clear(self) -> None:
        """Remove the images of the last document."""
        for file in self.folder.iterdir():
            if file != self._source:
                file.unlink()

    def compile(self, source: str, timestamp: datetime, text: Manuscript) -> bytes | list[bytes] | None:
        """Set a document; only where it names another font than Typst brings are those of the system used.

        Raises:
            typst.TypstError: there is something wrong with it.
        """
        self._source.write_text(source, encoding="utf-8")
        own = _fonts(of_system=False)
        of_system = not paper.are_brought(text, own.families())
        known = _fonts(of_system=of_system)
        paper.tell_fonts(text, own.families(), known.families())
        if of_system not in self._compilers:
            self._compilers[of_system] = typst.Compiler(self._source, root=self.folder, font_paths=known)
        return self._compilers[of_system].compile(pdf_standards=["ua-1"], timestamp=timestamp)


@cache
def _fonts(*, of_system: bool) -> typst.Fonts:
    return typst.Fonts(include_system_fonts=of_system)


@cache
def _press() -> Press:
    return Press()


def template() -> str:
    """Return the look of the PDF, which stands before its text."""
    return "".join(file.read_text(encoding="utf-8") for file in TEMPLATES)


def _typst(numbered: Numbered, pictures: Pictures, timestamp: datetime | None, only: str | None) -> str:
    """Return the Typst source of the whole, or of one chapter."""
    text = numbered.manuscript
    front = frontmatter.read(text, numbered.titles)
    look = paper.settings(text)
    name = typeset.in_letters(numbered, front.title)
    opening = list(_opening(front, name, look, dated=timestamp is not None, part=only is not None))
    blocks = typeset.resolve(numbered, opening, only, pictures.folders)
    parts = layout.lay_out(blocks, text, pictures, numbered.style, typeset.read_formulas(numbered, blocks))
    return template() + typeset.write(numbered, parts, *WRITE)


def _opening(
    front: FrontMatter, name: str, look: Mapping[str, str], *, dated: bool, part: bool
) -> Iterator[Node]:
    """Give out the blocks that open the document, whose file is `dated` or not; a `part` has no contents."""
    names = "".join(f"{quoted(person.name)}, " for person in front.people)
    keywords = "".join(f"{quoted(word)}, " for word in front.keywords)
    language, region = languages.parts(front.language)
    settings = f"title: {quoted(name)}, authors: ({names}), keywords: ({keywords})"
    settings += f", language: {quoted(language)}" + (f", region: {quoted(region)}" if region else "")
    settings += ", date: auto" if dated else ""
    settings += "".join(f", {key}: {value}" for key, value in sorted(look.items()))
    yield raw(f"#show: article.with({settings})")
    yield from _title_block(front)
    if front.abstract and not part:
        yield from (raw(f"#abstract({quoted(front.abstract_title)})["), *front.abstract, raw("]"))
    if front.contents and not part:
        yield raw(f"#contents({quoted(front.contents)}, {front.depth})")


def _title_block(front: FrontMatter) -> Nodes:
    authors = "".join(f"({_person(person)}), " for person in front.people)
    opening = raw(f"#title-block(authors: ({authors}), date: {quoted(front.day)}, [")
    *above, last = front.title
    if front.thanks:
        note = [raw_inline("#thanks["), *pandoc.inlines(front.thanks), raw_inline("];")]
        last = {**last, "c": [*last["c"], *note]}
    return [opening, *front.subtitle, raw("], ["), *above, last, raw("])")]


def _person(person: Person) -> str:
    lines = "".join(f"{quoted(line)}, " for line in person.affiliations)
    return (
        f"name: {quoted(person.name)}, email: {quoted(person.email)}, orcid: {quoted(person.orcid)},"
        f" affiliations: ({lines})"
    )


def _compile(press: Press, source: str, timestamp: datetime | None, numbered: Numbered) -> bytes:
    try:
        content = press.compile(source, timestamp or dates.START, numbered.manuscript)
    except typst.TypstError as error:
        raise TypesetError(_explanation(error, source, numbered)) from None
    if not isinstance(content, bytes):
        raise TypesetError("Typst gave no PDF")
    return content


def _explanation(error: typst.TypstError, source: str, numbered: Numbered) -> str:
    """Say what Typst says, with the place in the sources that its line was made from."""
    if of_citations := typst_citations.explained(error.message, error.diagnostic, numbered.manuscript):
        return of_citations
    spot, shown = IN_SOURCE.search(error.diagnostic), GLYPH.search(error.message)
    cell, formula = layout.origin(source, int(spot["line"]), int(spot["column"])) if spot else (0, "")
    reason = f"Typst: {error.message}" + "".join(f"; {hint}" for hint in error.hints)
    if shown:
        reason = (
            f"no font that Typst brings has '{shown['text']}': write it in other letters, or name a font of"
            " your system that has it, 'mainfont: …'"
        )
    elif wide := TOO_WIDE.search(error.message):
        formula = wide["tex"]
        reason = "it is far wider than the line: break it, '\\begin{aligned} … \\\\ … \\end{aligned}'"
    if formula:
        written = numbered.written.get(formula, formula)
        place = numbered.manuscript.place(cell, formulas.pattern(written))
        return f"{place}: {formulas.refusal(written, reason)}"
    return f"{_place(numbered.manuscript, cell, shown['text'] if shown else '')}: {reason}"


def _place(text: Manuscript, cell: int, letters: str) -> str:
    """Return where letters stand: in the sources, or else in the words of the language that they choose."""
    written = any(letters in each.source or letters in each.shown for each in text.cells)
    if not written and any(letters in word for word in text.words.values()):
        return text.cells[0].place_of("lang", text.target)
    return text.place(cell, re.escape(letters))
