"""The losses of a stack, and their gradients with respect to the outputs.

Both gradients are residuals: predicted probabilities minus labels for cross-entropy after a softmax,
outputs minus targets for the squared error.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from hw2.batches import Batch

Loss = Literal["cross_entropy", "squared_error"]


@dataclass(frozen=True, eq=False)
class Terms:
    """What one batch adds to a loss.

    `slope` × `residuals` is the gradient of `loss` with respect to the outputs.
    """

    loss: Tensor  # (K,), summed over the examples
    correct: Tensor  # (K,), the number of examples classified correctly; NaN without classes
    residuals: Tensor  # (K, B, out)
    slope: float


def cross_entropy(outputs: Tensor, batch: Batch) -> Terms:
    """Return the cross-entropy of the softmax of `outputs` (K, B, C), which is overwritten.

    An example counts as correct when the logit of its label is larger than each of the others. The classes
    are brought to the second axis first, over which torch's softmax is ten times as fast as over the last.
    """
    log_p = outputs.mT.contiguous().log_softmax(1)  # (K, C, B)
    at_label = batch.classes.unsqueeze(1)  # (K, 1, B)
    own = log_p.gather(1, at_label)  # (K, 1, B)
    correct = (log_p >= own).sum(1) == 1  # (K, B)
    minus_one = own.new_full((1,), -1.0).expand_as(own)
    residuals = log_p.exp_().scatter_add_(1, at_label, minus_one)
    return Terms(-own.sum((1, 2)), correct.sum(1), residuals.mT, slope=1.0)


def squared_error(outputs: Tensor, batch: Batch) -> Terms:
    """Return the squared error of `outputs` (K, B, D), which are overwritten, as a mean over the D pixels."""
    pixels = outputs.shape[2]
    residuals = outputs.sub_(batch.clean)
    squares = torch.linalg.vector_norm(residuals, dim=(1, 2)).square()  # faster than squaring each
    no_classes = squares.new_full(squares.shape, math.nan)
    return Terms(squares / pixels, no_classes, residuals, slope=2 / pixels)


LOSSES: Mapping[Loss, Callable[[Tensor, Batch], Terms]] = {
    "cross_entropy": cross_entropy,
    "squared_error": squared_error,
}
