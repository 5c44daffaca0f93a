"""Half documents, random bytes, deep nesting: a message, never a traceback."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weaver import project
from weaver.building import notebook
from weaver.errors import WeaverError
from weaver.typesetting.html import page
from weaver.typesetting.pdf import pdf

CORPUS = Path(__file__).parents[2] / "documents"
DOCUMENTS = sorted(CORPUS.glob("*/report.qmd"))
SIGNS = "`~:{}[]()<>$|\\#*_-=!^@\"' \n\tab1\x00\x0c\x1b\u202e"
WHOLE = st.sampled_from(DOCUMENTS).map(Path.read_bytes)
CUT = st.builds(lambda text, start, end: text[start : max(start, end)], WHOLE, *[st.integers(0, 2000)] * 2)
SPLICED = st.builds(
    lambda one, end, other, start: one[:end] + other[start:],
    WHOLE,
    st.integers(0, 2000),
    WHOLE,
    st.integers(0, 2000),
)
# What opens or closes something, and what counts as a sign of its own.
PIECES = (
    *(
        "```",
        "````{python}\n",
        "~~~",
        "$$",
        "$",
        "::: {.callout-note}\n",
        ":::\n",
        "---\n",
        "> ",
        "- ",
        "\n\n",
    ),
    *("<div>", "</div>", "<!--", "-->", "<h2>", "<table>", "<svg>", "<iframe src='x'>", "{{< pagebreak >}}"),
    *(
        "{{< include x.qmd >}}",
        "@fig-a",
        "{#fig-a}",
        "![",
        "](a.svg)",
        "](http://a b/c.png)",
        "^[",
        "[^1]",
        "`",
    ),
    *(
        "\\begin{align}",
        "\\end{align}",
        "\\def\\x#1{#1}",
        "\\left(",
        "\\frac{",
        "{\\bf ",
        "\\today",
        "&",
        "|",
    ),
    *("\x00", "\ud7ff", "\u202e", "#| ", "{=html}", "{=typst}"),
)
PIECE = st.sampled_from(PIECES).map(str.encode)
BROKEN = st.builds(lambda text, at, piece: text[:at] + piece + text[at:], WHOLE, st.integers(0, 2000), PIECE)
PATIENT = settings(max_examples=settings().max_examples // 5)  # each builds a document


def told(content: bytes) -> str:
    """Build a document and return what stops it; nothing where it builds."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "report").mkdir()
        (root / "_quarto.yml").write_text("title: T\nexecute: {enabled: false}\n")
        (root / "report/report.qmd").write_bytes(content)
        try:
            woven = notebook.weave(project.read_project(root), {})
            pdf.pdf(woven, root / "out.pdf", resources=root, timestamp=None)
            page.write_page(woven, root / "out.html", resources=root)
        except WeaverError as error:
            return str(error)
    return ""


@PATIENT
@given(CUT | SPLICED | BROKEN | st.binary(max_size=60) | st.text(SIGNS, max_size=60).map(str.encode))
def test_any_bytes_are_built_or_told(content: bytes) -> None:
    """Whatever a file holds, it is a document or an error in words."""
    assert "Traceback" not in told(content)


@pytest.mark.parametrize(
    "text",
    [
        "> " * 60 + "deep",
        "::: {.a}\n" * 20 + "deep\n" + ":::\n" * 20,
        "".join(f"{'  ' * depth}- item\n" for depth in range(12)),
        "$" + "{" * 100 + "x" + "}" * 100 + "$",
        "$x \x00 y$ and \x0c text",
        "![A](<http://no host/a b.png>)",
        "<div>" * 40 + "deep" + "</div>" * 40,
        "\n".join(["|" + "a|" * 60, "|" + "-|" * 60, *["|" + "1|" * 60] * 60]),
    ],
    ids=["quotes", "divisions", "lists", "formula", "signs", "address", "html", "table"],
)
def test_what_is_deep_or_huge_is_built_or_told(text: str) -> None:
    """Nesting that no writer of this world needs ends in pages or in words."""
    assert "Traceback" not in told(f"# S\n\n{text}\n".encode())
