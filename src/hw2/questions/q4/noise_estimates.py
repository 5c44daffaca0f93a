"""How many labels are wrong: two estimates from what judges think, each with a 95 % interval."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hw2.questions.q4.label_noise import CLASSES, Labels, Opinion, Values, wrong_share
from weaver.cache import cached

RESAMPLES = 2000
JOINTS = 300  # resamples of an estimate that takes a millisecond each


@dataclass(frozen=True)
class Share:
    """A share with the ends of its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def percent(self) -> str:
        """The share as a percentage."""
        return f"{100 * self.value:.1f} %"

    @property
    def interval(self) -> str:
        """The interval, in per cent."""
        return f"{100 * self.low:.0f} to {100 * self.high:.0f} %"


@cached
def by_agreement(view: Opinion) -> Share:
    """Estimate the share of wrong labels from agreement and test accuracy, by `wrong_share`.

    The interval is a percentile bootstrap over training images and, independently, test images.
    """
    generator = np.random.default_rng(0)
    count = len(view.given)
    agreement = generator.binomial(count, view.agreement, RESAMPLES) / count  # what resampled images agree
    drawn = generator.integers(len(view.right), size=(RESAMPLES, len(view.right)))
    return _share(view.noise, np.asarray(wrong_share(agreement, view.right[drawn].mean(axis=1))))


@cached
def by_joint(logits: Values, given: Labels) -> Share:
    """Estimate the share of wrong labels from the joint distribution of given and true labels.

    It is what `joint` has off its diagonal; no right label is needed. The interval is a percentile bootstrap
    over the images.
    """
    generator = np.random.default_rng(0)
    resamples = generator.integers(len(given), size=(JOINTS, len(given)))
    draws = np.array([1 - np.trace(joint(logits[drawn], given[drawn])) for drawn in resamples])
    return _share(1 - float(np.trace(joint(logits, given))), draws)


def joint(logits: Values, given: Labels) -> Values:
    """Estimate the joint distribution (given, true) of labels: (10, 10), with sum 1.

    An image counts as truly of the likeliest class among those whose probability reaches the mean that it
    has over the images labelled so; where none does, it does not count. Rows are then brought to the shares
    of the given labels. Confident learning: Northcutt, Jiang and Chuang (2021), doi:10.1613/jair.1.12125.
    """
    probabilities = np.exp(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))
    of_class = given[:, None] == np.arange(CLASSES)  # (N, 10)
    thresholds = (probabilities * of_class).sum(axis=0) / np.maximum(of_class.sum(axis=0), 1)
    confident = (probabilities >= thresholds) & of_class.any(axis=0)
    counted = confident.any(axis=1)
    judged = np.where(confident, probabilities, -1).argmax(axis=1)
    counts = np.zeros((CLASSES, CLASSES))
    np.add.at(counts, (given[counted], judged[counted]), 1)
    counts += np.diag(counts.sum(axis=1) == 0)  # a label that no confident image has is taken as given
    return np.asarray(counts / counts.sum(axis=1, keepdims=True) * of_class.mean(axis=0)[:, None])


def largest_confusion(matrix: Values) -> tuple[float, float]:
    """Return the largest entry off the diagonal of a joint distribution, and their mean."""
    others: NDArray[np.float64] = matrix[~np.eye(len(matrix), dtype=bool)]
    return float(others.max()), float(others.mean())


def _share(value: float, draws: Values) -> Share:
    low, high = np.percentile(draws, (2.5, 97.5))
    return Share(value, float(low), float(high))
