"""Question 4: a deep network on training images some of whose labels are wrong, and how to tell."""

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
from hw2.training.probes import Agreement
from hw2.training.settings import Settings, TrainingError

SETTINGS = Settings((784, 256, 128, 10), learning_rate=1e-3, epochs=60, optimiser=Adam())
JUDGE_EPOCHS = 10  # few: a network that judges labels must not have had the time to memorise labels
FOLDS = 5
CLASSES = 10

Labels = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Data:
    """The images of question 4; `true_labels` (N,) are for diagnosis only, None if unknown."""

    train: Examples
    test: Examples
    true_labels: Labels | None

    @property
    def labels(self) -> Labels:
        """The labels as given, right and wrong (N,)."""
        return _labels(self.train)


@dataclass(frozen=True, eq=False)
class Opinion:
    """What networks think of the labels of images that they have not been trained on.

    `predicted` (N,) is their class; `surprise` (N,) the cross-entropy of the given label, in nats.
    """

    predicted: Labels
    surprise: NDArray[np.float64]
    agreement: float  # with the given labels
    test_accuracy: float  # of the same networks, on labels that are right

    @property
    def noise(self) -> float:
        """Estimate the share of wrong labels, supposing that wrong ones are spread evenly over the classes.

        A network that is right with probability q agrees with a right label with probability q and with a
        wrong one with (1 − q)/9. So the agreement is a = (1 − p) q + p (1 − q)/9 for a share p of wrong ones.
        """
        chance = (1 - self.test_accuracy) / (CLASSES - 1)
        return float(np.clip((self.test_accuracy - self.agreement) / (self.test_accuracy - chance), 0, 1))


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


def opinion(data: Data, profile: Profile) -> Opinion:
    """Let each image's label be judged by a network trained on the other folds (cross-validation).

    Judging by networks that have not seen the label is the first step of confident learning (Northcutt,
    Jiang and Chuang 2021, arXiv:1911.00068).

    Raises:
        TrainingError: a judge diverged, so that nobody can judge its fold.
    """
    predicted = np.empty_like(data.labels)
    surprise = np.empty(len(predicted))
    accuracies = []
    for fold, judge in zip(folds(len(predicted)), judges(data, profile), strict=True):
        if judge.run.diverged:
            raise TrainingError(
                f"expected judges that do not diverge, found one that did at the learning rate"
                f" {judge.run.settings.learning_rate:g}: lower it in {__name__}.SETTINGS"
            )
        weights = judge.run.final
        logits = outputs(weights, data.train.inputs[fold]).astype(np.float64)  # (n, 10)
        predicted[fold] = logits.argmax(axis=1)
        surprise[fold] = cross_entropy(logits, data.labels[fold])
        accuracies.append(np.mean(predict(weights, data.test.inputs) == _labels(data.test)))
    agreement = float(np.mean(predicted == data.labels))
    return Opinion(predicted, surprise, agreement, float(np.mean(accuracies)))


def judges(data: Data, profile: Profile) -> tuple[Trained, ...]:
    """Train one network for each fold, on the images outside it."""
    settings = replace(SETTINGS, epochs=profile.epochs(JUDGE_EPOCHS))
    everyone = np.arange(len(data.labels))
    return tuple(
        train(seeded(settings, [number]), subset(data.train, np.setdiff1d(everyone, fold)))[0]
        for number, fold in enumerate(folds(len(everyone)))
    )


def folds(count: int) -> list[NDArray[np.int64]]:
    """Deal the indices of `count` images out to the folds, in turn: their order in the file is random."""
    return [np.arange(first, count, FOLDS) for first in range(FOLDS)]


def trained(data: Data, profile: Profile) -> tuple[Trained, ...]:
    """Train on the labels as given, watching the test images and what becomes of doubtful labels.

    The test images choose nothing: the model is the one at the end.
    """
    return _train(data.train, data, profile)


def trained_on_trusted(data: Data, view: Opinion, profile: Profile) -> tuple[Trained, ...]:
    """Train the same network on the images whose label the judges share."""
    return _train(subset(data.train, np.flatnonzero(view.predicted == data.labels)), data, profile)


def _train(training: Examples, data: Data, profile: Profile) -> tuple[Trained, ...]:
    settings = replace(SETTINGS, epochs=profile.epochs(SETTINGS.epochs))
    view = opinion(data, profile)
    doubtful = doubted(data, view)
    labels = np.stack([data.labels[doubtful], better_labels(data, view)[doubtful]])  # (2, n)
    probe = Agreement(data.train.inputs[doubtful], labels)
    return train(seeded(settings, profile.seeds), training, data.test, probes=(probe,))


def better_labels(data: Data, view: Opinion) -> Labels:
    """Return the true labels where they are known, else what the judges think."""
    return view.predicted if data.true_labels is None else data.true_labels


def doubted(data: Data, view: Opinion) -> NDArray[np.int64]:
    """Return the indices of the images whose label is wrong or, where nobody knows, disputed by judges."""
    return np.flatnonzero(better_labels(data, view) != data.labels)


def suspects(view: Opinion, data: Data, count: int) -> NDArray[np.int64]:
    """Return the indices of the images whose label surprises the judges most, the most surprising first."""
    return np.argsort(-view.surprise * (view.predicted != data.labels), kind="stable")[:count]


def subset(whole: Examples, indices: NDArray[np.int64]) -> Examples:
    """Return some of the examples."""
    return Examples(whole.inputs[indices], _labels(whole)[indices], whole.black)


def cross_entropy(logits: NDArray[np.float64], labels: Labels) -> NDArray[np.float64]:
    """Return −log softmax(logits)[label] for each row of logits (N, 10), in nats."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    picked = np.take_along_axis(shifted, labels[:, None], axis=1)[:, 0]
    return np.asarray(np.log(np.exp(shifted).sum(axis=1)) - picked)


def _labels(whole: Examples) -> Labels:
    if whole.labels is None:
        raise ValueError("expected examples with labels, found none")
    return whole.labels
