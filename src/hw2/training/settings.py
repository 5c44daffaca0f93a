"""What defines the training of one network, beside its examples."""

from dataclasses import dataclass, field

from hw2.networks.batches import Corruption
from hw2.networks.losses import Loss
from hw2.networks.optimisers import SGD, Optimiser
from hw2.networks.stacked_mlp import Widths
from hw2.training.schedules import Constant, Flat, Schedule


class TrainingError(ValueError):
    """Settings that cannot be trained, or examples that do not fit them."""


@dataclass(frozen=True)
class Settings:
    """The training of one network.

    A run is a pure function of its settings and its examples: `seed` draws the first weights,
    `batch_seed` the order of the examples and their corruption. The training ends after `epochs`, or
    earlier where the training loss is flat by the rule `stop` at the last rate that the schedule gives.

    Raises:
        TrainingError: a number is out of its range.
    """

    widths: Widths
    learning_rate: float
    epochs: int
    loss: Loss = "cross_entropy"
    optimiser: Optimiser = field(default_factory=SGD)
    schedule: Schedule = field(default_factory=Constant)
    stop: Flat | None = None
    batch_size: int = 64
    seed: int = 0
    batch_seed: int = 0
    corruption: Corruption | None = None

    def __post_init__(self) -> None:
        checks = {
            "widths: expected at least an input and an output, all positive": len(self.widths) > 1
            and min(self.widths) > 0,
            "learning_rate: expected more than 0": self.learning_rate > 0,
            "epochs: expected at least 1": self.epochs > 0,
            "batch_size: expected at least 1": self.batch_size > 0,
            "seed and batch_seed: expected 0 or more": min(self.seed, self.batch_seed) >= 0,
        }
        for expected, holds in checks.items():
            if not holds:
                raise TrainingError(f"{expected}, found {self}")

    @property
    def common(self) -> tuple[object, ...]:
        """What the members of one stack must have in common."""
        return (self.widths, self.loss, self.optimiser, self.batch_size, self.corruption)
