"""A process that has made other versions of a report makes the next one as if it were its first."""

import base64
import functools
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weaver.errors import TypesetError
from weaver.typesetting.html import page
from weaver.typesetting.pandoc_cache import NONE, Answers
from weaver.typesetting.pdf import pdf

NOON = datetime(2021, 9, 6, 12, tzinfo=UTC)
MEMORIES = (
    "typesetting.markdown.cells",
    "typesetting.tree.citations",
    "typesetting.tree.chapterwise",
    "typesetting.html.inline_svg",
    "typesetting.html.page",
)
FRONT = "toc: true\nbibliography: refs.bib"
# What stands in every report, for others to refer to.
BASE = """# Results {#sec-a}

![A *picture*](a.png){#fig-a}

$$x$$ {#eq-x}

| a | b |
|---|--:|
| `1` | 2 |

: Both {#tbl-t}
"""
SOUND = (
    *(
        "## Below\n\nSee [Results] (@sec-a).",
        "# More {.unnumbered}",
        "Words.\n\n    code  \n",
        "A note.^[It.]",
    ),
    *(
        "See @fig-a and [-@tbl-t].",
        "::: {#fig-c}\n![](a.png)\n\nC.\n:::",
        "By @eq-x, $x^2$.",
        "[there](#sec-a)",
    ),
    *(
        "![Another](a.png)",
        "A note.^[As @fig-a has it.]",
        "[^n]\n\n[^n]: N.",
        "As @knuth84 says [@knuth84, 1].",
    ),
    *('::: {.content-visible when-format="html"}\n@fig-a\n:::', "::: {.callout-tip}\n## T\n\nText.\n:::"),
    *(
        "{{< pagebreak >}}",
        "```python\nprint(1)  \n```",
        "(@) One",
        "```{=html}\n<b>raw</b>\n```",
        "*[HTML]: x",
    ),
    *("[x]: #sec-a", "[x]", "<!-- hidden -->", "- item\n\n  more of it [@knuth84]", "$$y$$"),
)
REFUSED = (
    *("### Too deep", r"$\undefined{$", "See @fig-b.", "@no", "<b>", "::: {.column}\nx\n:::", "<!-- hidden"),
    *("-->", "![](missing.png)", BASE, "::: {.box}", "[nowhere](#sec-z)"),
)
CHUNKS = (
    ("1", "text_plain", "1"),
    ("#| label: fig-d\n#| fig-cap: Drawn.\n#| fig-alt: A line.\ndraw()", "image_svg", "<svg {}><g/></svg>"),
    ("#| tbl-cap: Made.\nframe", "text_html", "<table><tr><td>1</td></tr></table>"),
    ("#| echo: false\nshow()", "text_markdown", "See @sec-a."),
    ("#| ech: false\nshow()", "text_plain", "2"),
)
SVG = 'xmlns="http://www.w3.org/2000/svg" width="9" height="9" viewBox="0 0 9 9"'
CELLS = st.sampled_from((*SOUND * 3, *CHUNKS * 2, *REFUSED))
CHAPTERS = st.lists(st.lists(CELLS, min_size=1, max_size=3), min_size=1, max_size=3)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, build: Any) -> Path:
    """Give a folder with a picture and a bibliography."""
    folder: Path = tmp_path_factory.mktemp("remembering")
    (folder / "a.png").write_bytes(base64.b64decode(build.png(4, 2)))
    (folder / "refs.bib").write_text("@book{knuth84, author={Donald Knuth}, title={TeX}, year={1984}}")
    return folder


def notebook(build: Any, chapters: list[list[Any]]) -> dict[str, Any]:
    """Return a report of chapters, each of prose and chunks."""
    cells = [build.prose(BASE)]
    for number, chapter in enumerate(chapters, start=1):
        for line, cell in enumerate(chapter, start=1):
            place = {"chapter": f"q{number}", "line": line}
            if isinstance(cell, str):
                cells.append(build.prose(cell, **place))
            else:
                source, mime, shown = cell
                cells.append(build.chunk(source, build.shown(**{mime: shown.format(SVG)}), **place))
    made: dict[str, Any] = build.notebook(*cells, yaml=FRONT)
    return made


def outcome(make: Callable[[Path], object], output: Path) -> bytes | str:
    """Return what is made, or the error."""
    try:
        make(output)
    except TypesetError as error:
        return str(error)
    return output.read_bytes()


def outcomes(report: dict[str, Any], root: Path, answers: Answers) -> list[bytes | str]:
    """Return the page and the PDF of a report."""
    given: dict[str, Any] = {"resources": root, "answers": answers}
    return [
        outcome(lambda output: page.write_page(report, output, **given), root / "a.html"),
        outcome(lambda output: pdf.pdf(report, output, timestamp=NOON, **given), root / "a.pdf"),
    ]


def forget() -> None:
    """Forget all, as a process does that ends."""
    for name in MEMORIES:
        for value in vars(sys.modules[f"weaver.{name}"]).values():
            if isinstance(value, functools._lru_cache_wrapper):
                value.cache_clear()


@settings(max_examples=settings().max_examples // 4)
@given(CHAPTERS, st.data())
def test_an_edited_report_is_made_as_if_it_were_new(
    build: Any, root: Path, chapters: list[list[Any]], data: st.DataObject
) -> None:
    """Page, PDF and errors after an edit are those of a process that has never seen another version.

    They are too in a new process that has the answers of an older one.
    """
    answers = Answers(root / "answers")
    outcomes(notebook(build, chapters), root, answers)
    number = data.draw(st.integers(0, len(chapters) - 1))
    chapter = data.draw(st.lists(CELLS, min_size=1, max_size=3))
    edited = notebook(build, [*chapters[:number], chapter, *chapters[number + 1 :]])
    remembered = outcomes(edited, root, answers)
    forget()
    answered = outcomes(edited, root, answers)
    forget()
    assert remembered == answered == outcomes(edited, root, NONE)


def test_a_new_process_asks_for_what_has_changed(
    build: Any, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pandoc reads the edited chapter and writes it, and sees none of the others."""
    chapters = [["Not edited @knuth84."], ["Edited."]]
    answers = Answers(root / "others")
    outcomes(notebook(build, chapters), root, answers)
    forget()
    asked: list[str] = []
    run = subprocess.run

    def note(command: list[str], *, input: bytes, **options: Any) -> Any:  # noqa: A002 - its name there
        asked.append(input.decode())
        return run(command, input=input, **options)

    monkeypatch.setattr(subprocess, "run", note)
    outcomes(notebook(build, [chapters[0], ["Edited once more."]]), root, answers)
    assert not any("Not" in text and "edited" in text for text in asked)
    assert sum("once" in text for text in asked) == 3, "read, and written in two formats"
