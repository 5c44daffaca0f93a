"""The code of a document's chunks as one program, with what a notebook adds to Python."""

import ast
import keyword
import re
from collections.abc import Sequence
from dataclasses import dataclass

from weaver.normal_form import digest

MAGIC = re.compile(r"^(?P<start>\s*(?:[\w.,\s]+=\s*)?)(?P<magic>[%!?].*|[\w.]+\?+\s*)$")
NAMES = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
HARMLESS = re.compile(r"^%(?:matplotlib|config|time|timeit|precision|pprint)\b|\?")
SILENT = re.compile(r"\s*;\s*(?:#.*)?$")
EVERYTHING = ast.Expr(ast.Name("get_ipython", ast.Load()), lineno=1, col_offset=0)  # may run anything


@dataclass(frozen=True)
class Script:
    """The statements of chunks; `text` holds what they do beyond their syntax, as a digest."""

    statements: list[ast.stmt]
    text: str


def read_chunks(chunks: Sequence[str]) -> Script:
    """Parse chunks; what is no Python, even without magics, counts as text and may reach everything."""
    pieces = [_read(chunk) for chunk in chunks]
    statements = [statement for found, _ in pieces for statement in found]
    cuts = [
        [len(found), text] for found, text in pieces if found or text
    ]  # a notebook shows the last of each
    return Script(statements, digest(cuts))


def _read(chunk: str) -> tuple[list[ast.stmt], list[str]]:
    plain = _parse(chunk)
    if plain is not None:
        return plain, _silenced(chunk, plain)
    lines = [_without_magic(line) for line in chunk.splitlines()]
    code = "\n".join(line for line, _ in lines)
    magics = [magic for _, magic in lines if magic]
    rest = _parse(code)
    if rest is None:
        return [EVERYTHING], [chunk]
    wide = any(not HARMLESS.search(magic) for magic in magics)
    return [*rest, *([EVERYTHING] if wide else [])], [*magics, *_silenced(code, rest)]


def _parse(code: str) -> list[ast.stmt] | None:
    try:
        return ast.parse(code).body
    except (SyntaxError, ValueError):
        return None


def _without_magic(line: str) -> tuple[str, str]:
    """Return a line as Python that uses the names a magic mentions, and the magic, if there is one."""
    match = MAGIC.match(line)
    if match is None:
        return line, ""
    names = [name for name in NAMES.findall(match["magic"]) if not _has_keyword(name)]
    return f"{match['start']}({''.join(f'{name}, ' for name in names)})", match["magic"].strip()


def _has_keyword(name: str) -> bool:
    return any(map(keyword.iskeyword, name.split(".")))


def _silenced(code: str, statements: list[ast.stmt]) -> list[str]:
    """Tell which expressions end in a semicolon, which keeps a notebook from showing them."""
    lines = code.encode().split(b"\n")
    return [str(index) for index, statement in enumerate(statements) if _is_silent(lines, statement)]


def _is_silent(lines: list[bytes], statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.Expr) or statement.end_lineno is None:
        return False
    rest = lines[statement.end_lineno - 1][statement.end_col_offset :]
    return SILENT.match(rest.decode()) is not None
