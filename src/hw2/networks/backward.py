"""The gradient of a stack, by hand: on small networks autograd costs as much as the products."""

from collections.abc import Sequence

import torch
from torch import Tensor

from hw2.networks.stacked_mlp import StackedMLP


def backward(
    model: StackedMLP,
    activations: Sequence[Tensor],
    signals: Tensor,
    target: StackedMLP,
    keep: float,
) -> None:
    """Multiply `target` by `keep` and add the gradient of the model's parameters to it.

    `activations` are those of the forward pass, `signals` (K, B, out) the gradient with respect to the
    outputs. `target` may be the model itself: a layer's weights are read before they are written.
    """
    relu_backward = torch.ops.aten.threshold_backward.grad_input  # passes where a unit was above a threshold
    ones = signals.new_ones(1, 1, signals.shape[1]).expand(model.members, -1, -1)  # (K, 1, B)
    for layer in reversed(range(len(model.weights))):
        inputs = activations[layer]  # (K, B, in)
        below = torch.bmm(signals, model.weights[layer]) if layer else signals  # (K, B, in)
        target.weights[layer].baddbmm_(signals.mT, inputs, beta=keep)
        target.biases[layer].baddbmm_(ones, signals, beta=keep)
        signals = relu_backward(below, inputs, 0, grad_input=below) if layer else below
