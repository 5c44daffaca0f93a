"""Samples in turns."""

from benchmarks.timing import QUICK, Effort, in_turns, timed


def test_contestants_take_turns_and_the_first_round_is_dropped() -> None:
    """So a disturbance meets all of them, and nobody pays for imports."""
    order: list[str] = []

    def sample(name: str) -> float:
        order.append(name)
        return float(len(order))

    taken = in_turns({name: lambda name=name: sample(name) for name in "ab"}, Effort(rounds=2))
    assert order == ["a", "b"] * 3
    assert taken == {"a": (3.0, 5.0), "b": (4.0, 6.0)}


def test_a_quick_run_takes_one_sample() -> None:
    """It shows that everything works, nothing else."""
    assert in_turns({"a": lambda: 1.0}, QUICK) == {"a": (1.0,)}


def test_a_timed_action_is_done_once_a_sample() -> None:
    """Its time is in seconds."""
    done: list[int] = []
    assert 0 <= timed(lambda: done.append(1))() < 1
    assert done == [1]
