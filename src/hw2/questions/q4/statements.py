"""Question 4 in numbers and facts: the rise and fall of the test accuracy, and the evidence for its cause."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hw2.questions.q4.label_noise import Data, Opinion, labels_of
from hw2.questions.q4.networks import DOUBTFUL, TEST
from hw2.statistics import Estimate, Spread, crossed, paired, sound, spread
from hw2.training.evaluation import predict
from hw2.training.experiments import Trained
from hw2.training.results import Criterion, Curve, Run
from weaver.cache import cached

MARGIN = 0.01  # of the test images: a smaller difference of accuracies does not matter here


@dataclass(frozen=True)
class Course:
    """The rise and fall of the test accuracy over the epochs, over the seeds.

    The peak is the largest of many accuracies on the test images, so it flatters: an oracle would stop there.
    """

    peak: Spread
    peak_epoch: Spread
    final: Spread
    train_final: Spread
    peaks: tuple[float, ...]
    finals: tuple[float, ...]

    @property
    def fall(self) -> Estimate:
        """The final test accuracy less that at the peak."""
        return paired(self.finals, self.peaks)


def course(runs: Sequence[Trained], epochs: int | None = None) -> Course:
    """Summarise accuracies, of the first `epochs` alone; of a run that diverged, peak and end are NaN."""
    tests = [_accuracies(each.run, each.run.history.held_out_accuracy)[:epochs] for each in runs]
    trains = [_accuracies(each.run, each.run.history.train_accuracy)[:epochs] for each in runs]
    return Course(
        peak=spread(sound([curve.max() for curve in tests])),
        peak_epoch=spread([int(curve.argmax()) + 1 for curve in tests if not np.isnan(curve).any()]),
        final=spread(sound([curve[-1] for curve in tests])),
        train_final=spread(sound([curve[-1] for curve in trains])),
        peaks=tuple(float(curve.max()) for curve in tests),
        finals=tuple(float(curve[-1]) for curve in tests),
    )


def _accuracies(run: Run, curve: Curve | None) -> Curve:
    """Return a curve of accuracies, or NaN for a run that diverged, where they are those of no network."""
    if curve is None:
        raise ValueError("expected a run with an accuracy, found one without")
    return np.full(1, np.nan) if run.diverged else curve


@dataclass(frozen=True)
class Lead:
    """How far the test accuracy is ahead of the training accuracy, in the epoch of the largest lead.

    The training accuracy of an epoch is a mean over its batches, each taken before its own step, so it lags
    by up to an epoch. The test accuracy is therefore the one from before the epoch.
    """

    epoch: int
    test: float
    train: float
    gap: Estimate


def lead(runs: Sequence[Trained]) -> Lead:
    """Find the largest lead of the test accuracy, in the mean over the seeds, and its interval."""
    sound_runs = [each.run for each in runs if not each.run.diverged]
    tests = np.stack([_accuracies(run, run.history.held_out_accuracy)[:-1] for run in sound_runs])
    trains = np.stack([_accuracies(run, run.history.train_accuracy)[1:] for run in sound_runs])
    at = int((tests - trains).mean(axis=0).argmax())
    gap = paired(tests[:, at], trains[:, at])
    return Lead(at + 2, float(tests[:, at].mean()), float(trains[:, at].mean()), gap)


@cached
def right(runs: Sequence[Trained], data: Data, criterion: Criterion = "final") -> NDArray[np.float64]:
    """Say which test images kept networks get right: 1 or 0 (S, T), a row of NaN for a diverged training."""
    labels = labels_of(data.test)
    return np.stack(
        [
            np.full(len(labels), np.nan)
            if each.run.diverged
            else predict(each.run.kept[criterion].weights, data.test.inputs) == labels
            for each in runs
        ]
    ).astype(np.float64)


def gain(ours: Sequence[Trained], theirs: Sequence[Trained], data: Data) -> Estimate:
    """Compare final test accuracies, over seeds and test images."""
    return crossed(right(ours, data), right(theirs, data))


@dataclass(frozen=True)
class Stopped:
    """What stopping early gives, by the accuracy on held-out labels as they are given.

    `beside_end` compares with networks trained to the end on all labels, `beside_oracle` with the best epoch
    of the same trainings by their test accuracy.
    """

    epoch: Spread
    test: Spread
    beside_end: Estimate
    beside_oracle: Estimate


def stopped(runs: Sequence[Trained], to_the_end: Sequence[Trained], data: Data) -> Stopped:
    """Summarise trainings that were stopped where their held-out labels fit best."""
    criterion: Criterion = "highest held-out accuracy"
    chosen = right(runs, data, criterion)
    epochs = [each.run.kept[criterion].epoch for each in runs if not each.run.diverged]
    best = [np.nan if each.run.diverged else each.run.probes[TEST].values.max() for each in runs]
    return Stopped(
        epoch=spread(epochs),
        test=spread(sound(chosen.mean(axis=1))),
        beside_end=crossed(chosen, right(to_the_end, data)[: len(chosen)]),
        beside_oracle=paired(chosen.mean(axis=1), best),
    )


def doubtful_shares(runs: Sequence[Trained]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the epochs (M,) and the shares (S, M, 2) of doubtful images given their label or the better."""
    series = [each.run.probes[DOUBTFUL] for each in runs if not each.run.diverged]
    return series[0].epochs, np.stack([each.values for each in series])


