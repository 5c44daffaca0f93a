"""The code of a chapter in pieces: chunks that run, and inline expressions as they stand between them."""

from collections.abc import Iterator
from dataclasses import astuple
from typing import Any

from weaver.chunk_options import Running
from weaver.dependencies.chunk_code import read_chunk
from weaver.project import Chapter
from weaver.qmd import Prose

NOT_RUN = "__not_run__"  # a chunk that does not run still has its place in the order


def placed_pieces(chapter: Chapter) -> Iterator[tuple[str, Any]]:
    """Yield the pieces, each with its place."""
    for block in chapter.blocks:
        if isinstance(block, Prose):
            yield from ((f"__inline__({inline.expression})", inline.place) for inline in block.inlines)
        elif block.running.runs:
            yield block.code, block.place
            if block.running != Running():
                yield f"__running__{astuple(block.running)}", block.place
        else:
            yield NOT_RUN, block.place


def pieces(chapter: Chapter) -> Iterator[str]:
    """Yield the pieces."""
    return (piece for piece, _ in placed_pieces(chapter))


def digests(chapter: Chapter) -> tuple[str, ...]:
    """Return a digest of each piece: comments, docstrings and layout do not count."""
    return tuple(read_chunk(piece).digest for piece in pieces(chapter))


def names_and_words(chapter: Chapter) -> frozenset[str]:
    """Return the names in the pieces, and the words in their texts."""
    return frozenset().union(*(read_chunk(piece).words for piece in pieces(chapter)))
