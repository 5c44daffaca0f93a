"""Question 2.2: the plateau of a loss, and what dividing the rate there changes."""

from collections.abc import Callable

import numpy as np
import pytest

from hw2.networks.batches import Examples
from hw2.profile import Profile
from hw2.questions.q2_q3 import rate_drops
from hw2.questions.q2_q3.perceptrons import Images
from hw2.training.experiments import Trained

Change = Callable[..., Trained]


def test_plateau_is_found_where_the_relative_fall_is_small(
    fixed: tuple[Trained, ...], with_curves: Change
) -> None:
    """A loss of 1/epoch falls by less than a tenth over ten epochs from about epoch 110 on only."""
    found = rate_drops.plateau([with_curves(fixed[0], train_loss=[1 / epoch for epoch in range(1, 200)])])
    assert found is not None
    assert 100 < found < 120


def test_without_a_plateau_half_of_the_epochs_stands_in(
    fixed: tuple[Trained, ...], with_curves: Change
) -> None:
    """The comparison of 2.2 exists also where the rule finds nothing."""
    falling = [with_curves(fixed[0], train_loss=[0.5**epoch for epoch in range(40)])]
    assert rate_drops.plateau(falling) is None
    assert rate_drops.drop_epochs(falling)["plateau"] == fixed[0].run.settings.epochs // 2


def test_the_rate_is_divided_at_three_epochs_one_after_the_other(fixed: tuple[Trained, ...]) -> None:
    """However few epochs there are, no two settings are the same, and none is divided at the end."""
    epochs = list(rate_drops.drop_epochs(fixed).values())
    assert len(set(epochs)) == 3
    assert epochs == sorted(epochs)
    assert epochs[0] >= 1
    assert epochs[-1] < fixed[0].run.settings.epochs


def test_divided_rate_differs_only_after_the_drop(
    images: Images, profile: Profile, fixed: tuple[Trained, ...]
) -> None:
    """Up to the drop all settings see the same weights and batches."""
    for name, divided in rate_drops.dropped(fixed, images, profile).items():
        drop = rate_drops.drop_epochs(fixed)[name]
        for before, after in zip(fixed, divided, strict=True):
            ours, theirs = before.run.history.train_loss, after.run.history.train_loss
            np.testing.assert_allclose(ours[:drop], theirs[:drop], rtol=1e-5)
            assert not np.allclose(ours[drop:], theirs[drop:], rtol=1e-5)


def test_effect_of_the_drop_is_measured_after_it(
    fixed: tuple[Trained, ...], images: Images, with_curves: Change
) -> None:
    """A loss that halves at the drop is lower by half; what was before it does not count."""
    drop = rate_drops.drop_epochs(fixed)["early"]
    steady = [with_curves(each, train_loss=[9.0] * drop + [1.0] * 20) for each in fixed]
    halved = [with_curves(each, train_loss=[5.0] * drop + [0.5] * 20) for each in fixed]
    effect = rate_drops.effects(steady, dict.fromkeys(rate_drops.NAMES, halved), images.test)["early"]
    assert np.exp(effect.step.mean) == pytest.approx(0.5)
    assert effect.accuracy.mean == 0


def test_a_diverged_seed_is_in_no_effect(
    fixed: tuple[Trained, ...], images: Images, diverged: Callable[[Trained], Trained]
) -> None:
    """With one of two seeds left nothing is known, and nothing is claimed."""
    wild = (diverged(fixed[0]), fixed[1])
    test: Examples = images.test
    for effect in rate_drops.effects(fixed, dict.fromkeys(rate_drops.NAMES, wild), test).values():
        assert effect.step.comparison("step", 0.05).outcome == "open"
        assert effect.accuracy.comparison("accuracy", 0.05).outcome == "open"
