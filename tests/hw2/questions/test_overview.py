"""The report as a whole: its tables of claims and of energy."""

import math

import pytest

from hw2.questions import overview
from hw2.statistics import Estimate, Primary


@pytest.mark.parametrize(
    ("estimate", "p", "cells"),
    [
        (Estimate(0.02, 0.001, 4), 0.0004, ("+2.0 (+1.7 to +2.3) points", "< 0.001", "higher")),
        (Estimate(-0.02, 0.001, 4), 0.02, ("−2.0 (−2.3 to −1.7) points", "0.020", "lower")),
        (Estimate(0.0, 0.001, 4), 1.0, ("+0.0 (−0.3 to +0.3) points", "1.000", "equal")),
        (Estimate(math.nan, math.nan, 1), math.nan, ("– points", "–", "open")),
    ],
)
def test_a_primary_claim_has_a_row_with_what_it_shows(
    estimate: Estimate, p: float, cells: tuple[str, str, str]
) -> None:
    """Difference and p value stand beside the outcome that follows from them."""
    claim = Primary("gain", "a gain", estimate, margin=0.01, p=p)
    assert overview.primary_rows({"3": [claim]}) == [("3", "a gain", *cells)]


def test_a_listing_is_the_code_as_it_runs() -> None:
    """The appendix shows sources, one after the other in one block."""
    text = overview.listing(overview.listing, overview.data_rows)
    assert text.startswith("```python\ndef listing(")
    assert "def data_rows(" in text
    assert text.endswith("\n```")
