"""Stacks of perceptrons against torch's own layers."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from hw2.networks.stacked_mlp import StackedMLP, parameter_count

architectures = st.lists(st.integers(1, 7), min_size=2, max_size=5).map(tuple)


def drawn_by_torch(widths: tuple[int, ...], seed: int) -> nn.Sequential:
    """Build a network of linear layers after seeding torch's global generator."""
    torch.manual_seed(seed)
    modules: list[nn.Module] = []
    for inputs, outputs in pairwise(widths):
        modules += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*modules[:-1])


@given(architectures, st.lists(st.integers(0, 2**31), min_size=1, max_size=3))
def test_members_are_initialised_as_linear_layers(widths: tuple[int, ...], seeds: list[int]) -> None:
    """Member k has, bit for bit, the weights that nn.Linear draws under its seed."""
    stack = StackedMLP.initialised(widths, seeds)
    for k, seed in enumerate(seeds):
        expected = drawn_by_torch(widths, seed).state_dict()
        found = stack.member(k).state_dict()
        assert expected.keys() == found.keys()
        assert all(torch.equal(expected[name], found[name]) for name in expected)


def test_initialisation_leaves_the_global_generator_alone() -> None:
    """Drawing weights, or taking a member out, does not touch torch's global random state."""
    before = torch.random.get_rng_state()
    StackedMLP.initialised((5, 3, 2), [1, 2]).member(0)
    assert torch.equal(before, torch.random.get_rng_state())


@given(architectures, st.integers(1, 4), st.integers(1, 6), st.booleans())
def test_forward_equals_each_network(widths: tuple[int, ...], k: int, batch: int, shared: bool) -> None:
    """The outputs of a stack are those of its members, for inputs of their own and for shared ones."""
    stack = StackedMLP.initialised(widths, range(k))
    inputs = torch.randn(*(() if shared else (k,)), batch, widths[0])
    outputs = stack.forward(inputs)
    assert outputs.shape == (k, batch, widths[-1])
    for member in range(k):
        expected = stack.member(member)(inputs if shared else inputs[member])
        torch.testing.assert_close(outputs[member], expected)


def test_activations_stop_at_a_depth() -> None:
    """Up to a depth, the last entry is what leaves that layer, before its ReLU."""
    stack = StackedMLP.initialised((4, 3, 5, 2), [0, 1])
    inputs = torch.randn(6, 4)
    inner = stack.member(1)[:3](inputs)  # Linear, ReLU, Linear
    torch.testing.assert_close(stack.activations(inputs, depth=2)[-1][1], inner)


def test_put_overwrites_one_member() -> None:
    """A network put into a stack comes out equal, and its neighbours stay."""
    stack = StackedMLP.initialised((4, 3, 2), [0, 1, 2])
    before = stack.subset([0, 2])
    stack.put(1, drawn_by_torch((4, 3, 2), 9))
    assert torch.equal(stack.member(1)[2].weight, drawn_by_torch((4, 3, 2), 9)[2].weight)
    pairs = zip(before.tensors(), stack.subset([0, 2]).tensors(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


def test_put_refuses_another_architecture() -> None:
    """A network with other widths is refused with both widths in the message."""
    stack = StackedMLP.initialised((4, 3, 2), [0])
    with pytest.raises(ValueError, match=r"\(4, 3, 2\), found \(4, 5, 2\)"):
        stack.put(0, drawn_by_torch((4, 5, 2), 0))


def test_subset_copies_in_the_order_asked() -> None:
    """A subset holds copies of the members asked for, so a change to it leaves the stack as it was."""
    stack = StackedMLP.initialised((3, 2), [0, 1, 2])
    subset = stack.subset([2, 0])
    assert torch.equal(subset.weights[0], stack.weights[0][[2, 0]])
    subset.weights[0].zero_()
    assert stack.weights[0].abs().sum() > 0


def test_arrays_and_back() -> None:
    """A stack made from the arrays of another is equal to it; the arrays do not share its memory."""
    stack = StackedMLP.initialised((4, 3, 2), [5, 6])
    arrays = [stack.arrays(0), stack.arrays(1)]
    again = StackedMLP.of(arrays)
    assert all(torch.equal(a, b) for a, b in zip(stack.tensors(), again.tensors(), strict=True))
    stack.weights[0].zero_()
    assert np.abs(arrays[0]["fc1.weight"]).sum() > 0


@given(architectures, st.integers(1, 3), st.integers(1, 3000))
def test_chunks_cover_all_rows_once(widths: tuple[int, ...], k: int, rows: int) -> None:
    """Chunks cut the rows without gap or overlap."""
    chunks = StackedMLP.zeros(widths, k).chunks(rows)
    covered = [row for chunk in chunks for row in range(rows)[chunk]]
    assert covered == list(range(rows))


@pytest.mark.parametrize(
    ("widths", "total"),
    [
        ((784, 32, 10), 25_450),
        ((784, 32, 64, 32, 10), 29_642),
        ((784, 128, 64, 128, 10), 118_346),
    ],
)
def test_parameter_count(widths: tuple[int, ...], total: int) -> None:
    """The formula gives the assignment's numbers and agrees, layer by layer, with what there is."""
    count = parameter_count(widths)
    assert count.total == total
    stack = StackedMLP.zeros(widths, 1)
    assert [layer.total for layer in count.layers] == [w.numel() + b.numel() for w, b in stack.layers()]
