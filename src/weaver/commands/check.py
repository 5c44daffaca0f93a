"""What is wrong or doubtful in a report, before anything runs, as lines and as JSON."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from weaver.checking.check import Checked
from weaver.errors import CheckError
from weaver.paths import PARENT

SHOWN = ("place", "text", "kind")


def lines(checked: Checked) -> Iterator[str]:
    """Yield a line for each finding; what stops nothing says so."""
    for one in checked.findings:
        yield str(one) if one.kind == "fault" else f"{one.place}: {one.kind}: {one.text}"


def record(checked: Checked) -> list[dict[str, Any]]:
    """Return all findings in JSON's types."""
    return [{key: value for key, value in asdict(one).items() if key in SHOWN} for one in checked.findings]


def judge(checked: Checked, *, strict: bool) -> str:
    """Return in a line that all is well, with the number of notices.

    Raises:
        CheckError: it is not; for a `strict` judge notices are as bad.
    """
    bad = [one for one in checked.findings if strict or one.kind != "notice"]
    if bad:
        raise CheckError(f"{PARENT.stem}: {_count(len(bad), 'thing')} to mend, listed above")
    return f"{PARENT.stem}: nothing to mend, {_count(len(checked.findings), 'notice')}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
