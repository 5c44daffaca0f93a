"""The PDF: the numbered tree → Typst, in the look of `article.typ` → PDF, by PDF/UA-1 where it can be."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any

from weaver.paths import PARENT
from weaver.storage import atomic_write
from weaver.typesetting import dates, formulas, languages, pandoc
from weaver.typesetting.markdown import frontmatter
from weaver.typesetting.markdown.frontmatter import FrontMatter, Person
from weaver.typesetting.markdown.markdown_source import Manuscript
from weaver.typesetting.notices import refuse_notices
from weaver.typesetting.pandoc import Node, Nodes, raw, raw_inline
from weaver.typesetting.pandoc_cache import NONE, Answers
from weaver.typesetting.pdf import attachments, page_layout, typst_compiler, typst_markup
from weaver.typesetting.pdf.typst_compiler import GLYPH
from weaver.typesetting.tree import numbered_document, typst_citations
from weaver.typesetting.tree.images import ImageFolders, Pictures, quoted
from weaver.typesetting.tree.numbered_document import Numbered, Typeset

PARTS = ("pdf/tables.typ", "formulas/formulas.typ", "pdf/article.typ")
TEMPLATES = tuple(files("weaver.typesetting") / name for name in PARTS)
WRITE = (
    "--to=typst-smart",
    "--syntax-highlighting=idiomatic",
)  # apostrophes as they are, not as Typst guesses
IN_SOURCE = re.compile(r"\.typ:(?P<line>\d+):(?P<column>\d+)")
HINT = re.compile(r"= hint: (.*)")
TOO_WIDE = re.compile(r"too wide: (?P<tex>.*)", re.S)


def pdf(
    notebook: Mapping[str, Any],
    output: Path,
    *,
    resources: Path,
    timestamp: datetime | None,
    only: str | None = None,
    answers: Answers = NONE,
    draft: bool = False,
    strict: bool = False,
    attached: Mapping[str, bytes] = MappingProxyType({}),
) -> Typeset:
    """Typeset an executed notebook as a PDF, which appears whole or not at all.

    Args:
        notebook: in nbformat's layout, version 4; its cells say in their metadata where they stand.
        output: the PDF; its folder is made where there is none.
        resources: the folder that the cells' file names, images and the bibliography are relative to.
        timestamp: the document's time, in its time zone; None for a PDF that tells none.
        only: a chapter to print alone, with the numbers that it has in the whole.
        answers: what Pandoc has said before.
        draft: whether a placeholder stands where only Quarto could set what the document has.
        strict: whether anything that is noticed is an error.
        attached: files in JSON that the PDF carries, by name.

    Raises:
        TypesetError: something cannot be typeset; the message names file and line. An older PDF stays.
    """
    press = typst_compiler.press()
    press.clear()
    numbered = numbered_document.read_numbered(notebook, press.folder, "typst", answers, draft=draft)
    folders = ImageFolders(press.folder, resources)
    source = _typst(numbered, Pictures(folders), timestamp, only, attached)
    for file, record in attached.items():
        (press.folder / file).write_bytes(record)
    text = numbered.manuscript
    explain = partial(_explanation, source=source, numbered=numbered, folders=folders)
    content = press.set(source, timestamp or dates.START, text, explain)
    notices = text.noticed.lines()
    refuse_notices(notices if strict else ())
    atomic_write.write_whole(output, content)
    return Typeset(folders.used, notices)


def template() -> str:
    """Return the look of the PDF, which stands before its text."""
    return "".join(file.read_text(encoding="utf-8") for file in TEMPLATES)


def _typst(
    numbered: Numbered,
    pictures: Pictures,
    timestamp: datetime | None,
    only: str | None,
    attached: Iterable[str],
) -> str:
    """Return the Typst source of the whole, or of one chapter."""
    text = numbered.manuscript
    front = frontmatter.read_front_matter(text, numbered.titles)
    look = page_layout.settings(text)
    name = numbered_document.in_letters(numbered, front.title) or PARENT.stem
    opening = list(_opening(front, name, look, dated=timestamp is not None, part=only is not None))
    blocks = numbered_document.resolve(numbered, opening, only, pictures.folders)
    parts = typst_markup.lay_out(
        blocks, text, pictures, numbered.style, numbered_document.read_formulas(numbered, blocks)
    )
    carried = "".join(attachments.attaching(name) for name in attached)
    return template() + numbered_document.write_numbered(numbered, parts, *WRITE) + carried


def _opening(
    front: FrontMatter, name: str, look: Mapping[str, str], *, dated: bool, part: bool
) -> Iterator[Node]:
    """Yield the blocks that open the document, whose file is `dated` or not; a `part` has no contents."""
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


def _explanation(
    message: str, diagnostic: str, source: str, numbered: Numbered, folders: ImageFolders
) -> tuple[str, str]:
    """Return the place in the sources that a line of Typst's error was made from, and what it says."""
    if of_citations := typst_citations.explained(message, diagnostic, numbered.manuscript):
        return of_citations
    spot, shown = IN_SOURCE.search(diagnostic), GLYPH.match(diagnostic)
    cell, formula = typst_markup.origin(source, int(spot["line"]), int(spot["column"])) if spot else (0, "")
    reason = f"Typst: {message}" + "".join(f"; {hint}" for hint in HINT.findall(diagnostic))
    if wide := TOO_WIDE.search(message):
        formula = wide["tex"]
        reason = "it is far wider than the line: break it, '\\begin{aligned} … \\\\ … \\end{aligned}'"
    if formula:
        written = numbered.written.get(formula, formula)
        place = numbered.manuscript.place(cell, formulas.pattern(written))
        return place, formulas.formula_refusal(written, reason)
    return _place(numbered.manuscript, cell, shown["text"] if shown else "", folders), reason


def _place(text: Manuscript, cell: int, letters: str, folders: ImageFolders) -> str:
    """Return where letters stand: in the sources, in a picture, or the words of a language."""
    if not any(letters in each.source or letters in each.shown for each in text.cells):
        drawn = [name for name, content in folders.used.items() if content and name.endswith(".svg")]
        for name in drawn:
            if letters in (folders.resources / name).read_text(encoding="utf-8", errors="replace"):
                return text.place(cell, re.escape(Path(name).name))
        if any(letters in word for word in text.words.values()):
            return text.cells[0].place_of("lang", text.target)
    return text.place(cell, re.escape(letters))
