"""How the learning rate of a member changes, and when its training ends.

Both are functions of what the history holds after each epoch, the training losses and the learning rates, so
there is no further state to keep. One rule says what flat means, for both: over the last `window` epochs the
mean training loss is lower than over the `window` epochs before by less than the share `tolerance`. Only
epochs at the present learning rate count.
"""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]  # (E,), one for each epoch so far


@dataclass(frozen=True)
class Flat:
    """The rule that a training loss is flat; as a stopping rule it ends the training there."""

    window: int = 10
    tolerance: float = 0.01

    def holds(self, losses: Values) -> bool:
        """Say whether the last losses are flat; False while there are fewer than two windows of them."""
        if len(losses) < 2 * self.window:
            return False
        recent = losses[-self.window :].mean()
        before = losses[-2 * self.window : -self.window].mean()
        return bool(recent >= (1 - self.tolerance) * before)

    def first(self, losses: Values) -> int | None:
        """Return the first epoch, counted from 1, with which the losses are flat; None without one."""
        epochs = range(1, len(losses) + 1)
        return next((epoch for epoch in epochs if self.holds(losses[:epoch])), None)


@dataclass(frozen=True)
class Constant:
    """The same learning rate in every epoch."""

    def rate(self, first: float, rates: Values, losses: Values) -> float:  # noqa: ARG002
        """Return the rate of the next epoch, after epochs at `rates` that ended with `losses`."""
        return first

    def is_final(self, rates: Values) -> bool:  # noqa: ARG002
        """Say whether the rate will not change any more."""
        return True


@dataclass(frozen=True)
class Steps:
    """The rate is multiplied by `factor` at the end of each of the given epochs, counted from 1."""

    epochs: tuple[int, ...]
    factor: float = 0.1

    def rate(self, first: float, rates: Values, losses: Values) -> float:  # noqa: ARG002
        """Return the rate of the next epoch, after epochs at `rates` that ended with `losses`."""
        return first * self.factor ** sum(epoch <= len(rates) for epoch in self.epochs)

    def is_final(self, rates: Values) -> bool:
        """Say whether the rate will not change any more."""
        return all(epoch <= len(rates) for epoch in self.epochs)


@dataclass(frozen=True)
class Plateau:
    """The rate is multiplied by `factor` when the training loss is flat, at most `drops` times."""

    flat: Flat = field(default_factory=Flat)
    factor: float = 0.1
    drops: int = 1

    def rate(self, first: float, rates: Values, losses: Values) -> float:
        """Return the rate of the next epoch, after epochs at `rates` that ended with `losses`."""
        drops = changes(rates)
        if drops < self.drops and self.flat.holds(_latest(losses, rates)):
            drops += 1
        return first * self.factor**drops

    def is_final(self, rates: Values) -> bool:
        """Say whether the rate will not change any more."""
        return changes(rates) == self.drops


@dataclass(frozen=True)
class Cosine:
    """Half a cosine from the first rate down to its share `final`, over `epochs` and without restarts.

    Loshchilov and Hutter 2017, arXiv:1608.03983; the rate of epoch e, from 1, is that at (e − 1)/`epochs`.
    """

    epochs: int
    final: float = 0.0

    def rate(self, first: float, rates: Values, losses: Values) -> float:  # noqa: ARG002
        """Return the rate of the next epoch, after epochs at `rates` that ended with `losses`."""
        done = min(len(rates) / self.epochs, 1.0)
        return first * (self.final + (1 - self.final) * (1 + math.cos(math.pi * done)) / 2)

    def is_final(self, rates: Values) -> bool:
        """Say whether the rate will not change any more."""
        return len(rates) > self.epochs


Schedule = Constant | Steps | Plateau | Cosine


def changes(rates: Values) -> int:
    """Count the changes of the learning rate so far."""
    return int(np.count_nonzero(np.diff(rates)))


def is_over(stop: Flat | None, schedule: Schedule, rates: Values, losses: Values) -> bool:
    """Say whether a training has ended: its loss is flat at the last rate that its schedule gives."""
    if stop is None or not schedule.is_final(rates):
        return False
    return stop.holds(_latest(losses, rates))


def _latest(losses: Values, rates: Values) -> Values:
    """Return the losses of the epochs since the last change of the learning rate."""
    changed = np.flatnonzero(np.diff(rates))
    return losses[changed[-1] + 1 :] if len(changed) else losses
