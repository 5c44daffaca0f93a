"""The results of the latest runs, group by group, in `build/benchmarks.json`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.comparison import Comparison
from benchmarks.machine import Machine

FILE = Path("build/benchmarks.json")


@dataclass(frozen=True)
class Result:
    """What one run measured of one group of cases, where and when; `is_quick`: figures of no worth."""

    title: str
    machine: Machine
    date: str
    is_quick: bool
    comparisons: tuple[Comparison, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the result as JSON."""
        return {**asdict(self), "comparisons": [each.to_json() for each in self.comparisons]}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> "Result":
        """Return the result that `to_json` described."""
        comparisons = tuple(map(Comparison.from_json, record["comparisons"]))
        return cls(
            record["title"], Machine(**record["machine"]), record["date"], record["is_quick"], comparisons
        )


def result(title: str, machine: Machine, is_quick: bool, comparisons: Sequence[Comparison]) -> Result:
    """Date what was measured just now."""
    return Result(title, machine, datetime.now(UTC).date().isoformat(), is_quick, tuple(comparisons))


def read(path: Path = FILE) -> dict[str, Result]:
    """Return the latest result of each group that has one."""
    if not path.is_file():
        return {}
    records = json.loads(path.read_text(encoding="utf-8"))
    return {group: Result.from_json(record) for group, record in records.items()}


def write(group: str, measured: Result, path: Path = FILE) -> None:
    """Put the result of a group in the place of its last; the other groups keep theirs."""
    known = {**read(path), group: measured}
    path.parent.mkdir(parents=True, exist_ok=True)
    records = {name: each.to_json() for name, each in known.items()}
    path.write_text(json.dumps(records, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
