"""The stacked optimisers against torch.optim."""

import pytest
import torch
from torch import optim

from hw2.networks.optimisers import SGD, Adam, Optimiser, updater
from hw2.networks.stacked_mlp import StackedMLP

RATES = [0.1, 0.1, 0.003]
OPTIMISERS = [
    SGD(),
    SGD(momentum=0.9),
    SGD(weight_decay=0.05),
    SGD(momentum=0.8, weight_decay=0.05),
    Adam(),
    Adam(betas=(0.8, 0.95), eps=1e-5, weight_decay=0.1),
]


def of_torch(optimiser: Optimiser, parameters: list[torch.Tensor], rate: float) -> optim.Optimizer:
    """Return torch's optimiser of the same settings."""
    if isinstance(optimiser, SGD):
        return optim.SGD(parameters, rate, momentum=optimiser.momentum, weight_decay=optimiser.weight_decay)
    return optim.Adam(
        parameters, rate, optimiser.betas, eps=optimiser.eps, weight_decay=optimiser.weight_decay
    )


def apply(stack: StackedMLP, optimiser: Optimiser, gradients: list[StackedMLP]) -> None:
    """Take a step for each gradient, with the last of them at half the rates."""
    at_work = updater(optimiser, stack)
    for i, gradient in enumerate(gradients):
        at_work.set_rates([rate / 2 if i == len(gradients) - 1 else rate for rate in RATES])
        for target, part in zip(at_work.target.tensors(), gradient.tensors(), strict=True):
            target.mul_(at_work.keep).add_(part * at_work.scale)
        at_work.update()


@pytest.mark.parametrize("optimiser", OPTIMISERS, ids=str)
def test_steps_equal_those_of_torch(optimiser: Optimiser) -> None:
    """Three steps, the last at another rate, move each member as torch's optimiser moves it alone."""
    generator = torch.Generator().manual_seed(0)
    stack = StackedMLP.initialised((4, 3, 2), range(len(RATES)))
    gradients = [stack.each(lambda p: torch.randn(p.shape, generator=generator)) for _ in range(3)]
    expected = [[p[k].clone() for p in stack.tensors()] for k in range(len(RATES))]
    apply(stack, optimiser, gradients)
    for k, parameters in enumerate(expected):
        alone = of_torch(optimiser, parameters, RATES[k])
        for i, gradient in enumerate(gradients):
            alone.param_groups[0]["lr"] = RATES[k] / (2 if i == 2 else 1)
            for parameter, part in zip(parameters, gradient.tensors(), strict=True):
                parameter.grad = part[k].clone()
            alone.step()
        for parameter, moved in zip(parameters, stack.tensors(), strict=True):
            torch.testing.assert_close(moved[k], parameter)


@pytest.mark.parametrize("optimiser", OPTIMISERS, ids=str)
def test_state_can_be_taken_up(optimiser: Optimiser) -> None:
    """An updater built from the moments and steps of another goes on with the same bits."""
    generator = torch.Generator().manual_seed(0)
    stack = StackedMLP.initialised((4, 3, 2), range(len(RATES)))
    gradient = stack.each(lambda p: torch.randn(p.shape, generator=generator))

    def step(at_work: object) -> None:
        at_work.set_rates(RATES)
        for target, part in zip(at_work.target.tensors(), gradient.tensors(), strict=True):
            target.mul_(at_work.keep).add_(part * at_work.scale)
        at_work.update()

    first = updater(optimiser, stack)
    step(first)
    members = range(len(RATES))
    moments = {name: moment.subset(members) for name, moment in first.moments.items()}
    second = updater(optimiser, stack.subset(members), moments, first.steps)
    step(first)
    step(second)
    pairs = zip(first.model.tensors(), second.model.tensors(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
