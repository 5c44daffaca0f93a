"""What is written down while a stack trains, and the decisions that follow from it.

Rows stand for the members that the stack had at its start, also for those that have ended since.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hw2.networks.stacked_mlp import StackedMLP
from hw2.training.results import Criterion, Curve, Ending, History, Kept, Run, Series
from hw2.training.schedules import is_over
from hw2.training.settings import Settings

SCORES: Mapping[Criterion, tuple[str, int]] = {
    "lowest train loss": ("train_loss", 1),
    "lowest held-out loss": ("held_out_loss", 1),
    "highest held-out accuracy": ("held_out_accuracy", -1),
}
"""The curve that each criterion looks at, and the sign that makes lower better."""


@dataclass(eq=False)
class Ledger:
    """The record of one stack in training.

    `kept` holds weights by criterion, `series` a probe's measurements as (epoch, values (K, …)), `curves` one
    value for each member and epoch (K, E), NaN after the member's end. `seconds` is each member's share.
    """

    group: tuple[Settings, ...]
    kept: dict[Criterion, StackedMLP]
    endings: list[Ending | None]
    seconds: NDArray[np.float64]  # (K,)
    curves: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    series: dict[str, list[tuple[int, NDArray[np.float32]]]] = field(default_factory=dict)
    epoch: int = 0

    @classmethod
    def empty(cls, group: Sequence[Settings], kept: dict[Criterion, StackedMLP]) -> "Ledger":
        """Open the record of a stack that has not been trained yet."""
        return cls(tuple(group), kept, [None] * len(group), np.zeros(len(group)))

    @property
    def active(self) -> list[int]:
        """The members still training, in the order of the stack."""
        return [k for k, ending in enumerate(self.endings) if ending is None]

    @property
    def latest_loss(self) -> float:
        """The lowest training loss of the latest epoch; infinite where none is finite."""
        losses = self.curves["train_loss"][:, self.epoch - 1]
        return float(losses[np.isfinite(losses)].min(initial=np.inf))

    def next_rates(self) -> list[float]:
        """Return the learning rates of the active members for the epoch that follows."""
        return [
            self.group[k].schedule.rate(
                self.group[k].learning_rate, self._curve("learning_rate", k), self._curve("train_loss", k)
            )
            for k in self.active
        ]

    def record(self, **columns: Sequence[float]) -> None:
        """Write the latest epoch's values of the active members, by the names of their curves."""
        shape = (len(self.group), max(settings.epochs for settings in self.group))
        for name, column in columns.items():
            curve = self.curves.setdefault(name, np.full(shape, np.nan))
            curve[self.active, self.epoch - 1] = column

    def measured(self, probe: str, values: NDArray[np.float32]) -> None:
        """Write what a probe measured on the active members."""
        rows = np.full((len(self.group), *values.shape[1:]), np.nan, np.float32)
        rows[self.active] = values
        self.series.setdefault(probe, []).append((self.epoch, rows))

    def keep_best(self, model: StackedMLP) -> None:
        """Keep the weights of those active members that are better than ever before, by each criterion."""
        for criterion, (name, sign) in SCORES.items():
            if criterion in self.kept:
                score = sign * self.curves[name][:, : self.epoch]
                is_best = score[:, -1] < score[:, :-1].min(axis=1, initial=np.inf)
                self._keep(criterion, model, [k for k in self.active if is_best[k]])

    def end_members(self, model: StackedMLP) -> None:
        """Decide which active members end with this epoch; their weights are the final ones."""
        ended = {k: ending for k in self.active if (ending := self._ending(k))}
        if "final" in self.kept:
            self._keep("final", model, list(ended))
        for k, ending in ended.items():
            self.endings[k] = ending

    def run(self, k: int) -> Run:
        """Close the record of member k, which has ended."""
        ending = self.endings[k]
        if ending is None:
            raise ValueError(f"expected a member that has ended, found member {k} in training")
        return Run(
            settings=self.group[k],
            history=self._history(k),
            kept=self._kept(k),
            probes={name: self._series(name, k) for name in self.series},
            ending=ending,
            duration_s=float(self.seconds[k]),
            stack_duration_s=float(self.seconds.sum()),
            members_in_stack=len(self.group),
        )

    def _curve(self, name: str, k: int) -> Curve:
        """Return a curve of member k up to its end, or to the present epoch."""
        if name not in self.curves:
            return np.empty(0)
        epochs = np.count_nonzero(np.isfinite(self.curves["learning_rate"][k]))
        curve: Curve = self.curves[name][k, :epochs]
        return curve

    def _keep(self, criterion: Criterion, model: StackedMLP, members: Sequence[int]) -> None:
        if members:
            positions = [self.active.index(k) for k in members]
            self.kept[criterion].copy_members(members, model, positions)

    def _ending(self, k: int) -> Ending | None:
        settings = self.group[k]
        losses = self._curve("train_loss", k)
        latest = [
            self.curves[n][k, self.epoch - 1] for n in ("train_loss", "held_out_loss") if n in self.curves
        ]
        if not all(map(math.isfinite, latest)):
            return "diverged"
        if is_over(settings.stop, settings.schedule, self._curve("learning_rate", k), losses):
            return "flat"
        return "all epochs" if self.epoch == settings.epochs else None

    def _history(self, k: int) -> History:
        optional = {
            name: self._curve(name, k) if name in self.curves else None
            for name in ("train_accuracy", "held_out_loss", "held_out_accuracy")
        }
        return History(self._curve("learning_rate", k), self._curve("train_loss", k), **optional)

    def _kept(self, k: int) -> dict[str, Kept]:
        return {
            criterion: Kept(epoch, stack.arrays(k))
            for criterion, stack in self.kept.items()
            if (epoch := self._kept_epoch(criterion, k))
        }

    def _kept_epoch(self, criterion: Criterion, k: int) -> int:
        """Return the epoch whose weights are kept, from 1; 0 where no epoch had a finite score."""
        if criterion == "final":
            return len(self._curve("train_loss", k))
        name, sign = SCORES[criterion]
        score = sign * self._curve(name, k)
        finite = np.where(np.isfinite(score), score, np.inf)
        return int(finite.argmin()) + 1 if np.isfinite(finite).any() else 0

    def _series(self, name: str, k: int) -> Series:
        last = len(self._curve("train_loss", k))
        rows = [(epoch, values[k]) for epoch, values in self.series[name] if epoch <= last]
        shape = self.series[name][0][1].shape[1:]
        values = np.stack([row for _, row in rows]) if rows else np.empty((0, *shape), np.float32)
        return Series(np.array([epoch for epoch, _ in rows], dtype=np.int64), values)
