"""The code of a chunk: Python, magics, and semicolons that keep a notebook from showing a value."""

import ast
import re
from functools import lru_cache
from typing import NamedTuple

from weaver.dependencies.module_code import WORD, spelt

MAGIC = re.compile(r"^(?P<start>\s*(?:[\w.,\s]+=\s*)?)(?P<magic>[%!?].*|[\w.]+\?+\s*)$")
HELP = re.compile(r"\?|\bhelp\(")
SILENT = re.compile(r"[^\S\n]*;[^\S\n]*(?:#.*)?$", re.MULTILINE)


class ChunkCode(NamedTuple):
    """What counts of a chunk: a digest of all that it does, its statements, and the words in it."""

    digest: str
    statements: list[ast.stmt]
    words: frozenset[str]


@lru_cache(maxsize=4096)  # the preview asks again at every save
def read_chunk(code: str) -> ChunkCode:
    """Read a chunk; comments, docstrings and layout do not count. What is not Python counts as text."""
    lines = [(line, "") for line in code.split("\n")]
    statements = _parsed(lines)
    if statements is None:
        lines = [_without_magic(line) for line in code.split("\n")]
        statements = _parsed(lines)
    magics = [magic for _, magic in lines if magic] if statements is not None else [code]
    # A notebook shows the value of an expression, also of one that does nothing else.
    parts = [node.value if isinstance(node, ast.Expr) else node for node in statements or ()]
    silent = [_is_silent(lines, node) for node in statements or ()]
    digest, texts = spelt([parts, silent, magics])
    shown = any(map(HELP.search, [*magics, *(line for line, _ in lines)]))
    words = {*WORD.findall("\n".join(texts)), *(["getdoc"] if shown else [])}
    return ChunkCode(digest, statements or [], frozenset(words))


def _parsed(lines: list[tuple[str, str]]) -> list[ast.stmt] | None:
    try:
        return ast.parse("\n".join(line for line, _ in lines)).body
    except (SyntaxError, ValueError):
        return None


def _without_magic(line: str) -> tuple[str, str]:
    """Return a line as Python, without the magic in it, and the magic, if there is one."""
    match = MAGIC.match(line)
    return (f"{match['start']}0", match["magic"].strip()) if match else (line, "")


def _is_silent(lines: list[tuple[str, str]], node: ast.stmt) -> bool:
    """Whether an expression ends in a semicolon, which keeps a notebook from showing it."""
    line = lines[(node.end_lineno or 1) - 1][0].encode()
    return isinstance(node, ast.Expr) and SILENT.match(line[node.end_col_offset :].decode()) is not None
