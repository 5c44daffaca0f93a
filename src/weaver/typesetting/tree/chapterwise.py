"""Pandoc over a document in pieces, one a chapter: side by side, and once for each in a process.

Chapters of Markdown may depend on each other: by the definition of a link, by a heading that is meant by its
words, by something that opens here and closes there. Wherever that may be so the document is read whole.
What is settled in a chapter is remembered too, but no error: which of several is raised, the whole decides.
"""

import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from itertools import accumulate, chain, groupby, pairwise
from typing import Any, TypeVar

from weaver.chunk_options import Target
from weaver.errors import TypesetError
from weaver.metadata import ACTIVE
from weaver.typesetting import pandoc
from weaver.typesetting.markdown import markdown_source, pipe_tables, shortcodes
from weaver.typesetting.markdown.markdown_source import Manuscript
from weaver.typesetting.notices import Noticed
from weaver.typesetting.pandoc import Node, Nodes, PandocDocument
from weaver.typesetting.pandoc_cache import NONE, Answers
from weaver.typesetting.tree import floats, quarto_syntax

REMEMBERED = 64  # pieces, of a few kilobytes each
MARKERS = re.compile(rf"(?m)^```\{{={markdown_source.MARKER}\}}\n(\d+)\n```$")
# Stands by itself unless something is still open; the citation tells how many Pandoc has counted before.
END = f"\n\n```{{={markdown_source.MARKER}}}\n-1\n```\n\n@end\n"
# What one text may define for another: links, notes, abbreviations.
DEFINITION = re.compile(r"(?m)^[\s>*+\-\d.)]*\*?\[[^\]\n]+\]:|\[\^")
BRACKETED = re.compile(r"\[([^\[\]]+)\]")
MARKUP = re.compile(r"[*_`\\]+")
HALF_COMMENT = re.compile(r"<!--|-->")
ENCODER = json.JSONEncoder(check_circular=False)  # a tree is none, and to look takes a third of the time
TAG = re.compile(r"</?(?:div|span|section|details|figure|table)\b", re.I)

Given = TypeVar("Given")
Result = TypeVar("Result")


Settled = tuple[str, list[list[str]]]
"""A tree as JSON, and what was noticed in it."""


@dataclass(frozen=True)
class DocumentPart:
    """A part of a document as read: its tree as JSON, and what binds it to other parts.

    `citations` is the number of its citations and notes, as Pandoc counts. `titles` and `mentions` are the
    words of its headings and what stands in brackets, in one spelling. `settled` has for each format the tree
    as it was settled last, with what was noticed, and what this depended on beside the text.
    """

    tree: str
    citations: int
    identifiers: tuple[str, ...]
    titles: frozenset[str]
    mentions: frozenset[str]
    stands_alone: bool
    settled: dict[Target, tuple[object, Settled]] = field(default_factory=dict, compare=False)


def read_by_chapter(text: Manuscript) -> tuple[PandocDocument, list[str]]:
    """Parse a manuscript as `pandoc.read_markdown` does its text, with the same result.

    Raises:
        TypesetError: Pandoc cannot read the text.
    """
    front, *parts = _parts(text)
    found = _apart(parts, text.answers)
    if found is None:
        return pandoc.read_markdown(text.text)
    document, warnings = _front(front)
    return replace(document, blocks=_joined(found, [piece.tree for piece in found])), warnings


def read_settled(text: Manuscript) -> PandocDocument | None:
    """Parse a manuscript and settle it; None where it must be taken as a whole, or is not in order."""
    front, *parts = _parts(text)
    found = _apart(parts, text.answers)
    if found is None:
        return None
    document, warnings = _front(front)
    if warnings:
        return None
    try:
        trees = [_settled(piece, text, cells) for piece, cells in zip(found, _chapters(text), strict=True)]
    except TypesetError:
        return None
    return replace(document, blocks=_joined(found, trees))


