"""Pandoc over a document in pieces, one a chapter: side by side, and once for each in a process.

Chapters of Markdown may depend on each other: by the definition of a link, by a heading that is meant by its
words, by something that opens here and closes there. Wherever that may be so the document is read whole.
"""

import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import chain, groupby, pairwise
from typing import Any, TypeVar

from weaver import manuscript, pandoc
from weaver.manuscript import Manuscript
from weaver.pandoc import Document, Node, Nodes

REMEMBERED = 64  # pieces, of a few kilobytes each
MARKERS = re.compile(rf"(?m)^```\{{={manuscript.MARKER}\}}\n(\d+)\n```$")
END = f"\n\n```{{={manuscript.MARKER}}}\n-1\n```\n"  # stands by itself unless something is still open
# What one text may define for another: links, notes, abbreviations, macros of TeX.
DEFINITION = re.compile(
    r"(?m)^[\s>*+\-\d.)]*\*?\[[^\]\n]+\]:|\[\^"
    r"|\\(?:re)?newcommand|\\providecommand|\\def\b|\\let\b|\\(?:re)?newenvironment"
)
BRACKETED = re.compile(r"\[([^\[\]]+)\]")
MARKUP = re.compile(r"[*_`\\]+")
COMMENT = re.compile(r"<!--.*?-->", re.S)
HALF_COMMENT = re.compile(r"<!--|-->")
TAG = re.compile(r"</?(?:div|span|section|details|figure|table)\b", re.I)

Given = TypeVar("Given")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Piece:
    """A part of a document as read: its tree as JSON, and what binds it to other parts.

    `titles` and `mentions` are the words of its headings and what stands in brackets, in one spelling.
    """

    tree: str
    identifiers: tuple[str, ...]
    titles: frozenset[str]
    mentions: frozenset[str]
    stands_alone: bool


def read(text: Manuscript) -> tuple[Document, list[str]]:
    """Parse a manuscript as `weaver.pandoc.read` does its text, and with the same result.

    Raises:
        TypesetError: Pandoc cannot read the text.
    """
    front, *parts = _parts(text)
    pieces = _side_by_side(_piece, parts)
    if not all(piece.stands_alone for piece in pieces) or _are_bound(pieces):
        return pandoc.read(text.text)
    document, warnings = pandoc.read(front)
    blocks = list(chain(*(json.loads(piece.tree) for piece in pieces)))
    _count_citations(blocks)
    return Document(document.meta, blocks, document.version), warnings


def write(version: Sequence[int], pieces: Sequence[Nodes], *options: str) -> tuple[str, list[str]]:
    """Write parts of a document one after the other, as `weaver.pandoc.write` would each of them."""
    trees = [json.dumps({"version": list(version), "blocks": blocks}) for blocks in pieces]
    written = _side_by_side(partial(_written, options), trees)
    return "\n".join(source for source, _ in written), [one for _, warnings in written for one in warnings]


def by_chapter(text: Manuscript, blocks: Nodes) -> Iterator[tuple[str, Nodes]]:
    """Give out blocks by the chapters that they stand in; those before the first cell are of none."""
    for chapter, found in groupby(_placed(text, blocks), key=lambda each: each[0]):
        yield chapter, [block for _, block in found]


def _placed(text: Manuscript, blocks: Nodes) -> Iterator[tuple[str, Node]]:
    current = ""
    for block in blocks:
        found = manuscript.marked(block)
        current = text.cells[found[0]].chapter if found else current
        yield current, block
        current = text.cells[found[-1]].chapter if found else current


def _side_by_side(function: Callable[[Given], Result], values: Sequence[Given]) -> list[Result]:
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return list(threads.map(function, values))


def _parts(text: Manuscript) -> list[str]:
    """Cut a text before the first cell of each chapter; the front matter comes first."""
    lines = text.text.split("\n")
    chapters = groupby(range(len(text.cells)), key=lambda index: text.cells[index].chapter)
    cuts = [0, *(text.marker_line(next(indices)) - 1 for _, indices in chapters), len(lines)]
    return ["\n".join(lines[start:end]) for start, end in pairwise(cuts)]


@lru_cache(maxsize=REMEMBERED)
def _piece(text: str) -> Piece:
    document, warnings = pandoc.read(text + END)
    nodes = list(pandoc.walk(document.blocks))
    headings = [node["c"] for node in nodes if node["t"] == "Header"]
    return Piece(
        json.dumps(document.blocks[:-1]),
        tuple(identifier for _, (identifier, *_), _ in headings if identifier),
        frozenset(_spelt(pandoc.plain(inlines)) for *_, inlines in headings),
        frozenset(map(_spelt, BRACKETED.findall(text))),
        not (
            warnings
            or document.meta
            or DEFINITION.search(text)
            or _is_open(text, document, nodes)
            or any(map(_is_example, nodes))
        ),
    )


def _is_example(node: Node) -> bool:
    """Whether a node lists numbered examples: they count through, and `(@label)` means one anywhere."""
    return bool(node["t"] == "OrderedList" and node["c"][0][1]["t"] == "Example")


def _is_open(text: str, document: Document, nodes: Sequence[Node]) -> bool:
    """Whether something in a piece has its beginning or its end elsewhere, as far as can be told."""
    if HALF_COMMENT.search(COMMENT.sub("", text)):
        return True
    *before, last = document.blocks
    if manuscript.marked(last) != [-1] or set(manuscript.marked(before)) != set(
        map(int, MARKERS.findall(text))
    ):
        return True
    raw = (node["c"] for node in nodes if node["t"] in {"RawBlock", "RawInline"})
    return any(form == "html" and TAG.search(content) for form, content in raw)


def _are_bound(pieces: Sequence[Piece]) -> bool:
    """Whether headings of different pieces share an identifier, or one is meant by its words elsewhere."""
    identifiers = [one for piece in pieces for one in piece.identifiers]
    titles = frozenset(chain(*(piece.titles for piece in pieces)))
    return len(set(identifiers)) < len(identifiers) or any(
        piece.mentions & (titles - piece.titles) for piece in pieces
    )


def _count_citations(blocks: Nodes) -> None:
    """Number citations and notes through the document, as styles that cite in notes need it."""
    counted = (node for node in pandoc.walk(blocks) if node["t"] in {"Cite", "Note"})
    for number, node in enumerate(counted, start=1):
        for citation in node["c"][0] if node["t"] == "Cite" else ():
            citation["citationNoteNum"] = number


def _spelt(words: str) -> str:
    return " ".join(MARKUP.sub("", words).casefold().split())


@lru_cache(maxsize=REMEMBERED)
def _written(options: tuple[str, ...], tree: str) -> tuple[str, tuple[str, ...]]:
    record: dict[str, Any] = json.loads(tree)
    source, warnings = pandoc.write(Document({}, record["blocks"], record["version"]), *options)
    return source, tuple(warnings)
