"""Questions 2 and 3: the experiments on small images that take a second."""

from dataclasses import replace

import numpy as np
import pytest

from hw2.networks.batches import Examples
from hw2.profile import QUICK, Profile
from hw2.questions.q2_q3 import model_selection, perceptrons, statements
from hw2.questions.q2_q3.model_selection import Picks
from hw2.questions.q2_q3.perceptrons import Images
from hw2.statistics import difference
from hw2.training.energy import Footprint
from hw2.training.experiments import Trained
from hw2.training.results import History

PROFILE: Profile = replace(QUICK, seeds=(0, 1), epoch_share=0.03)


def examples(count: int, seed: int) -> Examples:
    """Draw images whose class is the bright band among ten."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 10, count)
    inputs = generator.random((count, 784), dtype=np.float32) * 0.5
    for image, label in zip(inputs, labels, strict=True):
        image[label * 78 : label * 78 + 78] += 0.5
    return Examples(inputs, labels)


@pytest.fixture(scope="module")
def images() -> Images:
    """Small splits."""
    return Images(examples(120, 0), examples(60, 1), examples(60, 2))


@pytest.fixture(scope="module")
def fixed(images: Images) -> tuple[Trained, ...]:
    """The shallow network at a fixed rate."""
    return perceptrons.shallow(images, PROFILE)


def with_losses(trained: Trained, losses: list[float]) -> Trained:
    """Return a training with another curve of its training loss."""
    curve = np.array(losses)
    history: History = replace(trained.run.history, train_loss=curve)
    return replace(trained, run=replace(trained.run, history=history))


def test_parameters_are_those_of_the_assignment() -> None:
    """The counts that question 3.3 asks for follow from the widths."""
    widths = (perceptrons.SHALLOW, perceptrons.DEEP, perceptrons.WIDE_DEEP)
    assert [perceptrons.count(each) for each in widths] == [25_450, 29_642, 118_346]


def test_formula_and_trained_model_agree(fixed: tuple[Trained, ...]) -> None:
    """The table of 3.3 checks the formula against the model."""
    assert statements.counted(fixed[0].run.final) == perceptrons.count(perceptrons.SHALLOW)


def test_each_seed_is_another_network(fixed: tuple[Trained, ...]) -> None:
    """Seeds must vary what is compared over seeds."""
    first, second = (each.run for each in fixed)
    assert not np.array_equal(first.final["fc1.weight"], second.final["fc1.weight"])


def test_plateau_is_found_where_the_mean_loss_is_flat(fixed: tuple[Trained, ...]) -> None:
    """A loss that halves for 15 epochs and then stays is flat once little is left to fall."""
    losses = [0.5**epoch for epoch in range(15)] + [0.5**14] * 45
    found = perceptrons.plateau([with_losses(fixed[0], losses)])
    assert found is not None
    assert 20 <= found <= 25


def test_without_a_plateau_half_of_the_epochs_is_taken(fixed: tuple[Trained, ...]) -> None:
    """The comparison of 2.2 exists also where the rule finds nothing, and says so."""
    falling = [with_losses(fixed[0], [1.0 - 0.02 * epoch for epoch in range(40)])]
    assert perceptrons.plateau(falling) is None
    assert perceptrons.drop_epoch(falling) == fixed[0].run.settings.epochs // 2
    assert "no plateau" in statements.drop_reason(falling)
    assert "not become flat" in statements.convergence(falling)


def test_divided_rate_differs_only_behind_the_drop(images: Images, fixed: tuple[Trained, ...]) -> None:
    """Up to the drop both settings see the same weights and batches."""
    dropped = perceptrons.shallow_dropped(images, PROFILE)
    drop = perceptrons.drop_epoch(fixed)
    for before, after in zip(fixed, dropped, strict=True):
        ours, theirs = before.run.history.train_loss, after.run.history.train_loss
        np.testing.assert_allclose(ours[:drop], theirs[:drop], rtol=1e-5)
        assert not np.allclose(ours[drop:], theirs[drop:], rtol=1e-5)


def test_picks_are_measured_on_the_epoch_they_name(images: Images, fixed: tuple[Trained, ...]) -> None:
    """The figures of the choice are those of its epoch, and its test figures come from the kept weights."""
    picks = model_selection.picked(fixed, "lowest held-out loss", images.test)
    for k, each in enumerate(fixed):
        curve = each.run.history.held_out_loss
        assert curve is not None
        assert picks.epochs[k] == curve.argmin() + 1
        assert picks.validation_loss[k] == curve.min()
    assert ((picks.test_accuracy >= 0) & (picks.test_accuracy <= 1)).all()


def diverged(trained: Trained) -> Trained:
    """Return a training as it is when its loss becomes NaN in the third epoch."""
    curves = {name: getattr(trained.run.history, name)[:3].copy() for name in vars(trained.run.history)}
    curves["train_loss"][-1] = curves["held_out_loss"][-1] = np.nan
    curves["held_out_accuracy"][-1] = 0.0
    return replace(trained, run=replace(trained.run, history=History(**curves), ending="diverged"))


def test_a_diverged_seed_is_in_no_mean_and_keeps_its_place(
    images: Images, fixed: tuple[Trained, ...]
) -> None:
    """What is compared over seeds leaves the diverged one out, pairs the others as they were, and says so."""
    wild = (diverged(fixed[0]), fixed[1])
    picks = model_selection.picked(wild, model_selection.DEPLOYED, images.test)
    whole = model_selection.picked(fixed, model_selection.DEPLOYED, images.test)
    assert np.isnan(picks.test_accuracy[0])
    assert picks.test_accuracy[1] == whole.test_accuracy[1]
    assert picks.accuracy.mean == whole.test_accuracy[1]
    assert difference(picks.test_accuracy, whole.test_accuracy).count == 1
    assert len(model_selection.row(picks)) == 7
    assert (
        model_selection.final(wild, "held_out_accuracy").mean
        == model_selection.ends(fixed, "held_out_accuracy")[1]
    )
    assert np.isnan(model_selection.minima(wild, "held_out_loss")[0])
    assert statements.drop_effect(fixed, wild, 2).loss_change == 0
    assert statements.comparison(picks, whole, whole).startswith("Depth alone did not change")
    assert model_selection.divergence(fixed) == f"None of the {len(fixed)} trainings diverged."
    assert model_selection.divergence(wild, fixed) == (
        "Of the 4 trainings, 1 diverged and is left out of every mean."
    )


def test_rows_have_as_many_cells_as_the_tables_columns(images: Images, fixed: tuple[Trained, ...]) -> None:
    """A row that lacks a cell would shift figures under the wrong heading."""
    picks = model_selection.picked(fixed, model_selection.DEPLOYED, images.test)
    assert len(model_selection.row(picks)) == 7
    assert len(model_selection.final_row("fixed", fixed, picks)) == 6
    assert len(model_selection.network_row("shallow", 25_450, picks)) == 7


def test_accuracy_error_is_that_of_a_share() -> None:
    """Half of 100 images right is known to five points."""
    assert model_selection.accuracy_error(np.array([0.5]), 100) == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("sensed", "words"), [(0.0, "not measured"), (0.5, "in part"), (1.0, "measured as well")]
)
def test_words_say_what_of_the_power_was_measured(sensed: float, words: str) -> None:
    """An assumed power must never read like a measured one."""
    footprint = Footprint(1.0, 1.0, sensed, 1.58, 700.0, ("a processor",), ("world",))
    assert words in statements.power_words(footprint)
    assert len(statements.footprint_rows(footprint, footprint)) == 4


def overfitted(trained: Trained, losses: list[float]) -> Trained:
    """Return a training with another validation loss."""
    history = replace(trained.run.history, held_out_loss=np.array(losses))
    return replace(trained, run=replace(trained.run, history=history))


def test_words_about_overfitting_follow_the_curves(fixed: tuple[Trained, ...]) -> None:
    """A sentence may claim a rise only where every curve shows one."""
    rising = [overfitted(each, [1.0, 0.5, 0.9]) for each in fixed]
    falling = [overfitted(each, [1.0, 0.5, 0.4]) for each in fixed]
    assert "ends at 0.900" in statements.validation_course(rising)
    assert "does not rise" in statements.validation_course(falling)
    assert statements.overfitting({"a": rising, "b": rising}).startswith("All")
    assert statements.overfitting({"a": falling}).startswith("None")
    assert "for a, not for the rest" in statements.overfitting({"a": rising, "b": falling})


def test_effect_of_the_drop_is_measured_behind_it(fixed: tuple[Trained, ...]) -> None:
    """A loss that halves and becomes quiet at the drop is lower and quieter, by so much."""
    noisy = [1.0, 1.0] + [1.2, 0.8] * 8
    steady = [1.0, 1.0] + [0.5] * 16
    effect = statements.drop_effect(
        [with_losses(each, noisy) for each in fixed], [with_losses(each, steady) for each in fixed], 2
    )
    assert effect.loss_step == "lower than"
    assert effect.loss_change == pytest.approx(-0.5)
    assert effect.jitter_dropped == 0.0
    assert effect.jitter_fixed > 0.2


def chosen(test_loss: float, test_accuracy: float) -> Picks:
    """Return what some criterion picked with two seeds, by its test results."""
    seeds = np.array([-0.001, 0.001])
    zeros = np.zeros(2)
    return Picks(
        model_selection.DEPLOYED,
        np.array([1, 2]),
        zeros,
        zeros,
        zeros,
        test_loss + zeros,
        test_accuracy + seeds,
    )


@pytest.mark.parametrize(
    ("by_train", "words"),
    [
        (chosen(0.9, 0.84), "costs 1.0 percentage points"),
        (chosen(0.9, 0.85), "costs no accuracy here, but 2.0 times the lowest test loss"),
        (chosen(0.45, 0.85), "no measurable difference"),
    ],
)
def test_the_price_of_choosing_by_training_loss_is_what_was_measured(by_train: Picks, words: str) -> None:
    """The summary condemns a criterion only for what it has cost on these images."""
    assert words in statements.price_of_fitting(by_train, chosen(0.45, 0.84), chosen(0.5, 0.85))


@pytest.mark.parametrize(
    ("shallow", "deep", "wide", "words"),
    [
        (0.8, 0.9, 0.95, "Depth alone raised the test accuracy, and so did the wider layers."),
        (0.8, 0.8, 0.8, "did not change the test accuracy measurably, and neither did the wider layers."),
        (0.9, 0.8, 0.9, "Depth alone lowered the test accuracy; the wider layers raised the test accuracy."),
    ],
)
def test_depth_and_width_are_compared_in_words(shallow: float, deep: float, wide: float, words: str) -> None:
    """The sentence follows the verdicts, whatever they are."""
    assert words in statements.comparison(*(chosen(0.5, accuracy) for accuracy in (shallow, deep, wide)))


@pytest.mark.parametrize(
    ("fixed_step", "dropped_step", "words"),
    [
        (0.02, 0.01, "with the lower rate the result depends less"),
        (0.01, 0.02, "the fixed rate whose accuracy has become the steadier"),
        (0.01, 0.01, "neither depends more"),
    ],
)
def test_steadiness_follows_the_curves(
    fixed: tuple[Trained, ...], fixed_step: float, dropped_step: float, words: str
) -> None:
    """The text praises the lower rate only where its accuracy moves less."""

    def moving(step: float) -> list[Trained]:
        curve = np.array([0.5, 0.5 + step] * 10)
        histories = [replace(each.run.history, held_out_accuracy=curve) for each in fixed]
        return [
            replace(each, run=replace(each.run, history=history))
            for each, history in zip(fixed, histories, strict=True)
        ]

    assert words in statements.steadiness(moving(fixed_step), moving(dropped_step))
