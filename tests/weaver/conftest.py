"""Small executed notebooks, and what the built-in typesetter makes of them."""

import base64
import struct
import zlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from weaver import crossref, dialect, floats, manuscript, pages, pandoc, webpage

FRONT = "title: A report\nauthor: Ada Lovelace\nnumber-sections: true\nsection-numbering: 1.1.1"


class Builder:
    """Makes the cells, outputs and notebooks of a test."""

    def front(self, yaml: str = "") -> dict[str, Any]:
        """Return the first cell: the least front matter and what is added to it."""
        return self._cell("raw", f"---\n{FRONT}\n{yaml}\n---", "report", "_quarto.yml", 1)

    def prose(self, text: str, *, chapter: str = "q1", line: int = 1) -> dict[str, Any]:
        """Return a Markdown cell that starts at `line` of its chapter's file."""
        return self._cell("markdown", text, chapter, f"report/{chapter}.qmd", line)

    def chunk(
        self, source: str, *outputs: Mapping[str, Any], chapter: str = "q1", line: int = 1
    ) -> dict[str, Any]:
        """Return a code cell whose fence is at `line` of its chapter's file."""
        cell = self._cell("code", source, chapter, f"report/{chapter}.qmd", line)
        return {**cell, "outputs": list(outputs), "execution_count": None}

    def _cell(self, kind: str, source: str, chapter: str, file: str, line: int) -> dict[str, Any]:
        place = {"chapter": chapter, "file": file, "line": line}
        return {"cell_type": kind, "id": "x", "source": source, "metadata": {"weaver": place}}

    def notebook(self, *cells: Mapping[str, Any], yaml: str = "") -> dict[str, Any]:
        """Return a notebook of the front matter and some cells."""
        return {"cells": [self.front(yaml), *cells], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}

    def shown(self, _metadata: Mapping[str, Any] | None = None, **data: str) -> dict[str, Any]:
        """Return an output on display; `image_png` stands for "image/png"."""
        names = {name: name.replace("_", "/", 1).replace("svg", "svg+xml") for name in data}
        contents = {names[name]: content for name, content in data.items()}
        return {"output_type": "display_data", "data": contents, "metadata": dict(_metadata or {})}

    def value(self, **data: str) -> dict[str, Any]:
        """Return the value of a chunk's last expression."""
        return {**self.shown(None, **data), "output_type": "execute_result", "execution_count": 1}

    def printed(self, text: str, stream: str = "stdout") -> dict[str, Any]:
        """Return what a chunk has written to a stream."""
        return {"output_type": "stream", "name": stream, "text": text}

    def picture(self, width: int = 200, height: int = 100) -> dict[str, Any]:
        """Return a figure in SVG, its size in points."""
        size = f'width="{width}pt" height="{height}pt" viewBox="0 0 {width} {height}"'
        rectangle = f'<rect id="box" width="{width}" height="{height}" fill="#246"/>'
        return self.shown(
            image_svg=f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{rectangle}</svg>',
            text_plain="<Figure size>",
        )

    def png(self, width: int, height: int, *, dots_per_inch: int | None = None) -> str:
        """Return a grey PNG in base64; with a resolution, it states its physical size."""
        size = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
        rows = zlib.compress((b"\0" + b"\x80" * width) * height)
        chunks = [(b"IHDR", size), (b"IDAT", rows), (b"IEND", b"")]
        if dots_per_inch:
            per_metre = round(dots_per_inch / 0.0254)
            chunks.insert(1, (b"pHYs", struct.pack(">IIB", per_metre, per_metre, 1)))
        coded = (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
            for name, body in chunks
        )
        return base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(coded)).decode()


@pytest.fixture(scope="session")
def build() -> Builder:
    """Return what makes cells and notebooks."""
    return Builder()


@pytest.fixture
def typeset_pdf(tmp_path: Path, build: Builder) -> Callable[..., PdfReader]:
    """Return a function that typesets cells and opens the PDF; resources are the test's folder."""

    def make(*cells: Mapping[str, Any], yaml: str = "", only: str | None = None) -> PdfReader:
        output = tmp_path / "out.pdf"
        when = datetime(2021, 9, 6, 12, tzinfo=UTC)
        notebook = build.notebook(*cells, yaml=yaml)
        pages.pdf(notebook, output, resources=tmp_path, timestamp=when, only=only)
        return PdfReader(output)

    return make


@pytest.fixture
def text_of(typeset_pdf: Callable[..., PdfReader]) -> Callable[..., str]:
    """Return a function that typesets cells and gives the PDF's words, with single spaces."""

    def make(*cells: Mapping[str, Any], yaml: str = "", only: str | None = None) -> str:
        printed = typeset_pdf(*cells, yaml=yaml, only=only).pages
        words = " ".join(page.extract_text() for page in printed).split()
        return " ".join(words).replace("\N{NO-BREAK SPACE}", " ")

    return make


@pytest.fixture
def page_of(tmp_path: Path, build: Builder) -> Callable[..., str]:
    """Return a function that makes a page of cells and gives what is in its `main`."""

    def make(*cells: Mapping[str, Any], yaml: str = "", only: str | None = None) -> str:
        output = tmp_path / "out.html"
        when = datetime(2021, 9, 6, 12, tzinfo=UTC)
        notebook = build.notebook(*cells, yaml=yaml)
        webpage.page(notebook, output, resources=tmp_path, timestamp=when, only=only)
        text = output.read_text(encoding="utf-8")
        return text[text.index("<main") : text.index("</main>")].replace("\N{NO-BREAK SPACE}", " ")

    return make


@pytest.fixture
def numbered(tmp_path: Path, build: Builder) -> Callable[..., tuple[pandoc.Nodes, dict[str, str]]]:
    """Return a function that reads cells up to the numbered tree; the second value has the numbers."""

    def make(
        *cells: Mapping[str, Any], yaml: str = "", target: Any = "typst"
    ) -> tuple[pandoc.Nodes, dict[str, str]]:
        text = manuscript.compose(build.notebook(*cells, yaml=yaml), tmp_path, target)
        document, warnings = pandoc.read(text.text)
        assert not warnings
        blocks = floats.gather(dialect.settle(document.blocks, text))
        targets = crossref.number(blocks, text, crossref.scheme(text.metadata))
        return blocks, {label: target.number for label, target in targets.items()}

    return make


@pytest.fixture
def picture_file(tmp_path: Path, build: Builder) -> None:
    """Put an image `a.png` into the test's folder."""
    (tmp_path / "a.png").write_bytes(base64.b64decode(build.png(40, 20)))
