"""The packages that a chapter may come to import, by the statements in its code that say so."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from weaver.dependencies.chunk_code import read_chunk
from weaver.project import Chapter
from weaver.qmd import Chunk


@dataclass(frozen=True)
class Imports:
    """Statements of a chapter, and of the project's modules that it reaches, with the package of each."""

    statements: Mapping[str, str]

    def of(self, packages: Iterable[str]) -> "Imports":
        """Leave those that import these packages."""
        wanted = set(packages)
        return Imports({code: package for code, package in self.statements.items() if package in wanted})

    @property
    def packages(self) -> frozenset[str]:
        """All that they import."""
        return frozenset(self.statements.values())


def imports(root: Path, chapter: Chapter, files: Iterable[str]) -> Imports:
    """Find the imports that a chapter, and the files of its last run, may come to, in order."""
    codes = [block.source for block in chapter.blocks if isinstance(block, Chunk)]
    paths = [root / file for file in dict.fromkeys(files)]
    codes += [path.read_text(encoding="utf-8", errors="replace") for path in paths if path.is_file()]
    return Imports(dict(pair for code in codes for pair in _imports(code)))


@lru_cache(maxsize=4096)
def _imports(code: str) -> tuple[tuple[str, str], ...]:
    nodes = [node for statement in read_chunk(code).statements for node in ast.walk(statement)]
    return tuple((ast.unparse(one), name.partition(".")[0]) for node in nodes for one, name in _single(node))


def _single(node: ast.AST) -> Iterator[tuple[ast.stmt, str]]:
    """Yield statements that import from one module each, and its name."""
    if isinstance(node, ast.Import):
        yield from ((ast.Import([alias]), alias.name) for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node, node.module
