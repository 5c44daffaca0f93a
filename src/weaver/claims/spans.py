"""Claims as they stand in Markdown: bracketed sentences that say which facts they need."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NoReturn

from weaver.chunk_options import Json
from weaver.claims.facts import NAME, Comparison, Fact
from weaver.errors import DocumentError
from weaver.qmd import COMMENT

OUTCOMES = (*Fact.OUTCOMES, *Comparison.OUTCOMES)
CLAIM = r"\{(?=[^{}]*(?<![\w-])\.claim(?![\w-]))[^{}]*\}"  # attributes with this class
TOKEN = re.compile(
    rf"""{COMMENT.pattern}
    |\\.
    |(?P<blank>\n[ \t]*\n)
    |(?P<heading>^\#{{1,6}}[ \t]+)(?=(?P<title>[^\n]*))
    |(?P<opening>\[)
    |(?P<closing>\])(?P<attributes>{CLAIM})?
    |(?P<stray>{CLAIM})""",
    re.S | re.M | re.X,
)
NEEDS = re.compile(r"""(?<![\w-])needs=(?:"(?P<one>[^"]*)"|'(?P<two>[^']*)'|(?P<bare>[^\s"'}]+))""")
ENDED = re.compile(r"[.!?][*_\"”’)\]]*$")
# A full stop ends no sentence within "e.g. this" or "J. Smith".
SENTENCE = re.compile(r"(?<!\be\.g)(?<!\bi\.e)(?<!\bcf)(?<!\bvs)(?<!\b[A-Z])[.!?][*_\"”’)\]]*\s+(?=[^\sa-z])")
# Where a sentence begins or ends beside its full stop: at blank lines, divisions and their attributes,
# headings, items of lists, quotations, notes.
EDGE = re.compile(
    r"""\n[ \t]*\n|^:{3,}(?:(?!=")[^\n])*(?:="|\n|$)|"\}|^\#{1,6}[ \t]+
    |^[ \t]*(?:[-*+]|\d+[.)])[ \t]+|^[ \t]*>[ \t]?|\^\[""",
    re.M | re.X,
)
ROW = "|"  # begins a row of a table, and each of its cells
NEEDED = "needs"  # the option of a chunk
CAPTIONS = ("fig-cap", "fig-subcap", "tbl-cap", "tbl-subcap", "lst-cap")
HOW = "write '[A sentence.]{.claim needs=\"fact.outcome\"}'"

Place = Callable[[int], str]
"""From an offset in a text to its `file:line`."""


@dataclass(frozen=True)
class Need:
    """A fact, and those of its outcomes that will do."""

    name: str
    outcomes: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name}.{'|'.join(self.outcomes)}"


@dataclass(frozen=True)
class Span:
    """A claim in a text: `[start:end]` is all of it, `[first:last]` what it says."""

    start: int
    end: int
    first: int
    last: int
    needs: tuple[Need, ...]


def read_spans(text: str, place: Place) -> list[Span]:
    """Return the claims in a Markdown text, inner ones before those around them.

    Raises:
        DocumentError: a claim is not a bracketed sentence within a paragraph, or its needs cannot be read.
    """
    found: list[Span] = []
    opened: list[int] = []
    for token in TOKEN.finditer(text) if ".claim" in text else ():
        if token["blank"]:
            opened.clear()
        elif token["opening"]:
            opened.append(token.start())
        elif token["stray"] or (token["attributes"] and not opened):
            raise DocumentError(f"'.claim' belongs to no brackets here: {HOW}", place=place(token.start()))
        elif token["closing"]:
            start = opened.pop() if opened else -1
            if token["attributes"]:
                needs = _needs_of(token["attributes"], place(token.start()))
                found.append(Span(start, token.end(), start + 1, token.start(), needs))
    return found


def headings(text: str) -> Iterator[tuple[int, str]]:
    """Yield where the headings of a text stand, with their titles as Markdown."""
    yield from ((token.start(), token["title"].strip()) for token in TOKEN.finditer(text) if token["heading"])


def texts(value: Json) -> list[str]:
    """Return the texts of an option, which has one or a list of them."""
    return [str(each) for each in (value if isinstance(value, list) else [value])]


def needs(text: str, place: str) -> tuple[Need, ...]:
    """Read what a claim needs: `depth.lower|equal overfits`.

    Raises:
        DocumentError: it names no fact, or an outcome that no fact has.
    """
    return tuple(_need(word, place) for word in text.split()) or _refuse(text, place)


def unmarked(text: str, spans: Sequence[Span]) -> str:
    """Return a text without the marks of claims."""
    for start, end in sorted(_cuts(spans), reverse=True):
        text = text[:start] + text[end:]
    return text


def sentence(text: str, spans: Sequence[Span], span: Span) -> str:
    """Return the whole sentences, on one line, in which a claim stands, without the marks of claims."""
    start, end = _paragraph(text, span)
    marked, position = "", start
    for cut, behind in sorted((cut, behind) for cut, behind in _cuts(spans) if start <= cut < end):
        marked += text[position:cut] + {span.start: "\x02", span.last: "\x03"}.get(cut, "")
        position = behind
    before, inside, after = re.split("[\x02\x03]", marked + text[position:end])
    if ENDED.search(inside) and not inside[:1].islower():
        return " ".join(inside.split())
    ends = (match.end() for match in SENTENCE.finditer(before + inside[:1]))
    rest = "" if ENDED.search(inside.rstrip()) else after[: _end_of_sentence(after)]
    whole = " ".join(f"{before[max(ends, default=0) :]}{inside}{rest}".split())
    return whole if whole.count("[") >= whole.count("]") else whole.removesuffix("]")  # which ends a note


def _cuts(spans: Sequence[Span]) -> Iterator[tuple[int, int]]:
    """Yield the brackets and the attributes of claims."""
    for span in spans:
        yield span.start, span.first
        yield span.last, span.end


def _paragraph(text: str, span: Span) -> tuple[int, int]:
    line = text.rfind("\n", 0, span.start) + 1
    if text.startswith(ROW, line):
        return text.rfind(ROW, 0, span.start) + 1, text.find(ROW, span.end)
    edges = [match.span() for match in EDGE.finditer(text)]
    start = max((end for _, end in edges if end <= span.start), default=0)
    return start, min((begin for begin, _ in edges if begin >= span.end), default=len(text))


def _end_of_sentence(text: str) -> int:
    match = SENTENCE.search(f"{text} X")
    return match.end() if match else len(text)


def _needs_of(attributes: str, place: str) -> tuple[Need, ...]:
    match = NEEDS.search(attributes)
    return needs((match["one"] or match["two"] or match["bare"] or "") if match else "", place)


def _need(word: str, place: str) -> Need:
    name, _, said = word.partition(".")
    outcomes = tuple(said.split("|")) if said else ("yes",)
    if not NAME.fullmatch(name):
        _refuse(word, place)
    for outcome in outcomes:
        if outcome not in OUTCOMES:
            raise DocumentError(
                f"'{word}': expected one of the outcomes {', '.join(OUTCOMES)}, found '{outcome}'",
                place=place,
            )
    return Need(name, outcomes)


def _refuse(found: str, place: str) -> NoReturn:
    raise DocumentError(f"a claim needs facts, found '{found}': {HOW}", place=place)
