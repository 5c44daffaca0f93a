"""The state of a stack between two epochs, kept so that a training that was killed goes on where it was.

Batches, corruption, rates and stopping rules follow from the settings, the epoch and the curves, so a resumed
training needs nothing beside what is kept here, and on a CPU it ends with the same bits.
"""

from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any

import torch
from numpy.typing import NDArray

from hw2.networks.optimisers import Updater, updater
from hw2.networks.stacked_mlp import StackedMLP
from hw2.training.recorder import Ledger
from hw2.training.settings import Settings
from weaver.cache import Checkpoint

INTERVAL_S = 5.0
LARGEST_SHARE = 0.015
BYTES_PER_S = 2e8
"""A cautious guess at how fast the store writes and verifies, until the first state has shown it."""

Arrays = Mapping[str, NDArray[Any]]


class Checkpoints:
    """The checkpoints of one stack: one in `INTERVAL_S`, and at most `LARGEST_SHARE` of the time for them."""

    def __init__(self, place: Checkpoint) -> None:
        self.place = place
        self.saved = monotonic()
        self.cost_s: float | None = None

    def save_if_due(self, ledger: Ledger, at_work: Updater) -> None:
        """Keep the state after an epoch, where the time has come."""
        started = monotonic()
        cost_s = _size(ledger, at_work) / BYTES_PER_S if self.cost_s is None else self.cost_s
        if started - self.saved < max(INTERVAL_S, cost_s / LARGEST_SHARE):
            return
        self.place.save(*to_entry(ledger, at_work))
        self.saved = monotonic()
        self.cost_s = self.saved - started

    def load(self, group: Sequence[Settings], device: torch.device) -> tuple[Ledger, Updater] | None:
        """Return the state that an earlier attempt left behind; None where there is none."""
        entry = self.place.load()
        return None if entry is None else from_entry(entry.record, entry.arrays, group, device)


def _size(ledger: Ledger, at_work: Updater) -> int:
    """Return about how many bytes a state has."""
    stacks = (at_work.model, *at_work.moments.values(), *ledger.kept.values())
    return sum(tensor.nbytes for stack in stacks for tensor in stack.tensors())


def to_entry(ledger: Ledger, at_work: Updater) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Describe the state as a JSON record and arrays by name."""
    record = {
        "epoch": ledger.epoch,
        "steps": at_work.steps,
        "endings": ledger.endings,
        "moments": list(at_work.moments),
        "kept": list(ledger.kept),
        "curves": list(ledger.curves),
        "series": {name: [epoch for epoch, _ in rows] for name, rows in ledger.series.items()},
    }
    arrays: dict[str, NDArray[Any]] = {"seconds": ledger.seconds}
    arrays |= {f"curve/{name}": curve for name, curve in ledger.curves.items()}
    for name, rows in ledger.series.items():
        arrays |= {f"series/{name}/{epoch}": values for epoch, values in rows}
    for name, stack in [("model", at_work.model), *at_work.moments.items(), *ledger.kept.items()]:
        arrays |= {f"stack/{name}/{i}": tensor.cpu().numpy() for i, tensor in enumerate(stack.tensors())}
    return record, arrays


def from_entry(
    record: Mapping[str, Any], arrays: Arrays, group: Sequence[Settings], device: torch.device
) -> tuple[Ledger, Updater]:
    """Return the state that `to_entry` described."""

    def stack(name: str) -> StackedMLP:
        layers = len(group[0].widths) - 1
        tensors = [torch.tensor(arrays[f"stack/{name}/{i}"], device=device) for i in range(2 * layers)]
        return StackedMLP(tuple(tensors[:layers]), tuple(tensors[layers:]))

    ledger = Ledger(
        group=tuple(group),
        kept={criterion: stack(criterion) for criterion in record["kept"]},
        endings=list(record["endings"]),
        seconds=arrays["seconds"].copy(),
        curves={name: arrays[f"curve/{name}"].copy() for name in record["curves"]},
        series={
            name: [(epoch, arrays[f"series/{name}/{epoch}"]) for epoch in epochs]
            for name, epochs in record["series"].items()
        },
        epoch=record["epoch"],
    )
    moments = {name: stack(name) for name in record["moments"]}
    return ledger, updater(group[0].optimiser, stack("model"), moments, record["steps"])
