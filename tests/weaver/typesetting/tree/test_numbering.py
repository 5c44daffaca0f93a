"""Numbers in Typst's patterns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weaver.typesetting.tree import numbering


@pytest.mark.parametrize(
    ("counts", "pattern", "text"),
    [
        ([3], "1.1.a", "3"),
        ([3, 2], "1.1.a", "3.2"),
        ([3, 2, 28], "1.1.a", "3.2.ab"),
        ([1, 2, 3, 4], "1.1.1", "1.2.3.4"),
        ([4, 9], "A.i", "D.ix"),
        ([2, 2], "I-1", "II-2"),
        ([1, 1], "1", "1.1"),
    ],
)
def test_section_numbers_follow_typsts_patterns(counts: list[int], pattern: str, text: str) -> None:
    """The counters of a pattern stand for the levels, its last one for all below."""
    assert numbering.section_number(counts, pattern) == text


@given(st.integers(1, 10_000))
def test_letters_count_without_gap_or_repetition(count: int) -> None:
    """Letters are a numeral system with the digits a–z: reading them back gives the count."""
    value = 0
    for letter in numbering.letters(count):
        value = value * 26 + ord(letter) - ord("a") + 1
    assert value == count
