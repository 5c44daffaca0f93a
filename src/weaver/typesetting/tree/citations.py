"""Citations: the list of references, and a clear error for a key that no bibliography has."""

import difflib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

from weaver.errors import TypesetError
from weaver.storage.hashing import digest
from weaver.typesetting import pandoc
from weaver.typesetting.markdown.labels import THINGS
from weaver.typesetting.markdown.markdown_source import Manuscript
from weaver.typesetting.pandoc import Node, Nodes, PandocDocument
from weaver.typesetting.pandoc_cache import Answers
from weaver.typesetting.tree import bibliography
from weaver.typesetting.tree.crossref import mention

REFERENCES = "refs"  # Pandoc's identifier for where the references go
METADATA = (*bibliography.FILES, "references", "nocite", "lang", "link-citations", "suppress-bibliography")
# A label as LaTeX or an older Markdown has it.
OTHER_LABEL = re.compile(rf"@?(?P<kind>{'|'.join(THINGS)})[:_.](?P<name>.+)")
MISSING = re.compile(r"citation (?P<key>\S+) not found")
UNREADABLE = re.compile(
    r"reading bibliography file (?P<file>.+):\s+\(line (?P<line>\d+).*\):\s+(?P<reason>.*)"
)


def cited(
    document: PandocDocument, keys: Mapping[str, int], known: Sequence[str], text: Manuscript, resources: Path
) -> Nodes:
    """Return the blocks with all citations set, and the references at their place.

    That is `Div#refs`; else the section with their title; else a heading that ends the document; else a
    section of their own at the end.

    Args:
        document: its metadata name bibliography and style, relative to `resources`.
        keys: each key that is cited with the cell that cites it.
        known: the keys that the bibliographies have.
        text: what the document was read from.
        resources: the folder of the files that the metadata name.

    Raises:
        TypesetError: no bibliography has a key; the message names file and line.
    """
    meta = {key: document.meta[key] for key in METADATA if key in document.meta}
    listed = not text.metadata.get("suppress-bibliography")
    blocks = with_place(document.blocks, text) if listed else document.blocks
    whole = PandocDocument(meta, blocks, document.version)
    nodes = pandoc.walk(blocks)
    citations = [node for node in nodes if node["t"] == "Cite"]
    places = list(filter(is_place, nodes))
    check = partial(_check, keys=keys, known=known, text=text)
    alone = [*(pandoc.node("Para", [one]) for one in citations), *places]
    set_apart = _set(replace(whole, blocks=alone), text, resources, check)
    if any(node["t"] == "Note" for node in pandoc.walk(set_apart)):
        return _set(whole, text, resources, check)  # notes change the words and spaces around them
    for node, done in zip((*citations, *places), set_apart, strict=True):
        node.update(done if is_place(done) else _written(done["c"][0]))
    return whole.blocks


def with_place(blocks: Nodes, text: Manuscript) -> Nodes:
    """Return the blocks with a place for the references, which is where they already have one."""
    if any(map(is_place, pandoc.walk(blocks))):
        return blocks
    place = pandoc.node("Div", pandoc.attributes(REFERENCES), [])
    word = text.words["section-title-references"]
    title = pandoc.inlines_of(str(text.metadata.get("reference-section-title", word)))
    end = _end_of_section(blocks, pandoc.plain(title))
    if end is not None:
        return [*blocks[:end], place, *blocks[end:]]
    heading = pandoc.node("Header", 1, pandoc.attributes("references", ["unnumbered"]), title)
    return [*blocks, *([heading] if title else []), place]


def _end_of_section(blocks: Nodes, title: str) -> int | None:
    """Return where the section for the references ends, None where there is none."""
    headings = [index for index, block in enumerate(blocks) if block["t"] == "Header"]
    named = [index for index in headings if title and pandoc.plain(blocks[index]["c"][2]) == title]
    last = [
        index for index in headings[-1:] if all(block["t"] == "RawBlock" for block in blocks[index + 1 :])
    ]
    for start in (*named[-1:], *last):
        return next((index for index in headings if index > start), len(blocks))
    return None


def _set(
    document: PandocDocument, text: Manuscript, resources: Path, check: Callable[[Sequence[str]], None]
) -> Nodes:
    """Let Pandoc set the citations in a tree, and `check` its warnings."""
    files = bibliography.files(text.cells, text.metadata, resources)
    contents = tuple(str(digest(resources / name)) for name in files)
    tree = json.dumps(document.meta | {"blocks": document.blocks, "version": document.version})
    try:
        source, warnings = _processed(tree, contents, resources, text.answers)
    except TypesetError as error:
        raise _explained(error, text) from None
    check(warnings)
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
        return pandoc.write_tree(
            PandocDocument(meta, blocks, version), "--citeproc", "--to=json", folder=resources
        )

    source, warnings = answers.ask(("cited", tree, contents, str(resources)), find)
    return source, warnings


def _explained(error: TypesetError, text: Manuscript) -> TypesetError:
    """Say where it is that citeproc stopped: in a bibliography, or in the style."""
    if found := UNREADABLE.search(str(error)):
        return TypesetError(
            f"the bibliography cannot be read from here: {found['reason']}",
            place=f"{found['file']}:{found['line']}",
        )
    return TypesetError(f"the citations cannot be set: {error}", place=text.cells[0].place("(?m)^ *csl:"))


def _written(citation: Node) -> Node:
    """Return the words of a citation that is set, as nothing that a writer would set again."""
    mentioned, inlines = citation["c"]
    keys = " ".join(one["citationId"] for one in mentioned)
    return pandoc.node("Span", pandoc.attributes("", ["citation"], [("cites", keys)]), inlines)


def is_place(node: Node) -> bool:
    """Whether a node is where the references go."""
    return bool(node["t"] == "Div" and node["c"][0][0] == REFERENCES)


def _check(warnings: Sequence[str], keys: Mapping[str, int], known: Sequence[str], text: Manuscript) -> None:
    """Turn Pandoc's warnings about citations into an error; it names the nearest of the `known` keys."""
    for warning in warnings:
        if match := MISSING.search(warning):
            raise missing(match["key"], keys, known, text)


def missing(key: str, keys: Mapping[str, int], known: Sequence[str], text: Manuscript) -> TypesetError:
    """Return the error that no bibliography has a key, with the place that cites it and the nearest keys."""
    place = text.place(keys.get(key, 0), mention(key))
    return TypesetError(f"no bibliography has the key '{key}'{''.join(_hint(key, text, known))}", place=place)


def _hint(key: str, text: Manuscript, known: Sequence[str]) -> Iterator[str]:
    if match := OTHER_LABEL.match(key):
        yield f": a label is written with a hyphen, '{match['kind']}-{match['name']}'"
    elif near := difflib.get_close_matches(key, sorted(known), 3, 0.5) or sorted(known)[:5]:
        yield f"; keys that exist: {', '.join(near)}"
    elif "bibliography" not in text.metadata:
        yield ": the front matter names none"
    else:
        yield ": those that the front matter names are empty"
