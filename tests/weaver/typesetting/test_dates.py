"""A report is of the day that it says, or of the day of its newest input."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from weaver.errors import ProjectError
from weaver.typesetting import dates

NEWEST = datetime(2025, 5, 1, 12).timestamp()  # where the user is


@pytest.fixture
def inputs(tmp_path: Path) -> list[Path]:
    """Three files of different age."""
    paths = [tmp_path / name for name in ("old.qmd", "new.csv", "older.py")]
    for path, age in zip(paths, (10, 0, 20), strict=True):
        path.touch()
        os.utime(path, (NEWEST - age * 86400,) * 2)
    return paths


@pytest.mark.parametrize("relative", ["today", "now", "last-modified"])
def test_a_relative_date_is_that_of_the_newest_input(inputs: list[Path], relative: str) -> None:
    """On whatever day the report is built: the clock is not asked."""
    metadata = dates.settled({"title": "A", "date": relative}, lambda: inputs)
    assert metadata == {"title": "A", "date": "2025-05-01"}


def test_the_variable_for_reproducible_builds_comes_first(
    inputs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a clone every file is of today; who packs releases says what day it is."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1630886400")
    relative = {"date": "today", "date-modified": "last-modified"}
    day = "2021-09-06"
    assert dates.settled(relative, lambda: inputs) == {"date": day, "date-modified": day}


@pytest.mark.parametrize("text", ["today", "1e9", "9" * 30])
def test_a_variable_that_is_no_time_is_told(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """The message names the variable and what it holds."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", text)
    with pytest.raises(ProjectError, match=f"SOURCE_DATE_EPOCH: expected seconds since 1970, found '{text}'"):
        dates.epoch()


@pytest.mark.parametrize("metadata", [{}, {"date": "2025-05-01"}, {"date": "May 2025"}, {"date": None}])
def test_any_other_date_stays(metadata: dict[str, object]) -> None:
    """No file is looked at."""

    def refused() -> Iterator[Path]:
        raise AssertionError

    assert dates.settled(metadata, refused) == metadata


@pytest.mark.parametrize(
    ("date", "time"),
    [
        ("2025-05-01", datetime(2025, 5, 1, tzinfo=UTC)),
        (datetime(2025, 5, 1, tzinfo=UTC).date(), datetime(2025, 5, 1, tzinfo=UTC)),
        ("2025-05-01 09:30", datetime(2025, 5, 1, 9, 30, tzinfo=UTC)),
        ("2025-05-01T09:30+10:00", datetime(2025, 5, 1, 9, 30, tzinfo=timezone(timedelta(hours=10)))),
        ("May 2025", None),
        ("", None),
        (None, None),
    ],
)
def test_the_time_of_a_document(date: object, time: datetime | None) -> None:
    """YAML gives dates and texts; a document without a date has no time, least of all 1970."""
    assert dates.of_document({"date": date}) == time
