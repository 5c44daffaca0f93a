"""An executed notebook as it is printed: sentences that the results do not bear out are marked in words."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import yaml

from weaver import chunk_options
from weaver.chunk_options import Json
from weaver.claims import spans
from weaver.claims.facts import MIME
from weaver.claims.spans import Need, Place, Span
from weaver.claims.verdicts import Claim, Facts
from weaver.errors import DocumentError
from weaver.typesetting.markdown import cells, literal_text
from weaver.typesetting.markdown.cells import Cell, lines_of, text_of

REFUTED, FOUND = "Not borne out by the results", "found"
HOLDS = {True: "Holds", False: "Does not hold"}
CLASS = "claim-refuted"
LIST = re.compile(
    r"^(:{3,})[ \t]*(?:claims|\{(?=[^}\n]*\.claims(?![\w-]))[^}\n]*\})[ \t]*\n.*?^\1:*[ \t]*$", re.M | re.S
)
TITLES = ("fig-cap", "tbl-cap", "lst-cap")
LABEL = re.compile(r"#(sec-[\w-]+)")
ATTRIBUTES = re.compile(r"\s*\{[^{}]*\}\s*$")
NOT_TWICE = re.compile(r"\[\^[^\]]*\]|\s*\{#[^}]*\}")  # footnotes and labels, where a sentence is quoted

Record = Mapping[str, Any]
Notebook = dict[str, Any]


@dataclass(frozen=True)
class Judged:
    """The claims of a notebook in its order, and the notebook as it is printed."""

    claims: tuple[Claim, ...]
    notebook: Notebook


def judge(notebook: Mapping[str, Any], chapters: Collection[str]) -> Judged:
    """Hold the claims of the `chapters` that were executed to their facts.

    Raises:
        DocumentError: a claim needs what is stated nowhere, or cannot be read; it names file and line.
    """
    read = cells.read(notebook, lenient=True)
    reader = _Reader(Facts(read))
    records = [
        reader.printed(record, cell) if cell.chapter in chapters else record
        for record, cell in zip(notebook["cells"], read, strict=True)
    ]
    claims = tuple(reader.claims)
    shown = [part for record in records for part in _with_list(record, claims)]
    return Judged(claims, {**notebook, "cells": shown})


class _Reader:
    """Reads one cell after another, and marks what its facts do not bear out."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.claims: list[Claim] = []
        self.section = self.chapter = ""

    def printed(self, record: Record, cell: Cell) -> Record:
        if cell.chapter != self.chapter:
            self.section, self.chapter = "", cell.chapter
        if cell.kind == "markdown":
            return {**record, "source": lines_of(self._text(cell.source, _places(cell)))}
        if cell.kind != "code":
            return record
        outputs = [self._output(one, cell) for one in cell.outputs if MIME not in one.get("data", {})]
        return {**record, "source": lines_of(self._options(cell)), "outputs": outputs}

    def _text(self, text: str, place: Place) -> str:
        """Return Markdown with marks, and note its claims."""
        found = spans.read(text, place)
        titles = list(spans.headings(text))
        marks: list[tuple[int, int, str]] = []
        for span in sorted(found, key=lambda one: one.start):
            self.section = next((title for at, title in reversed(titles) if at <= span.start), self.section)
            claim = self._claim(span.needs, spans.sentence(text, found, span), place(span.start))
            marks += [] if claim.holds else _marks(text, span, claim)
        self.section = titles[-1][1] if titles else self.section
        for start, end, mark in sorted(marks, reverse=True):
            inserted = mark
            if literal_text.ATTRIBUTE.search(text[:start].rpartition("\n")[2]):
                inserted = literal_text.in_attribute(inserted)
            text = text[:start] + inserted + text[end:]
        return text

    def _claim(self, needs: tuple[Need, ...], sentence: str, place: str) -> Claim:
        found = tuple(self.facts.find(need, self.chapter, place) for need in needs)
        self.claims.append(Claim(self.chapter, place, self.section, sentence, needs, found))
        return self.claims[-1]

    def _output(self, output: Record, cell: Cell) -> Record:
        data = output.get("data", {})
        if "text/markdown" not in data:
            return output
        text = self._text(text_of(data["text/markdown"]), lambda _: cell.place())
        return {**output, "data": {**data, "text/markdown": text}}

    def _options(self, cell: Cell) -> str:
        """Return the source of a chunk with marks in its caption and its alternative text."""
        said, code = chunk_options.split(cell.source)
        values: dict[str, Json] = yaml.safe_load(chunk_options.text(said)) or {}
        captions = {
            key: self._option(values[key], cell.place(key)) for key in values if key in spans.CAPTIONS
        }
        marked = {**values, **captions}
        marked |= self._needed(values, marked, cell) if spans.NEEDED in values else {}
        if marked == values:
            return cell.source
        text = yaml.safe_dump(marked, sort_keys=False, allow_unicode=True, width=10**6)
        return "\n".join([*(f"#| {line}" for line in text.rstrip().split("\n")), *code])

    def _option(self, value: Json, place: str) -> Json:
        marked = [self._text(text, lambda _: place) for text in spans.texts(value)]
        return marked if isinstance(value, list) else marked[0]

    def _needed(self, values: Mapping[str, Json], marked: Mapping[str, Json], cell: Cell) -> dict[str, Json]:
        """Judge what a chunk needs; return its caption and alternative texts, if they are to be marked."""
        place, shown = cell.place(spans.NEEDED), [key for key in (*TITLES, "fig-alt") if key in values]
        if not shown:
            raise DocumentError(
                f"{place}: 'needs' is for a caption or a 'fig-alt', and this chunk has neither"
            )
        needs = spans.needs(" ".join(spans.texts(values[spans.NEEDED])), place)
        texts = [
            spans.unmarked(text, spans.read(text, lambda _: place)) for text in spans.texts(values[shown[0]])
        ]
        claim = self._claim(needs, " ".join(texts), place)
        if claim.holds:
            return {}
        return {key: _all(marked[key], claim, plain=key == "fig-alt") for key in shown}


