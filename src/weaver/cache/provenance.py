"""Where a result came from: what its record says beside the result itself."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from platform import python_version
from typing import Any

from weaver.cache.argument_key import JSON
from weaver.cache.codec import MismatchError, ValuePlace
from weaver.cache.codec_of_type import codec
from weaver.dependencies.counted_code import CountedCode
from weaver.revision import commit

PARTS = {
    "function",
    "settings",
    "basis",
    "inputs",
    "under",
    "printed",
    "digests",
    "provenance",
    "result",
}  # of the record of a result


@dataclass(frozen=True)
class Provenance:
    """When, how and with what a result was computed.

    `created` is a time in UTC; `duration_s` is in seconds, the share of one where `members` results were
    computed together; `uses` has the keys of the entries that were used on the way.
    """

    created: str
    duration_s: float
    members: int
    uses: tuple[str, ...]
    versions: Mapping[str, str]
    commit: str | None


CODEC, PLACE = codec(Provenance, "Provenance"), ValuePlace("provenance", {})


def provenance(
    root: Path, counted: Iterable[CountedCode], duration_s: float, uses: Iterable[str], members: int
) -> Provenance:
    """Return the provenance of what has just been computed from this code."""
    packages = {name: version for each in counted for name, version in each.packages.items()}
    return Provenance(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        duration_s=duration_s,
        members=members,
        uses=tuple(sorted(set(uses))),
        versions={"python": python_version(), **packages},
        commit=commit(root),
    )


def to_json(source: Provenance) -> JSON:
    """Return a provenance as a part of a record."""
    return CODEC.encode(source, PLACE)


def from_record(record: Mapping[str, Any]) -> Provenance:
    """Read the provenance of a result from its record.

    Raises:
        MismatchError: this is not the record of a result.
    """
    if record.keys() != PARTS:
        raise MismatchError(f"expected a record of {', '.join(sorted(PARTS))}, found {', '.join(record)}")
    source: Provenance = CODEC.decode(record["provenance"], PLACE)
    return source
