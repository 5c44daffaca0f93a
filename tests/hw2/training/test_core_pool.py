"""Members dealt out to the cores of a processor."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hw2.networks.batches import Examples
from hw2.networks.optimisers import SGD, Adam, Optimiser
from hw2.training.core_pool import IDLE, Cores, at_hand
from hw2.training.loop import fit
from hw2.training.settings import Settings

CPU = torch.device("cpu")
RNG = np.random.default_rng(0)
EXAMPLES = Examples(RNG.random((45, 6), np.float32), RNG.integers(3, size=45))


@given(st.integers(1, 100), st.integers(1, 16), st.integers(1, 100))
def test_every_member_is_in_one_share(members: int, count: int, at_most: int) -> None:
    """Shares follow each other, none is empty or too large, and no core waits too long for the busiest."""
    shares = Cores(ThreadPoolExecutor(1), count).shares(members, at_most)
    assert [k for share in shares for k in range(members)[share]] == list(range(members))
    sizes = [share.stop - share.start for share in shares]
    assert min(sizes) > 0
    rounds = -(-len(shares) // count)
    assert len(shares) == 1 or members >= (1 - IDLE) * count * rounds * max(sizes)
    assert len(shares) == 1 or max(sizes) <= at_most


def test_five_seeds_are_worth_two_cores() -> None:
    """The report's comparisons train five networks; three would leave one of two cores idle for long."""
    cores = Cores(ThreadPoolExecutor(1), 2)
    assert [len(cores.shares(members, 6)) for members in (1, 2, 3, 5, 16)] == [1, 2, 1, 2, 4]


def test_batches_too_large_for_two_networks_train() -> None:
    """One network to a share, and more shares of a whole round than networks, once left a share empty."""
    cores = Cores(ThreadPoolExecutor(1), 2)
    assert cores.shares(5, 1) == tuple(slice(k, k + 1) for k in range(5))


def test_jobs_run_at_once_in_operations_of_one_thread() -> None:
    """Two jobs that wait for each other both end, and the caller's threads stay as they were."""
    meeting, before = threading.Barrier(2), torch.get_num_threads()

    def job() -> int:
        meeting.wait(10)
        return torch.get_num_threads()

    with ThreadPoolExecutor(2, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        assert Cores(pool, 2).run([job, job]) == [1, 1]
    with at_hand(CPU) as cores:
        assert cores.count == cores.run([torch.get_num_threads])[0] == before
    assert torch.get_num_threads() == before


def test_an_error_in_a_job_arrives() -> None:
    """What fails in a thread fails the training."""

    def fails() -> None:
        raise ValueError("of a job")

    with ThreadPoolExecutor(2) as pool, pytest.raises(ValueError, match="of a job"):
        Cores(pool, 2).run([fails, fails])


@pytest.mark.parametrize("optimiser", [SGD(), SGD(momentum=0.9, weight_decay=0.01), Adam()], ids=repr)
def test_cores_change_no_result(optimiser: Optimiser, monkeypatch: pytest.MonkeyPatch) -> None:
    """Members dealt out, at rates of their own and ending at different epochs, train as in one share."""
    first = Settings((6, 8, 3), 0.02, 4, optimiser=optimiser, batch_size=10)
    members = [
        replace(first, seed=k, batch_seed=k, learning_rate=0.02 / (1 + k), epochs=2 + k) for k in range(4)
    ]
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    alone = fit(members, EXAMPLES)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    for run, expected in zip(fit(members, EXAMPLES), alone, strict=True):
        np.testing.assert_allclose(run.history.train_loss, expected.history.train_loss, rtol=1e-5)
        for name, array in run.final.items():
            np.testing.assert_allclose(array, expected.final[name], atol=1e-6)
