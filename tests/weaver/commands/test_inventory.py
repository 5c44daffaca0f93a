"""What is kept, and which chapters name it; no kernel runs here."""

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from weaver.building.execution import Execution
from weaver.commands import inventory
from weaver.commands.inventory import Inventory, KeptChapter

if TYPE_CHECKING:
    from conftest import Report


def take(report: "Report", profile: str = "full") -> Inventory:
    """Take the inventory of a report as it is now."""
    opened = report.open()
    return inventory.take(opened.judge, opened.project, profile)


def kept(found: Inventory, chapter: str, profile: str = "full") -> KeptChapter:
    """Find what is kept for a chapter."""
    (only,) = (each for each in found.chapters if (each.chapter, each.profile) == (chapter, profile))
    return only


def unnamed(found: Inventory) -> list[str]:
    """Name the functions of the runs that no chapter names."""
    return sorted(run.function for run in found.runs if run.key not in found.named)


def test_chapters_name_what_their_kernels_used(trained: "Report") -> None:
    """Also what they only read: the summary shares the runs of a chapter."""
    found = take(trained)
    assert [each.chapter for each in found.chapters] == ["q1", "q2", "report"]
    assert [len(each.used) for each in found.chapters] == [4, 6, 3]
    assert all(each.size > 0 and each.written and not each.reasons for each in found.chapters)
    users = Counter(tuple(each.chapter for each in found.users(run.key)) for run in found.runs)
    assert users == {("q1", "report"): 3, ("q1",): 1, ("q2",): 6}
    assert found.unused == ()
    assert found.named == set(found.sizes)
    assert found.unclear == ()


def test_a_stale_chapter_names_what_it_used_last(trained: "Report") -> None:
    """Its runs are stale with it or not, but they are not unused."""
    trained.edit("src/lab/engine/losses.py", "2 * each", "3 * each")
    found = take(trained)
    assert [bool(each.reasons) for each in found.chapters] == [True, False, True]
    assert {run.function for run in found.runs if run.reasons} == {"lab.experiments:train"}
    assert found.unused == ()


def test_a_chapter_that_is_gone_names_nothing(trained: "Report") -> None:
    """What it shared with others is still theirs."""
    trained.edit("report/report.qmd", "{{< include q1.qmd >}}", "")
    found = take(trained)
    assert unnamed(found) == ["lab.experiments:train"]
    assert len(found.unused) == 3  # that run, the execution of the chapter, and its trace


def test_each_profile_names_its_own(trained: "Report") -> None:
    """What only a quick look has used is kept for the quick look."""
    opened = trained.open()
    chapter = opened.project.chapter("q2")
    (run, *_) = kept(take(trained), "q1").used
    quick = Execution(((),), (), {}, (run,))
    opened.judge.keep(chapter, opened.judge.demand(chapter, "quick"), quick)
    found = take(trained)
    assert found.profiles == ("full", "quick")
    assert kept(found, "q2", "quick").used == {run}
    assert kept(found, "q1", "quick").reasons == ("it has not run yet",)
    assert found.unused == ()
    assert take(trained, "quick").profiles == ("quick", "full")


def test_a_chapter_without_code_wants_nothing(report: "Report") -> None:
    """It is fresh though nothing is kept for it."""
    found = take(report)
    summary = kept(found, "report")
    assert (summary.has_code, summary.reasons, summary.written) == (False, (), None)
    assert {each.chapter for each in found.unclear} == {"q1", "q2"}


def damage_page(report: "Report") -> None:
    """Leave half a page."""
    (report.root / ".cache/ledger/full/q1.json").write_text("{")


def begin(report: "Report") -> None:
    """Begin to run a chapter and be killed."""
    report.open().judge.ledger.begin("full", "q1")


def lose_execution(report: "Report") -> None:
    """Remove the entry of a chapter's execution."""
    opened = report.open()
    for key in kept(take(report), "q1").executions:
        opened.judge.store.remove(key)


@pytest.mark.parametrize("happening", [damage_page, begin, lose_execution])
def test_runs_of_the_present_code_are_spared_while_a_chapter_is_unclear(
    trained: "Report", happening: "Callable[[Report], None]"
) -> None:
    """Whoever cleans after a crash, or without a ledger, loses no training that the next build wants."""
    trained.edit("report/report.qmd", "0.1, 0.2, 0.3]", "0.1]")
    happening(trained)
    found = take(trained)
    assert [each.chapter for each in found.unclear] == ["q1"]
    wanted = {run.key for run in found.runs}
    assert wanted <= found.named | found.spared
    trained.edit("src/lab/engine/losses.py", "2 * each", "3 * each")
    assert not take(trained).spared


def test_only_one_chapter(trained: "Report") -> None:
    """What the others name is left out, and nothing is called unused."""
    found = inventory.only(take(trained), "q2")
    assert [each.chapter for each in found.chapters] == ["q2"]
    assert len(found.runs) == 6
    assert found.unused == ()
