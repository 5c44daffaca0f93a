"""Loops over batches in plain torch: as a course's starter code has it, and on tensors alone."""

import time
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn, optim
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

from benchmarks.workloads import Workload
from hw2.networks.optimisers import Adam
from hw2.networks.stacked_mlp import StackedMLP
from hw2.training.settings import Settings

Objective = Callable[[Tensor, Tensor], Tensor]
"""From outputs and targets, labels or pixels, to the mean loss."""


class Images(Dataset[tuple[Tensor, Tensor]]):
    """Images and what they are to be mapped to, one by one."""

    def __init__(self, inputs: Tensor, targets: Tensor) -> None:
        self.inputs = inputs
        self.targets = targets

    def __len__(self) -> int:
        return len(self.inputs)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        return self.inputs[index], self.targets[index]


def starter_loop(workload: Workload, device: torch.device) -> float:
    """Train with Dataset, DataLoader and `.item()` at every step."""
    settings = workload.settings
    model = network(settings).to(device)
    optimiser, loss_of = optimiser_of(model.parameters(), settings), objective(settings)
    loader = DataLoader(Images(*tensors(workload)), batch_size=settings.batch_size, shuffle=True)
    started = time.perf_counter()
    for _ in range(settings.epochs):
        total = correct = 0.0
        for batch, goal in loader:
            inputs, targets = batch.to(device), goal.to(device)
            optimiser.zero_grad()
            outputs = model(inputs)
            loss = loss_of(outputs, targets)
            loss.backward()
            optimiser.step()
            total += loss.item() * len(inputs)
            if is_classifier(settings):
                correct += (outputs.argmax(1) == targets).sum().item()
    return (time.perf_counter() - started) / settings.epochs


def tensor_loop(workload: Workload, device: torch.device) -> float:
    """Train on slices of tensors, with nothing brought to the host before the epoch's end."""
    settings = workload.settings
    model = network(settings).to(device)
    optimiser, loss_of = optimiser_of(model.parameters(), settings), objective(settings)
    inputs, targets = (tensor.to(device) for tensor in tensors(workload))
    started = time.perf_counter()
    for _ in range(settings.epochs):
        total, correct = torch.zeros(2, device=device)
        for rows in torch.randperm(len(inputs), device=device).split(settings.batch_size):
            goal = targets[rows]
            optimiser.zero_grad()
            outputs = model(inputs[rows])
            loss = loss_of(outputs, goal)
            loss.backward()
            optimiser.step()
            total += loss.detach() * len(rows)
            if is_classifier(settings):
                correct += (outputs.detach().argmax(1) == goal).sum()
        total.item(), correct.item()
    return (time.perf_counter() - started) / settings.epochs


def network(settings: Settings) -> nn.Sequential:
    """Initialise the network of some settings."""
    return StackedMLP.initialised(settings.widths, [settings.seed]).member(0)


def optimiser_of(parameters: Iterable[Tensor], settings: Settings) -> optim.Optimizer:
    """Return torch's optimiser of some settings at work on parameters."""
    if isinstance(settings.optimiser, Adam):
        return optim.Adam(parameters, lr=settings.learning_rate)
    return optim.SGD(parameters, lr=settings.learning_rate)


def objective(settings: Settings) -> Objective:
    """Return torch's loss of some settings."""
    return functional.cross_entropy if is_classifier(settings) else functional.mse_loss


def tensors(workload: Workload) -> tuple[Tensor, Tensor]:
    """Return the inputs of a workload, and what they are to be mapped to."""
    inputs, labels = torch.from_numpy(workload.examples.inputs), workload.examples.labels
    return inputs, inputs if labels is None else torch.from_numpy(labels)


def is_classifier(settings: Settings) -> bool:
    """Whether labels are learned, not pixels."""
    return settings.loss == "cross_entropy"
