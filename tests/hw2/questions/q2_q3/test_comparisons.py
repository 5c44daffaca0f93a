"""What questions 2 and 3 compare, as facts with outcomes."""

from collections.abc import Callable

import numpy as np
import pytest

from hw2.questions.q2_q3 import comparisons, model_selection
from hw2.questions.q2_q3.model_selection import Picks
from hw2.questions.q2_q3.perceptrons import RATES
from hw2.training.carbontracker_log import Logged
from hw2.training.energy import Footprint
from hw2.training.experiments import Trained

Change = Callable[..., Trained]
SEEDS = 4


def chosen(accuracy: float, test_loss: float = 0.5) -> Picks:
    """Return what some criterion picked with four seeds, by its test results on 1,000 images."""
    hits = np.tile(np.arange(1000) < 1000 * accuracy, (SEEDS, 1)).astype(float)
    for seed in range(SEEDS):
        hits[seed, seed] = 0
    ones = np.ones(SEEDS)
    losses = test_loss * np.exp(np.linspace(-0.01, 0.01, SEEDS))
    return Picks(model_selection.DEPLOYED, ones, ones, ones, ones, losses, hits)


@pytest.mark.parametrize(
    ("shallow", "deep", "wide", "outcomes"),
    [
        (0.8, 0.9, 0.95, ("higher", "higher")),
        (0.9, 0.9, 0.9, ("equal", "equal")),
        (0.9, 0.8, 0.9, ("lower", "higher")),
    ],
)
def test_depth_and_width_are_judged_together(
    shallow: float, deep: float, wide: float, outcomes: tuple[str, str]
) -> None:
    """The primary claims of question 3 have the outcomes of their intervals."""
    found = comparisons.primary_of_question_3(chosen(shallow), chosen(deep), chosen(wide))
    assert tuple(claim.fact.outcome for claim in found) == outcomes
    assert [claim.fact.name for claim in found] == ["depth", "width"]


def test_a_primary_claim_is_written_in_its_unit() -> None:
    """Accuracies in percentage points, losses in percent; the level is that of Holm's procedure."""
    depth, _ = comparisons.primary_of_question_3(chosen(0.8), chosen(0.9), chosen(0.9))
    assert str(depth).startswith("+10.00 points (97.5 % interval")
    assert depth.cell.startswith("+10.0 (")


@pytest.mark.parametrize(("last", "outcome"), [(0.9, "higher"), (0.5, "equal")])
def test_overfitting_is_a_rise_above_the_minimum(
    fixed: tuple[Trained, ...], with_curves: Change, last: float, outcome: str
) -> None:
    """A loss that ends at its minimum has not risen."""
    changed = [with_curves(each, held_out_loss=[1.0, 0.5, last]) for each in fixed]
    assert comparisons.overfitting("overfits", changed).outcome == outcome


def test_accuracy_after_the_minimum_is_that_of_the_end(
    fixed: tuple[Trained, ...], with_curves: Change
) -> None:
    """Its change is counted from the epoch with the lowest loss, not from its own maximum."""
    changed = [
        with_curves(each, held_out_loss=[1.0, 0.5, 0.9], held_out_accuracy=[0.9, 0.5, 0.7]) for each in fixed
    ]
    assert comparisons.after_the_minimum("level", changed).outcome == "higher"


def test_networks_are_compared_by_their_losses(fixed: tuple[Trained, ...], with_curves: Change) -> None:
    """Lower by a tenth is lower, by a hundredth equal within 5 %."""
    whole = [with_curves(each, train_loss=[1.0], held_out_loss=[1.0]) for each in fixed]
    tenth = [with_curves(each, train_loss=[0.9], held_out_loss=[0.99]) for each in fixed]
    assert comparisons.final_training_loss("fits", tenth, whole).outcome == "lower"
    assert comparisons.lowest_validation_loss("loss", tenth, whole).outcome == "equal"


def test_facts_hold_where_they_should(
    fixed: tuple[Trained, ...], diverged: Callable[[Trained], Trained]
) -> None:
    """Each fact of the text has a case that bears it out and one that does not."""
    assert comparisons.flatness(57, 100).holds
    assert not comparisons.flatness(None, 100).holds
    assert comparisons.bracketed(RATES[1]).holds
    assert not comparisons.bracketed(RATES[0]).holds
    assert comparisons.at_the_end("last", np.array([100.0, 96.0, np.nan]), 100).holds
    assert not comparisons.at_the_end("last", np.array([100.0, 95.0]), 100).holds
    assert comparisons.same_rate([0.1, 0.1]).holds
    assert not comparisons.same_rate([0.1, 0.3]).holds
    assert comparisons.counts_agree([1, 2], [1, 2]).holds
    assert not comparisons.counts_agree([1, 2], [1, 3]).holds
    assert comparisons.undiverged("whole", fixed).holds
    assert not comparisons.undiverged("whole", fixed, [diverged(fixed[0])]).holds


def footprint(sensed: float) -> Footprint:
    """Return a footprint of 1 Wh, of which a share was measured."""
    return Footprint(1.0, 0.001, 0.001 * sensed, 0.001, 0.4, ("a processor",), ("world",))


@pytest.mark.parametrize(("sensed", "holds"), [(0.0, False), (0.5, False), (1.0, True)])
def test_an_assumed_power_never_reads_like_a_measured_one(sensed: float, holds: bool) -> None:
    """Only what a sensor measured altogether counts as measured."""
    assert comparisons.sensed(footprint(sensed)).holds == holds


@pytest.mark.parametrize(
    ("logged", "holds"),
    [
        (Logged(0.00102, 0.4, footprint(0.0)), True),
        (Logged(0.0011, 0.4, footprint(0.0)), False),
        (None, False),
    ],
)
def test_carbontracker_agrees_within_a_twentieth(logged: Logged | None, holds: bool) -> None:
    """An empty log agrees with nothing."""
    assert comparisons.carbontracker_agrees(logged).holds == holds
