"""What a line of the result says: ratios, targets, figures with their units."""

import pytest

from benchmarks.comparison import Comparison, Target, figure, goal


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (0.1234, "s", "123 ms"),
        (0.09999, "s", "100 ms"),
        (2.0, "s", "2.00 s"),
        (3.2e-5, "s", "32.0 µs"),
        (1.5e9, "B", "1.50 GB"),
        (9.87e10, "FLOP/s", "98.7 GFLOP/s"),
    ],
)
def test_figures_have_three_digits_and_a_prefix(value: float, unit: str, expected: str) -> None:
    """A reader compares them at a glance."""
    assert figure(value, unit) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(("unit", "ratio"), [("s", 2.0), ("B", 2.0), ("B/s", 0.5), ("FLOP/s", 0.5)])
def test_a_ratio_tells_how_many_times_better_ours_is(unit: str, ratio: float) -> None:
    """Of times and memory less is better, of rates more; medians count, not the outlier."""
    assert Comparison("", unit, (1, 1, 9), "rival", (2, 2, 0)).ratio == ratio  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("target", "theirs", "reached", "said"),
    [
        (Target("ours", 2.0), (3.0,), True, "≤ 2.00 s"),
        (Target("ours", 0.5), (), False, "≤ 500 ms"),
        (Target("ratio", 3.0), (3.0,), True, "≥ 3×"),
        (Target("ratio", 3.5), (3.0,), False, "≥ 3.5×"),
        (Target("ratio", 3.5), (), None, "≥ 3.5×"),
        (None, (3.0,), None, ""),
    ],
)
def test_a_target_is_reached_or_not(
    target: Target | None, theirs: tuple[float, ...], reached: bool | None, said: str
) -> None:
    """Where a rival is not installed nothing is claimed of the ratio."""
    comparison = Comparison("", "s", (1.0,), "rival", theirs, target)
    assert comparison.reached is reached
    assert goal(comparison) == said
