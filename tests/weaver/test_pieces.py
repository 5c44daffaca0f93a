"""Chapters are converted apart only where that gives what the whole document gives."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weaver import manuscript, pandoc, pieces
from weaver.errors import TypesetError
from weaver.manuscript import Manuscript

# What chapters are made of; some of it means another thing after, or before, some of the rest.
PASSAGES = (
    *("Plain *words*.", "# Results", "# Results {#sec-a}", "See [Results].", "[the results][Results]"),
    *("[x]: https://example.org", "A [x] and [words][x].", "[^n]: A note.", "Noted.[^n]", "A note.^[It.]"),
    *("(@) One", "(@good) Two", "As (@good) shows.", r"\newcommand{\half}{\frac12}", r"$\half$"),
    *("::: {.box}", ":::", "```", "<div>", "</div>", "<!-- hidden", "-->", "- item", "  more of it"),
    *("> - (@good) Deep", "(@) a\n\n    b"),
    *("> quoted", "| a | b |\n|---|---|\n| 1 | 2 |", ": A caption", "---\na: b\n---", "*[HTML]: Hypertext"),
    *("HTML", "## Other {.unnumbered}", "[Other]", "[*Results*]", "@fig-a and [-@fig-b]", "$$\nx\n$$"),
)


def text(build: Any, folder: Path, chapters: Sequence[Sequence[str]]) -> Manuscript:
    """Compose chapters, each of passages that are cells of their own."""
    cells = [
        build.prose(passage, chapter=f"q{number}", line=line)
        for number, passages in enumerate(chapters, start=1)
        for line, passage in enumerate(passages, start=1)
    ]
    return manuscript.compose(build.notebook(*cells), folder)


def outcome(read: Any, given: object) -> object:
    """Return what a reader makes of a text, or the error."""
    try:
        document, warnings = read(given)
    except TypesetError as error:
        return str(error)
    return document.blocks, document.meta, warnings


@settings(max_examples=120)
@given(st.lists(st.lists(st.sampled_from(PASSAGES), min_size=1, max_size=4), min_size=1, max_size=3))
def test_reading_in_pieces(
    build: Any, tmp_path_factory: pytest.TempPathFactory, chapters: list[list[str]]
) -> None:
    """Whatever chapters hold, the tree and the warnings are those of the text as a whole."""
    composed = text(build, tmp_path_factory.getbasetemp(), chapters)
    assert outcome(pieces.read, composed) == outcome(pandoc.read, composed.text)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give the list of the texts that Pandoc reads in a test."""
    texts: list[str] = []
    read = pandoc.read

    def note(source: str) -> object:
        texts.append(source)
        return read(source)

    monkeypatch.setattr(pandoc, "read", note)
    return texts


def test_only_what_changed_is_read_again(build: Any, tmp_path: Path, asked: list[str]) -> None:
    """An edit of one chapter leaves Pandoc one chapter to read, and the front matter."""
    pieces.read(text(build, tmp_path, [["The first, once"], ["The second, once"]]))
    asked.clear()
    pieces.read(text(build, tmp_path, [["The first, once"], ["The second, edited"]]))
    assert ["The first" in one for one in asked].count(True) == 0
    assert ["edited" in one for one in asked].count(True) == 1


def test_references_in_brackets_bind_nothing(build: Any, tmp_path: Path, asked: list[str]) -> None:
    """`(@sec-a)` looks like the mark of a numbered example; where there is none, chapters are read apart."""
    pieces.read(text(build, tmp_path, [["# One {#sec-a}"], ["As said before (@sec-a)."]]))
    assert not any("# One" in one and "As said" in one for one in asked)


def test_writing_in_pieces(build: Any, tmp_path: Path) -> None:
    """Parts are written in their order, and what one of them is warned of is told."""
    document, _ = pieces.read(text(build, tmp_path, [["*First*"], [r"$\undefined{x}{$"], ["**Last**"]]))
    parts = [
        blocks
        for _, blocks in pieces.by_chapter(text(build, tmp_path, [["a"], ["b"], ["c"]]), document.blocks)
    ]
    source, warnings = pieces.write(document.version, parts, "--to=html5", "--mathml")
    assert source.index("<em>First</em>") < source.index("<strong>Last</strong>")
    assert [one.startswith("Could not convert TeX math") for one in warnings] == [True]
