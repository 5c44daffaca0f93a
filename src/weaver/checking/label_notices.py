"""Labels that nothing refers to, and those that nothing can refer to."""

import re
from collections.abc import Collection, Iterator, Mapping

from weaver.checking.code import CodeToCheck
from weaver.checking.findings import Finding
from weaver.project import Chapter
from weaver.qmd import Chunk
from weaver.typesetting import pandoc
from weaver.typesetting.pandoc import Nodes
from weaver.typesetting.tree import crossref
from weaver.typesetting.tree.numbered_document import Numbered

SLIPS: Mapping[str, str] = {
    **dict.fromkeys(("figure", "image", "img", "plot"), "fig"),
    **dict.fromkeys(("table", "tab"), "tbl"),
    **dict.fromkeys(("equation", "eqn"), "eq"),
    **dict.fromkeys(("section", "sect"), "sec"),
}
ODD = re.compile(
    rf"(?P<kind>{'|'.join(SLIPS)})[-_:](?P<rest>.+)|(?P<same>fig|tbl|eq|sec|lst)[_:](?P<name>.+)"
)
IN_PROSE = re.compile(r"(?<!\\)\{#(?P<label>[\w:-]+)")
PART = re.compile(r"-\d+|-[a-z]")
CAPTIONED = {"fig-cap": "fig", "tbl-cap": "tbl", "lst-cap": "lst"}


def unused(numbered: Numbered, code: CodeToCheck, chapters: Collection[str]) -> Iterator[Finding]:
    """Yield figures, tables, listings and equations of chapters that nothing in the report mentions.

    Nothing is said of sections, of the parts of a figure, and of a label that some code has.
    """
    text, nodes = numbered.manuscript, pandoc.walk(numbered.document.blocks)
    cited = {crossref.label_of(one) for one in _cited(nodes)}
    linked = {node["c"][2][0].removeprefix("#") for node in nodes if node["t"] == "Link"}
    for label, target in numbered.targets.items():
        if target.kind == "sec" or not target.number.isdigit() or code.mentions(label):
            continue
        if text.cells[target.cell].chapter in chapters and not any(
            one == label or PART.fullmatch(one.removeprefix(label)) for one in cited | linked
        ):
            place = text.place(target.cell, rf"(#|label: *['\"]?){re.escape(label)}(?![\w-])")
            yield Finding(place, f"nothing refers to '{label}': say in the text what it shows, '@{label}'")


def _cited(nodes: Nodes) -> Iterator[str]:
    for node in nodes:
        if node["t"] == "Cite":
            yield from (one["citationId"] for one in node["c"][0])


def odd(chapter: Chapter) -> Iterator[Finding]:
    """Yield labels that were perhaps meant for references and begin otherwise."""
    for block in chapter.blocks:
        if isinstance(block, Chunk):
            yield from _of_chunk(block)
            continue
        for match in IN_PROSE.finditer(block.text):
            yield from _of_label(match["label"], str(block.place_at(match.start())))


def _of_chunk(chunk: Chunk) -> Iterator[Finding]:
    label = str(chunk.options.get("label", ""))
    kinds = [kind for key, kind in CAPTIONED.items() if key in chunk.options]
    found = list(_of_label(label, chunk.place_of("label"))) if kinds else []
    if label and kinds and not found and not label.startswith(tuple(f"{kind}-" for kind in kinds)):
        expected = f"expected a label such as '{kinds[0]}-{label}', else nothing can refer to it"
        yield Finding(chunk.place_of("label"), f"the label '{label}' has a caption: {expected}")
    yield from found


def _of_label(label: str, place: str) -> Iterator[Finding]:
    if match := ODD.fullmatch(label):
        meant = f"{SLIPS.get(match['kind'] or '', match['same'])}-{match['rest'] or match['name']}"
        yield Finding(place, f"the label '{label}' is none that a reference means; did you mean '{meant}'?")
