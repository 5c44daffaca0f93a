"""The same training as a reader knows it: `nn.Sequential`, autograd and `torch.optim`, one network at a time.

The report prints it beside the loop that trains stacks, and tests hold that loop to it.
"""

from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn, optim
from torch.nn import functional

from hw2.networks.batches import Batch, Batches, Examples, Tensors
from hw2.networks.optimisers import SGD
from hw2.training.settings import Settings

Outcome = tuple[nn.Sequential, list[float], list[float]]
"""A network, and the losses and the learning rates of its epochs."""


def model(settings: Settings) -> nn.Sequential:
    """Return linear layers with ReLU between them, as torch initialises them."""
    layers: list[nn.Module] = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        for inputs, outputs in pairwise(settings.widths):
            layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def train(settings: Settings, examples: Examples) -> Outcome:
    """Return a trained network, and the mean loss and learning rate of each epoch."""
    network = model(settings)
    optimiser = optimiser_of(network, settings)
    data = Tensors.on(torch.device("cpu"), examples)
    seeds, size = (settings.batch_seed,), settings.batch_size
    batches = Batches(data, seeds, size, settings.corruption)
    losses: list[float] = []
    rates: list[float] = []
    for epoch in range(1, settings.epochs + 1):
        so_far = np.array(rates), np.array(losses)
        rates.append(settings.schedule.rate(settings.learning_rate, *so_far))
        optimiser.param_groups[0]["lr"] = rates[-1]
        total = 0.0
        for batch in batches.of_epoch(epoch):
            loss = mean_loss(network(batch.inputs[0]), batch, settings)
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            optimiser.step()
            total += loss.item() * len(batch.inputs[0])
        losses.append(total / len(data))
    return network, losses, rates


def mean_loss(outputs: Tensor, batch: Batch, settings: Settings) -> Tensor:
    """Return torch's own loss of a batch."""
    if settings.loss == "cross_entropy":
        return functional.cross_entropy(outputs, batch.classes[0])
    return functional.mse_loss(outputs, batch.clean[0])


def optimiser_of(network: nn.Module, settings: Settings) -> optim.Optimizer:
    """Return torch's own optimiser."""
    chosen, rate = settings.optimiser, settings.learning_rate
    if isinstance(chosen, SGD):
        return optim.SGD(
            network.parameters(), rate, momentum=chosen.momentum, weight_decay=chosen.weight_decay
        )
    return optim.Adam(
        network.parameters(), rate, chosen.betas, eps=chosen.eps, weight_decay=chosen.weight_decay
    )
