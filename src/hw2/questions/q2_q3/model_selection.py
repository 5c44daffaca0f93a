"""Which epoch's network to deploy: three criteria, judged on images that none of them has seen."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hw2.networks.batches import Examples
from hw2.statistics import Spread, sound, spread
from hw2.training.evaluation import evaluate
from hw2.training.experiments import Trained
from hw2.training.results import Criterion, Curve, Run

CRITERIA: tuple[Criterion, ...] = (
    "lowest train loss",
    "lowest held-out loss",
    "highest held-out accuracy",
)
DEPLOYED: Criterion = "highest held-out accuracy"


@dataclass(frozen=True, eq=False)
class Picks:
    """The networks that one criterion picks from runs that differ in their seed; one value a seed.

    Training and validation figures are those of the epoch picked, the test figures are measured on the
    weights kept from it. A run that diverged has NaN, so that seeds keep their places and can be paired.
    """

    criterion: Criterion
    epochs: Curve  # (S,)
    train_loss: Curve  # (S,)
    validation_loss: Curve  # (S,)
    validation_accuracy: Curve  # (S,)
    test_loss: Curve  # (S,)
    test_accuracy: Curve  # (S,)

    @property
    def epoch(self) -> Spread:
        """The epoch picked."""
        return spread(sound(self.epochs))

    @property
    def accuracy(self) -> Spread:
        """The test accuracy."""
        return spread(sound(self.test_accuracy))


def picked(trained: Sequence[Trained], criterion: Criterion, test: Examples) -> Picks:
    """Judge on the test images what a criterion picks from each run."""
    figures = [_figures(each.run, criterion, test) for each in trained]
    return Picks(criterion, *np.array(figures).T)


def _figures(run: Run, criterion: Criterion, test: Examples) -> tuple[float, ...]:
    """Return the figures of one run in the order of `Picks`."""
    if run.diverged:
        return (np.nan,) * 6
    kept, history = run.kept[criterion], run.history
    judged = evaluate(kept.weights, test)
    curves = (history.train_loss, _held_out(history.held_out_loss), _held_out(history.held_out_accuracy))
    accuracy = np.nan if judged.accuracy is None else judged.accuracy
    return (kept.epoch, *(curve[kept.epoch - 1] for curve in curves), judged.loss, accuracy)


def row(picks: Picks) -> tuple[str, ...]:
    """Return the cells of a table's row: criterion, epoch, training, validation and test figures."""
    return (
        picks.criterion.replace("train ", "training ").replace("held-out", "validation"),
        picks.epoch.format(0),
        spread(sound(picks.train_loss)).format(3),
        spread(sound(picks.validation_loss)).format(3),
        spread(sound(picks.validation_accuracy)).percent(),
        spread(sound(picks.test_loss)).format(3),
        picks.accuracy.percent(),
    )


def final_row(name: str, trained: Sequence[Trained], picks: Picks) -> tuple[str, ...]:
    """Return the cells of a table's row: the last epoch's figures, then what a criterion picks."""
    return (
        name,
        final(trained, "train_loss").format(4),
        final(trained, "held_out_loss").format(3),
        final(trained, "held_out_accuracy").percent(),
        picks.epoch.format(0),
        picks.accuracy.percent(),
    )


def accuracy_error(accuracies: Curve, images: int) -> float:
    """Return the standard error of an accuracy over so many images: that of a binomial share."""
    share = float(sound(accuracies).mean())
    return float(np.sqrt(share * (1 - share) / images))


def divergence(*groups: Sequence[Trained]) -> str:
    """Say in a sentence how many trainings diverged."""
    runs = [each.run for group in groups for each in group]
    diverged = sum(run.diverged for run in runs)
    if not diverged:
        return f"None of the {len(runs)} trainings diverged."
    left_out = "is" if diverged == 1 else "are"
    return f"Of the {len(runs)} trainings, {diverged} diverged and {left_out} left out of every mean."


def final(trained: Sequence[Trained], curve: str) -> Spread:
    """Summarise the last value of a curve of the history.

    Raises:
        AttributeError: the history has no curve of this name.
    """
    return spread(sound(ends(trained, curve)))


def network_row(name: str, parameters: int, picks: Picks) -> tuple[str, ...]:
    """Return the cells of a table's row: a network, its size, and what a criterion picks."""
    _, epoch, train_loss, validation_loss, validation_accuracy, _, test_accuracy = row(picks)
    return (name, f"{parameters:,}", epoch, train_loss, validation_loss, validation_accuracy, test_accuracy)


def at(trained: Sequence[Trained], curve: str, epoch: int) -> Spread:
    """Summarise a curve at an epoch, or at its end where it is shorter."""
    return spread([values[min(epoch, len(values)) - 1] for values in _curves(trained, curve)])


def minima(trained: Sequence[Trained], curve: str) -> Curve:
    """Return the lowest value of a curve for each run, NaN where it diverged."""
    return np.array([np.nan if each.run.diverged else _curve(each, curve).min() for each in trained])


def wobbles(trained: Sequence[Trained], epochs: int) -> Curve:
    """Return the mean step of the validation accuracy in the last epochs of each run, NaN if diverged."""
    return np.array([np.nan if each.run.diverged else _wobble(each, epochs) for each in trained])


def lowest_epochs(trained: Sequence[Trained], curve: str) -> NDArray[np.int64]:
    """Return the epoch, from 1, at which a curve is lowest for each run that did not diverge."""
    return np.array([int(values.argmin()) + 1 for values in _curves(trained, curve)])


def ends(trained: Sequence[Trained], curve: str) -> Curve:
    """Return the last value of a curve for each run, NaN where it diverged."""
    return np.array([np.nan if each.run.diverged else _curve(each, curve)[-1] for each in trained])


def lowest(trained: Sequence[Trained], curve: str) -> Spread:
    """Summarise the lowest value of a curve."""
    return spread(sound(minima(trained, curve)))


def _wobble(trained: Trained, epochs: int) -> float:
    return float(np.abs(np.diff(_curve(trained, "held_out_accuracy")[-epochs:])).mean())


def _curves(trained: Sequence[Trained], curve: str) -> list[Curve]:
    """Return a curve of each run that did not diverge."""
    return [_curve(each, curve) for each in trained if not each.run.diverged]


def _curve(trained: Trained, name: str) -> Curve:
    return _held_out(getattr(trained.run.history, name))


def _held_out(curve: Curve | None) -> Curve:
    if curve is None:
        raise ValueError("expected a run with validation images, found one without")
    return curve
