"""Which networks train together, and where."""

import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence

import torch

from hw2.networks.stacked_mlp import parameter_count
from hw2.training.settings import Settings, TrainingError

VARIABLE = "DEVICE"
CPU_BUDGET = 2**29
"""Bytes for one stack on a CPU: the same on every machine, so that the same networks share a stack."""

CPU_STEP = 2**24
"""Bytes that a core works on in a step. Larger arrays leave the cache, and are mapped anew each time."""

SHARING = 12
"""From so many members with one batch seed on, batches that are not copied save more than a larger stack."""


def chosen_device() -> torch.device:
    """Return the device that the environment variable DEVICE names; else the GPU where there is one.

    Raises:
        TrainingError: it names neither `cpu` nor `cuda`, or there is no GPU.
    """
    found = torch.cuda.is_available()
    name = os.environ.get(VARIABLE) or ("cuda" if found else "cpu")
    if name not in ("cpu", "cuda"):
        raise TrainingError(f"{VARIABLE}: expected 'cpu' or 'cuda', found {name!r}")
    if name == "cuda" and not found:
        raise TrainingError(f"{VARIABLE}: expected a GPU for 'cuda', found none: set {VARIABLE}=cpu")
    return torch.device(name)


def memory_budget(device: torch.device) -> int:
    """Return how many bytes one stack may take: a fixed number, or half of a GPU's memory."""
    if device.type == "cpu":
        return CPU_BUDGET
    return int(torch.cuda.get_device_properties(device).total_memory) // 2


def memory_bytes(settings: Settings, members: int, *, keep: int = 1) -> int:
    """Estimate the memory of a stack in training, beside the examples.

    4 K (P (2 + m + c) + B (w₀ + 2 Σ wᵢ)) bytes, for P parameters, m copies for the optimiser, c kept sets
    of weights and one to compact the stack; a batch of B inputs of width w₀, and activations and signals
    of widths wᵢ.
    """
    copies = 2 + settings.optimiser.copies + keep
    parameters = parameter_count(settings.widths).total * copies
    return members * (4 * parameters + batch_bytes(settings))


def batch_bytes(settings: Settings) -> int:
    """Return the memory of one member's batch, activations and signals."""
    return 4 * settings.batch_size * (settings.widths[0] + 2 * sum(settings.widths[1:]))


def at_once(settings: Settings, device: torch.device) -> int:
    """Return with how many members a core takes a step at once: on a CPU as many as its cache is good for."""
    if device.type != "cpu":
        return sys.maxsize
    return max(1, CPU_STEP // batch_bytes(settings))


def stacks(members: Sequence[Settings], budget: int, *, keep: int = 1) -> Iterator[tuple[int, ...]]:
    """Group the positions of members into stacks that can train together and fit `budget` bytes.

    Members that share their batches with enough others have a stack without the rest. Within a stack, members
    with the same learning rate are neighbours, as `FusedAdam` wants them.
    """
    sharing = Counter((settings.common, settings.batch_seed) for settings in members)
    groups: dict[tuple[object, ...], list[int]] = {}
    for position, settings in enumerate(members):
        shares = sharing[settings.common, settings.batch_seed] >= SHARING
        key = (settings.common, settings.batch_seed if shares else None)
        groups.setdefault(key, []).append(position)
    for group in groups.values():
        size = max(1, budget // memory_bytes(members[group[0]], 1, keep=keep))
        ordered = sorted(group, key=lambda position: members[position].learning_rate)
        yield from (tuple(ordered[i : i + size]) for i in range(0, len(ordered), size))
