"""One line of the result: what was measured, ours and a rival's, and what was to be reached."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, Literal

Unit = Literal["s", "B", "B/s", "FLOP/s"]

PREFIXES = {"G": 1e9, "M": 1e6, "k": 1e3, "": 1.0, "m": 1e-3, "µ": 1e-6}


@dataclass(frozen=True)
class Target:
    """What is to be reached: a bound on our own figure, or on how many times better it is than a rival's."""

    of: Literal["ours", "ratio"]
    bound: float


@dataclass(frozen=True)
class Comparison:
    """Samples of ours and of a rival, taken in turns; without a rival's samples `theirs` is empty.

    `note` says why they are missing, or what else a reader must know.
    """

    case: str
    unit: Unit
    ours: tuple[float, ...]
    rival: str = ""
    theirs: tuple[float, ...] = ()
    target: Target | None = None
    note: str = ""

    @property
    def less_is_better(self) -> bool:
        """Whether times or bytes were measured, not rates."""
        return self.unit in ("s", "B")

    @property
    def ratio(self) -> float | None:
        """How many times better our median is than the rival's."""
        if not self.theirs:
            return None
        ours, theirs = median(self.ours), median(self.theirs)
        return theirs / ours if self.less_is_better else ours / theirs

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached; None where there is none, or where its rival is missing."""
        if self.target is None or (self.target.of == "ratio" and self.ratio is None):
            return None
        if self.target.of == "ratio":
            return (self.ratio or 0) >= self.target.bound
        ours = median(self.ours)
        return ours <= self.target.bound if self.less_is_better else ours >= self.target.bound

    def to_json(self) -> dict[str, Any]:
        """Return the comparison as JSON, with what follows from it for other readers."""
        own = asdict(self)
        followed = {
            "ours_median": median(self.ours),
            "theirs_median": median(self.theirs) if self.theirs else None,
            "ratio": self.ratio,
            "reached": self.reached,
        }
        return {**own, **followed}

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> "Comparison":
        """Return the comparison that `to_json` described."""
        target = record["target"]
        return cls(
            record["case"],
            record["unit"],
            tuple(record["ours"]),
            record["rival"],
            tuple(record["theirs"]),
            None if target is None else Target(**target),
            record["note"],
        )


def shown(samples: Sequence[float], unit: Unit) -> str:
    """Write the median of samples with three digits: `12.3 ms`, `1.50 GB/s`; nothing where there are none."""
    return figure(median(samples), unit) if samples else ""


def figure(value: float, unit: Unit) -> str:
    """Write a value with three digits and a prefix to its unit."""
    name, size = next((pair for pair in PREFIXES.items() if value >= 0.9995 * pair[1]), ("µ", 1e-6))
    digits = f"{value / size:#.3g}".rstrip(".")
    return f"{digits} {name}{unit}"


def goal(comparison: Comparison) -> str:
    """Write a target: `≤ 300 ms`, `≥ 8.5×`; nothing where there is none."""
    target = comparison.target
    if target is None:
        return ""
    if target.of == "ratio":
        return f"≥ {target.bound:g}×"
    return f"{'≤' if comparison.less_is_better else '≥'} {figure(target.bound, comparison.unit)}"