@dataclass(frozen=True)
class Memory:
    """What becomes of the doubtful images: at most, and at which epoch, so many get the better label."""

    recovered: Spread
    recovered_epoch: Spread
    memorised_then: Spread
    memorised_end: Spread
    memorised: Estimate  # the rise from then to the end


def memory(epochs: NDArray[np.int64], shares: NDArray[np.float64]) -> Memory:
    """Summarise the shares (S, M, 2) that `doubtful_shares` returns."""
    given, better = shares[:, :, 0], shares[:, :, 1]  # (S, M)
    best = better.argmax(axis=1)
    seeds = np.arange(len(shares))
    return Memory(
        recovered=spread(better[seeds, best]),
        recovered_epoch=spread(epochs[best]),
        memorised_then=spread(given[seeds, best]),
        memorised_end=spread(given[:, -1]),
        memorised=paired(given[:, -1], given[seeds, best]),
    )


@dataclass(frozen=True)
class Truth:
    """What the true labels say of the judges, in per cent; a dash where they are not known."""

    known: bool
    wrong: str  # of all labels
    wrong_of_disputed: str
    named: str  # of the disputed images, those whose true class the judges see
    wrong_of_shared: str


def truth(data: Data, view: Opinion) -> Truth:
    """Compare what the judges say with the truth, where it is known."""
    if data.true_labels is None:
        return Truth(False, *["–"] * 4)
    wrong, named = data.true_labels != data.labels, view.predicted == data.true_labels
    parts = (wrong, wrong[view.disputed], named[view.disputed], wrong[view.shared])
    return Truth(True, *map(_percent, parts))


def _percent(flags: NDArray[np.bool_]) -> str:
    return f"{100 * flags.mean():.1f} %"


@dataclass(frozen=True)
class Row:
    """A line of the table of results; `peak` is None where no test image was watched for one."""

    name: str
    images: int
    epochs: str
    peak: Spread | None
    final: Spread


def rows(results: Sequence[Row]) -> list[tuple[str, ...]]:
    """Return the cells of the table of results, the highest final accuracy in bold."""
    best = max(each.final.mean for each in results)
    return [
        (
            each.name,
            f"{each.images:,}",
            each.epochs,
            each.peak.percent() if each.peak else "–",
            f"**{each.final.percent()}**" if each.final.mean == best else each.final.percent(),
        )
        for each in results
    ]
