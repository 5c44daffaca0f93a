"""What executing a chapter gives, as a record that can be kept as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Output = Mapping[str, Any]


@dataclass(frozen=True)
class Execution:
    """What a chapter's kernel gave, in the order of the chapter.

    `outputs` has a list for each chunk, in nbformat's form; `values` a piece of Markdown for each inline
    expression; `opened` the SHA-256 of each file below the project that the code tried to read, None for one
    that was not there.
    """

    outputs: tuple[tuple[Output, ...], ...]
    values: tuple[str, ...]
    opened: Mapping[str, str | None]

    def to_json(self) -> dict[str, Any]:
        """Return the record in JSON's types."""
        return {
            "outputs": [list(outputs) for outputs in self.outputs],
            "values": list(self.values),
            "opened": dict(self.opened),
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> "Execution":
        """Read what `to_json` returned.

        Raises:
            ValueError: the record is not of its types.
        """
        if not _is_execution(record):
            raise ValueError(f"expected an execution's outputs, values and files, found {', '.join(record)}")
        outputs = tuple(tuple(outputs) for outputs in record["outputs"])
        return cls(outputs, tuple(record["values"]), dict(record["opened"]))


def _is_execution(record: Mapping[str, Any]) -> bool:
    outputs, values, opened = (record.get(part) for part in ("outputs", "values", "opened"))
    return (
        isinstance(outputs, list)
        and all(isinstance(chunk, list) and all(isinstance(one, dict) for one in chunk) for chunk in outputs)
        and isinstance(values, list)
        and all(isinstance(value, str) for value in values)
        and isinstance(opened, dict)
        and all(digest is None or isinstance(digest, str) for digest in opened.values())
    )
