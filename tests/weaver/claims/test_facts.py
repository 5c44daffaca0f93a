"""`weaver.claims`: facts, comparisons, and the words for them."""

import math
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weaver.claims import Comparison, Fact, state
from weaver.claims.facts import MIME
from weaver.progress import WANTED

BOUND = st.floats(-10, 10) | st.just(math.nan)
WORDS = {"higher": "raises", "lower": "lowers", "equal": "keeps", "open": "may change"}


@given(BOUND, BOUND, st.floats(0, 5))
def test_a_comparison_has_exactly_one_outcome(one: float, other: float, margin: float) -> None:
    """The four conditions, as the documentation states them, leave no interval out and take none twice."""
    low, high = sorted((one, other))
    is_known, is_equal = low <= high, -margin <= low and high <= margin
    conditions = {
        "equal": is_equal,
        "higher": is_known and low > 0 and not is_equal,
        "lower": is_known and high < 0 and not is_equal,
        "open": not is_known or (low <= 0 <= high and not is_equal),
    }
    found = Comparison("depth", low, high, margin).outcome
    assert [outcome for outcome, met in conditions.items() if met] == [found]


@given(st.floats(-10, 10), st.floats(0, 5), st.floats(0, 5))
def test_a_comparison_turned_round_turns_its_outcome(middle: float, width: float, margin: float) -> None:
    """Which of the two networks is named first decides on the verb, and on nothing else."""
    turned = {"higher": "lower", "lower": "higher"}
    there = Comparison("depth", middle - width, middle + width, margin).outcome
    back = Comparison("depth", -(middle + width), -(middle - width), margin).outcome
    assert back == turned.get(there, there)


@pytest.mark.parametrize(
    ("low", "high", "margin", "outcome"),
    [
        (0.1, 2, 0.5, "higher"),
        (-2, -0.1, 0.5, "lower"),
        (-0.5, 0.5, 0.5, "equal"),
        (0.1, 0.4, 0.5, "equal"),  # above zero, and too little to matter
        (0, 0, 0, "equal"),
        (0, 1, 0.5, "open"),
        (math.nan, math.nan, 0.5, "open"),
        (-math.inf, math.inf, 0.5, "open"),
    ],
)
def test_the_words_follow_the_interval(low: float, high: float, margin: float, outcome: str) -> None:
    """The verb is that of the outcome; printed as Markdown it says what it needs."""
    words = Comparison("depth", low, high, margin).words(**WORDS)
    assert str(words) == WORDS[outcome]
    assert words._repr_markdown_() == f"[{WORDS[outcome]}]{{.claim needs=depth.{outcome}}}"


@pytest.mark.parametrize(("holds", "wording"), [(True, "overfits"), (False, "does not overfit")])
def test_a_fact_has_words_for_both_cases(holds: bool, wording: str) -> None:
    """What holds or not has two wordings."""
    assert str(Fact("overfits", holds, "").words(yes="overfits", no="does not overfit")) == wording


def test_what_cannot_be_a_fact_is_refused() -> None:
    """Names that no sentence could write, intervals that are none, and wordings that print nothing."""
    with pytest.raises(ValueError, match="found 'the gap is wide'"):
        Fact("the gap is wide", holds=True, evidence="")
    with pytest.raises(ValueError, match="expected low <= high, found 2 > 1"):
        Comparison("depth", 2, 1, 0)
    with pytest.raises(ValueError, match=r"expected a margin of 0 or more, found -0\.5"):
        Comparison("depth", 1, 2, -0.5)
    with pytest.raises(ValueError, match="the wording of 'gap' for 'no' is empty"):
        Fact("gap", holds=True, evidence="").words(yes="is wide", no=" ")


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Give what a kernel would publish."""
    found: list[Any] = []
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(publish_display_data=found.append))
    yield found
    WANTED.clear()


def test_a_build_hears_facts_with_their_evidence(published: list[Any]) -> None:
    """Each leaves the kernel with name, outcome and evidence, which else is the interval."""
    WANTED.set()
    state(Fact("overfits", holds=True, evidence=0.25), Comparison("depth", -1.25, -0.5, 0.1))
    (bundle,) = published
    first, second = bundle[MIME]["facts"]
    assert first == {"name": "overfits", "outcome": "yes", "outcomes": ["yes", "no"], "evidence": "0.25"}
    assert second["outcome"] == "lower"
    assert second["evidence"] == "interval -1.25 to -0.5, equal within ± 0.1"


def test_elsewhere_stating_shows_nothing(published: list[Any]) -> None:
    """Plain Quarto and JupyterLab would print that they cannot show such an output."""
    state(Fact("overfits", holds=True, evidence=""))
    assert published == []
