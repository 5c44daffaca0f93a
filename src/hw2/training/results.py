"""What a training leaves behind: plain records of numpy arrays, which the cache can keep."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hw2.networks.stacked_mlp import Weights
from hw2.training.settings import Settings

Criterion = Literal["final", "lowest train loss", "lowest held-out loss", "highest held-out accuracy"]
Ending = Literal["all epochs", "flat", "diverged"]
Curve = NDArray[np.float64]  # (E,), one value for each epoch


@dataclass(frozen=True)
class Evaluation:
    """How one network does on examples; the accuracy is None without classes."""

    loss: float
    accuracy: float | None


@dataclass(frozen=True, eq=False)
class History:
    """One value for each epoch; index 0 is epoch 1.

    The training curves are means over the batches of the epoch, each taken before its own step. The held-out
    curves are taken after the epoch's last step. What was not measured is None.
    """

    learning_rate: Curve
    train_loss: Curve
    train_accuracy: Curve | None
    held_out_loss: Curve | None
    held_out_accuracy: Curve | None


@dataclass(frozen=True, eq=False)
class Kept:
    """The weights as they were after one epoch, counted from 1."""

    epoch: int
    weights: Weights


@dataclass(frozen=True, eq=False)
class Series:
    """What a probe measured: `values[i]` after `epochs[i]`; epoch 0 is before training."""

    epochs: NDArray[np.int64]  # (M,)
    values: NDArray[np.float32]  # (M, …)


@dataclass(frozen=True, eq=False)
class Run:
    """One trained network.

    `duration_s` is this network's share of the time of its stack, each epoch's time shared evenly among the
    networks that were still training; `stack_duration_s` is the whole stack's.
    """

    settings: Settings
    history: History
    kept: dict[str, Kept]
    probes: dict[str, Series]
    ending: Ending
    duration_s: float
    stack_duration_s: float
    members_in_stack: int

    @property
    def epochs(self) -> int:
        """The number of epochs trained."""
        return len(self.history.train_loss)

    @property
    def diverged(self) -> bool:
        """Whether the loss became NaN or infinite."""
        return self.ending == "diverged"

    @property
    def final(self) -> Weights:
        """The weights after the last epoch."""
        return self.kept["final"].weights
