"""What a check found: each at its file and line, in the order of the files."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from weaver.errors import WeaverError

Kind = Literal["fault", "warning", "notice"]
KINDS: tuple[Kind, ...] = ("fault", "warning", "notice")


@dataclass(frozen=True)
class Finding:
    """One thing at one place, `file:line`.

    A fault stops a build, a warning is told in one that goes on, of notices it tells how many there are, but
    for those that are `told_later`, when the page is set.
    """

    place: str
    text: str
    kind: Kind = "notice"
    told_later: bool = False

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


def fault(error: WeaverError) -> Finding:
    """Return the fault that an error tells, of the report as a whole where it names no place."""
    return Finding(error.place or "report", error.message, "fault")


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings, each once: faults first, then file by file from the top down."""
    return tuple(sorted(dict.fromkeys(findings), key=_rank))


def _rank(finding: Finding) -> tuple[int, str, int]:
    file, _, line = finding.place.rpartition(":")
    place = (file, int(line)) if line.isdigit() else (line, 0)
    return (KINDS.index(finding.kind), *place)
