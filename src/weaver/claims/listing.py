"""The list of all claims: on the terminal, as JSON, and in the report where a division asks for it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from weaver.claims.verdicts import Claim
from weaver.qmd import COMMENT
from weaver.typesetting.markdown import literal_text
from weaver.typesetting.markdown.cells import lines_of, text_of

HOLDS = {True: "Holds", False: "Does not hold"}
# A division `.claims`, with all in it; not one in code or in a comment.
LIST = re.compile(
    rf"""{COMMENT.pattern}
    |(?P<list>^(?P<colons>:{{3,}})[ \t]*(?:claims|\{{(?=[^}}\n]*\.claims(?![\w-]))[^}}\n]*\}})[ \t]*\n.*?
    ^(?P=colons):*[ \t]*$)""",
    re.M | re.S | re.X,
)
LABEL = re.compile(r"#(sec-[\w-]+)")
ATTRIBUTES = re.compile(r"\s*\{[^{}]*\}\s*$")
NOT_TWICE = re.compile(r"\[\^[^\]]*\]|\s*\{#[^}]*\}")  # footnotes and labels, where a sentence is quoted

Record = Mapping[str, Any]


def page(claims: Sequence[Claim]) -> Iterator[str]:
    """Give out the lines of the list, by section."""
    for (chapter, section), group in groupby(claims, key=lambda claim: (claim.chapter, claim.section)):
        yield f"{chapter}: {_title(section)}".rstrip(": ")
        for claim in group:
            yield f"  {claim.place}  {claim.sentence}"
            yield f"    {HOLDS[claim.holds].lower()}: {claim.evidence}"
    failing = sum(not claim.holds for claim in claims)
    yield f"{len(claims)} claim{'' if len(claims) == 1 else 's'}, {failing or 'none'} not borne out"


def record(claims: Sequence[Claim]) -> list[dict[str, Any]]:
    """Return the claims in JSON's types."""
    return [
        {
            "chapter": claim.chapter,
            "place": claim.place,
            "section": _title(claim.section),
            "sentence": claim.sentence,
            "needs": [str(need) for need in claim.needs],
            "found": [f"{fact.name}.{fact.outcome}" for fact in claim.found],
            "evidence": claim.evidence,
            "holds": claim.holds,
        }
        for claim in claims
    ]


def filled(record: Record, claims: Sequence[Claim]) -> Iterator[Record]:
    """Give out a cell in parts, with the list of claims where a division asks for it."""
    source = text_of(record["source"])
    found = LIST.finditer(source) if record["cell_type"] == "markdown" else ()
    match = next((each for each in found if each["list"]), None)
    if match is None:
        yield record
        return
    listed = f"::: claims\n{''.join(_markdown(claims))}:::"
    parts = (source[: match.start()], 0), (listed, match.start()), (source[match.end() :], match.end())
    before, middle, behind = (_part(record, text, at) for text, at in parts)
    yield from (before, middle)
    yield from filled(behind, claims)


def _part(record: Record, text: str, start: int) -> Record:
    """Return a Markdown cell with a text of its own, which stands where `start` is in the whole."""
    lines = text_of(record["source"]).count("\n", 0, start)
    place = record["metadata"]["weaver"]
    metadata = {**record["metadata"], "weaver": {**place, "line": place["line"] + lines}}
    name = f"{record['id']}-{start}" if start else record["id"]
    return {**record, "id": name, "metadata": metadata, "source": lines_of(text)}


def _markdown(claims: Sequence[Claim]) -> Iterator[str]:
    """Give out the list of claims as Markdown, by section."""
    for section, group in groupby(claims, key=lambda claim: claim.section):
        label = LABEL.search(section)
        name = f"@{label[1]}, " if label else ""
        yield f"\n**{name}{_title(section)}**\n\n"
        for claim in group:
            sentence = NOT_TWICE.sub("", claim.sentence)
            yield f"- {sentence} *{HOLDS[claim.holds]}:* {literal_text.markdown(claim.evidence)}\n"
    yield "\n"


def _title(section: str) -> str:
    return ATTRIBUTES.sub("", section)
