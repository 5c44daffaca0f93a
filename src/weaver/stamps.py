"""What pages are made from, and whether those that are there were made from it."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from weaver import bibliography, cells, installed, options, whole
from weaver.cells import Cell
from weaver.digests import digest, digests, of_tool
from weaver.places import PARENT
from weaver.request import Request

TYPESETTER = ("pypandoc", "typst")
TARGET = re.compile(r"\]\(<?(?P<path>[^)>\s]+)")
LONG = 200  # characters; a longer text is kept as its digest


@dataclass(frozen=True)
class Stamp:
    """Remembers from what a file was made, and what it was then."""

    path: Path

    def holds(self, key: str, output: Path) -> bool:
        """Whether `output` is still the file that was made from `key`."""
        try:
            record = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return False  # a lost or damaged stamp costs a typesetting, nothing else
        if not isinstance(record, dict) or record.get("key") != key:
            return False  # without reading the output, which is large
        return record == {"key": key, "sha256": digest(output)}

    def write(self, key: str, output: Path) -> None:
        """Remember that `output` was made from `key`."""
        whole.write(self.path, json.dumps({"key": key, "sha256": digest(output)}).encode())


def key(
    read: Sequence[Cell], request: Request, engine: object | None, resources: Mapping[str, str | None]
) -> str:
    """Digest everything an output is made from, the typesetter's own code included.

    Args:
        read: the notebook's cells, as they are in the request's format.
        request: the format, and the chapter if there is to be one alone.
        engine: Quarto as text tells it from another, None for the built-in typesetter.
        resources: what `resources` returns.
    """
    parts = [
        [_printed(cell) for cell in read],
        request.chapter,
        request.target,
        str(engine or [installed.current().version(module) for module in TYPESETTER]),
        sorted(resources.items()),
        of_tool(),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def resources(root: Path, read: Sequence[Cell], metadata: Mapping[str, object]) -> dict[str, str | None]:
    """Digest the files beside the documents and those that images and the bibliography name."""
    return digests(root, {*_files(root, PARENT.parent), *_named(read, metadata)})


def _printed(cell: Cell) -> list[Any]:
    """Leave of a cell what pages depend on: not its line, nor code that stays hidden."""
    source = cell.source
    if cell.kind == "code" and not cell.options.echo:
        source = "\n".join(options.split(source)[0])
    return [repr(replace(cell, line=0, source=source, outputs=())), _condensed(cell.outputs)]


def _condensed(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return JSON with digests in place of its long texts, which are the pictures."""
    if isinstance(value, str) and len(value) > LONG:
        return {"sha256": hashlib.sha256(value.encode(errors="surrogatepass")).hexdigest()}
    if isinstance(value, Mapping):
        return {name: _condensed(part) for name, part in value.items()}
    return [_condensed(part) for part in value] if isinstance(value, list | tuple) else value


def _named(read: Sequence[Cell], metadata: Mapping[str, object]) -> Iterator[str]:
    """Give out every path, relative to the root, that images and the bibliography may be meant by."""
    for key in bibliography.FILES:
        yield from cells.named(metadata, key)
    for cell in read:
        for match in TARGET.finditer(cell.source) if cell.kind == "markdown" else ():
            yield from (match["path"], (Path(cell.file).parent / match["path"]).as_posix())


def _files(root: Path, below: Path) -> list[str]:
    """List the files below a folder that pages can be made from, relative to `root`."""
    return sorted(
        path.relative_to(root).as_posix()
        for path in (root / below).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".qmd"
    )
