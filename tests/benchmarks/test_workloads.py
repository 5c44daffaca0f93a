"""The networks that are trained, and their arithmetic."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import workloads
from benchmarks.rivals.loops import network, objective, tensors
from hw2.networks.stacked_mlp import Widths


@pytest.mark.parametrize("widths", [(784, 32, 10), (12, 7, 5, 3), (6, 2)])
def test_the_arithmetic_is_that_of_the_products(widths: Widths) -> None:
    """The formula counts what torch counts in a forward and a backward pass."""
    workload = workloads.classifier(workloads.Settings(widths, learning_rate=0.1, epochs=1), 1, images=4)
    inputs, labels = tensors(workload)
    model, loss_of = network(workload.settings), objective(workload.settings)
    with FlopCounterMode(display=False) as counter:
        loss_of(model(inputs), labels % widths[-1]).backward()
    assert counter.get_total_flops() == workload.flops


def test_the_networks_are_those_of_the_report() -> None:
    """Five of them, with batches of 64."""
    found = workloads.full()
    names = ["784-32-10", "784-32-64-32-10", "784-128-64-128-10", "4096-16-4096", "4096-64-4096"]
    assert [each.name for each in found] == names
    assert {each.settings.batch_size for each in found} == {64}
    assert [len(each.examples.inputs) for each in found] == [10_000] * 3 + [400] * 2


def test_members_differ_in_seeds_or_in_rates() -> None:
    """A comparison over seeds shares no batch, a search shares them all."""
    workload = workloads.quick()[0]
    seeds = workload.members(4)
    assert (
        len({(each.seed, each.batch_seed) for each in seeds}) == len({each.batch_seed for each in seeds}) == 4
    )
    search = workload.members(4, sweep=True)
    assert len({each.learning_rate for each in search}) == 4
    assert len({each.batch_seed for each in search}) == 1
    assert torch.tensor([each.learning_rate for each in search]).isfinite().all()
