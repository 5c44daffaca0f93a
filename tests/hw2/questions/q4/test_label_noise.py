"""Question 4: wrong labels are found, memorised and got rid of, on small images that take a second."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw2.data.synthetic import mislabel
from hw2.networks.batches import Examples
from hw2.profile import FULL, Profile
from hw2.questions.q4 import label_noise, statements
from hw2.questions.q4.label_noise import Data, Opinion
from hw2.training.settings import TrainingError

PROFILE: Profile = replace(FULL, seeds=(0, 1), epoch_share=0.5)


def striped(count: int, seed: int) -> Examples:
    """Draw images whose class is the bright band among ten."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 10, count)
    inputs = generator.random((count, 784), dtype=np.float32) * 0.6
    for image, label in zip(inputs, labels, strict=True):
        image[label * 78 : label * 78 + 78] += 0.4
    return Examples(inputs, labels)


@pytest.fixture(scope="module")
def data() -> Data:
    """Images with 30 % wrong labels, and the truth."""
    train = striped(400, 0)
    assert train.labels is not None
    noisy, _ = mislabel(train.labels, 0.3, seed=0)
    return Data(replace(train, labels=noisy), striped(200, 1), train.labels)


@pytest.fixture(scope="module")
def view(data: Data) -> Opinion:
    """What the judges think."""
    return label_noise.opinion(data, PROFILE)


def test_folds_hold_each_image_once() -> None:
    """A label that no fold judges, or two, would spoil the agreement."""
    dealt = np.concatenate(label_noise.folds(103))
    assert sorted(dealt) == list(range(103))


def test_judges_find_wrong_labels(data: Data, view: Opinion) -> None:
    """The most surprising labels are wrong far more often than chance would have it."""
    assert data.true_labels is not None
    worst = label_noise.suspects(view, data, 50)
    assert np.mean(data.true_labels[worst] != data.labels[worst]) > 0.8


def test_noise_is_estimated(view: Opinion) -> None:
    """The estimate comes near the 30 % that were made wrong."""
    assert view.noise == pytest.approx(0.3, abs=0.1)


@given(share=st.floats(0.0, 0.8), right=st.floats(0.5, 1.0))
def test_the_noise_formula_inverts_its_model(share: float, right: float) -> None:
    """From the agreement that a share of wrong labels causes, the formula gives the share back."""
    agreement = (1 - share) * right + share * (1 - right) / 9
    view = Opinion(np.zeros(1, np.int64), np.zeros(1), agreement, right)
    assert view.noise == pytest.approx(share, abs=1e-9)


def test_wrong_labels_are_memorised_in_the_end(data: Data) -> None:
    """Early the doubtful images get their true label, at the end the wrong one they were given."""
    runs = label_noise.trained(data, PROFILE)
    epochs, shares = statements.doubtful_shares(runs)
    memory = statements.memory(epochs, shares)
    assert memory.recovered.mean > 0.5
    assert memory.memorised_end.mean > memory.memorised_then.mean + 0.3
    assert statements.course(runs).fall.mean > 0.02


def test_diverged_networks_have_no_say(data: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    """The accuracy of a network of NaN is a number, zero, but in no mean; nor may such a network judge."""
    runs = label_noise.trained(data, PROFILE)
    wild = replace(runs[0], run=replace(runs[0].run, ending="diverged"))
    course = statements.course([wild, runs[1]])
    assert course.final.count == course.peak.count == course.fall.count == 1
    assert course.finals[1] == course.final.mean
    assert len(statements.doubtful_shares([wild, runs[1]])[1]) == 1
    monkeypatch.setattr(label_noise, "judges", lambda *_: (wild,) * label_noise.FOLDS)
    with pytest.raises(TrainingError, match="expected judges that do not diverge, found one"):
        label_noise.opinion(data, PROFILE)


def test_trusted_labels_are_fewer_and_better(data: Data, view: Opinion) -> None:
    """What the judges share has a smaller part of wrong labels."""
    assert data.true_labels is not None
    wrong = data.true_labels != data.labels
    trusted = view.predicted == data.labels
    assert wrong[trusted].mean() < 0.3 * wrong.mean()


def test_without_the_truth_the_judges_words_are_used(data: Data, view: Opinion) -> None:
    """With the course's own files nothing is claimed that only the truth could tell."""
    blind = replace(data, true_labels=None)
    words = statements.evidence(blind, view)
    assert "dispute" in words.doubtful
    assert words.noise_sentence == words.suspects_sentence == words.trusted_sentence == ""
    disputed = label_noise.doubted(blind, view)
    assert (view.predicted[disputed] != data.labels[disputed]).all()


def test_cross_entropy_of_certain_and_uniform_logits() -> None:
    """Ten equal logits cost ln 10; an overwhelming right one costs nothing, a wrong one its margin."""
    logits = np.zeros((3, 10))
    logits[1, 4] = logits[2, 5] = 50.0
    found = label_noise.cross_entropy(logits, np.array([0, 4, 4]))
    np.testing.assert_allclose(found, [np.log(10), 0.0, 50.0], atol=1e-8)
