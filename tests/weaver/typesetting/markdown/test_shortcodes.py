"""Shortcodes: filled in, carried out, shown or refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weaver.errors import TypesetError
from weaver.typesetting.markdown import cells, shortcodes

METADATA: dict[str, Any] = {
    "title": "A *title*",
    "draft": True,
    "course": {"name": "Deep\nlearning", "tutors": ["Grace"], "rooms": ["a", "b"]},
}


def _cell(source: str) -> cells.Cell:
    return cells.Cell("markdown", source, "q1", "report/q1.qmd", 3)


@pytest.mark.parametrize(
    ("source", "filled"),
    [
        ("x {{< meta title >}}.", "x A *title*."),
        ("{{<meta   course.name   >}} {{< meta 'draft' >}}", "Deep learning true"),
        ("{{< meta course.tutors >}}", "Grace"),
        ("{{{< meta title >}}}", "{{{< meta title >}}}"),
        ("{{< pagebreak >}}", "{{< pagebreak >}}"),
        ("{{< var meta >}}", "{{< var meta >}}"),
    ],
)
def test_metadata_are_filled_in(source: str, filled: str) -> None:
    """A key, however deep, stands for its text; three braces and other shortcodes stay."""
    assert shortcodes.fill_in(_cell(source), METADATA) == filled


@given(st.text())
def test_what_holds_no_shortcode_stays_as_it_is(text: str) -> None:
    """Whatever an author writes, only `meta` is replaced, and no line moves."""
    filled = shortcodes.fill_in(_cell(f"{text}\n{{{{< meta course.name >}}}}"), METADATA)
    assert filled == f"{text}\nDeep learning"


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("titel", "q1.qmd:5: the metadata have no 'titel'; keys that exist: title"),
        ("course.nam", "q1.qmd:5: the metadata have no 'course.nam'; keys that exist: name"),
        ("title.x", "q1.qmd:5: the metadata have no 'title.x'"),
        ("course.rooms", "q1.qmd:5: the metadata have more than one text under 'course.rooms': ['a', 'b']"),
    ],
)
def test_a_key_without_a_text_names_its_line(key: str, message: str) -> None:
    """What Quarto prints as `?meta:titel` is an error."""
    with pytest.raises(TypesetError) as error:
        shortcodes.fill_in(_cell(f"one\n\n{{{{< meta {key} >}}}}"), METADATA)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("source", "shortcode"),
    [
        ("{{< pagebreak >}}\n\n{{< meta x >}} {{< video a.mp4 >}}", "{{< video a.mp4 >}}"),
        ("in a line {{< pagebreak >}}", "{{< pagebreak >}}"),
        ("never closed {{< video", "{{<"),
    ],
)
def test_the_refused_one_is_told(source: str, shortcode: str) -> None:
    """The error shows the shortcode that cannot be carried out, not one beside it."""
    assert shortcodes.refused(source) == shortcode
    assert f"'{shortcode}' cannot be carried out here: " in shortcodes.explain(shortcode)


def test_three_braces_become_two() -> None:
    """A shortcode can be shown, as in a text about Quarto."""
    assert shortcodes.unescaped("{{{< video a.mp4 >}}} {{x}}") == "{{< video a.mp4 >}} {{x}}"