def settle(blocks: Nodes, text: Manuscript) -> Nodes:
    """Resolve Quarto's constructs and gather the floats, which both look at a chapter at a time.

    Raises:
        TypesetError: a construct is not supported; the message names file and line.
    """
    return floats.gather(quarto_syntax.settle(blocks, text))


def _settled(piece: DocumentPart, text: Manuscript, cells: range) -> str:
    sources = [(cell.source, cell.file, cell.line) for cell in text.cells[cells.start : cells.stop]]
    needed = (
        text.draft,
        shortcodes.OPENING in text.text,
        sources,
        dict(text.words),
        text.metadata.get(ACTIVE),
    )
    known, answer = piece.settled.get(text.target, (None, ("", [])))
    if known != needed:
        question = ("settled", text.target, needed, piece.tree)
        answer = text.answers.ask(question, lambda: _settled_anew(piece, text))
        piece.settled[text.target] = (needed, answer)
    tree, noticed = answer
    for notice in noticed:
        text.noticed.tell(*notice)
    return tree


def _settled_anew(piece: DocumentPart, text: Manuscript) -> Settled:
    apart = replace(text, noticed=Noticed())
    tree = json.dumps(settle(json.loads(piece.tree), apart))
    return tree, [[one.place, one.subject, one.text] for one in apart.noticed.found]


def write_by_chapter(
    version: Sequence[int], pieces: Sequence[Nodes], *options: str, answers: Answers = NONE
) -> tuple[str, list[str]]:
    """Write parts of a document one after the other, as `pandoc.write_tree` would each of them."""
    trees = [ENCODER.encode({"version": list(version), "blocks": blocks}) for blocks in pieces]
    written = side_by_side(partial(_written, answers, options), trees)
    return "\n".join(source for source, _ in written), [one for _, warnings in written for one in warnings]


def by_chapter(text: Manuscript, blocks: Nodes) -> Iterator[tuple[str, Nodes]]:
    """Yield blocks by the chapters that they stand in; those before the first cell are of none."""
    for chapter, found in groupby(_placed(text, blocks), key=lambda each: each[0]):
        yield chapter, [block for _, block in found]


def _placed(text: Manuscript, blocks: Nodes) -> Iterator[tuple[str, Node]]:
    current = ""
    for block in blocks:
        found = markdown_source.marked(block)
        current = text.cells[found[0]].chapter if found else current
        yield current, block
        current = text.cells[found[-1]].chapter if found else current


def side_by_side(function: Callable[[Given], Result], values: Sequence[Given]) -> list[Result]:
    """Return what a function makes of each value; the Pandocs that it asks run at the same time."""
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return list(threads.map(function, values))


def _parts(text: Manuscript) -> list[str]:
    """Cut a text before the first cell of each chapter; the front matter comes first."""
    lines = text.text.split("\n")
    cuts = [0, *(text.marker_line(cells.start) - 1 for cells in _chapters(text)), len(lines)]
    return ["\n".join(lines[start:end]) for start, end in pairwise(cuts)]


def _chapters(text: Manuscript) -> Iterator[range]:
    """Yield which cells stand together, chapter after chapter."""
    for _, found in groupby(range(len(text.cells)), key=lambda index: text.cells[index].chapter):
        first, *others = found
        yield range(first, first + 1 + len(others))


def _apart(parts: Sequence[str], answers: Answers) -> list[DocumentPart] | None:
    """Read the parts of a text, None where they may mean something else together."""
    found = side_by_side(partial(_piece, answers), parts)
    return found if all(piece.stands_alone for piece in found) and not _are_bound(found) else None


def _front(text: str) -> tuple[PandocDocument, list[str]]:
    tree, warnings = _front_matter(text)
    return PandocDocument(**json.loads(tree)), list(warnings)


@lru_cache(maxsize=REMEMBERED)
def _front_matter(text: str) -> tuple[str, tuple[str, ...]]:
    document, warnings = pandoc.read_markdown(text)
    return json.dumps(vars(document)), tuple(warnings)


