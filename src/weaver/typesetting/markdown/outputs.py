"""The outputs of a code cell as pieces of Markdown; images become files."""

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

from weaver.errors import TypesetError
from weaver.typesetting.markdown import pipe_tables
from weaver.typesetting.markdown.cells import Cell, text_of
from weaver.typesetting.terminal_text import last_state, without_colours

IMAGES = {"image/svg+xml": "svg", "image/png": "png", "image/jpeg": "jpg"}
BEGINNINGS = {"image/png": b"\x89PNG", "image/jpeg": b"\xff\xd8"}
PREFERRED = (*IMAGES, "text/markdown", "text/html", "text/latex", "text/plain")
OUTPUT = "weaver-output:"  # before the name of an image, which is none that a document can have beside it
HTML = "weaver-html"  # the raw format of outputs in HTML, for `weaver.typesetting.tree.quarto_syntax`
INTERACTIVE = re.compile(r"application/(?!pdf$)")  # a script draws it; the text beside it names it at best
# What a page shows only when it runs or fetches something: Pandoc leaves it out.
NEEDS_BROWSER = re.compile(r"<(script|iframe|video|audio|canvas|object|embed)\b", re.I)
# What a plotting call returns beside its picture says nothing to a reader; Quarto leaves it out too.
PLOT_VALUE = re.compile(r"^\s*(\[?<matplotlib|<seaborn\.|<Axes|<Figure|Text\(|\{.*<matplotlib\.)")
BRACKETED = re.compile(r"^[<([].*[>)\]]$")

Output = Mapping[str, Any]


@dataclass(frozen=True)
class Piece:
    """What one output prints: an image, another thing on display, or text that the code printed."""

    kind: Literal["image", "display", "text"]
    markdown: str


def pieces(cell: Cell, name: str, folder: Path) -> list[Piece]:
    """Return what the outputs of a cell print, in order; images are written to `folder` as `name-1.svg` ….

    Raises:
        TypesetError: an output has no representation that can be printed.
    """
    pictured = any(set(IMAGES) & set(output.get("data", ())) for output in cell.outputs)
    result: list[Piece] = []
    for output in _merged(cell.outputs):
        if not _is_noise(output, cell, pictured):
            target = folder / f"{name}-{len(result) + 1}"
            result += _pieces(output, cell, target)
    return result


def fenced(text: str, attributes: str) -> str:
    """Return a fenced block; the fence is longer than any in the text."""
    fence = fence_of(text)
    return f"{fence} {{{attributes}}}\n{text}\n{fence}"


def fence_of(text: str) -> str:
    """Return a fence that a text does not end."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    return "`" * max(3, longest + 1)


def _merged(outputs: Iterable[Output]) -> Iterator[Output]:
    """Join consecutive writes to one stream, which a kernel sends in arbitrary parts."""
    for stream, group in groupby(outputs, key=lambda output: output.get("name")):
        if stream is None:
            yield from group
        else:
            text = "".join(text_of(output["text"]) for output in group)
            yield {"output_type": "stream", "name": stream, "text": text}


def _is_noise(output: Output, cell: Cell, pictured: bool) -> bool:
    if output["output_type"] == "stream":
        return output["name"] == "stderr" and not cell.options.warning
    if output["output_type"] != "execute_result" or list(output["data"]) != ["text/plain"]:
        return False
    text = text_of(output["data"]["text/plain"]).strip()
    bracketed = pictured and "\n" not in text and BRACKETED.match(text) is not None
    return bracketed or PLOT_VALUE.match(text) is not None


def _pieces(output: Output, cell: Cell, target: Path) -> Iterator[Piece]:
    kind = output["output_type"]
    if kind == "stream":
        yield _stream(output, cell)
    elif kind == "error":
        yield _printed("\n".join(output["traceback"]), ".cell-output .cell-error")
    elif output["data"]:
        yield _display(output, cell, target)


def _stream(output: Output, cell: Cell) -> Piece:
    if cell.options.output == "asis" and output["name"] == "stdout":
        return Piece("display", _checked(text_of(output["text"]), cell))
    return _printed(text_of(output["text"]), f".cell-output .cell-{output['name']}")


def _printed(text: str, attributes: str) -> Piece:
    shown = last_state(without_colours(text)).replace("\r", "").expandtabs().strip("\n")
    return Piece("text", fenced(shown, attributes))


def _display(output: Output, cell: Cell, target: Path) -> Piece:
    data = output["data"]
    check_printable(output, cell)
    mime = next((mime for mime in PREFERRED if mime in data), None)
    if mime is None:
        raise TypesetError(
            f"an output of this chunk is only {', '.join(data)}: expected one of {', '.join(PREFERRED)}",
            place=cell.place(),
        )
    text = text_of(data[mime])
    if mime in IMAGES:
        size = output.get("metadata", {}).get(mime, {})
        return Piece("image", _image(_content(text, mime, cell), mime, target, size.get("width")))
    if mime == "text/plain":
        return Piece("display", _printed(text, ".cell-output").markdown)
    return Piece("display", _marked_up(text, mime, cell))


def check_printable(output: Output, cell: Cell) -> None:
    """Raise an error for an output that only a script in a browser shows.

    Raises:
        TypesetError: it has no picture, and no words that say what it shows.
    """
    data = output.get("data", {})
    lost = next(filter(INTERACTIVE.match, data), "")
    if said := next((mime for mime in PREFERRED if mime in data and mime != "text/plain"), ""):
        drawn = NEEDS_BROWSER.search(text_of(data[said])) if said == "text/html" else None
        lost = drawn[0] if drawn else ""
    if lost:
        raise TypesetError(
            f"an output of this chunk needs a browser ('{lost}'):"
            " show a picture or a table instead, or set 'output: false'",
            place=cell.place(),
        )


def _content(text: str, mime: str, cell: Cell) -> bytes:
    """Return the bytes of an image.

    Raises:
        TypesetError: they are no image of this kind.
    """
    if mime == "image/svg+xml":
        return text.encode()
    with suppress(ValueError):
        content = base64.b64decode(text)
        if content.startswith(BEGINNINGS[mime]):
            return content
    raise TypesetError(
        f"an output of this chunk is said to be {mime} and is none: show another picture", place=cell.place()
    )


def _image(content: bytes, mime: str, target: Path, width: float | None) -> str:
    path = target.with_name(f"{target.name}.{IMAGES[mime]}")
    path.write_bytes(content)
    # A PNG that states its resolution has a physical size; else Jupyter's pixels are CSS pixels.
    sized = width and mime != "image/svg+xml" and b"pHYs" not in content[:1024]
    return f"![]({OUTPUT}{path.name}){{.cell-output{f' width={width}px' if sized else ''}}}"


def _checked(markdown: str, cell: Cell) -> str:
    pipe_tables.check_tables(markdown, cell.place_of_line)
    return markdown


def _marked_up(text: str, mime: str, cell: Cell) -> str:
    if mime == "text/html":
        return fenced(text, f"={HTML}")
    if mime == "text/latex" and not text.strip().startswith("$"):
        return f"$$\n{text.strip()}\n$$"
    return _checked(text, cell)
