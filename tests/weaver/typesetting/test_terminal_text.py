"""What programs write for a terminal."""

import pytest

from weaver.typesetting.terminal_text import last_state, without_colours


def test_colours_and_moves_of_the_cursor_are_left_out() -> None:
    """The words stay as they are."""
    assert without_colours("\x1b[31mred\x1b[0m\x1b[2K and \x1b[?25lplain") == "red and plain"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1 %\r50 %\r100 %\ndone\n", "100 %\ndone\n"), ("a\r\nb\r", "a\r\nb\r"), ("a\rb", "b")],
)
def test_of_a_progress_bar_the_last_state_stays(text: str, expected: str) -> None:
    """A carriage return that ends a line overwrites nothing."""
    assert last_state(text) == expected
