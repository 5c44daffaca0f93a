"""The search for a learning rate and the rule that chooses."""

import numpy as np
import pytest

from hw2.questions.q1 import learning_rate_sweep
from hw2.questions.q1.learning_rate_sweep import Sweep, SweepError
from hw2.training.settings import Settings


def sweep(losses: list[list[float]], live: list[list[float]] | None = None) -> Sweep:
    """Return a search over the rates 1, 2, 3 and so on."""
    values = np.array(losses)
    return Sweep(
        np.arange(1.0, len(values) + 1), values, np.ones_like(values) if live is None else np.array(live)
    )


def test_the_smallest_rate_near_the_lowest_loss_is_chosen() -> None:
    """Of rates that do about as well, the smallest risks least in a longer training."""
    assert sweep([[2.0], [1.04], [1.0], [1.5]]).choice(0.05) == 2
    assert sweep([[2.0], [1.06], [1.0], [1.5]]).choice(0.05) == 3


def test_diverged_and_dying_rates_are_out() -> None:
    """A rate at which one seed diverges or loses a unit is never chosen, however low its loss."""
    found = sweep([[1.0, 1.0], [0.5, np.nan], [0.4, 0.4]], [[1, 1], [1, 1], [1, 0.9]])
    assert found.sound.tolist() == [True, False, False]
    assert found.diverged.sum() == 1
    assert found.with_dead_units.sum() == 1
    assert found.choice(0.05) == 1


def test_a_search_without_a_sound_rate_says_what_to_do() -> None:
    """No rate may be made up where none works."""
    with pytest.raises(SweepError, match="widen the search"):
        sweep([[np.nan], [np.nan]]).choice(0.05)


def test_rates_are_evenly_spaced_on_a_log_scale() -> None:
    """Six a decade, rounded to three digits."""
    rates = learning_rate_sweep.log_spaced(1e-5, per_decade=6, count=24)
    assert len(rates) == 24
    assert rates[6] == pytest.approx(1e-4)
    np.testing.assert_allclose(np.diff(np.log10(rates)), 1 / 6, atol=2e-3)


def test_members_differ_in_rate_and_first_weights_only() -> None:
    """All see the same batches, so that a rate's effect is not that of another order."""
    found = learning_rate_sweep.members(Settings((4, 2, 4), 0.1, 3, loss="squared_error"), (0.1, 0.2), (0, 1))
    assert [(each.learning_rate, each.seed) for each in found] == [(0.1, 0), (0.1, 1), (0.2, 0), (0.2, 1)]
    assert {each.batch_seed for each in found} == {0}
