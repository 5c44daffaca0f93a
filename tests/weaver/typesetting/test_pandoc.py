"""Pandoc's call and its document tree."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weaver.errors import TypesetError
from weaver.typesetting import pandoc

WORDS = st.text("abc*_ \n$`#@[](){}1.-", max_size=60)


@given(WORDS)
def test_changing_nothing_changes_nothing(text: str) -> None:
    """Both ways through the tree give back an equal tree where no node is changed."""
    blocks = pandoc.read_markdown(text)[0].blocks
    assert pandoc.descend(blocks, {}) == blocks
    assert pandoc.rewrite(blocks, {"Str": lambda _: None}) == blocks


@given(WORDS)
def test_the_way_down_leaves_its_tree_as_it_was(text: str) -> None:
    """`descend` makes anew what it changes and shares the rest; nothing changes in the tree it was given."""
    blocks = pandoc.read_markdown(text)[0].blocks
    before = json.dumps(blocks)
    changes: pandoc.Changes = {"Emph": lambda _: [], "Str": lambda _: [pandoc.node("Str", "x")]}
    changed = pandoc.descend(blocks, changes)
    assert json.dumps(blocks) == before
    assert changed == pandoc.rewrite(blocks, changes)


def test_pandoc_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it would take hours to read is an error in words."""
    monkeypatch.setattr(pandoc, "PATIENCE_S", 0.001)
    with pytest.raises(
        TypesetError, match=r"Pandoc has not finished in 0\.001 seconds: brackets or the like"
    ):
        pandoc.read_markdown("a")


def test_order_of_changes() -> None:
    """`rewrite` comes to inner nodes first, `descend` and `walk` to outer ones."""
    blocks = pandoc.read_markdown("*a **b***")[0].blocks

    def order(visit: Any) -> list[str]:
        seen: list[str] = []
        visit(blocks, dict.fromkeys(("Para", "Emph", "Strong"), lambda node: seen.append(node["t"])))
        return seen

    assert order(pandoc.rewrite) == ["Strong", "Emph", "Para"]
    assert order(pandoc.descend) == ["Para", "Emph", "Strong"]
    assert [node["t"] for node in pandoc.walk(blocks)] == ["Para", "Emph", "Strong"]


def test_a_node_can_become_several_or_none() -> None:
    """A change puts any number of nodes in the place of one."""
    blocks = pandoc.read_markdown("a *b* `c`")[0].blocks
    changes: pandoc.Changes = {"Emph": lambda node: node["c"] * 2, "Code": lambda _: []}
    assert pandoc.plain(pandoc.rewrite(blocks, changes)) == "a bb"


def test_plain_text_of_markup() -> None:
    """Words, code, formulas and quotes stay; markup and notes go."""
    blocks = pandoc.read_markdown('A **"b"** `c` $x^2$ [d](u)[^n]\\\ne.\n\n[^n]: Note.\n')[0].blocks
    assert pandoc.plain(blocks) == 'A "b" c x^2 d e.'


def test_what_pandoc_says_is_passed_on() -> None:
    """Warnings come back with the tree, a failure is an error with Pandoc's words."""
    assert "unclosed" in pandoc.read_markdown("::: {.x}\na")[1][0]
    with pytest.raises(TypesetError, match=r"Pandoc stopped: .*YAML"):
        pandoc.read_markdown("---\na: [\n---\n")
