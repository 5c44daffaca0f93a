"""Multilayer perceptrons with ReLU, K of one architecture in one stack.

    stack = StackedMLP.initialised((784, 32, 10), seeds=range(16))
    logits = stack.forward(images)          # (16, B, 10)
    network = stack.member(3)               # a plain nn.Sequential

The autoencoder of faces is the perceptron of widths (4096, n, 4096), a classifier that of (784, 32, 10).
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

CACHED_NUMBERS = 2**20
NARROW = 16  # units

Widths = tuple[int, ...]
Weights = dict[str, NDArray[np.float32]]
"""One network: `fc1.weight` (out, in), `fc1.bias` (out,), `fc2.weight`, …, laid out as in `nn.Linear`."""


@dataclass(frozen=True, eq=False)
class StackedMLP:
    """K networks of one architecture, each layer's parameters in one tensor.

    The layout is that of `nn.Linear` with the member in front, so that the gradient of a weight, signalsᵀ
    times inputs, is written where it belongs by one batched product. Gradients and moments of optimisers
    have the same shapes and are stacks too.
    """

    weights: tuple[Tensor, ...]  # (K, out, in) each
    biases: tuple[Tensor, ...]  # (K, 1, out) each

    @classmethod
    def initialised(cls, widths: Widths, seeds: Sequence[int]) -> Self:
        """Draw each member as `torch.manual_seed(seed)` followed by its `nn.Linear` layers would.

        The draws are those of `nn.Linear.reset_parameters`: uniform in ±1/√in (Kaiming uniform with
        a = √5; He et al. 2015, arXiv:1502.01852), weights before biases, layer by layer.
        """
        stack = cls.zeros(widths, len(seeds))
        for k, seed in enumerate(seeds):
            generator = torch.Generator().manual_seed(seed)
            for weight, bias in stack.layers():
                bound = 1 / math.sqrt(weight.shape[2])
                nn.init.kaiming_uniform_(weight[k], a=math.sqrt(5), generator=generator)
                nn.init.uniform_(bias[k], -bound, bound, generator=generator)
        return stack

    @classmethod
    def zeros(cls, widths: Widths, members: int) -> Self:
        """Return a stack of networks whose parameters are all zero."""
        pairs = list(pairwise(widths))
        return cls(
            tuple(torch.zeros(members, out, inputs) for inputs, out in pairs),
            tuple(torch.zeros(members, 1, out) for _, out in pairs),
        )

    @classmethod
    def of(cls, members: Sequence[Weights]) -> Self:
        """Stack networks of one architecture from their arrays."""
        layers = range(1, len(members[0]) // 2 + 1)
        return cls(
            tuple(torch.from_numpy(np.stack([m[f"fc{i}.weight"] for m in members])) for i in layers),
            tuple(torch.from_numpy(np.stack([m[f"fc{i}.bias"][None] for m in members])) for i in layers),
        )

    @property
    def widths(self) -> Widths:
        """The widths of all layers, from the input to the output."""
        return (self.weights[0].shape[2], *(weight.shape[1] for weight in self.weights))

    @property
    def members(self) -> int:
        """The number K of networks."""
        return self.weights[0].shape[0]

    @property
    def device(self) -> torch.device:
        """The device that holds the parameters."""
        return self.weights[0].device

    def layers(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Iterate over the layers as (weight (K, out, in), bias (K, 1, out))."""
        return zip(self.weights, self.biases, strict=True)

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the outputs (K, B, out) for inputs (K, B, in), or for (B, in) shared by all members."""
        return self.activations(inputs)[-1]

    def activations(self, inputs: Tensor, depth: int | None = None) -> list[Tensor]:
        """Return what enters the first `depth` layers (None: of all), and what leaves.

        That is [inputs, hidden units after ReLU, …, sums of the last layer],
        (K, B, width) each.
        """
        activations = [inputs.expand(self.members, *inputs.shape[-2:])]
        for weight, bias in islice(self.layers(), depth):
            if len(activations) > 1:
                activations[-1].relu_()
            activations.append(_affine(weight, bias, activations[-1]))
        return activations

    def chunks(self, rows: int) -> Iterator[slice]:
        """Cut that many rows so that the activations of one chunk stay in a processor's cache."""
        size = max(64, CACHED_NUMBERS // (self.members * sum(self.widths[1:])))
        return (slice(start, start + size) for start in range(0, rows, size))

    def each(self, change: Callable[[Tensor], Tensor]) -> Self:
        """Return the stack of every parameter after `change`."""
        return type(self)(tuple(map(change, self.weights)), tuple(map(change, self.biases)))

    def zeros_like(self) -> Self:
        """Return a stack of the same shapes that is all zero."""
        return self.each(torch.zeros_like)

    def to(self, device: torch.device) -> Self:
        """Return the stack on a device."""
        return self.each(lambda parameter: parameter.to(device))

    def tensors(self) -> tuple[Tensor, ...]:
        """Return all parameters, the weights before the biases."""
        return (*self.weights, *self.biases)

    def subset(self, members: Sequence[int]) -> Self:
        """Return a copy of the given members alone, in that order."""
        index = torch.tensor(members, dtype=torch.long, device=self.device)
        return self.each(lambda parameter: parameter.index_select(0, index))

    def part(self, members: slice) -> Self:
        """Return a stack of neighbouring members alone, in the same memory."""
        return self.each(lambda parameter: parameter[members])

    def copy_members(self, to: Sequence[int], source: Self, members: Sequence[int]) -> None:
        """Overwrite members `to` of this stack with `members` of `source`."""
        for target, parameter in zip(self.tensors(), source.tensors(), strict=True):
            target[list(to)] = parameter[list(members)]

    def member(self, k: int) -> nn.Sequential:
        """Return a copy of member k as a plain network: Linear, ReLU, …, Linear."""
        modules: list[nn.Module] = []
        for weight, bias in self.layers():
            _, out, inputs = weight.shape
            linear = nn.Linear(inputs, out, device="meta").to_empty(device=weight.device)  # draws nothing
            linear.load_state_dict({"weight": weight[k], "bias": bias[k, 0]})
            modules += [linear, nn.ReLU()]
        return nn.Sequential(*modules[:-1])

    @torch.no_grad()
    def put(self, k: int, network: nn.Sequential) -> None:
        """Overwrite member k with the linear layers of a network of the same architecture.

        Raises:
            ValueError: the network's layers have other widths.
        """
        linears = [module for module in network if isinstance(module, nn.Linear)]
        widths = (linears[0].in_features, *(linear.out_features for linear in linears))
        if widths != self.widths:
            raise ValueError(f"expected a network of widths {self.widths}, found {widths}")
        for (weight, bias), linear in zip(self.layers(), linears, strict=True):
            weight[k] = linear.weight
            bias[k] = linear.bias

    def arrays(self, k: int) -> Weights:
        """Return a copy of member k as arrays by name."""
        arrays: Weights = {}
        for i, (weight, bias) in enumerate(self.layers(), start=1):
            arrays[f"fc{i}.weight"] = weight[k].detach().cpu().numpy().copy()
            arrays[f"fc{i}.bias"] = bias[k, 0].detach().cpu().numpy().copy()
        return arrays


def _affine(weight: Tensor, bias: Tensor, inputs: Tensor) -> Tensor:
    """Return what leaves a layer (K, B, out), the units of a narrow one apart in memory.

    The products that follow are faster where what lies together is longer, and so is a softmax.
    """
    if weight.shape[1] < NARROW:
        return torch.baddbmm(bias.mT, weight, inputs.mT).mT
    return torch.baddbmm(bias, inputs, weight.mT)


@dataclass(frozen=True)
class LayerCount:
    """The number of parameters of one linear layer."""

    name: str
    inputs: int
    outputs: int

    @property
    def weights(self) -> int:
        """One weight for each pair of an input and an output."""
        return self.inputs * self.outputs

    @property
    def total(self) -> int:
        """The weights, and one bias for each output."""
        return self.weights + self.outputs


@dataclass(frozen=True)
class ParameterCount:
    """The number of parameters of a network, layer by layer."""

    layers: tuple[LayerCount, ...]

    @property
    def total(self) -> int:
        """The parameters of all layers."""
        return sum(layer.total for layer in self.layers)


def parameter_count(widths: Widths) -> ParameterCount:
    """Count the parameters of a perceptron by the formula in·out + out, layer by layer."""
    pairs = pairwise(widths)
    return ParameterCount(tuple(LayerCount(f"fc{i}", *pair) for i, pair in enumerate(pairs, start=1)))
