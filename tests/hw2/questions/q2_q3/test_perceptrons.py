"""Questions 2 and 3: the networks, and the learning rate that validation images choose."""

from collections.abc import Callable

import numpy as np
import pytest

from hw2.profile import Profile
from hw2.questions.q2_q3 import perceptrons
from hw2.questions.q2_q3.perceptrons import RATES, Images
from hw2.training.experiments import Trained


def test_parameters_are_those_of_the_assignment() -> None:
    """The counts that question 3.3 asks for follow from the widths."""
    widths = (perceptrons.SHALLOW, perceptrons.DEEP, perceptrons.WIDE_DEEP)
    assert [perceptrons.count(each) for each in widths] == [25_450, 29_642, 118_346]


def test_each_seed_is_another_network(fixed: tuple[Trained, ...]) -> None:
    """Seeds must vary what is compared over seeds."""
    first, second = (each.run for each in fixed)
    assert not np.array_equal(first.final["fc1.weight"], second.final["fc1.weight"])


def test_every_network_tries_the_same_rates_with_the_same_updates(images: Images, profile: Profile) -> None:
    """A network that was tuned more than its rival would win by that."""
    for widths in (perceptrons.SHALLOW, perceptrons.DEEP):
        search = perceptrons.searched(widths, images, profile)
        assert tuple(search) == RATES
        found = {
            (each.run.settings.learning_rate, each.run.epochs) for group in search.values() for each in group
        }
        assert found == {(rate, profile.epochs(perceptrons.EPOCHS)) for rate in RATES}


@pytest.mark.parametrize(
    ("losses", "best"),
    [((0.3, 0.2, 0.4), RATES[1]), ((0.3, np.nan, 0.4), RATES[0]), ((np.nan,) * 3, RATES[0])],
)
def test_the_rate_with_the_lowest_validation_loss_is_taken(
    fixed: tuple[Trained, ...],
    with_curves: Callable[..., Trained],
    diverged: Callable[[Trained], Trained],
    losses: tuple[float, ...],
    best: float,
) -> None:
    """A rate at which a training diverged is none to take, however low the other seeds' losses are."""
    wild = diverged(fixed[0])
    search = {
        rate: (wild if np.isnan(loss) else with_curves(fixed[0], held_out_loss=[1.0, loss, 0.9]),)
        for rate, loss in zip(RATES, losses, strict=True)
    }
    assert perceptrons.best_rate(search) == best


def test_the_search_counts_among_the_trainings(images: Images, profile: Profile) -> None:
    """The footprint has every training once: those of the search, and the seeds that it did not have."""
    members = perceptrons.networks(perceptrons.SHALLOW, images, profile)
    settings = [each.run.settings for each in members]
    assert (
        len(set(settings))
        == len(settings)
        == len(RATES) * perceptrons.SEARCH_SEEDS + len(profile.seeds[perceptrons.SEARCH_SEEDS :])
    )
