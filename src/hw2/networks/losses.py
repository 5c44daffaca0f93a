"""The losses of a stack, and their gradients with respect to the outputs.

Both gradients are residuals: predicted probabilities minus labels for cross-entropy after a softmax,
outputs minus targets for the squared error. A step needs no more than them; what the batches showed is summed
up for many of them at once, since on small networks each operation costs as much as its arithmetic.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from hw2.networks.batches import Batch

Loss = Literal["cross_entropy", "squared_error"]


@dataclass(frozen=True, eq=False)
class Shown:
    """What the outputs for a batch showed, from which `sums` tells loss and hits."""

    values: Tensor  # (K, B, C) logits, or (K, 1) squared errors
    classes: Tensor | None  # (K, B)
    examples: int


@dataclass(frozen=True, eq=False)
class Terms:
    """What a loss makes of the outputs for one batch.

    `slope` × `residuals` is the gradient of the loss, summed over the examples, with respect to the outputs.
    """

    residuals: Tensor  # (K, B, out)
    slope: float
    shown: Shown


@dataclass(frozen=True, eq=False)
class Means:
    """Means over examples, one for each member of a stack; the accuracy is NaN without classes."""

    loss: Tensor  # (K,)
    accuracy: Tensor  # (K,)

    @classmethod
    def joined(cls, parts: "Sequence[Means]") -> "Means":
        """Put the means of several stacks into one."""
        return cls(torch.cat([part.loss for part in parts]), torch.cat([part.accuracy for part in parts]))


@dataclass(frozen=True, eq=False)
class Sums:
    """What some examples add to a loss and an accuracy."""

    loss: Tensor  # (K,)
    correct: Tensor  # (K,), the number of examples classified correctly; NaN without classes
    examples: int

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(self.loss + other.loss, self.correct + other.correct, self.examples + other.examples)

    @property
    def means(self) -> Means:
        """The means over these examples."""
        return Means(self.loss / self.examples, self.correct / self.examples)


def cross_entropy(outputs: Tensor, batch: Batch) -> Terms:
    """Return the residuals of the softmax of `outputs` (K, B, C).

    The classes are on the second axis, over which torch's softmax is ten times as fast as over the last.
    """
    at_label = batch.classes.unsqueeze(1)  # (K, 1, B)
    residuals = outputs.mT.softmax(1).scatter_(1, at_label, -1.0, reduce="add")  # (K, C, B)
    return Terms(residuals.mT, 1.0, Shown(outputs, batch.classes, outputs.shape[1]))


def squared_error(outputs: Tensor, batch: Batch) -> Terms:
    """Return the residuals of `outputs` (K, B, D), overwritten; the error is a mean over pixels."""
    _, examples, pixels = outputs.shape
    residuals = outputs.sub_(batch.clean)
    squares = torch.linalg.vector_norm(residuals, dim=(1, 2)).square()  # faster than squaring each
    return Terms(residuals, 2 / pixels, Shown(squares.div_(pixels).unsqueeze(1), None, examples))


def sums(shown: Sequence[Shown]) -> Sums:
    """Sum up what batches showed.

    An example counts as correct when the logit of its label is larger than each of the others.
    """
    values = torch.cat([each.values for each in shown], 1)  # (K, N, C) or (K, N)
    examples = sum(each.examples for each in shown)
    labels = [each.classes for each in shown if each.classes is not None]
    if not labels:
        loss = values.sum(1)
        return Sums(loss, loss.new_full(loss.shape, math.nan), examples)
    log_p = values.mT.contiguous().log_softmax(1)  # (K, C, N)
    own = log_p.gather(1, torch.cat(labels, 1).unsqueeze(1))  # (K, 1, N)
    return Sums(-own.sum((1, 2)), ((log_p >= own).sum(1) == 1).sum(1), examples)


LOSSES: Mapping[Loss, Callable[[Tensor, Batch], Terms]] = {
    "cross_entropy": cross_entropy,
    "squared_error": squared_error,
}
