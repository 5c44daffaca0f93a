"""Citations: the list of references, and a clear error for a key that no bibliography has."""

import difflib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from weaver import cells, pandoc
from weaver.answers import Answers
from weaver.crossref import mention
from weaver.digests import digest
from weaver.errors import TypesetError
from weaver.manuscript import Manuscript
from weaver.pandoc import Document, Node, Nodes

REFERENCES = "refs"  # Pandoc's identifier for where the references go
FILES = ("bibliography", "csl")
METADATA = (*FILES, "nocite", "lang", "link-citations")  # what citeproc reads
MISSING = re.compile(r"citation (?P<key>\S+) not found")
# Keys of BibTeX, CSL-JSON and CSL-YAML; only to suggest one, Pandoc decides what exists.
KEY = re.compile(r"""^\s*(?:@\w+\s*\{\s*|-?\s*"?id"?:\s*"?)(?P<key>[^\s,"{}]+)""", re.M)


def cited(document: Document, keys: Mapping[str, int], text: Manuscript, resources: Path) -> Nodes:
    """Return the blocks with all citations set, and the references at their place or else at the end.

    Args:
        document: its metadata name bibliography and style, relative to `resources`.
        keys: each key that is cited with the cell that cites it.
        text: what the document was read from.
        resources: the folder of the files that the metadata name.

    Raises:
        TypesetError: no bibliography has a key; the message names file and line.
    """
    nodes = pandoc.walk(document.blocks)
    citations = [node for node in nodes if node["t"] == "Cite"]
    places = list(filter(_is_place, nodes))
    section = [] if places or text.metadata.get("suppress-bibliography") else _section(text.metadata)
    places += section[1:]
    meta = {key: document.meta[key] for key in METADATA if key in document.meta}
    whole = Document(meta, [*document.blocks, *section], document.version)
    alone = [*(pandoc.node("Para", [one]) for one in citations), *places]
    set_apart = _set(replace(whole, blocks=alone), keys, text, resources)
    if any(node["t"] == "Note" for node in pandoc.walk(set_apart)):
        return _set(whole, keys, text, resources)  # notes change the words and spaces around them
    for node, done in zip((*citations, *places), set_apart, strict=True):
        node.update(done if _is_place(done) else _written(done["c"][0]))
    return whole.blocks


def _set(document: Document, keys: Mapping[str, int], text: Manuscript, resources: Path) -> Nodes:
    """Let Pandoc set the citations in a tree."""
    files = [resources / name for key in FILES for name in cells.named(text.metadata, key)]
    contents = tuple(str(digest(file)) for file in files)
    tree = json.dumps(document.meta | {"blocks": document.blocks, "version": document.version})
    source, warnings = _processed(tree, contents, resources, text.answers)
    check(warnings, keys, text, resources)
    blocks: Nodes = json.loads(source)["blocks"]
    return blocks


@lru_cache(maxsize=8)
def _processed(
    tree: str, contents: tuple[str, ...], resources: Path, answers: Answers
) -> tuple[str, list[str]]:
    """Run citeproc over a tree; `contents` tells one state of the files that it reads from another."""

    def find() -> tuple[str, list[str]]:
        meta = json.loads(tree)
        blocks, version = meta.pop("blocks"), meta.pop("version")
        return pandoc.write(Document(meta, blocks, version), "--citeproc", "--to=json", folder=resources)

    source, warnings = answers.ask(("cited", tree, contents, str(resources)), find)
    return source, warnings


def _written(citation: Node) -> Node:
    """Return the words of a citation that is set, as nothing that a writer would set again."""
    mentioned, inlines = citation["c"]
    keys = " ".join(one["citationId"] for one in mentioned)
    return pandoc.node("Span", pandoc.attributes("", ["citation"], [("cites", keys)]), inlines)


def _is_place(node: Node) -> bool:
    return bool(node["t"] == "Div" and node["c"][0][0] == REFERENCES)


def _section(metadata: Mapping[str, Any]) -> Nodes:
    """Return an unnumbered section for the references: its heading, and a place for them."""
    title = pandoc.words(str(metadata.get("reference-section-title", "References")))
    heading = pandoc.node("Header", 1, pandoc.attributes("references", ["unnumbered"]), title)
    return [heading, pandoc.node("Div", pandoc.attributes(REFERENCES), [])]


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
    for name in cells.named(metadata, "bibliography"):
        text = (resources / name).read_text(encoding="utf-8")
        yield from (match["key"] for match in KEY.finditer(text))
