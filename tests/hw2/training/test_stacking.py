"""Which networks share a stack."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hw2.networks.optimisers import SGD, Adam
from hw2.networks.stacked_mlp import parameter_count
from hw2.training.settings import Settings, TrainingError
from hw2.training.stacking import CPU_STEP, at_once, batch_bytes, chosen_device, memory_bytes, stacks

ONE = Settings((4, 3, 2), learning_rate=0.1, epochs=1, batch_size=8)


@given(
    st.lists(
        st.builds(
            Settings,
            st.sampled_from([(4, 2), (4, 3, 2)]),
            st.sampled_from([0.1, 0.2, 0.3]),
            st.just(1),
            optimiser=st.sampled_from([SGD(), Adam()]),
        ),
        max_size=12,
    ),
    st.integers(1, 20_000),
)
def test_stacks_hold_every_member_once(members: list[Settings], budget: int) -> None:
    """Every member is in one stack; stacks are alike inside, ordered by rate, and fit the budget."""
    groups = list(stacks(members, budget))
    assert sorted(position for group in groups for position in group) == list(range(len(members)))
    for group in groups:
        assert len({members[k].common for k in group}) == 1
        rates = [members[k].learning_rate for k in group]
        assert rates == sorted(rates)
        assert len(group) == 1 or memory_bytes(members[group[0]], len(group)) <= budget


def test_members_that_share_their_batches_with_many_have_their_own_stack() -> None:
    """A sweep over many rates makes a stack for each batch seed; a few rates are not worth a stack."""
    sweep = [
        replace(ONE, learning_rate=rate / 100, batch_seed=seed) for rate in range(1, 25) for seed in range(3)
    ]
    few = [member for member in sweep if member.learning_rate < 0.04]
    assert [len(group) for group in stacks(sweep, 10**9)] == [24, 24, 24]
    assert all(len({sweep[k].batch_seed for k in group}) == 1 for group in stacks(sweep, 10**9))
    assert [len(group) for group in stacks(few, 10**9)] == [9]


def test_memory_counts_the_optimiser_s_copies() -> None:
    """Momentum needs one copy of the parameters more than plain SGD, Adam three."""
    per_copy = 4 * parameter_count(ONE.widths).total
    plain = memory_bytes(ONE, 1)
    assert memory_bytes(replace(ONE, optimiser=SGD(momentum=0.9)), 1) == plain + per_copy
    assert memory_bytes(replace(ONE, optimiser=Adam()), 1) == plain + 3 * per_copy
    assert memory_bytes(ONE, 5) == 5 * plain


def test_a_core_takes_no_more_at_once_than_it_has_cache_for() -> None:
    """Wide networks step a few at a time, however large their stack; there is always one."""
    wide = replace(ONE, widths=(4096, 16, 4096), batch_size=64)
    cpu = torch.device("cpu")
    assert at_once(wide, cpu) * batch_bytes(wide) <= CPU_STEP < (at_once(wide, cpu) + 1) * batch_bytes(wide)
    assert at_once(replace(wide, batch_size=10**6), cpu) == 1
    assert at_once(wide, torch.device("cuda")) > 10**6


def test_device_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """DEVICE chooses; without it a GPU is taken where there is one."""
    monkeypatch.setenv("DEVICE", "cpu")
    assert chosen_device() == torch.device("cpu")
    monkeypatch.delenv("DEVICE")
    assert chosen_device().type == ("cuda" if torch.cuda.is_available() else "cpu")
    monkeypatch.setenv("DEVICE", "tpu")
    with pytest.raises(TrainingError, match="expected 'cpu' or 'cuda', found 'tpu'"):
        chosen_device()


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU is here")
def test_a_missing_gpu_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking for a GPU where there is none says what to set."""
    monkeypatch.setenv("DEVICE", "cuda")
    with pytest.raises(TrainingError, match="set DEVICE=cpu"):
        chosen_device()
