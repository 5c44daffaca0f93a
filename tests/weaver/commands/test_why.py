"""What a build would run and train, told before it does; no kernel runs here."""

from typing import TYPE_CHECKING

from weaver.building.request import Request
from weaver.commands import why
from weaver.commands.why import Outlook

if TYPE_CHECKING:
    from conftest import Report

LOSSES = "src/lab/engine/losses.py"
SLOPE = (
    f"lab.engine.losses.slope changed ({LOSSES}:1), reached through"
    " lab.experiments → lab.engine → lab.engine.loop"
)


def outlooks(report: "Report", request: Request | None = None) -> dict[str, Outlook]:
    """Foresee what becomes of the chapters, as a command does."""
    opened = report.open()
    found = why.outlooks(opened.judge, opened.judgements(request or Request()))
    return {outlook.chapter: outlook for outlook in found}


def lines(report: "Report") -> list[str]:
    """Say it in words."""
    return [line for outlook in outlooks(report).values() for line in outlook.lines()]


def test_nothing_changed(trained: "Report") -> None:
    """Every chapter is fresh, and of its runs nothing is said."""
    fresh = [f"{name}: fresh, nothing would run" for name in ("q1", "q2", "report")]
    assert lines(trained) == fresh


def test_a_function_that_trainings_reach(trained: "Report") -> None:
    """The chapter that trains first is told from the one that then reads."""
    trained.edit(LOSSES, "2 * each", "3 * each")
    assert lines(trained) == [
        f"q1: {SLOPE}",
        f"q1: 4 runs of lab.experiments.train would train again: {SLOPE}",
        "q2: fresh, nothing would run",
        f"report: {SLOPE}",
        "report: 3 runs of lab.experiments.train would be read once q1 has trained again",
    ]


def test_a_figure_function(trained: "Report") -> None:
    """The chapter draws again and trains nothing."""
    trained.edit("src/lab/drawing.py", "plot(values)", "plot(values[1:])")
    assert lines(trained)[1:3] == [
        "q2: lab.drawing.curve changed (src/lab/drawing.py:4)",
        "q2: 6 trained runs would be read: only other settings or data than before would train",
    ]


def test_some_runs_train_and_some_do_not(trained: "Report") -> None:
    """Runs are told by function and reason; several reasons are counted."""
    trained.edit("src/lab/kinds.py", "width: float = 3.0", "width: float = 2.0")
    trained.edit("src/lab/parts.py", "smooth(1.0)", "smooth(3.0)")
    (runs,) = outlooks(trained)["q2"].trained
    assert (runs.function, len(runs.keys), len(runs.reasons)) == ("lab.parts.default", 1, 2)
    told = [line for line in lines(trained) if " run" in line and line.startswith("q2")]
    assert told[0].startswith("q2: 1 run of lab.parts.default would train again: lab.parts.default changed")
    assert told[0].endswith("(and 1 more)")
    assert told[1].startswith("q2: 5 other runs would be read")


def test_a_run_that_is_no_longer_kept(trained: "Report") -> None:
    """A chapter that runs would train it again; a fresh chapter does not miss it."""
    opened = trained.open()
    opened.judge.store.remove(used(trained, "q2")[0])
    assert outlooks(trained)["q2"].reasons == ()
    trained.edit("src/lab/drawing.py", "plot(values)", "plot(values[1:])")
    assert "q2: 1 run would train again: it is no longer kept" in lines(trained)


def used(report: "Report", chapter: str) -> tuple[str, ...]:
    """Return the keys of the runs that a fresh chapter has used."""
    opened = report.open()
    execution = opened.judge.judge(opened.project.chapter(chapter), "full").execution
    assert execution is not None
    return execution.used


def test_a_chapter_that_never_ran(trained: "Report") -> None:
    """Nobody knows what it will ask for."""
    outlook = outlooks(trained, Request("quick", chapter="q1"))["q1"]
    assert list(outlook.lines()) == ["q1: it has not run yet"]
    assert (outlook.profile, outlook.trained, outlook.read) == ("quick", (), ())
