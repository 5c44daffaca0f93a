"""The files that citations are made from: each is there, and no key stands in them twice."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from weaver import qmd
from weaver.errors import TypesetError
from weaver.typesetting.markdown import cells
from weaver.typesetting.markdown.cells import Cell

FILES = ("bibliography", "csl")
# Of BibTeX, and of CSL as JSON and as YAML; what exists is decided by Pandoc.
BIBTEX = re.compile(r"@(?!comment\b|string\b|preamble\b)\w+\s*\{\s*(?P<key>[^\s,{}\"]+)\s*[,}]", re.I)
CSL = re.compile(r"""^[\s\[{,]*(?:-\s*)?(?P<quote>["']?)id(?P=quote)\s*:\s*["']?(?P<key>[^\s,"'{}]+)""", re.M)
REMARK = re.compile(r"^[ \t]*%.*", re.M)


@dataclass(frozen=True)
class BibliographyEntry:
    """A key and the `file:line` on which it stands."""

    key: str
    place: str


def files(read: Sequence[Cell], metadata: Mapping[str, Any], root: Path) -> list[str]:
    """Return the bibliographies and the style of citations that a document names, as seen from `root`.

    Raises:
        TypesetError: one is missing; the message names the place that names it.
    """
    found = [(key, name) for key in FILES for name in cells.named(metadata, key)]
    for key, name in found:
        if not (root / name).is_file():
            what = f"the {key} '{name}' is missing: correct its name or put the file there"
            raise TypesetError(what, place=read[0].place(re.escape(name)))
    return [name for _, name in found]


def entries(read: Sequence[Cell], metadata: Mapping[str, Any], root: Path) -> list[BibliographyEntry]:
    """Return the entries of all bibliographies that a document names.

    Raises:
        TypesetError: a file is missing, or two entries have the same key; the message names both places.
        DocumentError: a bibliography is not UTF-8.
    """
    known: dict[str, BibliographyEntry] = {}
    files(read, metadata, root)
    for entry in (*_of_files(metadata, root), *_of_front_matter(read, metadata)):
        if first := known.get(entry.key):
            raise TypesetError(
                f"the key '{entry.key}' is taken already, at {first.place}:"
                " give one of the two another, or remove it",
                place=entry.place,
            )
        known[entry.key] = entry
    return list(known.values())


def _of_files(metadata: Mapping[str, Any], root: Path) -> Iterator[BibliographyEntry]:
    for name in dict.fromkeys(cells.named(metadata, "bibliography")):
        yield from _entries(without_repeats(qmd.contents(Path(name), root=root)), name)


def _of_front_matter(read: Sequence[Cell], metadata: Mapping[str, Any]) -> Iterator[BibliographyEntry]:
    """Yield the entries that stand among the metadata, whose lines are not known."""
    references = metadata.get("references")
    for entry in references if isinstance(references, list) else ():
        if isinstance(entry, Mapping) and "id" in entry:
            yield BibliographyEntry(str(entry["id"]), read[0].place_of("references"))


def without_repeats(text: str) -> str:
    """Return BibTeX with blank lines in place of entries that stand there already, word by word."""
    starts = [match.start() for match in BIBTEX.finditer(text)]
    known: set[str] = set()
    parts = [text[: starts[0]]] if starts else [text]
    for start, end in pairwise([*starts, len(text)]):
        entry = text[start:end]
        words = " ".join(entry.split())
        parts.append("\n" * entry.count("\n") if words in known else entry)
        known.add(words)
    return "".join(parts)


def _entries(text: str, name: str) -> Iterator[BibliographyEntry]:
    is_csl = name.lower().endswith((".json", ".yaml", ".yml"))
    text = text if is_csl else REMARK.sub("", text)
    for match in (CSL if is_csl else BIBTEX).finditer(text):
        yield BibliographyEntry(match["key"], f"{name}:{1 + text.count(chr(10), 0, match.start('key'))}")
