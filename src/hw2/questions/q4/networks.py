"""The networks of question 4: trained on all labels as given, on parts of them, and stopped early."""

from dataclasses import replace

import numpy as np

from hw2.profile import Profile
from hw2.questions.q4 import label_noise
from hw2.questions.q4.label_noise import SETTINGS, Data, Opinion, labels_of, subset, without
from hw2.training.experiments import Trained, seeded, train
from hw2.training.probes import Agreement
from hw2.training.settings import Settings

DRAW_SEED = 0  # of the control's random images
STOPPED_EPOCHS = 20  # where a fold is held out: what lies behind its peak would be thrown away
DOUBTFUL, TEST = "doubtful labels", "test labels"  # what is watched


def as_given(data: Data, view: Opinion, profile: Profile) -> tuple[Trained, ...]:
    """Train on all labels as given, watching the test images and what becomes of doubtful labels.

    The test images choose nothing: the model is the one at the end.
    """
    doubtful = label_noise.doubted(data, view)
    labels = np.stack([data.labels[doubtful], label_noise.better_labels(data, view)[doubtful]])  # (2, n)
    probe = Agreement(data.train.inputs[doubtful], labels, DOUBTFUL)
    return train(seeded(_settings(profile), profile.seeds), data.train, data.test, probes=(probe,))


def on_shared(data: Data, view: Opinion, profile: Profile) -> tuple[Trained, ...]:
    """Train on the images whose label the judges share, as many updates as on all: more epochs.

    After as many epochs as on all, the networks are those that the same number of epochs would give.
    """
    part, settings = subset(data.train, view.shared), _settings(profile)
    enough = round(updates(settings.epochs, len(data.labels)) / updates(1, len(part.inputs)))
    longer = replace(settings, epochs=max(enough, settings.epochs))
    return train(seeded(longer, profile.seeds), part, data.test)


def on_random(data: Data, view: Opinion, profile: Profile) -> tuple[Trained, ...]:
    """Train on as many images drawn at random, their labels as given: the control of `on_shared`."""
    drawn = np.random.default_rng(DRAW_SEED).permutation(len(data.labels))[: len(view.shared)]
    return train(seeded(_settings(profile), profile.seeds), subset(data.train, np.sort(drawn)), data.test)


def stopped(data: Data, profile: Profile) -> tuple[Trained, ...]:
    """Train with a fold held out, another for each seed, and keep the epoch at which its labels fit best.

    The held-out labels are as given, right and wrong; the test images are watched beside them.
    """
    settings = replace(SETTINGS, epochs=profile.epochs(STOPPED_EPOCHS))
    probe = Agreement(data.test.inputs, labels_of(data.test)[None], TEST)
    folds = label_noise.folds(len(data.labels))
    return tuple(
        train(
            seeded(settings, [seed]),
            without(data.train, fold),
            subset(data.train, fold),
            keep=("final", "highest held-out accuracy"),
            probes=(probe,),
        )[0]
        for seed, fold in zip(profile.seeds, folds, strict=False)
    )


def runs(data: Data, profile: Profile) -> tuple[Trained, ...]:
    """Return every training of question 4."""
    view = label_noise.opinion(data, profile)
    return (
        *label_noise.judges(data, profile),
        *as_given(data, view, profile),
        *on_shared(data, view, profile),
        *on_random(data, view, profile),
        *stopped(data, profile),
    )


def updates(epochs: int, images: int) -> int:
    """Return how many steps a training takes."""
    return epochs * -(-images // SETTINGS.batch_size)


def _settings(profile: Profile) -> Settings:
    return replace(SETTINGS, epochs=profile.epochs(SETTINGS.epochs))
