"""Question 4: wrong labels are found, memorised and got rid of, on small images that take a second."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw2.data.synthetic import mislabel
from hw2.networks.batches import Examples
from hw2.profile import FULL, Profile
from hw2.questions.q4 import label_noise, networks, noise_estimates, statements
from hw2.questions.q4.label_noise import Data, Opinion, wrong_share
from hw2.statistics import spread
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
    worst = label_noise.suspects(view, 50)
    assert np.mean(data.true_labels[worst] != data.labels[worst]) > 0.8


def test_noise_is_estimated(view: Opinion) -> None:
    """The estimate comes near the 30 % that were made wrong, and its interval holds them."""
    found = noise_estimates.by_agreement(view)
    assert found.value == view.noise == pytest.approx(0.3, abs=0.1)
    assert found.low < 0.3 < found.high


@given(share=st.floats(0.0, 0.8), right=st.floats(0.5, 1.0))
def test_the_noise_formula_inverts_its_model(share: float, right: float) -> None:
    """From the agreement that a share of wrong labels causes, the formula gives the share back."""
    agreement = (1 - share) * right + share * (1 - right) / 9
    assert wrong_share(np.float64(agreement), np.float64(right)) == pytest.approx(share, abs=1e-9)


def test_certain_judges_give_the_joint_distribution() -> None:
    """With judges that know the truth, the joint distribution is that of given and true labels."""
    generator = np.random.default_rng(0)
    true, given = generator.integers(0, 10, (2, 5000))
    logits = 30.0 * np.eye(10)[true]
    expected = np.histogram2d(given, true, bins=(range(11), range(11)))[0] / 5000
    np.testing.assert_allclose(noise_estimates.joint(logits, given), expected)
    share = noise_estimates.by_joint(logits, given)
    assert share.low < np.mean(given != true) < share.high
    assert noise_estimates.largest_confusion(expected)[0] == expected[~np.eye(10, dtype=bool)].max()


def test_a_label_that_nobody_is_sure_of_is_taken_as_given() -> None:
    """A class that is absent, or has no confident image, leaves no row of NaN."""
    matrix = noise_estimates.joint(np.zeros((3, 10)), np.array([0, 0, 1]))
    assert matrix.sum() == pytest.approx(1)


def test_wrong_labels_are_memorised_in_the_end(data: Data, view: Opinion) -> None:
    """Early the doubtful images get their true label, at the end the wrong one they were given."""
    runs = networks.as_given(data, view, PROFILE)
    memory = statements.memory(*statements.doubtful_shares(runs))
    assert memory.recovered.mean > 0.5
    assert memory.memorised_end.mean > memory.memorised_then.mean + 0.3
    assert statements.course(runs).fall.mean < -0.02
    ahead = statements.lead(runs)
    assert ahead.gap.mean == pytest.approx(ahead.test - ahead.train)
    assert ahead.gap.mean > 0.05
    test, train = runs[0].run.history.held_out_accuracy, runs[0].run.history.train_accuracy
    assert test is not None
    assert train is not None
    assert test[ahead.epoch - 2] > train[ahead.epoch - 1]  # the older of the two is higher


def test_shared_labels_do_better_than_as_many_at_random(data: Data, view: Opinion) -> None:
    """The control has as many images and no gain; with equal updates the course up to then is the same."""
    shared, random = networks.on_shared(data, view, PROFILE), networks.on_random(data, view, PROFILE)
    assert statements.gain(shared, random, data).mean > 0.01
    epochs = random[0].run.epochs
    steps = networks.updates(shared[0].run.epochs, len(view.shared))
    assert steps == pytest.approx(networks.updates(epochs, len(data.labels)), rel=0.05)
    assert statements.course(shared, epochs).final.mean == pytest.approx(
        np.mean([each.run.history.held_out_accuracy[epochs - 1] for each in shared])  # type: ignore[index]
    )


def test_stopping_keeps_the_best_epoch_of_the_held_out_labels(data: Data, view: Opinion) -> None:
    """The test accuracy reported is that of the kept weights, and no better than the oracle's."""
    runs = networks.stopped(data, PROFILE)
    found = statements.stopped(runs, networks.as_given(data, view, PROFILE), data)
    watched = [
        each.run.probes[networks.TEST].values[each.run.kept["highest held-out accuracy"].epoch, 0]
        for each in runs
    ]
    assert found.test.mean == pytest.approx(np.mean(watched), abs=1e-6)
    assert found.beside_oracle.mean <= 1e-6


def test_diverged_networks_have_no_say(data: Data, view: Opinion, monkeypatch: pytest.MonkeyPatch) -> None:
    """The accuracy of a network of NaN is a number, zero, but in no mean; nor may such a network judge."""
    runs = networks.as_given(data, view, PROFILE)
    wild = replace(runs[0], run=replace(runs[0].run, ending="diverged"))
    course = statements.course([wild, runs[1]])
    assert course.final.count == course.peak.count == 1
    assert course.finals[1] == course.final.mean
    assert len(statements.doubtful_shares([wild, runs[1]])[1]) == 1
    assert np.isnan(statements.right([wild, runs[1]], data)).all(axis=1).tolist() == [True, False]
    monkeypatch.setattr(label_noise, "judges", lambda *_: (wild,) * label_noise.FOLDS)
    with pytest.raises(TrainingError, match="expected judges that do not diverge, found one"):
        label_noise.opinion.uncached(data, PROFILE)


def test_shared_labels_are_fewer_and_better(data: Data, view: Opinion) -> None:
    """What the judges share has a smaller part of wrong labels; shared and disputed are all."""
    assert data.true_labels is not None
    wrong = data.true_labels != data.labels
    assert wrong[view.shared].mean() < 0.3 * wrong.mean()
    assert sorted([*view.shared, *view.disputed]) == list(range(len(data.labels)))


def test_without_the_truth_the_judges_words_are_used(data: Data, view: Opinion) -> None:
    """With the course's own files nothing is claimed that only the truth could tell."""
    blind = replace(data, true_labels=None)
    assert not statements.truth(blind, view).known
    assert statements.truth(blind, view).wrong == "–"
    assert label_noise.doubted(blind, view).tolist() == view.disputed.tolist()
    assert statements.truth(data, view).wrong == "30.0 %"


def test_the_best_final_accuracy_is_bold() -> None:
    """A reader finds the best line at once; an oracle's peak does not count."""
    low, high = spread([0.7, 0.8]), spread([0.8, 0.9])
    found = statements.rows(
        [statements.Row("a", 1500, "60", high, low), statements.Row("b", 700, "4 ± 1", None, high)]
    )
    assert found == [
        ("a", "1,500", "60", "85.0 ± 7.1 %", "75.0 ± 7.1 %"),
        ("b", "700", "4 ± 1", "–", "**85.0 ± 7.1 %**"),
    ]


def test_cross_entropy_of_certain_and_uniform_logits() -> None:
    """Ten equal logits cost ln 10; an overwhelming right one costs nothing, a wrong one its margin."""
    logits = np.zeros((3, 10))
    logits[1, 4] = logits[2, 5] = 50.0
    found = label_noise.cross_entropy(logits, np.array([0, 4, 4]))
    np.testing.assert_allclose(found, [np.log(10), 0.0, 50.0], atol=1e-8)
