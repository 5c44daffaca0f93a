"""Claims that need what nothing states, and words that lack an outcome, before any chunk has run."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from difflib import get_close_matches

from weaver.checking.code import CodeToCheck
from weaver.checking.findings import Finding, Kind, fault
from weaver.claims import spans, wordings
from weaver.errors import DocumentError
from weaver.project import Chapter
from weaver.qmd import Chunk, Prose

CALL = r"\b(?:Fact|Comparison)\("
NAMED = r"\s*(?:name\s*=\s*)?(?P<quote>[\"'])(?P<name>[A-Za-z][\w-]*)(?P=quote)"
MADE, COMPUTED = re.compile(CALL + NAMED), re.compile(rf"{CALL}(?!{NAMED})")


def findings(chapters: Iterable[Chapter], code: CodeToCheck) -> Iterator[Finding]:
    """Yield what is wrong with the claims of chapters; `code` is that of the whole report.

    A fact whose name stands nowhere is a fault, unless some name is only made as the code runs.
    """
    names = {match["name"] for one in (*code.chunks, *code.modules) for match in MADE.finditer(one.text)}
    for chapter in chapters:
        yield from map(fault, wordings.faults(chapter))
        for need, place in _needs(chapter):
            if need not in names and not code.says(rf"[\"']{re.escape(need)}[\"']"):
                near = get_close_matches(need, sorted(names), 1)
                hint = f"did you mean '{near[0]}'?" if near else "state it in a chunk: state(Fact(…))"
                kind: Kind = "notice" if code.says(COMPUTED.pattern) else "fault"
                yield Finding(place, f"the fact '{need}' is stated nowhere; {hint}", kind)


def _needs(chapter: Chapter) -> Iterator[tuple[str, str]]:
    """Yield the facts that claims need, as far as they can be read, each with its place."""
    for block in chapter.blocks:
        with suppress(DocumentError):  # `wordings` tells it
            if isinstance(block, Prose):
                yield from _of_prose(block)
            else:
                yield from _of_options(block)


def _of_prose(prose: Prose) -> Iterator[tuple[str, str]]:
    for span in spans.read_spans(prose.text, lambda _: str(prose.place)):
        yield from ((need.name, str(prose.place_at(span.start))) for need in span.needs)


def _of_options(chunk: Chunk) -> Iterator[tuple[str, str]]:
    for key in filter(chunk.options.__contains__, (spans.NEEDED, *spans.CAPTIONS)):
        place, said = chunk.place_of(key), spans.texts(chunk.options[key])
        yield from ((need.name, place) for need in _said(key, said, place))


def _said(key: str, texts: Sequence[str], place: str) -> Iterator[spans.Need]:
    if key == spans.NEEDED:
        yield from spans.needs(" ".join(texts), place)
    else:
        yield from (
            need for text in texts for span in spans.read_spans(text, lambda _: place) for need in span.needs
        )