def _places(cell: Cell) -> Place:
    return lambda offset: cell.place_of_line(cell.source.count("\n", 0, offset))


def _marks(text: str, span: Span, claim: Claim) -> Iterator[tuple[int, int, str]]:
    """Give out what is to be written for which parts of a text, so that a claim is marked."""
    opening, closing = _around(claim)
    attributes = text[span.last : span.end].replace(".claim", f".claim .{CLASS}", 1)
    yield span.first, span.first, opening
    yield span.last, span.end, f"{closing}{attributes}"


def _around(claim: Claim) -> tuple[str, str]:
    """Return the Markdown before and behind a sentence that is not borne out; colour says nothing of it."""
    return f"**\\[{REFUTED}:** ", f" **{FOUND}: {literal_text.markdown(claim.evidence)}\\]**"


def _all(value: Json, claim: Claim, *, plain: bool) -> Json:
    """Mark each text of an option; an alternative text is no Markdown."""
    opening, closing = (f"[{REFUTED}: ", f" {FOUND}: {claim.evidence}]") if plain else _around(claim)
    marked = [f"{opening}{text}{closing}" for text in spans.texts(value)]
    return marked if isinstance(value, list) else marked[0]


def _with_list(record: Record, claims: Sequence[Claim]) -> Iterator[Record]:
    """Give out a cell in parts, with the list of claims where a division asks for it."""
    source = text_of(record["source"])
    match = LIST.search(source) if record["cell_type"] == "markdown" else None
    if match is None:
        yield record
        return
    listed = f"::: claims\n{''.join(_listed(claims))}:::"
    parts = (source[: match.start()], 0), (listed, match.start()), (source[match.end() :], match.end())
    before, middle, behind = (_part(record, text, at) for text, at in parts)
    yield from (before, middle)
    yield from _with_list(behind, claims)


def _part(record: Record, text: str, start: int) -> Record:
    """Return a Markdown cell with a text of its own, which stands where `start` is in the whole."""
    lines = text_of(record["source"]).count("\n", 0, start)
    place = record["metadata"]["weaver"]
    metadata = {**record["metadata"], "weaver": {**place, "line": place["line"] + lines}}
    name = f"{record['id']}-{start}" if start else record["id"]
    return {**record, "id": name, "metadata": metadata, "source": lines_of(text)}


def _listed(claims: Sequence[Claim]) -> Iterator[str]:
    """Give out the list of claims as Markdown, by section."""
    for title, group in groupby(claims, key=lambda claim: claim.section):
        label = LABEL.search(title)
        name = f"@{label[1]}, " if label else ""
        yield f"\n**{name}{ATTRIBUTES.sub('', title)}**\n\n"
        for claim in group:
            sentence = NOT_TWICE.sub("", claim.sentence)
            yield f"- {sentence} *{HOLDS[claim.holds]}:* {literal_text.markdown(claim.evidence)}\n"
    yield "\n"
