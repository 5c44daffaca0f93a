"""What a training tells while it goes on; what of it arrives is in `test_execute`."""

import time
from typing import Any

import pytest

from weaver import progress
from weaver.progress import Progress, Report


def test_nothing_happens_where_nobody_listens() -> None:
    """Outside of a kernel a report costs nothing and fails nothing."""
    with progress.epochs("autoencoder", 2) as bar:
        assert bar.send is None
        bar.update(1, loss=0.5)
        bar.update(2)


def test_reports_are_few_and_the_last_is_told() -> None:
    """A thousand quick epochs are a handful of messages, and the end is one of them."""
    sent: list[dict[str, Any]] = []
    bar = Progress("run", 1000, sent.append)
    for epoch in range(1, 1001):
        bar.update(epoch, loss=1 / epoch)
    reports = [Report.from_message(data) for data in sent]
    assert len(reports) < 50
    assert (reports[0].done, reports[-1].done) == (1, 1000)
    assert reports[-1] == Report("run", 1000, 1000, 0.001, reports[-1].left_s)


def test_runs_are_counted_like_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is counted travels with the report; the first tells that nothing is done yet."""
    sent: list[dict[str, Any]] = []

    class Channel:
        send = staticmethod(sent.append)
        close = staticmethod(lambda: None)

    monkeypatch.setattr(progress, "_open_channel", Channel)
    with progress.runs("search", 72) as bar:
        bar.update(0)
        bar.update(72)
    reports = [Report.from_message(data) for data in sent]
    assert [(each.unit, each.done, each.total) for each in reports] == [("run", 0, 72), ("run", 72, 72)]


def test_the_time_left_is_that_of_the_epochs_seen_here() -> None:
    """A training that goes on from a checkpoint does not count the epochs before it as done in no time."""
    sent: list[dict[str, Any]] = []
    bar = Progress("run", 200, sent.append)
    bar.update(100)
    time.sleep(0.11)
    bar.update(101)
    first, second = (Report.from_message(data) for data in sent)
    assert first.left_s is None
    assert second.left_s == pytest.approx(99 * 0.11, rel=0.5)
    assert second.left_s >= 99 * 0.11
