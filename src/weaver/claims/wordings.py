"""What can be checked in a chapter's claims before it runs: missing wordings, and needs that name nothing."""

import ast
from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from weaver.claims import spans
from weaver.claims.facts import Comparison, Fact
from weaver.errors import DocumentError
from weaver.project import Chapter
from weaver.qmd import Chunk, Inline, Place, Prose

KINDS = (Fact.OUTCOMES, Comparison.OUTCOMES)
METHOD = "words"


def faults(chapter: Chapter) -> Iterator[DocumentError]:
    """Yield what is wrong with a chapter's wordings and claims, as errors that name file and line."""
    for block in chapter.blocks:
        yield from _of_prose(block) if isinstance(block, Prose) else _of_chunk(block)


def _of_prose(prose: Prose) -> Iterator[DocumentError]:
    for inline in prose.inlines:
        yield from (DocumentError(what, place=inline.place) for what in _of_inline(inline))
    try:
        spans.read_spans(prose.text, lambda offset: str(prose.place_at(offset)))
    except DocumentError as error:
        yield error


def _of_chunk(chunk: Chunk) -> Iterator[DocumentError]:
    for call in _calls(chunk.code) if chunk.running.runs else ():
        place = Place(chunk.place.file, chunk.start + call.lineno - 1)
        yield from (DocumentError(what, place=place) for what in _of_call(call))
    for key in filter(chunk.options.__contains__, (spans.NEEDED, *spans.CAPTIONS)):
        yield from _of_option(key, spans.texts(chunk.options[key]), chunk.place_of(key))


def _of_option(key: str, texts: Iterable[str], place: str) -> Iterator[DocumentError]:
    try:
        for text in texts:
            spans.needs(text, place) if key == spans.NEEDED else spans.read_spans(text, lambda _: place)
    except DocumentError as error:
        yield error


def _of_inline(inline: Inline) -> Iterator[str]:
    for call in _calls(inline.expression):
        yield from _of_call(call)
        if ast.get_source_segment(inline.expression, call) != inline.expression:
            yield f"'{ast.unparse(call.func)}(…)' is to stand alone in its inline expression"


def _calls(code: str) -> Iterator[ast.Call]:
    """Yield the calls that choose a wording; code that is not Python is reported elsewhere."""
    try:
        nodes = ast.walk(ast.parse(code))
    except SyntaxError:
        return
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == METHOD:
            yield from [node] if any(word.arg in spans.OUTCOMES for word in node.keywords) else []


def _of_call(call: ast.Call) -> Iterator[str]:
    """Say what is wrong with the wordings of a call; what a mapping brings is checked when it runs."""
    said, name = {str(word.arg): word.value for word in call.keywords if word.arg}, ast.unparse(call.func)
    wanted = max(KINDS, key=lambda outcomes: len(said.keys() & set(outcomes)))
    for word in filter(lambda each: each not in wanted, said):
        near = get_close_matches(word, wanted, 1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        yield f"'{name}': no outcome is called '{word}'{hint}"
    missing = [outcome for outcome in wanted if outcome not in said]
    if missing and len(said) == len(call.keywords):
        yield f"'{name}': expected a wording for each outcome, found none for {', '.join(missing)}"
    for word, value in said.items():
        if isinstance(value, ast.Constant) and not str(value.value).strip():
            yield f"'{name}': the wording for '{word}' is empty: write at least one word"
