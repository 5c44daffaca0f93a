"""The files that Quarto is handed beside the notebook: all that its text and its metadata name."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from weaver.chunk_options import Target
from weaver.errors import TypesetError
from weaver.paths import PARENT
from weaver.typesetting import named_files, pandoc
from weaver.typesetting.markdown import cells, pipe_tables
from weaver.typesetting.markdown.cells import Cell, text_of
from weaver.typesetting.markdown.markdown_source import MARKER
from weaver.typesetting.markdown.outputs import check_printable, fenced
from weaver.typesetting.tree import bibliography

# What names a file in HTML, in Typst and LaTeX; in a shortcode, and as the source of a diagram.
ADDRESS = re.compile(
    r"(?:\b(?:src|href|data|poster)\s*=|\bimage\()\s*(?P<quote>[\"'])(?P<one>.*?)(?P=quote)"
    r"|\\includegraphics(?:\[[^\]]*\])?\{(?P<other>[^}]+)\}",
    re.S,
)
NAMED = re.compile(
    r"\{\{<\s*[\w-]+\s+(?:[\w-]+=)?[\"']?(?P<one>[^\s\"'>]+)|^(?:%%|//|#)\|\s*file:\s*(?P<other>\S+)", re.M
)
ELSEWHERE = re.compile(rf"{named_files.REMOTE.pattern}|^(?:data|mailto):|^#", re.I)
FOLDER = (
    PARENT.parent.as_posix()
)  # where Quarto finds the notebook, in a folder that stands for the project's


@dataclass(frozen=True)
class Handed:
    """A file as seen from the project's root, which may be missing, and where Quarto looks for it."""

    file: str
    place: str


def files(notebook: Mapping[str, Any], root: Path, target: Target) -> list[Handed]:
    """Return the files that a notebook names, and those that it would mean if there were any.

    Raises:
        TypesetError: a bibliography is missing or has a key twice, one name means two files, a row of a table
            would lose a cell, or paper cannot show an output.
    """
    read = cells.read_cells(notebook, target, lenient=True)
    metadata = cells.metadata(read, target)
    for cell in read if target != "html" else ():
        for output in cell.outputs if cell.options.include and cell.options.output else ():
            check_printable(output, cell)
    bibliography.entries(read, metadata, root)
    found = list(dict.fromkeys((*_of_metadata(metadata, root), *_of_text(read, root))))
    placed: dict[str, str] = {}
    for file, place in ((one.file, one.place) for one in found if os.path.isfile(root / one.file)):  # noqa: PTH113
        if placed.setdefault(place, file) != file:
            raise TypesetError(f"{file}: Quarto would take {placed[place]} for it: rename one of the two")
    return found


def _of_metadata(metadata: Mapping[str, Any], root: Path) -> Iterator[Handed]:
    """Yield what stands in the metadata, whatever it is for; its names count from the root."""
    for name in named_files.texts(metadata):
        paths = reversed(named_files.paths(name, PARENT.as_posix()))
        # Any text may stand here, also one that is not a name of a file.
        yield from [Handed(path, _place(name)) for path in paths if os.path.isfile(root / path)][:1]  # noqa: PTH113


def _of_text(read: Sequence[Cell], root: Path) -> Iterator[Handed]:
    """Yield where each file is looked for, until there is one."""
    for target, file in _targets(read):
        for name in () if ELSEWHERE.match(target) else named_files.names(target):
            for path in named_files.paths(name, file):
                yield Handed(path, _place(name))
                if os.path.isfile(root / path):  # noqa: PTH113
                    break


def _targets(read: Sequence[Cell]) -> Iterator[tuple[str, str]]:
    """Yield what may mean a file, each with the source that names it."""
    text = "\n\n".join(
        f"```{{={MARKER}}}\n{index}\n```\n\n" + "\n\n".join(_checked(cell)) for index, cell in enumerate(read)
    )
    document, _ = pandoc.read_markdown(text)
    file = ""
    for node in pandoc.walk(document.blocks):
        if node["t"] == "Image":
            yield node["c"][2][0], file
        elif node["t"] in {"RawBlock", "RawInline"}:
            form, content = node["c"]
            file = read[int(content)].file if form == MARKER else file
            yield from ((match["one"] or match["other"], file) for match in ADDRESS.finditer(content))
    for cell in read:
        yield from ((match["one"] or match["other"], cell.file) for match in NAMED.finditer(cell.source))


def _checked(cell: Cell) -> Iterator[str]:
    """Yield what a cell prints as Markdown or as HTML.

    Raises:
        TypesetError: a row of a table would lose a cell.
    """
    for text in _markdown(cell):
        pipe_tables.check_tables(text, cell.place_of_line)
        yield text


def _markdown(cell: Cell) -> Iterator[str]:
    if cell.kind == "markdown":
        yield cell.source
    for output in cell.outputs:
        data = output.get("data", {})
        yield text_of(data.get("text/markdown", ""))
        yield fenced(text_of(data.get("text/html", "")), "=html")
        if cell.options.output == "asis":
            yield text_of(output.get("text", ""))


def _place(name: str) -> str:
    """Return where Quarto looks for a file, as seen from the folder that stands for the project's."""
    return PurePosixPath(named_files.paths(name, f"{FOLDER}/report.ipynb")[0]).as_posix()
