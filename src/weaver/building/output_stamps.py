"""What pages are made from, and whether those that are there were made from it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from weaver import chunk_options
from weaver.building.request import Request
from weaver.dependencies import installed_packages
from weaver.storage import atomic_write
from weaver.storage.hashing import Digests, digest, digests, of_tool
from weaver.typesetting.markdown.cells import Cell

TYPESETTER = ("pypandoc", "typst")
LONG = 200  # characters; a longer text is kept as its digest


@dataclass(frozen=True)
class Stamp:
    """Remembers from what a file was made, and what it was then."""

    path: Path

    def read(self, root: Path, key: str, output: Path) -> tuple[Digests, Sequence[str]] | None:
        """Return the files beside the sources that `output` was made from, seen from `root`, and its notices.

        None unless `output` is still the file that was made from `key` and from these files as they are.
        """
        try:
            record = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return None  # a lost or damaged stamp costs a typesetting, nothing else
        if not isinstance(record, dict) or record.get("key") != key:
            return None  # without reading the output, which is large
        files = record.get("files")
        notices = record.get("notices")
        if not (isinstance(files, dict) and isinstance(notices, list)) or files != digests(root, files):
            return None
        now = digest(output)
        return (files, notices) if now and now == record.get("sha256") else None

    def write(self, key: str, output: Path, files: Digests, notices: Sequence[str] = ()) -> None:
        """Remember that `output` was made from `key` and from `files`, and what was noticed."""
        record = {"key": key, "files": dict(files), "notices": list(notices), "sha256": digest(output)}
        atomic_write.write_whole(self.path, json.dumps(record).encode())


def key(read: Sequence[Cell], request: Request, engine: object | None, carried: Mapping[str, bytes]) -> str:
    """Digest everything an output is made from but files beside the sources; the tool's own code is included.

    Args:
        read: the notebook's cells, as they are in the request's format.
        request: the format, and the chapter if there is to be one alone.
        engine: Quarto as text tells it from another, None for the built-in typesetter.
        carried: the files that the output is to carry.
    """
    parts = [
        [_printed(cell) for cell in read],
        request.chapter,
        request.target,
        {name: hashlib.sha256(content).hexdigest() for name, content in carried.items()},
        str(engine or [installed_packages.current().version(module) for module in TYPESETTER]),
        of_tool(),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _printed(cell: Cell) -> list[Any]:
    """Leave of a cell what pages depend on: not its line, nor code that stays hidden."""
    source = cell.source
    if cell.kind == "code" and not cell.options.echo:
        source = "\n".join(chunk_options.split(source)[0])
    return [repr(replace(cell, line=0, source=source, outputs=())), _condensed(cell.outputs)]


def _condensed(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return JSON with digests in place of its long texts, which are the pictures."""
    if isinstance(value, str) and len(value) > LONG:
        return {"sha256": hashlib.sha256(value.encode(errors="surrogatepass")).hexdigest()}
    if isinstance(value, Mapping):
        return {name: _condensed(part) for name, part in value.items()}
    return [_condensed(part) for part in value] if isinstance(value, list | tuple) else value
