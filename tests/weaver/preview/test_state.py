"""What the preview has to show, and who is told."""

import threading

from weaver.preview.state import Broadcast, News, Pages, RunningChapter, State


def test_who_waits_is_told_the_newest_state() -> None:
    """A listener that was slow misses what lay between; one that has it all waits."""
    broadcast = Broadcast(State())
    first = broadcast.after(0, 1)
    assert first
    broadcast.set(stage="page")
    broadcast.set(stage="pdf")
    newest = broadcast.after(first.number, 1)
    assert newest
    assert newest.state.stage == "pdf"
    assert broadcast.after(newest.number, 0.01) is None


def test_what_is_no_change_is_no_news() -> None:
    """The same values said again wake nobody."""
    broadcast = Broadcast(State(stage="page"))
    number = News(1, broadcast.state).number
    broadcast.set(stage="page", running=None)
    assert broadcast.after(number, 0.01) is None


def test_its_end_wakes_who_waits() -> None:
    """No thread of a browser outlives the preview."""
    broadcast = Broadcast(State())
    waiting = threading.Thread(target=broadcast.after, args=(1, 60))
    waiting.start()
    broadcast.close()
    waiting.join(5)
    assert not waiting.is_alive()
    assert broadcast.closed


def test_a_page_is_told_by_its_digest() -> None:
    """Whoever has it need not fetch it again."""
    one, two = (State(Pages(content, None)).to_json() for content in (b"one", b"two"))
    assert one["page"] != two["page"]
    assert one["pdf"] is None
    assert State(running=RunningChapter("q1", 3)).to_json()["running"]["chapter"] == "q1"
