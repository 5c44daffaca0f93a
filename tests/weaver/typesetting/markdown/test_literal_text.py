"""Values in the prose: whatever their letters, they are what is copied from the page and the PDF."""

import re
from collections.abc import Iterable, Sequence
from html import unescape
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from weaver.typesetting import pandoc
from weaver.typesetting.html import page as webpage
from weaver.typesetting.markdown import literal_text
from weaver.typesetting.pdf import pdf

# What has a meaning somewhere: in Markdown, in Typst, in a shortcode, or to what looks for things left over.
MEANING = (
    *(
        "--",
        "---",
        "...",
        "'",
        '"',
        "’",
        "`",
        "```",
        "~~~",
        "$",
        "$5",
        "\\",
        "\\n",
        "/",
        "//",
        "/*",
        "#",
        "# ",
    ),
    *(
        "*",
        "**a**",
        "_",
        "a_b*c",
        "^",
        "H~2~O",
        "@x",
        "@fig-a",
        "[^1]",
        "^[n]",
        "[a](b)",
        "![a](b)",
        "[a]: b",
    ),
    *(
        "<b>",
        "<br>",
        "<!--",
        "-->",
        "&lt;",
        "&#33;",
        "&",
        "{.x}",
        "{#fig-a}",
        "{{< meta x >}}",
        "{{<",
        "{=html}",
    ),
    *(
        ":",
        "::",
        ":::",
        ": ",
        "- ",
        "+ ",
        "* ",
        "> ",
        "1.",
        "1. ",
        "1) ",
        "(1) ",
        "i. ",
        "a) ",
        "(@) ",
        "=",
        "==",
    ),
    *(
        "|",
        "| a |",
        "+---+",
        "%",
        "http://a.b/c",
        "a@b.c",
        "\\begin{x}",
        "\\textbf{a}",
        "-1",
        "1-2",
        "-?",
        "~",
    ),
    *(
        "a",
        "b",
        "x",
        "1",
        "é",
        "ff",
        "fi",
        " ",
        "\n",
        "\n\n",
        "    ",
        "\t",
        "!",
        "?",
        ";",
        ",",
        "(",
        ")",
        "}",
        "]",
    ),
)
VALUES = st.lists(st.sampled_from(MEANING), min_size=1, max_size=6).map("".join).filter(str.strip)
PLACES = (
    "{}",
    "{} end",
    "Begin {} end.",
    "Begin\n{} end.",
    "- {}",
    "> {}",
    "## {}",
    "*b {} e*",
    "Term\n:   {}",
)
SEPARATOR = "\n\n<!-- -->\n\n"


def squeezed(text: str) -> str:
    """Return a text without its white space."""
    return "".join(text.split())


def _read(found: Iterable[tuple[str, str]]) -> tuple[list[str], str]:
    """Read Markdown in its places; return what nodes there are and the words in them."""
    document, warnings = pandoc.read_markdown(
        SEPARATOR.join(["Begin.", *(place.format(one) for one, place in found)])
    )
    assert warnings == []
    return [node["t"] for node in pandoc.walk(document.blocks)], squeezed(pandoc.plain(document.blocks))


@settings(max_examples=settings().max_examples // 4)
@given(st.lists(st.tuples(VALUES, st.sampled_from(PLACES)), min_size=20, max_size=60))
def test_a_value_is_text_wherever_it_stands(found: Sequence[tuple[str, str]]) -> None:
    """Pandoc reads it as nothing but words: no markup, no entity, no dash, no list."""
    kinds, words = _read((literal_text.markdown(value), place) for value, place in found)
    expected = _read(("VALUE", place) for _, place in found)
    assert kinds == expected[0]
    assert words == expected[1].replace("VALUE", "{}").format(*(squeezed(value) for value, _ in found))


@settings(
    max_examples=settings().max_examples // 10, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(VALUES, min_size=30, max_size=30))
def test_it_is_copied_as_it_was_written(build: Any, tmp_path: Path, values: Sequence[str]) -> None:
    """What a reader copies from the PDF and from the page is the value, modulo white space."""
    places = ("Begin {} end.", "Begin\n\n- {} end.", '::: {{.callout-note title="Begin {} end."}}\n:::')
    written = [*map(literal_text.markdown, values)]
    written[2::3] = map(literal_text.in_attribute, written[2::3])
    paragraphs = "\n\n".join(places[index % 3].format(value) for index, value in enumerate(written))
    notebook = build.notebook(build.prose(f"# Values\n\n{paragraphs}"))
    pdf.pdf(notebook, tmp_path / "out.pdf", resources=tmp_path, timestamp=None)
    webpage.write_page(notebook, tmp_path / "out.html", resources=tmp_path)
    page = re.sub(r"<[^>]*>", "", (tmp_path / "out.html").read_text(encoding="utf-8"))
    printed = "".join(one.extract_text() for one in PdfReader(tmp_path / "out.pdf").pages)
    for text in (printed, unescape(page)):
        copied = re.sub(r"\d+/\d+$", "", squeezed(text))
        position = 0
        for value in values:
            expected = f"{squeezed(value)}end."
            found = copied.find(expected, position)
            assert found >= 0, (value, copied[position:][:100])
            position = found + len(expected)
