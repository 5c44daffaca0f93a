"""The date of the report, never the clock's: the same inputs give the same bytes on any day.

A report is dated by the `date` of its metadata. Where that is relative to the day on which it is made, the
report is of the day on which its newest input was: nothing has been made since.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from weaver.errors import ProjectError

RELATIVE = frozenset({"today", "now", "last-modified"})  # what Quarto knows
START = datetime.fromtimestamp(0, UTC)  # for what must have a date, in a report that has none
VARIABLE = "SOURCE_DATE_EPOCH"  # https://reproducible-builds.org/specs/source-date-epoch


def settled(metadata: Mapping[str, Any], inputs: Callable[[], Iterable[Path]]) -> Mapping[str, Any]:
    """Return the metadata with the day of the newest input in place of relative dates.

    SOURCE_DATE_EPOCH, where it is set, takes the place of the inputs.
    """
    relative = [key for key in ("date", "date-modified") if str(metadata.get(key)) in RELATIVE]
    if not relative:
        return metadata
    moment = epoch()
    day = moment.date() if moment else _newest(inputs())
    return {**metadata, **dict.fromkeys(relative, day.isoformat())}


def of_document(metadata: Mapping[str, Any]) -> datetime | None:
    """Return the date of a document as a time, None where it has none that is written as in ISO 8601."""
    try:
        found = datetime.fromisoformat(str(metadata.get("date")))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def epoch() -> datetime | None:
    """Return the time that SOURCE_DATE_EPOCH says, None where it is not set.

    Raises:
        ProjectError: it is not a number of seconds since 1970.
    """
    text = os.environ.get(VARIABLE)
    try:
        return datetime.fromtimestamp(int(text), UTC) if text else None
    except (ValueError, OverflowError, OSError):
        raise ProjectError(f"{VARIABLE}: expected seconds since 1970, found {text!r}") from None


def _newest(inputs: Iterable[Path]) -> date:
    """Return the day, where the user is, on which the newest of some files was last changed."""
    return date.fromtimestamp(max(path.stat().st_mtime for path in inputs))
