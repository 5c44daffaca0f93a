"""What can be watched during a training beside the losses, for a whole stack at once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hw2.networks.batches import tensor
from hw2.networks.stacked_mlp import StackedMLP

Measure = Callable[[StackedMLP], Tensor]
"""From a stack to one value, or array of values, for each of its members: (K, …)."""


class Probe(Protocol):
    """A measurement on networks in training."""

    @property
    def name(self) -> str:
        """The key in `Run.probes`."""

    def is_due(self, epoch: int) -> bool:
        """Say whether to measure after this epoch; epoch 0 is before training."""

    def on(self, device: torch.device) -> Measure:
        """Return the measurement, with what it needs on the device."""


@dataclass(frozen=True)
class Snapshots:
    """Copies of a layer's weights after the given epochs: values (M, out, in)."""

    epochs: tuple[int, ...]
    layer: int = 0
    name: str = "weights"

    def is_due(self, epoch: int) -> bool:
        """Say whether the epoch is one of those asked for."""
        return epoch in self.epochs

    def on(self, device: torch.device) -> Measure:  # noqa: ARG002
        """Return the measurement."""
        return lambda model: model.weights[self.layer]


@dataclass(frozen=True, eq=False)
class LiveUnits:
    """The number of hidden units that are positive for at least one of the inputs: values (M,).

    A ReLU unit that is positive for none has no gradient and cannot come back by itself.
    """

    inputs: NDArray[np.float32]  # (N, D)
    layer: int = 0
    every: int = 1
    name: str = "live units"

    def is_due(self, epoch: int) -> bool:
        """Say whether the epoch is a multiple of `every`."""
        return epoch % self.every == 0

    def on(self, device: torch.device) -> Measure:
        """Return the measurement."""
        inputs = tensor(self.inputs, np.float32, device)

        def measure(model: StackedMLP) -> Tensor:
            live = torch.zeros(model.members, model.widths[self.layer + 1], dtype=torch.bool, device=device)
            for rows in model.chunks(len(inputs)):
                sums = model.activations(inputs[rows], self.layer + 1)[-1]  # (K, B, H)
                live |= (sums > 0).any(1)
            return live.sum(1)

        return measure


@dataclass(frozen=True, eq=False)
class Agreement:
    """The share of inputs predicted as each of several labels, such as true and wrong ones: values (M, L)."""

    inputs: NDArray[np.float32]  # (N, D)
    labels: NDArray[np.int64]  # (L, N)
    name: str = "agreement"

    def is_due(self, epoch: int) -> bool:  # noqa: ARG002
        """Measure after every epoch."""
        return True

    def on(self, device: torch.device) -> Measure:
        """Return the measurement."""
        inputs = tensor(self.inputs, np.float32, device)
        labels = tensor(self.labels, np.int64, device)

        def measure(model: StackedMLP) -> Tensor:
            chunks = [model.forward(inputs[rows]).argmax(2) for rows in model.chunks(len(inputs))]
            predicted = torch.cat(chunks, 1)  # (K, N)
            return (predicted.unsqueeze(1) == labels).float().mean(2)

        return measure
