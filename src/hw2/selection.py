"""Which epoch's network to deploy: three criteria, judged on images that none of them has seen."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hw2.batches import Examples
from hw2.experiments import Trained
from hw2.prediction import evaluate
from hw2.runs import Criterion, Curve
from hw2.statistics import Spread, spread

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
    weights kept from it.
    """

    criterion: Criterion
    epochs: NDArray[np.int64]  # (S,)
    train_loss: Curve  # (S,)
    validation_loss: Curve  # (S,)
    validation_accuracy: Curve  # (S,)
    test_loss: Curve  # (S,)
    test_accuracy: Curve  # (S,)

    @property
    def epoch(self) -> Spread:
        """The epoch picked."""
        return spread(self.epochs)

    @property
    def accuracy(self) -> Spread:
        """The test accuracy."""
        return spread(self.test_accuracy)


def picked(trained: Sequence[Trained], criterion: Criterion, test: Examples) -> Picks:
    """Judge on the test images what a criterion picks from each run.

    Runs that diverged are left out; `diverged` counts them for the text.
    """
    runs = [each.run for each in trained if not each.run.diverged]
    kept = [run.kept[criterion] for run in runs]
    judged = [evaluate(each.weights, test) for each in kept]
    at_epoch = [(run, each.epoch - 1) for run, each in zip(runs, kept, strict=True)]
    return Picks(
        criterion,
        np.array([each.epoch for each in kept]),
        np.array([run.history.train_loss[i] for run, i in at_epoch]),
        np.array([_held_out(run.history.held_out_loss)[i] for run, i in at_epoch]),
        np.array([_held_out(run.history.held_out_accuracy)[i] for run, i in at_epoch]),
        np.array([each.loss for each in judged]),
        np.array([each.accuracy for each in judged], dtype=float),
    )


def row(picks: Picks) -> tuple[str, ...]:
    """Return the cells of a table's row: criterion, epoch, training, validation and test figures."""
    return (
        picks.criterion.replace("train ", "training ").replace("held-out", "validation"),
        picks.epoch.format(0),
        spread(picks.train_loss).format(3),
        spread(picks.validation_loss).format(3),
        spread(picks.validation_accuracy).percent(),
        spread(picks.test_loss).format(3),
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
    share = float(np.mean(accuracies))
    return float(np.sqrt(share * (1 - share) / images))


def diverged(trained: Sequence[Trained]) -> int:
    """Count the runs whose loss became NaN or infinite."""
    return sum(each.run.diverged for each in trained)


def final(trained: Sequence[Trained], curve: str) -> Spread:
    """Summarise the last value of a curve of the history.

    Raises:
        AttributeError: the history has no curve of this name.
    """
    return spread(ends(trained, curve))


def network_row(name: str, parameters: int, picks: Picks) -> tuple[str, ...]:
    """Return the cells of a table's row: a network, its size, and what a criterion picks."""
    _, epoch, train_loss, validation_loss, validation_accuracy, _, test_accuracy = row(picks)
    return (name, f"{parameters:,}", epoch, train_loss, validation_loss, validation_accuracy, test_accuracy)


def at(trained: Sequence[Trained], curve: str, epoch: int) -> Spread:
    """Summarise a curve at an epoch, or at its end where it is shorter."""
    return spread([values[min(epoch, len(values)) - 1] for values in _curves(trained, curve)])


def minima(trained: Sequence[Trained], curve: str) -> Curve:
    """Return the lowest value of a curve for each run."""
    return np.array([values.min() for values in _curves(trained, curve)])


def wobbles(trained: Sequence[Trained], epochs: int) -> Curve:
    """Return the mean step of each run's validation accuracy between its last so many epochs."""
    return np.array(
        [np.abs(np.diff(values[-epochs:])).mean() for values in _curves(trained, "held_out_accuracy")]
    )


def lowest_epochs(trained: Sequence[Trained], curve: str) -> NDArray[np.int64]:
    """Return the epoch, from 1, at which a curve is lowest for each run."""
    return np.array([int(values.argmin()) + 1 for values in _curves(trained, curve)])


def ends(trained: Sequence[Trained], curve: str) -> Curve:
    """Return the last value of a curve for each run."""
    return np.array([values[-1] for values in _curves(trained, curve)])


def lowest(trained: Sequence[Trained], curve: str) -> Spread:
    """Summarise the lowest value of a curve."""
    return spread(minima(trained, curve))


def _curves(trained: Sequence[Trained], curve: str) -> list[Curve]:
    """Return a curve of each run that did not diverge."""
    return [_held_out(getattr(each.run.history, curve)) for each in trained if not each.run.diverged]


def _held_out(curve: Curve | None) -> Curve:
    if curve is None:
        raise ValueError("expected a run with validation images, found one without")
    return curve
