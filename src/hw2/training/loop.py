"""Training: fit → stack → epoch → step, with an evaluation after each epoch.

Networks of one architecture train as one stack, each with its own learning rate, schedule and end. Within
an epoch nothing leaves the device. After it, losses and accuracies come to the host, where schedules and
stopping rules decide for each member; one that has ended is taken out of the stack and costs nothing
more.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from hashlib import sha256
from itertools import islice
from operator import add
from time import perf_counter

import numpy as np
import torch

from hw2.networks.backward import backward
from hw2.networks.batches import Batch, Batches, Examples, Tensors
from hw2.networks.losses import LOSSES, Loss, Means, Shown, sums
from hw2.networks.optimisers import Updater, updater
from hw2.networks.stacked_mlp import StackedMLP
from hw2.training.checkpoints import Checkpoints
from hw2.training.core_pool import Cores, at_hand
from hw2.training.evaluation import evaluation
from hw2.training.probes import Measure, Probe
from hw2.training.recorder import Ledger
from hw2.training.results import Criterion, Run
from hw2.training.settings import Settings, TrainingError
from hw2.training.stacking import at_once, chosen_device, memory_budget, stacks
from weaver import progress
from weaver.cache import checkpoint

SUMMED_AT_ONCE = 16  # batches


@dataclass(frozen=True, eq=False)
class Task:
    """What all stacks of one call have in common, on the device."""

    train: Tensors
    held_out: Tensors | None
    keep: tuple[Criterion, ...]
    probes: tuple[tuple[Probe, Measure], ...]
    digest: str
    cores: Cores

    @property
    def device(self) -> torch.device:
        """Where the training takes place."""
        return self.train.inputs.device


def fit(
    members: Sequence[Settings],
    train: Examples,
    held_out: Examples | None = None,
    *,
    keep: Sequence[Criterion] = ("final",),
    probes: Sequence[Probe] = (),
) -> tuple[Run, ...]:
    """Train a network for each of the settings, and return the runs in the order asked.

    Those of one architecture, loss, optimiser, batch size and corruption train as one stack, on the GPU
    where there is one. Each equals the network trained alone to float tolerance, and on a CPU the same
    call gives the same bits. `keep` names the epochs whose weights are kept: the last, or the first of
    the best by a criterion.

    Raises:
        TrainingError: the examples do not fit the settings, or nothing is held out for what needs it.
    """
    _check(members, train, held_out, keep, probes)
    device = chosen_device()
    runs: dict[int, Run] = {}
    with at_hand(device) as cores:
        task = Task(
            train=Tensors.on(device, train),
            held_out=None if held_out is None else Tensors.on(device, held_out),
            keep=tuple(keep),
            digest=_digest(train, held_out, keep, probes),
            probes=tuple((probe, probe.on(device)) for probe in probes),
            cores=cores,
        )
        for stack in stacks(members, memory_budget(device), keep=len(keep)):
            runs |= zip(stack, train_stack([members[i] for i in stack], task), strict=True)
    return tuple(runs[i] for i in range(len(members)))


@torch.inference_mode()
def train_stack(group: Sequence[Settings], task: Task) -> tuple[Run, ...]:
    """Train networks that have in common what a stack needs, until the last has ended."""
    name = sha256(repr((task.digest, group)).encode()).hexdigest()
    checkpoints = Checkpoints(checkpoint(f"stack.{name}"))
    ledger, at_work = checkpoints.load(group, task.device) or begin(group, task)
    description = f"{len(group)} × {'-'.join(map(str, group[0].widths))}"
    with progress.epochs(description, max(settings.epochs for settings in group)) as bar:
        while ledger.active:
            at_work = advance(ledger, at_work, task)
            checkpoints.save_if_due(ledger, at_work)
            bar.update(ledger.epoch, loss=ledger.latest_loss)
    return tuple(ledger.run(k) for k in range(len(group)))


def begin(group: Sequence[Settings], task: Task) -> tuple[Ledger, Updater]:
    """Initialise the networks of a stack and measure them before training."""
    model = StackedMLP.initialised(group[0].widths, [settings.seed for settings in group])
    model = model.to(task.device)
    ledger = Ledger.empty(group, {criterion: model.zeros_like() for criterion in task.keep})
    _measure(ledger, model, task)
    return ledger, updater(group[0].optimiser, model)


def advance(ledger: Ledger, at_work: Updater, task: Task) -> Updater:
    """Train one epoch and write down what came of it; return the updater of the members that go on."""
    started = perf_counter()
    active = ledger.active
    ledger.epoch += 1
    settings = ledger.group[0]
    rates = ledger.next_rates()
    means = train_members(at_work, rates, ledger, task)
    ledger.record(learning_rate=rates, **_columns("train", means, settings.loss))
    if task.held_out is not None:
        means = evaluation(at_work.model, task.held_out, settings.loss)
        ledger.record(**_columns("held_out", means, settings.loss))
    ledger.keep_best(at_work.model)
    _measure(ledger, at_work.model, task)
    ledger.end_members(at_work.model)
    ledger.seconds[active] += (perf_counter() - started) / len(active)
    return at_work if ledger.active == active else _compacted(at_work, active, ledger)


def train_members(at_work: Updater, rates: Sequence[float], ledger: Ledger, task: Task) -> Means:
    """Train one epoch, each core some of the members; return the means of all."""
    shares = task.cores.shares(len(rates), at_once(ledger.group[0], task.device))
    parts = [at_work.part(share, rates[share]) for share in shares]
    loss = ledger.group[0].loss
    jobs = [
        partial(train_epoch, part, _batches(ledger, task, share), loss)
        for part, share in zip(parts, shares, strict=True)
    ]
    means = Means.joined(task.cores.run(jobs))
    at_work.steps = parts[0].steps
    return means


@torch.inference_mode()
def train_epoch(at_work: Updater, batches: Iterable[Batch], loss: Loss) -> Means:
    """Take a step for each batch; return the means of what the networks showed."""
    steps = (step(at_work, batch, loss) for batch in batches)
    parts = iter(lambda: tuple(islice(steps, SUMMED_AT_ONCE)), ())
    return reduce(add, map(sums, parts)).means


def step(at_work: Updater, batch: Batch, loss: Loss) -> Shown:
    """Take a step down the batch's mean loss; return what was shown before it."""
    activations = at_work.model.activations(batch.inputs)
    terms = LOSSES[loss](activations[-1], batch)
    per_example = terms.slope / batch.inputs.shape[1]
    signals = terms.residuals.mul_(at_work.scale * per_example)
    backward(at_work.model, activations, signals, at_work.target, at_work.keep)
    at_work.update()
    return terms.shown


