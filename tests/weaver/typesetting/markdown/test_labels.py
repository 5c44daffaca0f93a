"""Labels of what a report numbers."""

import pytest

from weaver.typesetting.markdown.labels import is_label, is_label_of_float


@pytest.mark.parametrize(
    ("text", "label", "of_float"),
    [
        ("fig-a", True, True),
        ("lst-a", True, True),
        ("Fig-a", True, False),  # as a reference that begins a sentence has it
        ("sec-a", True, False),
        ("fig-", False, False),
        ("knuth84", False, False),
        ("my-fig-a", False, False),
    ],
)
def test_a_label_tells_what_it_is_of(text: str, label: bool, of_float: bool) -> None:
    """Citations are no labels, and only figures, tables and listings float."""
    assert (is_label(text), is_label_of_float(text)) == (label, of_float)
