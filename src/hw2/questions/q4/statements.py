"""Question 4 in numbers and words: the rise and fall of the test accuracy, and the evidence for its cause."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hw2.questions.q4.label_noise import Data, Opinion, suspects
from hw2.statistics import Spread, difference, sound, spread
from hw2.training.experiments import Trained
from hw2.training.results import Curve, Run

SURPRISING = 100  # of the labels that surprise the judges most, so many are looked up where truth is known


@dataclass(frozen=True)
class Course:
    """The rise and fall of the test accuracy over the epochs, over the seeds."""

    peak: Spread
    peak_epoch: Spread
    final: Spread
    train_final: Spread
    peaks: tuple[float, ...]
    finals: tuple[float, ...]

    @property
    def fall(self) -> Spread:
        """How far the test accuracy falls from its peak to the end."""
        return difference(self.peaks, self.finals)


def course(runs: Sequence[Trained]) -> Course:
    """Summarise the accuracies of runs; of one that diverged, `peaks` and `finals` are NaN."""
    tests = [_accuracies(each.run, each.run.history.held_out_accuracy) for each in runs]
    trains = [_accuracies(each.run, each.run.history.train_accuracy) for each in runs]
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


def doubtful_shares(runs: Sequence[Trained]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the epochs (M,) and the shares (S, M, 2) of doubtful images given their label or the better."""
    series = [each.run.probes["agreement"] for each in runs if not each.run.diverged]
    return series[0].epochs, np.stack([each.values for each in series])


def course_row(name: str, images: int, course: Course) -> tuple[str, ...]:
    """Return the cells of a table's row."""
    return (
        name,
        f"{images:,}",
        course.train_final.percent(),
        course.peak.percent(),
        course.peak_epoch.format(0),
        course.final.percent(),
    )


@dataclass(frozen=True)
class Memory:
    """What becomes of the doubtful images: at most, and at which epoch, so many get the better label."""

    recovered: Spread
    recovered_epoch: Spread
    memorised_then: Spread
    memorised_end: Spread


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
    )


@dataclass(frozen=True)
class Evidence:
    """Words that depend on whether the true labels are known; a sentence is empty where they are not."""

    doubtful: str
    better: str
    noise_sentence: str
    suspects_sentence: str
    trusted_sentence: str


def evidence(data: Data, view: Opinion) -> Evidence:
    """Compare what the judges say with the truth, where it is known."""
    if data.true_labels is None:
        return Evidence("images whose label the judges dispute", "label that the judges see", "", "", "")
    wrong = data.true_labels != data.labels
    trusted = view.predicted == data.labels
    surprising = suspects(view, data, SURPRISING)
    return Evidence(
        doubtful="images whose label is known to be wrong",
        better="true label",
        noise_sentence=f"Here the truth is known: {_percent(wrong)} of the labels are wrong.",
        suspects_sentence=f"Of the {len(surprising)} most surprising labels,"
        f" {wrong[surprising].sum()} are wrong.",
        trusted_sentence=f"Of the labels kept, {_percent(wrong[trusted])} are still wrong,"
        f" against {_percent(wrong)} before.",
    )


def _percent(flags: NDArray[np.bool_]) -> str:
    return f"{100 * flags.mean():.1f} %"
