"""Losses and gradients by hand against autograd."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from hw2.networks.backward import backward
from hw2.networks.batches import Batch
from hw2.networks.losses import LOSSES, Loss, Shown, sums
from hw2.networks.stacked_mlp import StackedMLP

sizes = st.integers(1, 5)
kinds = st.sampled_from(["cross_entropy", "squared_error"])


def random_batch(k: int, size: int, inputs: int, classes: int, *, shared: bool) -> Batch:
    """Draw one batch for each member, or one for all."""
    clean = torch.randn(1 if shared else k, size, inputs).expand(k, -1, -1)
    labels = torch.randint(classes, (1 if shared else k, size)).expand(k, -1)
    return Batch(clean + 0.1, clean, labels)


def mean_loss(outputs: Tensor, batch: Batch, kind: Loss, k: int) -> Tensor:
    """Return torch's own loss of member k."""
    if kind == "cross_entropy":
        return functional.cross_entropy(outputs, batch.classes[k])
    return functional.mse_loss(outputs, batch.clean[k])


@given(kinds, st.lists(sizes, min_size=2, max_size=5), sizes, sizes, st.booleans())
def test_loss_and_gradient_equal_autograd(
    kind: Loss, layers: list[int], k: int, size: int, shared: bool
) -> None:
    """Loss, accuracy and every gradient equal those of autograd on the member as an nn.Sequential."""
    inputs, classes = layers[0], layers[-1] + 1
    widths = (*layers[:-1], inputs if kind == "squared_error" else classes)
    stack = StackedMLP.initialised(widths, range(k))
    batch = random_batch(k, size, inputs, classes, shared=shared)
    activations = stack.activations(batch.inputs)
    outputs = activations[-1].clone()
    terms = LOSSES[kind](activations[-1], batch)
    found = sums([terms.shown])
    gradient = stack.zeros_like()
    backward(stack, activations, terms.residuals * (terms.slope / size), gradient, keep=0.0)

    for member in range(k):
        network = stack.member(member)
        loss = mean_loss(network(batch.inputs[member]), batch, kind, member)
        loss.backward()
        torch.testing.assert_close(found.means.loss[member], loss.detach())
        for (weight, bias), linear in zip(gradient.layers(), list(network)[::2], strict=True):
            torch.testing.assert_close(weight[member], linear.weight.grad, atol=1e-6, rtol=1e-4)
            torch.testing.assert_close(bias[member, 0], linear.bias.grad, atol=1e-6, rtol=1e-4)
        if kind == "cross_entropy":
            hits = (outputs[member].argmax(1) == batch.classes[member]).sum()
            assert found.correct[member] == hits


def test_gradient_is_added_to_the_share_that_is_kept() -> None:
    """The target keeps the share asked for and gains the gradient: what momentum needs."""
    stack = StackedMLP.initialised((3, 4, 2), [0, 1])
    batch = random_batch(2, 5, 3, 2, shared=True)

    def gradient(start: StackedMLP, keep: float) -> StackedMLP:
        activations = stack.activations(batch.inputs)
        residuals = LOSSES["cross_entropy"](activations[-1], batch).residuals
        backward(stack, activations, residuals, start, keep)
        return start

    once = gradient(stack.zeros_like(), 0.0)
    again = gradient(once.each(torch.clone), 0.5)
    for first, second in zip(once.tensors(), again.tensors(), strict=True):
        torch.testing.assert_close(second, 1.5 * first)


def test_equal_logits_are_not_correct() -> None:
    """A network that prefers no class gets no credit for the label that happens to come first."""
    batch = Batch(torch.zeros(1, 1, 1), torch.zeros(1, 1, 1), torch.tensor([[0]]))
    assert sums([LOSSES["cross_entropy"](torch.zeros(1, 1, 3), batch).shown]).correct == 0


def test_what_batches_showed_adds_up() -> None:
    """Batches summed at once, an odd last one among them, give the sums of each."""
    batches = [random_batch(2, size, 3, 4, shared=False) for size in (5, 5, 2)]
    logits = [torch.randn(2, batch.inputs.shape[1], 4) for batch in batches]
    shown = [
        Shown(*pair, pair[0].shape[1]) for pair in zip(logits, (b.classes for b in batches), strict=True)
    ]
    together, (first, *others) = sums(shown), [sums([each]) for each in shown]
    one_by_one = first + others[0] + others[1]
    torch.testing.assert_close(together.loss, one_by_one.loss)
    assert torch.equal(together.correct, one_by_one.correct)
    assert together.examples == one_by_one.examples == 12


def test_cross_entropy_without_labels_says_so() -> None:
    """Cross-entropy on examples without labels names what is missing."""
    batch = Batch(torch.zeros(1, 1, 1), torch.zeros(1, 1, 1), None)
    with pytest.raises(ValueError, match="needs labels"):
        LOSSES["cross_entropy"](torch.zeros(1, 1, 3), batch)
