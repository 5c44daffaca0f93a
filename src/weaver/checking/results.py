"""Sentences that tell results, and whether anything holds them to what came out.

The rule is plain, so that an author can foresee it; see `docs/checking.md`. A result sentence has a word of
effect and rests on a result: an inline value, or a reference to a figure or a table, stands in it. It is to
be a claim, or to choose its words by an outcome, or to be marked as `.unchecked`.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from weaver.checking.findings import Finding
from weaver.claims import spans
from weaver.project import Chapter
from weaver.qmd import COMMENT, Chunk, Prose

EFFECT = re.compile(
    r"\b(?:higher|lower(?!\s+(?:part|half|row|panel|left|right|bound)\b)|larger|smaller|better|worse|faster|slower|fewer"
    r"|(?:rais|reduc|increas|decreas|improv)e[sd]?|lower(?:s|ed)|worsen(?:s|ed)?|outperform(?:s|ed)?"
    r"|exceed(?:s|ed)?|beats?|overfits?|falls?|fell|rises?|rose|drop(?:s|ped)|gained|wins?|won"
    r"|helps?|helped|hurts?|harm(?:s|ed)?|(?:more|less)\b(?=[^.]*\bthan\b))\b",
    re.I,
)
VALUE = re.compile(r"`\{python\}[^`]*`")
WORDS = re.compile(r"\.words\(")
MADE, CHOSEN = "\x01", "\x02"  # stand for inline values: of any kind, and of words chosen by an outcome
REFERENCE = re.compile(r"@(?:fig|tbl)-[\w.-]+", re.I)
NUMBER = re.compile(r"(?<![\w.,@#/-])\d+(?:\.\d+(?:\s?%)?|\s?%)(?![\w-])")
LEVEL, INTERVAL, NEAR = re.compile(r"9[059]\s?%"), re.compile(r"interval|confidence"), 40  # letters
# What is no sentence: displayed code and formulas, comments, code, formulas, addresses, attributes.
SET_APART = re.compile(
    rf"{COMMENT.pattern}|\$\$.*?\$\$|\$(?=\S)[^$\n]*(?:\n[^$\n]+)*?\$|\]\([^)]*\)|\{{[^{{}}\n]*\}}|<https?:[^>]*>",
    re.S | re.M | re.X,
)
HELD = re.compile(r"\]\{[^{}]*\.(?:claim|unchecked)(?![\w-])[^{}]*\}")
APART = re.compile(
    r"^(:{3,})[ \t]*(?:unchecked|\{[^}\n]*\.unchecked[^}\n]*\})[ \t]*\n.*?^\1[ \t]*$", re.M | re.S
)
UNHELD = "tells a result that no fact holds: choose words by its outcome, or write '[…]{.claim needs=…}'"
TYPED = "a number typed by hand stays when the results change: compute it where it stands"
NO_ALT = "the figure has no 'fig-alt': readers who cannot see it have its caption alone"
TITLES = ("fig-cap", "fig-subcap", "tbl-cap", "tbl-subcap", "fig-alt")


def findings(chapter: Chapter) -> Iterator[Finding]:
    """Yield what no fact holds to the results of a chapter: its prose, captions and alternative texts."""
    for block in chapter.blocks:
        yield from _of_prose(block) if isinstance(block, Prose) else _of_chunk(block)


def _of_prose(prose: Prose) -> Iterator[Finding]:
    text = _plain(prose.text)
    for start, sentence in _sentences(text):
        if MADE in sentence or REFERENCE.search(sentence):
            for at, what in _wrong(sentence):
                yield Finding(str(prose.place_at(start + at)), what)


def _of_chunk(chunk: Chunk) -> Iterator[Finding]:
    is_figure = str(chunk.options.get("label", "")).startswith("fig-")
    if is_figure and chunk.running.runs and "fig-alt" not in chunk.options:
        yield Finding(chunk.place_of("label"), NO_ALT)
    for key in (key for key in TITLES if key in chunk.options and spans.NEEDED not in chunk.options):
        for text in spans.texts(chunk.options[key]):
            yield from (Finding(chunk.place_of(key), what) for _, what in _wrong(_plain(text)))


def _wrong(sentence: str) -> Iterator[tuple[int, str]]:
    """Say what nothing holds in a sentence, and where."""
    if CHOSEN not in sentence and (found := EFFECT.search(sentence)):
        yield found.start(), f"'{found[0]}' {UNHELD}"
    typed = (one for one in NUMBER.finditer(sentence) if not _is_level(one, sentence))
    if number := next(typed, None):
        yield number.start(), f"'{number[0]}': {TYPED}"


def _is_level(number: re.Match[str], sentence: str) -> bool:
    """Whether a number is the level of an interval: a convention, and no result."""
    around = sentence[max(0, number.start() - NEAR) : number.end() + NEAR]
    return bool(LEVEL.fullmatch(number[0]) and INTERVAL.search(around))


def _plain(text: str) -> str:
    """Return a text with blanks for what is no sentence or is held already, and marks for inline values."""
    text = VALUE.sub(lambda value: _blank(value[0], CHOSEN if WORDS.search(value[0]) else MADE), text)
    text = APART.sub(lambda part: _blank(part[0]), _released(text))
    return SET_APART.sub(lambda part: _blank(part[0]), text)


def _released(text: str) -> str:
    """Blank what stands in the brackets of a claim, or of what is not to be checked."""
    for held in HELD.finditer(text):
        depth, start = 1, held.start()
        while depth and start:
            start -= 1
            depth += {"]": 1, "[": -1}.get(text[start], 0)
        text = text[:start] + _blank(text[start : held.end()]) + text[held.end() :]
    return text


def _blank(text: str, mark: str = " ") -> str:
    """Return as many characters, on as many lines."""
    return mark + re.sub(r"[^\n]", " ", text[1:])


def _sentences(text: str) -> Iterator[tuple[int, str]]:
    """Yield the sentences of a text, each with its offset."""
    edges = [0, *(match.start() for match in spans.EDGE.finditer(text)), len(text)]
    ends = {*edges, *(match.end() for match in spans.SENTENCE.finditer(text))}
    for start, end in pairwise(sorted(ends)):
        yield start, text[start:end]