def _batches(ledger: Ledger, task: Task, share: slice) -> Iterator[Batch]:
    settings = ledger.group[0]
    seeds = tuple(ledger.group[k].batch_seed for k in ledger.active[share])
    batches = Batches(task.train, seeds, settings.batch_size, settings.corruption)
    return batches.of_epoch(ledger.epoch)


def _columns(part: str, means: Means, loss: Loss) -> dict[str, list[float]]:
    """Bring means to the host, by the names of their curves."""
    columns = {f"{part}_loss": means.loss.tolist()}
    if loss == "cross_entropy":
        columns[f"{part}_accuracy"] = means.accuracy.tolist()
    return columns


def _measure(ledger: Ledger, model: StackedMLP, task: Task) -> None:
    for probe, measure in task.probes:
        if probe.is_due(ledger.epoch):
            ledger.measured(probe.name, measure(model).float().cpu().numpy())


def _compacted(at_work: Updater, before: Sequence[int], ledger: Ledger) -> Updater:
    """Take the members that have ended out of the stack and the optimiser's moments."""
    going_on = [before.index(k) for k in ledger.active]
    model = at_work.model.subset(going_on)
    moments = {name: moment.subset(going_on) for name, moment in at_work.moments.items()}
    return updater(ledger.group[0].optimiser, model, moments, at_work.steps)


def _digest(
    train: Examples, held_out: Examples | None, keep: Sequence[Criterion], probes: Sequence[Probe]
) -> str:
    """Return what tells this call from others, so that none takes up the checkpoint of another."""
    digest = sha256(repr((tuple(keep), [probe.name for probe in probes])).encode())
    for examples in filter(None, (train, held_out)):
        for array in (examples.inputs, examples.labels, examples.black):
            digest.update(b"" if array is None else np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _check(
    members: Sequence[Settings],
    train: Examples,
    held_out: Examples | None,
    keep: Sequence[Criterion],
    probes: Sequence[Probe],
) -> None:
    for examples in filter(None, (train, held_out)):
        for settings in members:
            _check_fit(settings, examples)
    needs = [criterion for criterion in keep if "held-out" in criterion]
    if needs and held_out is None:
        raise TrainingError(f"keep={needs}: expected held-out examples, found none")
    if len({probe.name for probe in probes}) < len(probes):
        raise TrainingError(f"expected probes of different names, found {[p.name for p in probes]}")


def _check_fit(settings: Settings, examples: Examples) -> None:
    """Compare the widths of a network with the examples."""
    inputs, outputs = settings.widths[0], settings.widths[-1]
    if examples.inputs.ndim != 2 or examples.inputs.shape[1] != inputs or not len(examples.inputs):
        raise TrainingError(
            f"expected inputs of shape (N, {inputs}), as the first of the widths {settings.widths},"
            f" found {examples.inputs.shape}"
        )
    if settings.loss == "squared_error" and outputs != inputs:
        raise TrainingError(
            f"expected an autoencoder with as many outputs as inputs, found {settings.widths}"
        )
    if settings.loss == "cross_entropy":
        _check_labels(examples, outputs)


def _check_labels(examples: Examples, classes: int) -> None:
    labels, expected = examples.labels, f"expected {len(examples.inputs)} labels from 0 to {classes - 1}"
    if labels is None:
        raise TrainingError(f"{expected}, found none: cross-entropy needs Examples(inputs, labels)")
    if labels.shape != (len(examples.inputs),) or labels.min() < 0 or labels.max() >= classes:
        raise TrainingError(f"{expected}, found shape {labels.shape}, {labels.min()} to {labels.max()}")
