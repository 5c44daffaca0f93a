"""The one way from settings to trained networks: through the cache, each with its footprint."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hw2.networks.batches import Examples
from hw2.networks.stacked_mlp import Weights
from hw2.training import energy
from hw2.training.energy import Footprint
from hw2.training.loop import fit
from hw2.training.probes import Probe
from hw2.training.results import Criterion, Run
from hw2.training.settings import Settings
from weaver import cache


@dataclass(frozen=True, eq=False)
class Trained:
    """A trained network and its part in the energy of the stack that it trained in."""

    run: Run
    footprint: Footprint


def train(
    members: Sequence[Settings],
    examples: Examples,
    held_out: Examples | None = None,
    *,
    keep: tuple[Criterion, ...] = ("final",),
    probes: tuple[Probe, ...] = (),
) -> tuple[Trained, ...]:
    """Return trained networks: those that are not kept train here, or on the cluster where there is one."""
    return cache.map(metered_fit, members, examples, held_out, keep=keep, probes=probes)


@cache.cached_members
def metered_fit(
    members: Sequence[Settings],
    examples: Examples,
    held_out: Examples | None = None,
    *,
    keep: tuple[Criterion, ...] = ("final",),
    probes: tuple[Probe, ...] = (),
) -> tuple[Trained, ...]:
    """Train networks, those of one architecture together, and measure their energy.

    The energy of a call is shared among its networks in proportion to their time; it is that of the whole
    machine while they trained. Epochs that a training did before it was killed count with the mean power of
    those after it.
    """
    runs, footprint = energy.measure(lambda: fit(members, examples, held_out, keep=keep, probes=probes))
    measured_s = min(footprint.duration_s, sum(run.duration_s for run in runs))
    return tuple(Trained(run, footprint.share(run.duration_s / measured_s)) for run in runs)


def seeded(settings: Settings, seeds: Sequence[int]) -> tuple[Settings, ...]:
    """Return the settings once for each seed, which draws the first weights and the order of examples."""
    return tuple(replace(settings, seed=seed, batch_seed=seed) for seed in seeds)


def final_weights(trained: Sequence[Trained]) -> tuple[Weights, ...]:
    """Return the weights at the end of those trainings that have not diverged."""
    return tuple(each.run.final for each in trained if not each.run.diverged)
