"""Citations: the list of references, and a clear error for a key that no bibliography has."""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from weaver import pandoc
from weaver.crossref import mention
from weaver.errors import TypesetError
from weaver.manuscript import Manuscript
from weaver.pandoc import Nodes

MISSING = re.compile(r"citation (?P<key>\S+) not found")
# Keys of BibTeX, CSL-JSON and CSL-YAML; only to suggest one, Pandoc decides what exists.
KEY = re.compile(r"""^\s*(?:@\w+\s*\{\s*|-?\s*"?id"?:\s*"?)(?P<key>[^\s,"{}]+)""", re.M)


def with_references(blocks: Nodes, metadata: Mapping[str, Any]) -> Nodes:
    """Return the blocks with an unnumbered section for the references, unless there is a place for them."""
    placed = any(node["t"] == "Div" and node["c"][0][0] == "refs" for node in pandoc.walk(blocks))
    if placed or metadata.get("suppress-bibliography"):
        return blocks
    title = pandoc.words(str(metadata.get("reference-section-title", "References")))
    heading = pandoc.node("Header", 1, pandoc.attributes("references", ["unnumbered"]), title)
    return [*blocks, heading, pandoc.node("Div", pandoc.attributes("refs"), [])]


def check(
    warnings: Sequence[str], citations: Mapping[str, int], manuscript: Manuscript, resources: Path
) -> None:
    """Turn Pandoc's warnings about citations into an error.

    Raises:
        TypesetError: a cited key is in no bibliography; the message names file and line and the nearest keys.
    """
    for warning in warnings:
        if match := MISSING.search(warning):
            key = match["key"]
            place = manuscript.place(citations.get(key, 0), mention(key))
            known = sorted(_keys(manuscript.metadata, resources))
            near = difflib.get_close_matches(key, known, 3, 0.5) or known[:5]
            hint = f"; keys that exist: {', '.join(near)}" if near else ": the front matter names none"
            raise TypesetError(f"{place}: no bibliography has the key '{key}'{hint}")


def _keys(metadata: Mapping[str, Any], resources: Path) -> Iterator[str]:
    named = metadata.get("bibliography") or ()
    for name in [named] if isinstance(named, str) else named:
        text = (resources / name).read_text(encoding="utf-8")
        yield from (match["key"] for match in KEY.finditer(text))
