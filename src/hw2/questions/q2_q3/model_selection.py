"""Which epoch's network to deploy: three criteria, judged on images that none of them has seen."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hw2.networks.batches import Examples
from hw2.statistics import Spread, sound, spread
from hw2.tables import emphasised
from hw2.training.evaluation import evaluate, predict
from hw2.training.experiments import Trained
from hw2.training.results import Criterion, Curve, Run
from weaver.cache import cached

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
    weights kept from it; `hits` has 1 where a network is right on a test image, else 0. A run that diverged
    has NaN, so that seeds keep their places and can be paired.
    """

    criterion: Criterion
    epochs: Curve  # (S,)
    train_loss: Curve  # (S,)
    validation_loss: Curve  # (S,)
    validation_accuracy: Curve  # (S,)
    test_loss: Curve  # (S,)
    hits: NDArray[np.float64]  # (S, N)

    @property
    def test_accuracy(self) -> Curve:
        """The test accuracy of each seed (S,)."""
        accuracies: Curve = self.hits.mean(axis=1)
        return accuracies

    @property
    def epoch(self) -> Spread:
        """The epoch picked."""
        return spread(sound(self.epochs))

    @property
    def accuracy(self) -> Spread:
        """The test accuracy."""
        return spread(sound(self.test_accuracy))


@cached
def picked(trained: Sequence[Trained], criterion: Criterion, test: Examples) -> Picks:
    """Judge on the test images what a criterion picks from each run."""
    figures = np.array([_figures(each.run, criterion, test) for each in trained])  # (S, 5)
    hits = np.stack([_hits(each.run, criterion, test) for each in trained])
    epochs, train_loss, validation_loss, validation_accuracy, test_loss = figures.T
    return Picks(criterion, epochs, train_loss, validation_loss, validation_accuracy, test_loss, hits)


def _figures(run: Run, criterion: Criterion, test: Examples) -> tuple[float, ...]:
    """Return the figures of one run in the order of `Picks`, without the hits."""
    if run.diverged:
        return (np.nan,) * 5
    kept, history = run.kept[criterion], run.history
    curves = (history.train_loss, _held_out(history.held_out_loss), _held_out(history.held_out_accuracy))
    return (kept.epoch, *(curve[kept.epoch - 1] for curve in curves), evaluate(kept.weights, test).loss)


def _hits(run: Run, criterion: Criterion, test: Examples) -> NDArray[np.float64]:
    """Return which test images one run's network is right on (N,)."""
    if run.diverged:
        return np.full(len(test.inputs), np.nan)
    hits: NDArray[np.float64] = (predict(run.kept[criterion].weights, test.inputs) == test.labels).astype(
        float
    )
    return hits


def rows(names: Sequence[str], groups: Sequence[Picks]) -> list[tuple[str, ...]]:
    """Return the rows of a table: name, epoch, training and validation figures, test loss and accuracy.

    The best mean of a column is bold, but for the epochs.
    """
    columns = (
        names,
        [each.epoch.format(0) for each in groups],
        _losses([each.train_loss for each in groups], 4),
        _losses([each.validation_loss for each in groups]),
        _accuracies([each.validation_accuracy for each in groups]),
        _losses([each.test_loss for each in groups]),
        _accuracies([each.test_accuracy for each in groups]),
    )
    return list(zip(*columns, strict=True))


def final_rows(
    names: Iterable[str], groups: Sequence[Sequence[Trained]], test: Examples
) -> list[tuple[str, ...]]:
    """Return the rows of a table: name, the last epoch's figures, the test accuracy of the epoch deployed."""
    last = [picked(trained, "final", test) for trained in groups]
    cells = rows(list(names), last)
    deployed = _accuracies([picked(trained, DEPLOYED, test).test_accuracy for trained in groups])
    return [(name, *figures, chosen) for (name, _, *figures), chosen in zip(cells, deployed, strict=True)]


def search_rows(search: Mapping[float, Sequence[Trained]]) -> list[tuple[str, ...]]:
    """Return the rows of a table of the learning rates tried: rate, validation figures, training loss."""
    groups = list(search.values())
    columns = (
        [f"{rate:g}" for rate in search],
        _losses([minima(each, "held_out_loss") for each in groups]),
        _accuracies([maxima(each, "held_out_accuracy") for each in groups]),
        _losses([ends(each, "train_loss") for each in groups], 4),
    )
    return list(zip(*columns, strict=True))


def search_row(search: Mapping[float, Sequence[Trained]]) -> list[str]:
    """Return the cells of a table's row: the lowest validation loss of each rate tried."""
    return _losses([minima(each, "held_out_loss") for each in search.values()])


def _losses(columns: Sequence[Curve], digits: int = 3) -> list[str]:
    """Write losses, one value a seed, as cells; the lowest mean is bold."""
    return _cells(columns, lambda found: found.format(digits), min)


def _accuracies(columns: Sequence[Curve]) -> list[str]:
    """Write accuracies, one value a seed, as cells; the highest mean is bold."""
    return _cells(columns, lambda found: found.percent(), max)


def _cells(
    columns: Sequence[Curve], write: Callable[[Spread], str], best: Callable[[Sequence[float]], float]
) -> list[str]:
    """Write spreads as cells; of trainings that all diverged there is none."""
    found = [sound(values) for values in columns]
    cells = [write(spread(values)) if len(values) else "diverged" for values in found]
    means = [values.mean() if len(values) else np.nan for values in found]
    return emphasised(cells, means, best)


def named(criterion: Criterion) -> str:
    """Return how a table calls a criterion."""
    return criterion.replace("train ", "training ").replace("held-out", "validation")


def count_diverged(*groups: Sequence[Trained]) -> int:
    """Count the trainings that diverged."""
    return sum(each.run.diverged for group in groups for each in group)


def final(trained: Sequence[Trained], curve: str) -> Spread:
    """Summarise the last value of a curve of the history.

    Raises:
        AttributeError: the history has no curve of this name.
    """
    return spread(sound(ends(trained, curve)))


def minima(trained: Sequence[Trained], curve: str) -> Curve:
    """Return the lowest value of a curve for each run, NaN where it diverged."""
    return np.array([np.nan if each.run.diverged else _curve(each, curve).min() for each in trained])


def maxima(trained: Sequence[Trained], curve: str) -> Curve:
    """Return the highest value of a curve for each run, NaN where it diverged."""
    return np.array([np.nan if each.run.diverged else _curve(each, curve).max() for each in trained])


def at_lowest_loss(trained: Sequence[Trained]) -> Curve:
    """Return each run's validation accuracy where its validation loss is lowest, NaN where it diverged."""
    return np.array([np.nan if each.run.diverged else _at_lowest_loss(each) for each in trained])


def _at_lowest_loss(trained: Trained) -> float:
    losses, accuracies = (_curve(trained, f"held_out_{name}") for name in ("loss", "accuracy"))
    return float(accuracies[losses.argmin()])


def ends(trained: Sequence[Trained], curve: str) -> Curve:
    """Return the last value of a curve for each run, NaN where it diverged."""
    return np.array([np.nan if each.run.diverged else _curve(each, curve)[-1] for each in trained])


def _curve(trained: Trained, name: str) -> Curve:
    return _held_out(getattr(trained.run.history, name))


def _held_out(curve: Curve | None) -> Curve:
    if curve is None:
        raise ValueError("expected a run with validation images, found one without")
    return curve
