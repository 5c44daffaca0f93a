"""The matrix products of a training and nothing else: a floor under every way to train with `torch.bmm`."""

import time
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import torch
from torch import Tensor

from benchmarks.workloads import Workload
from hw2.networks.stacked_mlp import Widths
from hw2.training.core_pool import Cores, at_hand
from hw2.training.stacking import at_once


@dataclass(frozen=True, eq=False)
class Layer:
    """The factors of one layer's products for k networks, and room for what comes of them.

    The same batch meets the same weights every time, so that nothing has to come from far in memory.
    """

    inputs: Tensor  # (k, B, in)
    weights: Tensor  # (k, out, in)
    outputs: Tensor  # (k, B, out)
    gradient: Tensor  # (k, out, in)
    below: Tensor | None  # (k, B, in), the gradient of the inputs, which the first layer does not need


def products_alone(workload: Workload, members: int, device: torch.device) -> float:
    """Take the products of an epoch's batches, each core those of the networks that it trains in ours."""
    settings = workload.settings
    batches = len(workload.examples.inputs) / settings.batch_size
    steps = settings.epochs * max(1, int(batches))
    with at_hand(device) as cores:
        shares = cores.shares(members, at_once(settings, device))
        stacks = [
            _layers(settings.widths, share.stop - share.start, settings.batch_size, device)
            for share in shares
        ]
        _multiply(stacks, 1, cores)
        started = time.perf_counter()
        _multiply(stacks, steps, cores)
        return (time.perf_counter() - started) / steps * batches / members


def _multiply(stacks: list[list[Layer]], steps: int, cores: Cores) -> None:
    cores.run([partial(_repeat, layers, steps) for layers in stacks])
    stacks[0][0].outputs[0, 0, 0].item()  # waits for a GPU


@torch.inference_mode()
def _repeat(layers: list[Layer], steps: int) -> None:
    for _ in range(steps):
        for layer in layers:
            torch.bmm(layer.inputs, layer.weights.mT, out=layer.outputs)
        for layer in reversed(layers):
            torch.bmm(layer.outputs.mT, layer.inputs, out=layer.gradient)
            if layer.below is not None:
                torch.bmm(layer.outputs, layer.weights, out=layer.below)


def _layers(widths: Widths, members: int, batch: int, device: torch.device) -> list[Layer]:
    def room(*shape: int) -> Tensor:
        return torch.rand(members, *shape, device=device)

    return [
        Layer(room(batch, i), room(o, i), room(batch, o), room(o, i), room(batch, i) if number else None)
        for number, (i, o) in enumerate(pairwise(widths))
    ]
