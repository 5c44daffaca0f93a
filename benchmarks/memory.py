"""The memory of the report's largest stack: by the formula, and as this process grows when it trains.

.venv/bin/python -m benchmarks.memory
"""

import resource
import sys
from collections.abc import Sequence
from dataclasses import replace

from benchmarks.workloads import autoencoder
from hw2 import profile
from hw2.questions.q1 import autoencoders, learning_rate_sweep
from hw2.training.loop import fit
from hw2.training.settings import Settings
from hw2.training.stacking import memory_bytes
from weaver.cache import bypass

MIB = 2**20


def largest() -> tuple[Settings, ...]:
    """Return the members of the largest stack of the full report: a search for a learning rate, cut short."""
    units = min(autoencoders.UNITS)
    settings = replace(autoencoder(units, 1).settings, epochs=1)
    seeds = autoencoders.search_seeds(units, profile.FULL)
    return learning_rate_sweep.members(settings, autoencoders.RATES, seeds)


def growth(members: Sequence[Settings]) -> int:
    """Train networks and return by how many bytes the largest memory of this process grows."""
    examples = autoencoder(members[0].widths[1], 1).examples
    with bypass():
        fit(members[:1], examples)  # what is loaded on first use
        before = _peak()
        fit(members, examples)
    return _peak() - before


def main() -> None:
    """Print both figures."""
    members = largest()
    name = "-".join(map(str, members[0].widths))
    by_formula, measured = memory_bytes(members[0], len(members)) / MIB, growth(members) / MIB
    print(f"{len(members)} × {name}: {by_formula:.0f} MiB by the formula, {measured:.0f} MiB measured")


def _peak() -> int:
    """Return the largest memory that this process has had, in bytes: macOS counts in them, Linux in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    main()
