"""Samples taken in turns: what disturbs the machine for a while disturbs ours and the rivals alike."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Sample = Callable[[], float]


@dataclass(frozen=True)
class Effort:
    """How much is measured; `is_quick` asks for the smallest run that shows that everything works."""

    rounds: int = 5
    is_quick: bool = False


QUICK = Effort(rounds=1, is_quick=True)


def in_turns(contestants: Mapping[str, Sample], effort: Effort) -> dict[str, tuple[float, ...]]:
    """Take a sample of each contestant, then the next of each, …; the first round warms up and is dropped."""
    taken: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(effort.rounds + (not effort.is_quick)):
        for name, sample in contestants.items():
            value = sample()
            if number or effort.is_quick:
                taken[name].append(value)
    return {name: tuple(values) for name, values in taken.items()}


def timed(action: Callable[[], object]) -> Sample:
    """Return what takes the time of an action in seconds."""

    def sample() -> float:
        started = time.perf_counter()
        action()
        return time.perf_counter() - started

    return sample
