"""From edit to trainings, on a real report: which chapters run, and which runs train again."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from weaver import cli

if TYPE_CHECKING:
    from conftest import Report

OF_Q1 = ["train 0.1 3.0", "train 0.2 3.0", "train 0.3 3.0", "train 0.1 5.0"]
OF_Q2 = ["default", "constant", "decorator", "base", "field", "package"]
KINDS = "src/lab/kinds.py"


def test_all_of_it_is_trained_once(trained_once: "Report", trained: "Report") -> None:
    """What the summary asks for, a chapter has trained; the next build trains nothing."""
    assert (trained_once.root / "log").read_text().splitlines() == OF_Q1 + OF_Q2
    assert trained.build().lines == ("build/report.pdf: nothing changed",)
    assert trained.trainings() == []


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("src/lab/engine/losses.py", "return 2 * each", "# steep\n    return (2 * each)"),
        ("src/lab/experiments.py", "float, ...]:\n", 'float, ...]:\n    """Train."""\n\n'),
        ("report/q1.qmd", "by_rate = train([0.1,", "# all\nby_rate = train([0.10,"),
    ],
)
def test_an_edit_that_changes_no_result(trained: "Report", path: str, old: str, new: str) -> None:
    """A comment, layout, a docstring: no kernel starts."""
    trained.edit(path, old, new)
    assert trained.build().ran == []
    assert trained.trainings() == []


UNREACHED = ("src/lab/engine/losses.py", "return 0", "return 1")
FIGURE = ("src/lab/drawing.py", "plot(values)", "plot(values[1:])")
DEEP = ("src/lab/engine/losses.py", "2 * each", "3 * each")  # three calls deep, through a re-export
FILE = ("data/second.json", "5.0", "6.0")
SETTING = ("report/q1.qmd", "0.2, 0.3]", "0.2, 0.4]")


@pytest.mark.parametrize(
    ("edit", "chapters", "runs"),
    [
        (FIGURE, ["q2"], []),
        (UNREACHED, ["q1", "report"], []),
        (DEEP, ["q1", "report"], OF_Q1),
        (FILE, ["q1"], ["train 0.1 6.0"]),
        (SETTING, ["q1"], ["train 0.4 3.0"]),
    ],
    ids=[
        "a figure function",
        "a function beside those that train",
        "a body three calls deep",
        "a data file",
        "a setting of one run",
    ],
)
def test_an_edit_trains_exactly_what_reaches_it(
    trained: "Report", edit: tuple[str, str, str], chapters: list[str], runs: list[str]
) -> None:
    """The chapters that it concerns run, and of their runs those that it can change."""
    trained.edit(*edit)
    assert trained.build().ran == chapters
    assert trained.trainings() == runs


PARTS = {
    "default": ("width: float = 3.0", "width: float = 2.0"),
    "constant": ("SCALE = 2.0", "SCALE = 4.0"),
    "decorator": ("function(value) * 3.0", "function(value) * 9.0"),
    "base": ("return 4.0", "return 8.0"),
    "field": ("width: float = 5.0", "width: float = 7.0"),
}


BY_NAME = ("default", "field")  # a function and a class that one run alone names
AT_IMPORT = ("constant", "decorator", "base")  # what runs as the module is imported, which all do


@pytest.mark.parametrize("parts", [BY_NAME, *((part,) for part in AT_IMPORT)], ids=", ".join)
def test_all_that_a_function_rests_on_counts(
    trained: "Report", monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], parts: list[str]
) -> None:
    """Default arguments, fields: the one run that has it trains; what runs at import trains all."""
    monkeypatch.chdir(trained.root)
    announced = set[str]()
    for part in parts:
        trained.edit(KINDS, *PARTS[part])
        assert cli.main(["why", "q2", "--json"]) == 0
        (outlook,) = json.loads(capsys.readouterr().out)
        functions = {runs["function"] for runs in outlook["trained"]}
        wanted = {part} if part in BY_NAME else {*BY_NAME, *AT_IMPORT, "package"}
        assert functions - announced == {f"lab.parts.{name}" for name in wanted}
        announced |= functions
    assert trained.build().ran == ["q2"]
    assert sorted(trained.trainings()) == sorted(name.rpartition(".")[2] for name in announced)


def test_another_version_of_a_package(trained: "Report") -> None:
    """What imports the package trains again, nothing else."""
    site = trained.root.parent / "site-packages"
    (site / "measures-1.0.dist-info").rename(site / "measures-1.1.dist-info")
    built = trained.build()
    assert built.ran == ["q2"]
    assert "package measures changed (1.0 → 1.1)" in built.lines[0]
    assert sorted(trained.trainings()) == sorted([*BY_NAME, *AT_IMPORT, "package"])


def test_each_profile_trains_its_own(trained: "Report") -> None:
    """A quick look trains what is different in it and leaves the full report fresh."""
    assert trained.build("q1", "quick").ran == ["q1"]
    assert trained.trainings() == ["train 0.5 5.0"]
    assert trained.build().lines == ("build/report.pdf: nothing changed",)


def test_chapters_come_go_and_change_places(trained: "Report") -> None:
    """A new chapter trains what nobody has trained; to take one out or move one runs nothing."""
    chapter = (trained.root / "report/q1.qmd").read_text()
    trained.write("report/q3.qmd", chapter.replace("sec-q1", "sec-q3").replace("0.2,", "0.25,"))
    trained.edit("report/report.qmd", "{{< include q1", "{{< include q3.qmd >}}\n\n{{< include q1")
    assert trained.build().ran == ["q3"]
    assert trained.trainings() == ["train 0.25 3.0"]
    trained.write("report/report.qmd", "{{< include q2.qmd >}}\n\n{{< include q3.qmd >}}\n")
    assert trained.build().ran == []
    assert trained.trainings() == []


def test_a_module_that_is_found_at_run_time(trained: "Report") -> None:
    """No analysis foresees it, nor the file that it names: the kernels saw both."""
    trained.write("elsewhere/first.json", "[1.0, 2.0]")
    trained.write("elsewhere/second.json", "[7.0]")
    trained.write("settings/place.py", "FOLDER = 'elsewhere'\n")
    assert trained.build().ran == ["q1", "report"]
    assert trained.trainings() == ["train 0.1 7.0"]
    trained.write("elsewhere/second.json", "[8.0]")
    assert trained.build().ran == ["q1"]
    assert trained.trainings() == ["train 0.1 8.0"]


def test_what_was_cleaned_was_not_needed(trained: "Report", monkeypatch: pytest.MonkeyPatch) -> None:
    """After an edit, what is unused goes; what chapters fall back on stays, so that nothing trains."""
    monkeypatch.chdir(trained.root)
    trained.edit(*FIGURE)
    assert cli.main(["clean", "--unused"]) == 0
    assert trained.build().ran == ["q2"]
    assert trained.trainings() == []


@pytest.mark.slow
def test_builds_at_once_train_each_run_once(
    make_trained: "Callable[..., Report]", monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight builds of one report that was never built: all end well, and on the same."""
    slowly = """
        import time

        def note(text: str) -> None:
            with open("log", "a") as log:
                log.write(f"{text}\\n")
            time.sleep(0.3)
    """
    files = {"report/report.qmd": "{{< include q1.qmd >}}\n", "src/lab/notes.py": slowly}
    report = make_trained(**files)
    report.prepare(monkeypatch)
    code = "from weaver import cli; raise SystemExit(cli.main(['build', '--engine', 'builtin']))"
    started = [
        subprocess.Popen([sys.executable, "-c", code], cwd=report.root, stderr=subprocess.PIPE, text=True)
        for _ in range(8)
    ]
    told = [build.communicate(timeout=300)[1] for build in started]
    assert [build.returncode for build in started] == [0] * 8, told
    assert sorted(report.trainings()) == sorted(OF_Q1)
    assert report.build().ran == []  # a PDF may have been set before all runs that it names were there
    assert report.build().lines == ("build/report.pdf: nothing changed",)
    assert list((report.root / ".cache/store/partial").iterdir()) == []
