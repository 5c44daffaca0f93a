"""Examples on the device, and the batches of an epoch as index slices of them.

The order of the examples depends on the batch seed and the epoch alone, so it is the same on every
device, alone or in a stack, and after a resumed training.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

ORDER, CORRUPTION = range(2)  # what a generator is for


@dataclass(frozen=True, eq=False)
class Examples:
    """What a network is trained or judged on.

    Autoencoders reconstruct the inputs and need no labels. `black` is what a pixel that is set to zero
    becomes in these inputs; None: 0. Where the mean face has been subtracted, it is minus the mean face.
    """

    inputs: NDArray[np.float32]  # (N, D)
    labels: NDArray[np.int64] | None = None  # (N,)
    black: NDArray[np.float32] | None = None  # (D,)


@dataclass(frozen=True, eq=False)
class Tensors:
    """Examples on a device."""

    inputs: Tensor  # (N, D)
    labels: Tensor | None  # (N,)
    black: Tensor  # (D,)

    @classmethod
    def on(cls, device: torch.device, examples: Examples) -> "Tensors":
        """Copy examples to a device."""
        labels, black = examples.labels, examples.black
        return cls(
            tensor(examples.inputs, np.float32, device),
            None if labels is None else tensor(labels, np.int64, device),
            tensor(np.zeros(examples.inputs.shape[1]) if black is None else black, np.float32, device),
        )

    def __len__(self) -> int:
        return self.inputs.shape[0]


def tensor(array: NDArray[Any], dtype: type[np.generic], device: torch.device) -> Tensor:
    """Copy an array of any layout to a device."""
    return torch.from_numpy(np.array(array, dtype, order="C")).to(device)


@dataclass(frozen=True, eq=False)
class Batch:
    """One batch for each member of a stack; a batch that all share has a members' dimension of stride 0."""

    inputs: Tensor  # (K, B, D)
    clean: Tensor  # (K, B, D), the inputs before they were corrupted
    labels: Tensor | None  # (K, B)

    @property
    def classes(self) -> Tensor:
        """The labels, where a loss needs them.

        Raises:
            ValueError: the examples have none.
        """
        if self.labels is None:
            raise ValueError("cross-entropy needs labels: expected Examples(inputs, labels), found no labels")
        return self.labels


@dataclass(frozen=True)
class ZeroPixels:
    """Set pixels to zero: of each image a share drawn evenly from [0, `max_share`]."""

    max_share: float

    def __call__(self, images: Tensor, black: Tensor, generator: Generator) -> Tensor:
        """Return a corrupted copy of images (B, D)."""
        draws = torch.rand(len(images), images.shape[1] + 1, generator=generator, device=images.device)
        return torch.where(draws[:, 1:] < self.max_share * draws[:, :1], black, images)


@dataclass(frozen=True)
class GaussianNoise:
    """Add normal noise of standard deviation `std` to every pixel."""

    std: float

    def __call__(self, images: Tensor, black: Tensor, generator: Generator) -> Tensor:  # noqa: ARG002
        """Return a corrupted copy of images (B, D)."""
        noise = torch.randn(images.shape, generator=generator, device=images.device)
        return noise.mul_(self.std).add_(images)


Corruption = ZeroPixels | GaussianNoise


@dataclass(frozen=True, eq=False)
class Batches:
    """The batches of a stack whose member k draws them by `seeds[k]`.

    Members with the same seed see the same batches, with the same corruption.
    """

    data: Tensors
    seeds: tuple[int, ...]
    size: int
    corruption: Corruption | None

    def of_epoch(self, epoch: int) -> Iterator[Batch]:
        """Iterate over the batches of an epoch; the last may be smaller."""
        device = self.data.inputs.device
        distinct = list(dict.fromkeys(self.seeds))
        orders = torch.stack([_order(seed, epoch, len(self.data)) for seed in distinct]).to(device)
        generators = [_generator(seed, epoch, CORRUPTION, device) for seed in distinct]
        which = torch.tensor([distinct.index(seed) for seed in self.seeds], device=device)
        labels = None if self.data.labels is None else self.data.labels[orders]  # (S, N)
        for rows in _slices(len(self.data), self.size):
            batch = self._batch(orders[:, rows], None if labels is None else labels[:, rows], generators)
            yield batch if len(distinct) == len(self.seeds) else _spread(batch, which)

    def _batch(self, indices: Tensor, labels: Tensor | None, generators: Sequence[Generator]) -> Batch:
        clean = self.data.inputs.index_select(0, indices.flatten()).view(*indices.shape, -1)  # (S, B, D)
        inputs = clean
        if self.corruption is not None:
            pairs = zip(clean, generators, strict=True)
            inputs = torch.stack([self.corruption(c, self.data.black, g) for c, g in pairs])
        return Batch(inputs, clean, labels)


def whole(data: Tensors, rows: slice, members: int) -> Batch:
    """Return consecutive examples as one batch that all members share."""
    inputs = data.inputs[rows].expand(members, -1, -1)
    labels = None if data.labels is None else data.labels[rows].expand(members, -1)
    return Batch(inputs, inputs, labels)


def _slices(count: int, size: int) -> Iterator[slice]:
    return (slice(start, start + size) for start in range(0, count, size))


def _spread(batch: Batch, which: Tensor) -> Batch:
    """Give each member the batch of its seed, without a copy where there is one for all."""

    def spread(tensor: Tensor) -> Tensor:
        if len(tensor) == 1:
            return tensor.expand(len(which), *tensor.shape[1:])
        return tensor.index_select(0, which)

    inputs = spread(batch.inputs)
    clean = inputs if batch.clean is batch.inputs else spread(batch.clean)
    return Batch(inputs, clean, None if batch.labels is None else spread(batch.labels))


def _order(seed: int, epoch: int, examples: int) -> Tensor:
    generator = _generator(seed, epoch, ORDER, torch.device("cpu"))
    return torch.randperm(examples, generator=generator)


def _generator(seed: int, epoch: int, purpose: int, device: torch.device) -> Generator:
    """Return the generator of one epoch; the seed sequence keeps the streams of nearby seeds apart."""
    state = np.random.SeedSequence((seed, epoch, purpose)).generate_state(1)
    return Generator(device).manual_seed(int(state[0]))
