"""What questions 2 and 3 compare: estimates with their intervals, as facts whose words stand in the chapters.

The primary claims of each question are judged together, by Holm's procedure.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import log

import numpy as np

from hw2.questions.q2_q3 import model_selection
from hw2.questions.q2_q3.model_selection import Picks
from hw2.questions.q2_q3.perceptrons import RATES
from hw2.questions.q2_q3.rate_drops import Effect
from hw2.statistics import Estimate, Primary, crossed, judged, paired
from hw2.training.carbontracker_log import Logged
from hw2.training.energy import Footprint
from hw2.training.experiments import Trained
from hw2.training.results import Curve
from weaver.claims import Comparison, Fact

POINT = 0.01
"""Accuracies that differ by less than one percentage point count as equal."""

TWENTIETH = log(1.05)
"""Losses that differ by less than 5 % count as equal."""


def accuracy(name: str, estimate: Estimate) -> Comparison:
    """Return a difference of accuracies as a fact, equal within one percentage point."""
    return estimate.comparison(name, POINT, estimate.points())


def loss(name: str, estimate: Estimate) -> Comparison:
    """Return a difference of logarithms of losses as a fact, equal within 5 %."""
    return estimate.comparison(name, TWENTIETH, estimate.change())


def losses(ours: Curve, theirs: Curve) -> Estimate:
    """Estimate by which factor losses differ, seed by seed, as a difference of logarithms."""
    return paired(np.log(ours), np.log(theirs))


def final_training_loss(name: str, ours: Sequence[Trained], theirs: Sequence[Trained]) -> Comparison:
    """Compare the training losses of the last epoch."""
    return loss(name, losses(*(model_selection.ends(each, "train_loss") for each in (ours, theirs))))


def lowest_validation_loss(name: str, ours: Sequence[Trained], theirs: Sequence[Trained]) -> Comparison:
    """Compare the lowest validation losses."""
    return loss(name, losses(*(model_selection.minima(each, "held_out_loss") for each in (ours, theirs))))


def same_rate(rates: Iterable[float]) -> Fact:
    """Say whether networks have chosen the same learning rate."""
    found = list(rates)
    return Fact("same-rate", len(set(found)) == 1, ", ".join(f"{rate:g}" for rate in found))


def counts_agree(formula: Sequence[int], counted: Sequence[int]) -> Fact:
    """Say whether the numbers of parameters by the formula are those in the trained networks."""
    return Fact("counts-agree", list(formula) == list(counted), f"formula {formula}, counted {counted}")


def sensed(footprint: Footprint) -> Fact:
    """Say whether all of the power was measured by a sensor."""
    share = footprint.sensed_kwh / footprint.component_kwh
    return Fact("power-sensed", share == 1, f"{100 * share:.0f} % of the energy was measured by a sensor")


def carbontracker_agrees(logged: Logged | None) -> Fact:
    """Say whether CarbonTracker's own log has the energy that our meter has, to within 5 %."""
    if logged is None:
        return Fact("carbontracker-agrees", False, "CarbonTracker's log holds no consumption")
    ratio = logged.energy_kwh / logged.ours.energy_kwh
    return Fact("carbontracker-agrees", abs(log(ratio)) < TWENTIETH, f"{ratio:.3f} times our energy")


def flatness(epoch: int | None, epochs: int) -> Fact:
    """Say whether the training loss has become flat, and from which epoch on."""
    found = f"flat from epoch {epoch} on" if epoch else f"not flat within {epochs} epochs"
    return Fact("flat", epoch is not None, f"the mean training loss is {found}")


def at_the_end(name: str, epochs: Curve, last: int) -> Fact:
    """Say whether each seed's epoch is among the last twentieth of all."""
    found = epochs[~np.isnan(epochs)]
    return Fact(
        name, bool((found > 0.95 * last).all()), f"epochs {', '.join(f'{each:.0f}' for each in found)}"
    )


def bracketed(rate: float) -> Fact:
    """Say whether rates on both sides of the best one were tried."""
    tried = ", ".join(f"{each:g}" for each in RATES)
    return Fact("bracketed", min(RATES) < rate < max(RATES), f"{rate:g}, of the rates {tried}")


def undiverged(name: str, *groups: Sequence[Trained]) -> Fact:
    """Say whether no training has diverged."""
    found = model_selection.count_diverged(*groups)
    return Fact(name, found == 0, f"{found} of {sum(map(len, groups))} trainings diverged")


def after_the_minimum(name: str, trained: Sequence[Trained]) -> Comparison:
    """Compare the validation accuracy at the end with that where the validation loss is lowest."""
    ends = model_selection.ends(trained, "held_out_accuracy")
    return accuracy(name, paired(ends, model_selection.at_lowest_loss(trained)))


def overfitting(name: str, trained: Sequence[Trained]) -> Comparison:
    """Compare the validation loss at the end with its minimum."""
    ends, minima = (find(trained, "held_out_loss") for find in (model_selection.ends, model_selection.minima))
    return loss(name, losses(ends, minima))


def primary_of_question_2(
    by_train: Picks, by_loss: Picks, effects: Mapping[str, Effect]
) -> tuple[Primary, ...]:
    """Return the primary claims of question 2."""
    return judged(
        Primary(
            "fitting-loss",
            "test loss: epoch by training against validation loss",
            losses(by_train.test_loss, by_loss.test_loss),
            TWENTIETH,
            "%",
        ),
        Primary(
            "early-drop-accuracy",
            "final test accuracy: rate divided early",
            effects["early"].accuracy,
            POINT,
        ),
    )


def primary_of_question_3(shallow: Picks, deep: Picks, wide: Picks) -> tuple[Primary, ...]:
    """Return the primary claims of question 3."""
    pairs = (
        ("depth", "deep against shallow", deep, shallow),
        ("width", "wide deep against deep", wide, deep),
    )
    return judged(
        *(
            Primary(name, f"test accuracy: {what}", crossed(ours.hits, theirs.hits), POINT)
            for name, what, ours, theirs in pairs
        )
    )
