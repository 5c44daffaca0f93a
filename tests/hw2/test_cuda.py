"""The engine on a GPU, against the same on the CPU."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from hw2.networks.batches import Batches, Examples, Tensors
from hw2.networks.optimisers import SGD, Adam, Optimiser, updater
from hw2.networks.stacked_mlp import StackedMLP
from hw2.training import loop
from hw2.training.evaluation import evaluation
from hw2.training.loop import fit
from hw2.training.settings import Settings

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU is here")

RNG = np.random.default_rng(3)
TRAIN = Examples(RNG.normal(0, 1, (45, 6)).astype(np.float32), RNG.integers(3, size=45))
SETTINGS = Settings((6, 8, 3), learning_rate=0.02, epochs=3, batch_size=10)
OPTIMISERS = [SGD(), SGD(momentum=0.9, weight_decay=0.01), Adam()]


@pytest.mark.parametrize("optimiser", OPTIMISERS, ids=repr)
def test_results_are_those_of_the_cpu(monkeypatch: pytest.MonkeyPatch, optimiser: Optimiser) -> None:
    """Batches come in the same order, so that curves and weights agree to float tolerance."""
    members = [replace(SETTINGS, optimiser=optimiser, seed=k, batch_seed=k) for k in range(3)]
    found = {}
    for device in ("cpu", "cuda"):
        monkeypatch.setenv("DEVICE", device)
        found[device] = fit(members, TRAIN, TRAIN)
    for here, there in zip(found["cpu"], found["cuda"], strict=True):
        np.testing.assert_allclose(there.history.train_loss, here.history.train_loss, rtol=1e-4)
        for name, array in here.final.items():
            np.testing.assert_allclose(there.final[name], array, atol=1e-4)


@pytest.mark.parametrize("optimiser", OPTIMISERS, ids=repr)
def test_an_epoch_does_not_wait_for_the_gpu(optimiser: Optimiser) -> None:
    """CUDA itself refuses any synchronisation within an epoch, once its order has been drawn."""
    device = torch.device("cuda")
    stack = StackedMLP.initialised(SETTINGS.widths, [0, 1]).to(device)
    at_work = updater(optimiser, stack)
    at_work.set_rates([0.1, 0.2])
    data = Tensors.on(device, TRAIN)
    batches = Batches(data, (0, 1), 10, None).of_epoch(1)
    next(batches)
    torch.cuda.set_sync_debug_mode("error")
    try:
        with torch.no_grad():
            loop.train_epoch(at_work, batches, SETTINGS.loss)
            evaluation(stack, data, SETTINGS.loss)
    finally:
        torch.cuda.set_sync_debug_mode("default")
