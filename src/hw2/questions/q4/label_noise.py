"""Question 4: images some of whose labels are wrong, and networks that judge labels they have not seen."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hw2.data import datasets
from hw2.data.datasets import Mislabelled
from hw2.networks.batches import Examples
from hw2.networks.optimisers import Adam
from hw2.profile import Profile
from hw2.training.evaluation import outputs, predict
from hw2.training.experiments import Trained, seeded, train
from hw2.training.settings import Settings, TrainingError
from weaver.cache import cached

SETTINGS = Settings((784, 256, 128, 10), learning_rate=1e-3, epochs=60, optimiser=Adam())
JUDGE_EPOCHS = 10  # few: a network that judges labels must not have had the time to memorise labels
FOLDS = 5
CLASSES = 10

Labels = NDArray[np.int64]
Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Data:
    """The images of question 4; `true_labels` (N,) are for diagnosis only, None if unknown."""

    train: Examples
    test: Examples
    true_labels: Labels | None

    @property
    def labels(self) -> Labels:
        """The labels as given, right and wrong (N,)."""
        return labels_of(self.train)


@dataclass(frozen=True, eq=False)
class Opinion:
    """What networks think of the labels of images that they have not been trained on.

    `right` says of each test image which share of the networks gives it its label.
    """

    given: Labels  # (N,), the labels that are judged
    logits: Values  # (N, 10), of the network that has not seen the image
    right: Values  # (T,), on labels that are right

    @property
    def predicted(self) -> Labels:
        """The class that the judges see (N,)."""
        return np.asarray(self.logits.argmax(axis=1), dtype=np.int64)

    @property
    def surprise(self) -> Values:
        """The cross-entropy of the given label (N,), in nats."""
        return cross_entropy(self.logits, self.given)

    @property
    def shared(self) -> NDArray[np.int64]:
        """The indices of the images whose label the judges share."""
        return np.flatnonzero(self.predicted == self.given)

    @property
    def disputed(self) -> NDArray[np.int64]:
        """The indices of the images whose label the judges dispute."""
        return np.flatnonzero(self.predicted != self.given)

    @property
    def agreement(self) -> float:
        """The share of labels that the judges share."""
        return len(self.shared) / len(self.given)

    @property
    def test_accuracy(self) -> float:
        """How often the same networks are right, on labels that are right."""
        return float(self.right.mean())

    @property
    def noise(self) -> float:
        """The share of wrong labels, as `wrong_share` estimates it."""
        return float(wrong_share(np.float64(self.agreement), np.float64(self.test_accuracy)))


def wrong_share(agreement: np.float64 | Values, right: np.float64 | Values) -> np.float64 | Values:
    """Estimate the share of wrong labels, supposing that wrong ones are spread evenly over the classes.

    A network that is right with probability q agrees with a right label with probability q and with a
    wrong one with (1 − q)/9. So the agreement is a = (1 − p) q + p (1 − q)/9 for a share p of wrong ones.
    """
    chance = (1 - right) / (CLASSES - 1)
    return np.clip((right - agreement) / (right - chance), 0, 1)


def load(profile: Profile) -> Data:
    """Load the images of question 4, as many as the profile takes."""
    return examples(datasets.load_mislabelled(), profile)


def examples(data: Mislabelled, profile: Profile) -> Data:
    """Return the examples of question 4, as many as the profile takes."""
    take = slice(profile.images)
    true_labels = None if data.true_labels is None else data.true_labels[take]
    return Data(
        Examples(data.train.images[take], data.train.labels[take]),
        Examples(data.test.images[take], data.test.labels[take]),
        true_labels,
    )


@cached
def opinion(data: Data, profile: Profile) -> Opinion:
    """Let each image's label be judged by a network trained on the other folds (cross-validation).

    Judging by networks that have not seen the label is the first step of confident learning (Northcutt,
    Jiang and Chuang 2021, arXiv:1911.00068).

    Raises:
        TrainingError: a judge diverged, so that nobody can judge its fold.
    """
    logits = np.empty((len(data.labels), CLASSES))
    right = []
    for fold, judge in zip(folds(len(logits)), judges(data, profile), strict=True):
        if judge.run.diverged:
            raise TrainingError(
                f"expected judges that do not diverge, found one that did at the learning rate"
                f" {judge.run.settings.learning_rate:g}: lower it in {__name__}.SETTINGS"
            )
        logits[fold] = outputs(judge.run.final, data.train.inputs[fold])
        right.append(predict(judge.run.final, data.test.inputs) == labels_of(data.test))
    return Opinion(data.labels, logits, np.mean(right, axis=0))


def judges(data: Data, profile: Profile) -> tuple[Trained, ...]:
    """Train one network for each fold, on the images outside it."""
    settings = replace(SETTINGS, epochs=profile.epochs(JUDGE_EPOCHS))
    return tuple(
        train(seeded(settings, [number]), without(data.train, fold))[0]
        for number, fold in enumerate(folds(len(data.labels)))
    )


def folds(count: int) -> list[NDArray[np.int64]]:
    """Deal the indices of `count` images out to the folds, in turn: their order in the file is random."""
    return [np.arange(first, count, FOLDS) for first in range(FOLDS)]


def better_labels(data: Data, view: Opinion) -> Labels:
    """Return the true labels where they are known, else what the judges think."""
    return view.predicted if data.true_labels is None else data.true_labels


def doubted(data: Data, view: Opinion) -> NDArray[np.int64]:
    """Return the indices of the images whose label is wrong or, where nobody knows, disputed by judges."""
    return np.flatnonzero(better_labels(data, view) != data.labels)


def suspects(view: Opinion, count: int) -> NDArray[np.int64]:
    """Return the indices of the disputed labels that surprise the judges most, the most surprising first."""
    return view.disputed[np.argsort(-view.surprise[view.disputed], kind="stable")][:count]


def subset(whole: Examples, indices: NDArray[np.int64]) -> Examples:
    """Return some of the examples."""
    return Examples(whole.inputs[indices], labels_of(whole)[indices], whole.black)


def without(whole: Examples, indices: Sequence[int] | NDArray[np.int64]) -> Examples:
    """Return the other examples."""
    return subset(whole, np.setdiff1d(np.arange(len(whole.inputs)), indices))


def cross_entropy(logits: Values, labels: Labels) -> Values:
    """Return −log softmax(logits)[label] for each row of logits (N, 10), in nats."""
    picked = np.take_along_axis(logits, labels[:, None], axis=1)[:, 0]
    return np.asarray(np.logaddexp.reduce(logits, axis=1) - picked)


def labels_of(whole: Examples) -> Labels:
    """Return the labels of examples.

    Raises:
        ValueError: they have none.
    """
    if whole.labels is None:
        raise ValueError("expected examples with labels, found none")
    return whole.labels
