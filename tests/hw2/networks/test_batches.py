"""Batches: every example once an epoch, in an order of the seed's own."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hw2.networks.batches import (
    Batch,
    Batches,
    Corruption,
    Examples,
    GaussianNoise,
    Tensors,
    ZeroPixels,
    whole,
)

CPU = torch.device("cpu")


def numbered(examples: int, width: int = 1) -> Tensors:
    """Return examples whose pixels and labels are their own number, from 1."""
    numbers = np.arange(1, examples + 1)
    inputs = np.repeat(numbers[:, None], width, axis=1).astype(np.float32)
    return Tensors.on(CPU, Examples(inputs, numbers))


def drawn(
    data: Tensors, seeds: tuple[int, ...], size: int, epoch: int = 1, corruption: Corruption | None = None
) -> list[Batch]:
    """Return the batches of one epoch."""
    return list(Batches(data, seeds, size, corruption).of_epoch(epoch))


@given(st.integers(1, 40), st.integers(1, 50), st.lists(st.integers(0, 3), min_size=1, max_size=5))
def test_an_epoch_shows_each_example_once(examples: int, size: int, seeds: list[int]) -> None:
    """Each member sees every example once, with its label, also when the last batch is smaller."""
    batches = drawn(numbered(examples), tuple(seeds), size)
    assert [batch.inputs.shape[1] for batch in batches[:-1]] == [size] * (
        examples // size - (examples % size == 0)
    )
    for k in range(len(seeds)):
        inputs = torch.cat([batch.inputs[k, :, 0] for batch in batches])
        labels = torch.cat([batch.classes[k] for batch in batches])
        assert torch.equal(inputs.long(), labels)
        assert sorted(labels.tolist()) == list(range(1, examples + 1))


@given(st.lists(st.integers(0, 3), min_size=1, max_size=5), st.integers(1, 3))
def test_the_order_is_the_seed_s_own(seeds: list[int], epoch: int) -> None:
    """A member's batches, corruption included, are the same alone and beside any others."""
    data, noise = numbered(11, width=3), GaussianNoise(0.5)
    together = drawn(data, tuple(seeds), 4, epoch, noise)
    for k, seed in enumerate(seeds):
        for batch, alone in zip(together, drawn(data, (seed,), 4, epoch, noise), strict=True):
            assert torch.equal(batch.inputs[k], alone.inputs[0])
            assert torch.equal(batch.clean[k], alone.clean[0])
            assert torch.equal(batch.classes[k], alone.classes[0])


def test_epochs_and_seeds_differ() -> None:
    """Neither another epoch nor another seed repeats an order."""
    data = numbered(50)
    orders = {
        tuple(drawn(data, (seed,), 50, epoch)[0].classes[0].tolist())
        for seed in range(4)
        for epoch in range(1, 5)
    }
    assert len(orders) == 16


def test_members_that_share_a_seed_share_memory() -> None:
    """One batch for all is not copied for each."""
    batch = drawn(numbered(8), (7, 7, 7), 4)[0]
    assert batch.inputs.shape == (3, 4, 1)
    assert batch.inputs.stride(0) == 0


def test_zero_pixels_sets_a_share_of_each_image_to_black() -> None:
    """Zeroed pixels become the given black, the rest stays; the images' shares spread up to the largest."""
    images = torch.ones(2000, 100)
    black = -torch.arange(1.0, 101.0)
    corrupted = ZeroPixels(0.6)(images, black, torch.Generator().manual_seed(0))
    zeroed = corrupted == black
    assert torch.equal(corrupted[~zeroed], images[~zeroed])
    shares = zeroed.float().mean(1)
    assert shares.mean() == pytest.approx(0.3, abs=0.02)
    assert shares.min() < 0.05
    assert 0.5 < shares.max() < 0.8


def test_gaussian_noise_has_the_standard_deviation_asked_for() -> None:
    """The noise has mean 0 and the given standard deviation."""
    images = torch.full((500, 100), 2.0)
    noise = GaussianNoise(0.3)(images, torch.zeros(100), torch.Generator().manual_seed(0)) - images
    assert noise.mean() == pytest.approx(0, abs=0.01)
    assert noise.std() == pytest.approx(0.3, abs=0.01)


def test_corruption_is_fresh_in_every_batch_and_spares_the_target() -> None:
    """The clean images are the targets; no two batches or epochs carry the same noise."""
    data, noise = numbered(8, width=2), GaussianNoise(1.0)
    batches = drawn(data, (0,), 4, 1, noise) + drawn(data, (0,), 4, 2, noise)
    added = [batch.inputs - batch.clean for batch in batches]
    assert all(torch.equal(batch.clean[0, :, 0].long(), batch.classes[0]) for batch in batches)
    assert len({tuple(each.flatten().tolist()) for each in added}) == 4


def test_examples_as_one_batch() -> None:
    """Consecutive rows are shared by all members without a copy."""
    batch = whole(numbered(9), slice(2, 5), 3)
    assert batch.classes.tolist() == [[3, 4, 5]] * 3
    assert batch.inputs.stride(0) == 0
    assert batch.clean is batch.inputs


def test_read_only_and_integer_arrays_are_taken() -> None:
    """Examples may be read-only, as the cache gives them, and of another numeric type."""
    inputs, labels = np.ones((2, 3), np.float64), np.zeros(2, np.int32)
    inputs.flags.writeable = False
    data = Tensors.on(CPU, Examples(inputs, labels))
    assert data.inputs.dtype == torch.float32
    assert data.labels is not None
    assert data.labels.dtype == torch.int64
