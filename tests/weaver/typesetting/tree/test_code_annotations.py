"""Marks at lines of code, and the list that explains them."""

from typing import Any

import pytest

from weaver.typesetting import pandoc
from weaver.typesetting.tree import code_annotations

WORDS = {"code-line": "Zeile", "code-lines": "Zeilen"}


def carried_out(markdown: str) -> str:
    """Return Markdown, written again as plain text, with its annotations carried out."""
    document, _ = pandoc.read_markdown(markdown)
    blocks: Any = code_annotations.carry_out(document.blocks, WORDS)
    return pandoc.write_tree(pandoc.PandocDocument({}, blocks, document.version), "--to=plain")[0]


def test_entries_name_their_lines() -> None:
    """Lines that follow each other as a range, in the language's words, whatever marks a comment."""
    code = "a # <1>\nb # <1>\nc // <2>\nd\ne /* <1> */\nf <!-- <3> -->"
    shown = carried_out(f"```\n{code}\n```\n\n1. One\n2. Two\n3. Three\n\nText")
    assert "    a\n    b\n    c\n    d\n    e\n    f\n" in shown
    assert "Zeilen 1-2,5\n    One\n\nZeile 3\n    Two\n\nZeile 6\n    Three\n\nText" in shown


@pytest.mark.parametrize(
    "markdown",
    [
        "```\na # <1>\n```\n\nText\n\n1. One",
        "```\na # <1>\n```\n\n1. One\n2. Two",
        "```\na # <1>\n```\n\n- One",
        "```\na # 1\nb <1>\n```\n\n1. One",
    ],
)
def test_what_is_no_annotation_stays(markdown: str) -> None:
    """A list that does not follow at once or explains another mark, and a mark that is no comment."""
    plain = pandoc.write_tree(pandoc.read_markdown(markdown)[0], "--to=plain")[0]
    assert carried_out(markdown) == plain


def test_annotated_code_may_stand_in_a_division() -> None:
    """And the list in it with it."""
    shown = carried_out("::: x\n> ```\n> a # <1>\n> ```\n>\n> 1. One\n:::")
    assert "Zeile 1" in shown
