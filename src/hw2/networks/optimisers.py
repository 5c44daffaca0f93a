"""SGD and Adam over a stack of networks, with a learning rate per member.

The backward pass multiplies the gradient by `scale` and adds it, product by product, to `target`, of which it
keeps the share `keep`. So plain SGD needs neither room for a gradient nor a pass over the parameters: the
products, scaled by minus the learning rates, are added to the parameters themselves. With momentum they are
added to the velocity; only Adam, which squares the gradient, needs it by itself.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from itertools import groupby
from typing import Self

import torch
from torch import Tensor

from hw2.networks.stacked_mlp import StackedMLP


@dataclass(frozen=True)
class SGD:
    """Stochastic gradient descent with momentum and L2 weight decay, as `torch.optim.SGD` defines them."""

    momentum: float = 0.0
    weight_decay: float = 0.0

    @property
    def copies(self) -> int:
        """How many arrays of the parameters' size it works with: the velocity, unless it is plain."""
        return int(bool(self.momentum or self.weight_decay))


@dataclass(frozen=True)
class Adam:
    """Adam with L2 weight decay, as `torch.optim.Adam` (Kingma and Ba 2015, arXiv:1412.6980)."""

    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    weight_decay: float = 0.0

    @property
    def copies(self) -> int:
        """How many arrays of the parameters' size it works with: gradient, mean and square."""
        return 3


Optimiser = SGD | Adam
Moments = Mapping[str, StackedMLP]


class Updater(ABC):
    """An optimiser at work on one stack.

    `moments` and `steps` are all that it carries from one step to the next; the rates are set at each epoch.
    """

    target: StackedMLP
    keep: float
    scale: Tensor  # (K, 1, 1)

    def __init__(self, model: StackedMLP, moments: Moments, steps: int) -> None:
        self.model = model
        self.moments = moments
        self.steps = steps
        self.scale = torch.ones(model.members, 1, 1, device=model.device)

    @abstractmethod
    def set_rates(self, rates: Sequence[float]) -> None:
        """Take the members' learning rates for the steps that follow."""

    def update(self) -> None:
        """End a step, once the backward pass has filled the target."""
        self.steps += 1

    def part(self, members: slice, rates: Sequence[float]) -> Self:
        """Return what works on neighbouring members alone, at these rates and in the same memory."""
        part = copy(self)
        part.model, part.target = self.model.part(members), self.target.part(members)
        part.moments = {name: moment.part(members) for name, moment in self.moments.items()}
        part.scale = self.scale[members]
        part.set_rates(rates)
        return part


class PlainSGD(Updater):
    """p ← p − η g."""

    def __init__(self, model: StackedMLP, steps: int) -> None:
        super().__init__(model, {}, steps)
        self.target = model
        self.keep = 1.0

    def set_rates(self, rates: Sequence[float]) -> None:
        """Scale each member's gradient by minus its rate."""
        self.scale = -_column(rates, self.model)


class DecayingSGD(Updater):
    """v ← μ v + g + λ p; p ← p − η v, for momentum μ and weight decay λ."""

    rates: Tensor  # (K, 1, 1)

    def __init__(self, settings: SGD, model: StackedMLP, moments: Moments, steps: int) -> None:
        super().__init__(model, moments or {"velocity": model.zeros_like()}, steps)
        self.settings = settings
        self.target = self.moments["velocity"]
        self.keep = settings.momentum

    def set_rates(self, rates: Sequence[float]) -> None:
        """Keep the rates for `update`: a velocity that carries old rates would not be torch's."""
        self.rates = _column(rates, self.model)

    def update(self) -> None:
        """Add the weight decay to the velocity and move the parameters along it."""
        super().update()
        for parameter, velocity in zip(self.model.tensors(), self.target.tensors(), strict=True):
            if self.settings.weight_decay:
                velocity.add_(parameter, alpha=self.settings.weight_decay)
            parameter.addcmul_(velocity, self.rates, value=-1)


class FusedAdam(Updater):
    """Adam by torch's fused kernel: one pass over memory, three to four times as fast as plain operations.

    The kernel takes one learning rate, so it is called once for each run of members with the same rate.
    """

    count: Tensor  # of the steps
    runs: list[tuple[float, list[list[Tensor]]]]  # rate; parameters, gradients, means, squares of its members

    def __init__(self, settings: Adam, model: StackedMLP, moments: Moments, steps: int) -> None:
        names = ("mean", "square")
        super().__init__(model, moments or {n: model.zeros_like() for n in names}, steps)
        self.settings = settings
        self.target = model.zeros_like()
        self.keep = 0.0

    def set_rates(self, rates: Sequence[float]) -> None:
        """Cut the stack into the runs of members that share a rate."""
        self.count = torch.tensor(float(self.steps), device=self.model.device)
        stacks = (self.model, self.target, self.moments["mean"], self.moments["square"])
        self.runs = [
            (rate, [[tensor[run] for tensor in stack.tensors()] for stack in stacks])
            for rate, run in _runs(rates)
        ]

    def update(self) -> None:
        """Take Adam's step with the gradient in the target."""
        super().update()
        self.count.add_(1)
        for rate, (parameters, gradients, means, squares) in self.runs:
            torch._fused_adam_(
                parameters,
                gradients,
                means,
                squares,
                [],
                [self.count] * len(parameters),
                lr=rate,
                beta1=self.settings.betas[0],
                beta2=self.settings.betas[1],
                weight_decay=self.settings.weight_decay,
                eps=self.settings.eps,
                amsgrad=False,
                maximize=False,
            )


def updater(
    optimiser: Optimiser, model: StackedMLP, moments: Moments | None = None, steps: int = 0
) -> Updater:
    """Set an optimiser to work on a stack, from the start or from the state it had after `steps`."""
    if isinstance(optimiser, Adam):
        return FusedAdam(optimiser, model, moments or {}, steps)
    if optimiser.copies:
        return DecayingSGD(optimiser, model, moments or {}, steps)
    return PlainSGD(model, steps)


def _column(rates: Sequence[float], model: StackedMLP) -> Tensor:
    return torch.tensor(rates, device=model.device).view(-1, 1, 1)  # (K, 1, 1)


def _runs(rates: Sequence[float]) -> Iterator[tuple[float, slice]]:
    """Iterate over the longest runs of equal neighbours, as (rate, positions)."""
    start = 0
    for rate, run in groupby(rates):
        stop = start + len(list(run))
        yield rate, slice(start, stop)
        start = stop
