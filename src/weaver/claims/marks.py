"""An executed notebook as it is printed: sentences that the results do not bear out are marked in words."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from weaver import chunk_options, yaml_reader
from weaver.chunk_options import Json
from weaver.claims import listing, spans
from weaver.claims.facts import MIME
from weaver.claims.spans import Need, Place, Span
from weaver.claims.verdicts import Claim, Facts
from weaver.errors import DocumentError
from weaver.typesetting.markdown import cells, literal_text
from weaver.typesetting.markdown.cells import Cell, lines_of, text_of

REFUTED, FOUND = "Not borne out by the results", "found"
CLASS = "claim-refuted"
CLAIM = re.compile(spans.CLAIM)
SAID = re.compile(r"\.claim(?![\w-])|\bneeds\b")  # in what options say
TITLES = ("fig-cap", "tbl-cap", "lst-cap")

Record = Mapping[str, Any]
Notebook = dict[str, Any]


@dataclass(frozen=True)
class Judged:
    """The claims of a notebook in its order, and the notebook as it is printed."""

    claims: tuple[Claim, ...]
    notebook: Notebook

    @property
    def refuted(self) -> tuple[Claim, ...]:
        """The claims that the results do not bear out."""
        return tuple(claim for claim in self.claims if not claim.holds)


def judge(notebook: Mapping[str, Any], chapters: Collection[str]) -> Judged:
    """Hold the claims of the `chapters` that were executed to their facts.

    Raises:
        DocumentError: a claim needs what is stated nowhere, or cannot be read; it names file and line.
    """
    read = cells.read_cells(notebook, lenient=True)
    reader = _ClaimMarker(Facts(read))
    records = [
        reader.printed(record, cell) if cell.chapter in chapters else record
        for record, cell in zip(notebook["cells"], read, strict=True)
    ]
    claims = tuple(reader.claims)
    shown = [part for record in records for part in listing.filled(record, claims)]
    return Judged(claims, {**notebook, "cells": shown})


class _ClaimMarker:
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
        if cell.kind == "raw":
            _refuse_claims(cell)
            return record
        outputs = [self._output(one, cell) for one in cell.outputs if MIME not in one.get("data", {})]
        return {**record, "source": lines_of(self._options(cell)), "outputs": outputs}

    def _text(self, text: str, place: Place) -> str:
        """Return Markdown with marks, and note its claims."""
        found = spans.read_spans(text, place)
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
        """Return an output with marks in what it shows as Markdown."""
        if output.get("name") == "stdout" and cell.options.output == "asis":
            return {**output, "text": self._text(text_of(output["text"]), lambda _: cell.place())}
        data = output.get("data", {})
        if "text/markdown" not in data:
            return output
        text = self._text(text_of(data["text/markdown"]), lambda _: cell.place())
        return {**output, "data": {**data, "text/markdown": text}}

    def _options(self, cell: Cell) -> str:
        """Return the source of a chunk with marks in its caption and its alternative text."""
        said, code = chunk_options.split(cell.source)
        if not any(SAID.search(line) for line in said):
            return cell.source
        values = yaml_reader.read_yaml(chunk_options.text(said), cell.file, cell.line)
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
                "'needs' is for a caption or a 'fig-alt', and this chunk has neither", place=place
            )
        needs = spans.needs(" ".join(spans.texts(values[spans.NEEDED])), place)
        texts = [
            spans.unmarked(text, spans.read_spans(text, lambda _: place))
            for text in spans.texts(values[shown[0]])
        ]
        claim = self._claim(needs, " ".join(texts), place)
        if claim.holds:
            return {}
        return {key: _all(marked[key], claim, plain=key == "fig-alt") for key in shown}


def _refuse_claims(front: Cell) -> None:
    """Refuse claims in the metadata, an abstract for example: they are not text of a chapter."""
    if CLAIM.search(front.source):
        raise DocumentError(
            "a claim stands in the text: no metadata are held to facts", place=front.place(CLAIM.pattern)
        )


def _places(cell: Cell) -> Place:
    return lambda offset: cell.place_of_line(cell.source.count("\n", 0, offset))


def _marks(text: str, span: Span, claim: Claim) -> Iterator[tuple[int, int, str]]:
    """Yield what is to be written for which parts of a text, so that a claim is marked."""
    opening, closing = _around(claim)
    attributes = text[span.last : span.end].replace(".claim", f".claim .{CLASS}", 1)
    yield span.first, span.first, opening
    yield span.last, span.end, f"{closing}{attributes}"


def _around(claim: Claim) -> tuple[str, str]:
    """Return the Markdown before and behind a sentence that is not borne out; colour says nothing of it."""
    return f"**\\[{REFUTED}:** ", f" **{FOUND}: {literal_text.markdown(claim.evidence)}\\]**"


def _all(value: Json, claim: Claim, *, plain: bool) -> Json:
    """Mark each text of an option; an alternative text is not Markdown."""
    opening, closing = (f"[{REFUTED}: ", f" {FOUND}: {claim.evidence}]") if plain else _around(claim)
    marked = [f"{opening}{text}{closing}" for text in spans.texts(value)]
    return marked if isinstance(value, list) else marked[0]