@lru_cache(maxsize=REMEMBERED)
def _piece(answers: Answers, text: str) -> DocumentPart:
    tree, citations, identifiers, titles, mentions, stands_alone = answers.ask(
        ("piece", text), lambda: _looked_at(text)
    )
    words = (tuple(identifiers), frozenset(titles), frozenset(mentions))
    return DocumentPart(tree, citations, *words, stands_alone)


def _looked_at(text: str) -> list[Any]:
    """Read a piece and return the fields of its record as JSON."""
    document, warnings = pandoc.read_markdown(text + END)
    nodes = pandoc.walk(document.blocks)
    headings = [node["c"] for node in nodes if node["t"] == "Header"]
    return [
        json.dumps(document.blocks[:-2]),
        max((one["citationNoteNum"] for one in _citations(document.blocks[-1:])), default=1) - 1,
        [identifier for _, (identifier, *_), _ in headings if identifier],
        [_spelt(pandoc.plain(inlines)) for *_, inlines in headings],
        sorted(set(map(_spelt, BRACKETED.findall(text)))),
        not (
            warnings
            or document.meta
            or DEFINITION.search(text)
            or _is_open(text, document, nodes)
            or any(map(_is_example, nodes))
        ),
    ]


def _is_example(node: Node) -> bool:
    """Whether a node lists numbered examples: they count through, and `(@label)` means one anywhere."""
    return bool(node["t"] == "OrderedList" and node["c"][0][1]["t"] == "Example")


def _is_open(text: str, document: PandocDocument, nodes: Sequence[Node]) -> bool:
    """Whether something in a piece has its beginning or its end elsewhere, as far as one can tell."""
    if HALF_COMMENT.search(pipe_tables.COMMENT.sub("", text)):
        return True
    before, end = document.blocks[:-2], document.blocks[-2:]
    expected = set(map(int, MARKERS.findall(text)))
    if markdown_source.marked(end[:1]) != [-1] or set(markdown_source.marked(before)) != expected:
        return True
    raw = (node["c"] for node in nodes if node["t"] in {"RawBlock", "RawInline"})
    return any(form == "html" and TAG.search(content) for form, content in raw)


def _are_bound(pieces: Sequence[DocumentPart]) -> bool:
    """Whether headings of different pieces share an identifier, or one is meant by its words elsewhere."""
    identifiers = [one for piece in pieces for one in piece.identifiers]
    titles = frozenset(chain(*(piece.titles for piece in pieces)))
    return len(set(identifiers)) < len(identifiers) or any(
        piece.mentions & (titles - piece.titles) for piece in pieces
    )


def _joined(pieces: Sequence[DocumentPart], trees: Sequence[str]) -> Nodes:
    """Put trees one behind the other, and count citations through, as styles that cite in notes need it."""
    before = [0, *accumulate(piece.citations for piece in pieces)]
    joined: Nodes = []
    for tree, count in zip(trees, before, strict=False):
        blocks = json.loads(tree)
        for citation in _citations(blocks) if count else ():
            citation["citationNoteNum"] += count
        joined += blocks
    return joined


def _citations(blocks: Nodes) -> Iterator[dict[str, Any]]:
    return (citation for node in pandoc.walk(blocks) if node["t"] == "Cite" for citation in node["c"][0])


def _spelt(words: str) -> str:
    return " ".join(MARKUP.sub("", words).casefold().split())


@lru_cache(maxsize=REMEMBERED)
def _written(answers: Answers, options: tuple[str, ...], tree: str) -> tuple[str, tuple[str, ...]]:
    def find() -> tuple[str, list[str]]:
        record: dict[str, Any] = json.loads(tree)
        return pandoc.write_tree(PandocDocument({}, record["blocks"], record["version"]), *options)

    source, warnings = answers.ask(("written", options, tree), find)
    return source, tuple(warnings)
