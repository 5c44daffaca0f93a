"""The memory of the largest stack, in small."""

from dataclasses import replace

from benchmarks import memory
from hw2.training.stacking import CPU_BUDGET, memory_bytes


def test_the_largest_stack_is_one() -> None:
    """It fits the memory of a stack, so that the figure printed is that of a stack that trains."""
    members = memory.largest()
    assert len({member.common for member in members}) == 1
    assert memory_bytes(members[0], len(members)) <= CPU_BUDGET


def test_the_process_grows_by_no_less_than_nothing() -> None:
    """A few members train, and the largest memory never shrinks."""
    members = [replace(member, widths=(4096, 2, 4096)) for member in memory.largest()[:2]]
    assert memory.growth(members) >= 0
