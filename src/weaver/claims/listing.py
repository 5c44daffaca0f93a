"""The list of all claims: on the terminal, as JSON, and in the report where a division asks for it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from weaver.claims.verdicts import Claim
from weaver.typesetting.markdown import divisions, literal_text

HOLDS = {True: "Holds", False: "Does not hold"}
LABEL = re.compile(r"#(sec-[\w-]+)")
ATTRIBUTES = re.compile(r"\s*\{[^{}]*\}\s*$")
NOT_TWICE = re.compile(r"\[\^[^\]]*\]|\s*\{#[^}]*\}")  # footnotes and labels, where a sentence is quoted

Record = Mapping[str, Any]


def page(claims: Sequence[Claim]) -> Iterator[str]:
    """Yield the lines of the list, by section."""
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
    """Yield a cell in parts, with the list of claims where a division asks for it."""
    yield from divisions.filled(
        record, divisions.CLAIMS, lambda: "".join(_markdown(claims)).removesuffix("\n")
    )


def _markdown(claims: Sequence[Claim]) -> Iterator[str]:
    """Yield the list of claims as Markdown, by section."""
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
