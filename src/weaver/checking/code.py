"""The code behind a report: its chunks, and the modules of the project that these import, however deep.

It is read and not run, so it only tells what code might do: a label that stands in it may be printed by it.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from weaver.dependencies.chunk_code import read_chunk
from weaver.dependencies.first_party import Module, Modules
from weaver.project import Chapter
from weaver.qmd import Chunk, Place, Prose

WRITES = re.compile(r"savefig|imsave|imwrite|write_image|to_image|\.save\(")
PICTURE = re.compile(r"\.(?:png|svg|jpe?g|gif|webp|pdf)\b|savefig")


@dataclass(frozen=True)
class Text:
    """A piece of code and the place of its first line."""

    text: str
    place: Place

    @cached_property
    def statements(self) -> list[ast.stmt]:
        """Its statements, none where it is not Python."""
        return read_chunk(self.text).statements

    def place_of(self, node: ast.stmt | ast.expr) -> str:
        """Return where a node of it stands."""
        return str(Place(self.place.file, self.place.line + node.lineno - 1))


@dataclass(frozen=True)
class CodeToCheck:
    """The code of chapters: `chunks` that run and inline expressions, and the `modules` that they reach."""

    chunks: tuple[Text, ...]
    modules: tuple[Text, ...]

    def says(self, pattern: str) -> bool:
        """Whether a regular expression matches any of it."""
        return any(re.search(pattern, one.text) for one in (*self.chunks, *self.modules))

    def mentions(self, label: str) -> bool:
        """Whether any of it has a label."""
        return self.says(rf"{re.escape(label)}(?![\w-])")

    def may_print(self, label: str) -> bool:
        """Whether any of it has a label, or the beginning of one that it completes."""
        kind, rest = re.escape(label.partition("-")[0]), r"-?(?:[\"']|\{|%)"
        return self.mentions(label) or self.says(rf"\b{kind}{rest}|#[\"'{{%]")

    def may_write(self, name: str) -> bool:
        """Whether any of it has the name of a file, or may write a picture of any name."""
        return self.says(re.escape(name)) or (self.says(WRITES.pattern) and self.says(PICTURE.pattern))


def read(chapters: Iterable[Chapter], modules: Modules, root: Path) -> CodeToCheck:
    """Gather the code of chapters; `modules` finds those of the project."""
    chunks = tuple(text for chapter in chapters for text in _of_chapter(chapter))
    reached: dict[str, Module] = {}
    waiting = [name for one in chunks for node in one.statements for name in _imported(node)]
    while waiting:
        name = waiting.pop()
        above = [name.rsplit(".", cut)[0] for cut in range(name.count(".") + 1)]
        for each in filter(lambda one: one not in reached, above):
            if found := modules.find(each):
                reached[each] = found
                waiting += [f"{target}.{one.name}" if one.name else target for target, one in found.imports]
    files = dict.fromkeys(found.file for found in reached.values() if found.file)
    return CodeToCheck(chunks, tuple(_of_file(file, root) for file in sorted(files) if file.suffix == ".py"))


def _of_chapter(chapter: Chapter) -> Iterator[Text]:
    for block in chapter.blocks:
        if isinstance(block, Prose):
            yield from (Text(one.expression, one.place) for one in block.inlines)
        elif block.running.runs:
            yield of_chunk(block)


def of_chunk(chunk: Chunk) -> Text:
    """Return the code of a chunk."""
    return Text(chunk.code, Place(chunk.place.file, chunk.start))


def _of_file(file: Path, root: Path) -> Text:
    shown = file.relative_to(root) if file.is_relative_to(root) else file
    return Text(file.read_text(encoding="utf-8", errors="replace"), Place(shown, 1))


def _imported(statement: ast.stmt) -> Iterator[str]:
    """Yield the full names of all that a statement of a chunk imports."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
