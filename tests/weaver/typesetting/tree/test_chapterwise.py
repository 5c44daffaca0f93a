"""Chapters are converted apart only where that gives what the whole document gives."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weaver.chunk_options import Target
from weaver.errors import TypesetError
from weaver.typesetting import pandoc
from weaver.typesetting.markdown import markdown_source
from weaver.typesetting.markdown.markdown_source import Manuscript
from weaver.typesetting.tree import chapterwise

# What chapters are made of; some of it means another thing after, or before, some of the rest.
PASSAGES = (
    *("Plain *words*.", "# Results", "# Results {#sec-a}", "See [Results].", "[the results][Results]"),
    *("[x]: https://example.org", "A [x] and [words][x].", "[^n]: A note.", "Noted.[^n]", "A note.^[It.]"),
    *("(@) One", "(@good) Two", "As (@good) shows.", r"\newcommand{\half}{\frac12}", r"$\half$"),
    *("::: {.box}", ":::", "```", "<div>", "</div>", "<!-- hidden", "-->", "- item", "  more of it"),
    *("Noted.^[It is [@b].]", "@fig-a [@c]", "[@a [@b]]", "![[@a]](b.png)", "[@d]"),
    *("> - (@good) Deep", "(@) a\n\n    b"),
    *("> quoted", "| a | b |\n|---|---|\n| 1 | 2 |", ": A caption", "---\na: b\n---", "*[HTML]: Hypertext"),
    *("HTML", "## Other {.unnumbered}", "[Other]", "[*Results*]", "@fig-a and [-@fig-b]", "$$\nx\n$$"),
)
# What is settled then, differently in each format, or refused.
CONSTRUCTS = (
    *('::: {.content-visible when-format="html"}\nSee [@b].\n:::', "{{< pagebreak >}}", r"\{\{< x"),
    *("`<b>`{=html}", "<b>", "```{=html}\n<b>\n```", '::: {.callout-tip title="*T*"}\n@fig-a\n:::'),
    *("$$x$$ {#eq-x}", "![A *picture*](a.png){#fig-a}", "::: {#fig-b}\n![](a.png)\n\nB [@b].\n:::"),
    *("::: {.column}\nx\n:::", "Noted.^[It is [@b].]", ":::: {.panel-tabset}\n## A\n\n[@b]\n::::"),
)
CHAPTERS = st.lists(st.lists(st.sampled_from(PASSAGES), min_size=1, max_size=4), min_size=1, max_size=3)
SETTLED = st.lists(
    st.lists(st.sampled_from((*PASSAGES[::3], *CONSTRUCTS)), min_size=1, max_size=3), min_size=1, max_size=3
)


def text(build: Any, folder: Path, chapters: Sequence[Sequence[str]], target: Target = "typst") -> Manuscript:
    """Compose chapters, each of passages that are cells of their own."""
    cells = [
        build.prose(passage, chapter=f"q{number}", line=line)
        for number, passages in enumerate(chapters, start=1)
        for line, passage in enumerate(passages, start=1)
    ]
    return markdown_source.compose(build.notebook(*cells), folder, target)


def outcome(read: Any, given: object) -> object:
    """Return what a reader makes of a text, or the error."""
    try:
        document, warnings = read(given)
    except TypesetError as error:
        return str(error)
    return document.blocks, document.meta, warnings


@given(CHAPTERS)
def test_reading_in_pieces(
    build: Any, tmp_path_factory: pytest.TempPathFactory, chapters: list[list[str]]
) -> None:
    """Whatever chapters hold, the tree and the warnings are those of the text as a whole."""
    composed = text(build, tmp_path_factory.getbasetemp(), chapters)
    assert outcome(chapterwise.read_by_chapter, composed) == outcome(pandoc.read_markdown, composed.text)


@given(SETTLED, st.sampled_from(("typst", "html")))
def test_settling_in_pieces(
    build: Any, tmp_path_factory: pytest.TempPathFactory, chapters: list[list[str]], target: Target
) -> None:
    """What was settled of other versions leaves no trace: the tree is that of the whole, read for once."""
    composed = text(build, tmp_path_factory.getbasetemp(), chapters, target)
    document, warnings = pandoc.read_markdown(composed.text)
    found = chapterwise.read_settled(composed)
    try:
        blocks = chapterwise.settle(document.blocks, composed)
    except TypesetError:
        assert found is None
    else:
        assert found is None or (found.blocks, found.meta, []) == (blocks, document.meta, warnings)


def test_hidden_code_may_declare_what_is_raw(build: Any, tmp_path: Path) -> None:
    """Whether HTML is a slip depends on the source of its cell, also where the same is printed."""
    options = "#| output: asis\n#| echo: false\n"
    slip, declared = f"{options}print('<b>x')", f"{options}print('<b>x')  # `<b>`{{=html}}"
    found = []
    for source in (slip, declared, slip):
        chunk = build.chunk(source, build.printed("<b>x"))
        found.append(chapterwise.read_settled(markdown_source.compose(build.notebook(chunk), tmp_path)))
    assert ["Strong" in str(one) for one in found] == [True, False, True]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give the list of the texts that Pandoc reads in a test."""
    texts: list[str] = []
    read = pandoc.read_markdown

    def note(source: str) -> object:
        texts.append(source)
        return read(source)

    monkeypatch.setattr(pandoc, "read_markdown", note)
    return texts


def test_only_what_changed_is_read_again(build: Any, tmp_path: Path, asked: list[str]) -> None:
    """An edit of one chapter leaves Pandoc one chapter to read, and the front matter."""
    chapterwise.read_by_chapter(text(build, tmp_path, [["The first, once"], ["The second, once"]]))
    asked.clear()
    chapterwise.read_by_chapter(text(build, tmp_path, [["The first, once"], ["The second, edited"]]))
    assert ["The first" in one for one in asked].count(True) == 0
    assert ["edited" in one for one in asked].count(True) == 1


def test_references_in_brackets_bind_nothing(build: Any, tmp_path: Path, asked: list[str]) -> None:
    """`(@sec-a)` looks like the mark of a numbered example; where there is none, chapters are read apart."""
    chapterwise.read_by_chapter(text(build, tmp_path, [["# One {#sec-a}"], ["As said before (@sec-a)."]]))
    assert not any("# One" in one and "As said" in one for one in asked)


def test_writing_in_pieces(build: Any, tmp_path: Path) -> None:
    """Parts are written in their order, and what one of them is warned of is told."""
    document, _ = chapterwise.read_by_chapter(
        text(build, tmp_path, [["*First*"], [r"$\undefined{x}{$"], ["**Last**"]])
    )
    parts = [
        blocks
        for _, blocks in chapterwise.by_chapter(text(build, tmp_path, [["a"], ["b"], ["c"]]), document.blocks)
    ]
    source, warnings = chapterwise.write_by_chapter(document.version, parts, "--to=html5", "--mathml")
    assert source.index("<em>First</em>") < source.index("<strong>Last</strong>")
    assert [one.startswith("Could not convert TeX math") for one in warnings] == [True]
