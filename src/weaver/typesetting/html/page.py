"""The page for the browser: the numbered tree → HTML in one file that works offline.

The look is in `page.html`, `page.css` and `page.js`; figures, styles and scripts are all inside of the file.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from html import escape
from itertools import chain
from pathlib import Path
from typing import Any

from weaver.paths import PARENT
from weaver.storage import atomic_write
from weaver.typesetting import pandoc
from weaver.typesetting.html import html_markup
from weaver.typesetting.html.html_markup import html, html_inline
from weaver.typesetting.html.inline_images import Embedded
from weaver.typesetting.markdown import frontmatter
from weaver.typesetting.markdown.frontmatter import FrontMatter, Person
from weaver.typesetting.notices import refuse_notices
from weaver.typesetting.pandoc import Node, Nodes, PandocDocument
from weaver.typesetting.pandoc_cache import NONE, Answers
from weaver.typesetting.tree import chapterwise, numbered_document
from weaver.typesetting.tree.images import ImageFolders
from weaver.typesetting.tree.numbered_document import Numbered, Typeset

TEMPLATE = Path(__file__).with_name("page.html")
CONTENTS = Path(__file__).with_name("contents.html")
LISTED, TEXT = "<weaver-contents/>", "<weaver-text/>"  # the places of the contents and the text
WRITE = ("--to=html5", "--mathml", "--syntax-highlighting=pygments")


def write_page(
    notebook: Mapping[str, Any],
    output: Path,
    *,
    resources: Path,
    only: str | None = None,
    answers: Answers = NONE,
    draft: bool = False,
    strict: bool = False,
) -> Typeset:
    """Make one HTML file of an executed notebook, which appears whole or not at all.

    Args:
        notebook: in nbformat's layout, version 4; its cells say in their metadata where they stand.
        output: the file; its folder is made where there is none.
        resources: the folder that the cells' file names, images and the bibliography are relative to.
        only: a chapter to show alone, with the numbers that it has in the whole.
        answers: what Pandoc has said before.
        draft: whether a placeholder stands where only Quarto could set what the document has.
        strict: whether anything that is noticed is an error.

    Raises:
        TypesetError: something cannot be shown; the message names file and line. An older page stays.
    """
    with tempfile.TemporaryDirectory(prefix="weaver-") as name:
        numbered = numbered_document.read_numbered(notebook, Path(name), "html", answers, draft=draft)
        pictures = Embedded(ImageFolders(Path(name), resources))
        content = pictures.filled(_html(numbered, pictures, only))
    notices = numbered.manuscript.noticed.lines()
    refuse_notices(notices if strict else ())
    atomic_write.write_whole(output, content)
    return Typeset(pictures.folders.used, notices)


def _html(numbered: Numbered, pictures: Embedded, only: str | None) -> str:
    """Return the page of the whole, or of one chapter, before its images are in it."""
    text, version = numbered.manuscript, numbered.document.version
    front = frontmatter.read_front_matter(text, numbered.titles)
    name = numbered_document.in_letters(numbered, front.title) or PARENT.stem
    opening = list(_opening(front, part=only is not None))
    blocks = numbered_document.resolve(numbered, opening, only, pictures.folders)
    formulas = numbered_document.read_formulas(numbered, blocks)
    parts = html_markup.lay_out(blocks, text, pictures, numbered.style, formulas)
    nodes = pandoc.walk(parts)
    headings = [node for node in nodes if node["t"] == "Header"]
    if any(node["t"] == "Note" for node in nodes):
        parts = [list(chain(*parts))]  # notes count through and stand together at the end
    with ThreadPoolExecutor(1) as thread:  # what Pandoc does in other processes at the same time
        around = thread.submit(_around, front, name, headings, version, text.answers)
        body = numbered_document.write_numbered(numbered, parts, *WRITE)
    before, after = around.result()
    return f"{before}{_without_break(body)}{after}"


def _around(
    front: FrontMatter, name: str, headings: Nodes, version: Sequence[int], answers: Answers
) -> tuple[str, str]:
    """Return what stands before and behind the text of the page, the contents with it."""
    described = {"pagetitle": name, "lang": front.language, "contents": front.contents}
    contents = _contents(headings, version, front.depth, answers) if front.contents else ""
    frame = _frame(tuple(described.items()), tuple(version), bool(contents), answers)
    before, after = frame.split(TEXT)
    return before.replace(LISTED, _without_break(contents)), after


def _contents(headings: Nodes, version: Sequence[int], depth: int, answers: Answers) -> str:
    """Return the list of contents; the first level is the title's, sections begin at the second."""
    options = (f"--template={CONTENTS}", "--toc", f"--toc-depth={depth + 1}")
    return chapterwise.write_by_chapter(version, [headings], *WRITE, *options, answers=answers)[0]


@lru_cache(maxsize=8)
def _frame(
    described: tuple[tuple[str, str], ...], version: tuple[int, ...], listed: bool, answers: Answers
) -> str:
    """Return a page without its text, and perhaps without its contents, which Pandoc need not see again."""
    question = ("frame", described, version, listed)
    return str(answers.ask(question, lambda: _empty_page(described, version, listed)))


def _empty_page(described: tuple[tuple[str, str], ...], version: tuple[int, ...], listed: bool) -> str:
    filling = {key: pandoc.node("MetaString", value) for key, value in described if value}
    if listed:
        filling["toc"] = pandoc.node("MetaBlocks", [html(LISTED)])
    return pandoc.write_tree(
        PandocDocument(filling, [html(TEXT)], list(version)), *WRITE, f"--template={TEMPLATE}"
    )[0]


def _without_break(written: str) -> str:
    """Leave out the last line break, as Pandoc does in a template."""
    return written.removesuffix("\n")


def _opening(front: FrontMatter, *, part: bool) -> Iterator[Node]:
    """Yield the blocks that open the page; a `part` has no abstract."""
    yield html('<header class="title-block">')
    star = [html_inline("<sup>*</sup>")] if front.thanks else []
    yield from (html_markup.line("h1", [*block["c"], *star]) for block in front.title if block["c"])
    yield from (html_markup.line('p class="subtitle"', block["c"]) for block in front.subtitle)
    yield from (html_markup.line('p class="description"', block["c"]) for block in front.description)
    yield html("".join(map(_person, front.people)))
    if front.day:
        yield html(f'<p class="day">{escape(front.day)}</p>')
    yield html("".join(_fact(*fact) for fact in front.facts))
    yield from (html_markup.line('p class="thanks"', [*star, *block["c"]]) for block in front.thanks)
    yield html("</header>")
    if front.abstract and not part:
        heading = f'<p class="abstract-title">{escape(front.abstract_title)}</p>'
        yield from (html(f'<div class="abstract">{heading}'), *front.abstract, html("</div>"))


def _person(person: Person) -> str:
    lines = [f"<b>{escape(person.name)}</b>", *map(escape, person.affiliations)]
    lines += [_link(f"mailto:{person.email}", person.email)] if person.email else []
    lines += [_link(f"https://orcid.org/{person.orcid}", f"ORCID {person.orcid}")] if person.orcid else []
    return f'<p class="author">{"".join(f"<span>{line}</span>" for line in lines)}</p>'


def _fact(word: str, value: str, address: str) -> str:
    shown = _link(address, value) if address else escape(value)
    return f'<p class="fact"><span>{escape(word)}</span> {shown}</p>'


def _link(address: str, text: str) -> str:
    return f'<a href="{escape(address)}">{escape(text)}</a>'
