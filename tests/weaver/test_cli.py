"""The command line: exit codes, and what is said where."""

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from weaver import cli

if TYPE_CHECKING:
    from conftest import Report

Capture = pytest.CaptureFixture[str]
BUILD = (sys.executable, "-c", "from weaver import cli; raise SystemExit(cli.main(['build']))")


def test_a_build_ends_with_0_and_talks_on_stderr(
    built: "Report", monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """What it says is progress, not output; it works from any folder of the project."""
    monkeypatch.chdir(built.root / "src/science")
    assert cli.main(["build"]) == 0
    assert cli.main(["build", "report"]) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "build/report.pdf: nothing changed\n" * 2


def test_a_page_is_asked_for_by_its_format(
    built: "Report", monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """`--to html` stands before or after the chapter."""
    monkeypatch.chdir(built.root)
    assert cli.main(["build", "q1", "--to", "html", "--engine", "builtin"]) == 0
    assert cli.main(["build", "--to", "html", "q1", "--engine", "builtin"]) == 0
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("build/q1.html: typeset")
    assert second == "build/q1.html: nothing changed"


@pytest.mark.parametrize("engine", ["builtin", "auto"])
def test_a_build_without_changes_loads_neither_jupyter_nor_a_typesetter(built: "Report", engine: str) -> None:
    """So it is over in a moment, whether the last build left a note for this engine or not."""
    heavy = ("torch", "matplotlib", "nbclient", "nbformat", "IPython", "numpy", "typst")
    assert loaded(built, engine, heavy) == []


def test_a_build_with_a_note_that_nothing_changed_analyses_nothing(built: "Report") -> None:
    """Neither documents nor code are read once more."""
    assert loaded(built, "builtin", ("yaml", "weaver.building.builder", "weaver.qmd")) == []


def loaded(report: "Report", engine: str, modules: tuple[str, ...]) -> list[str]:
    """Say which modules a build without changes has imported."""
    code = (
        f"import sys; from weaver import cli; assert cli.main(['build', '--engine', {engine!r}]) == 0;"
        f"print(*[name for name in {modules!r} if name in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=report.root, capture_output=True, text=True, check=True
    )
    assert "nothing changed" in run.stderr
    return run.stdout.split()


def test_why_says_in_words_what_would_run(
    built: "Report", monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """One line a reason, on standard output, and nothing runs."""
    monkeypatch.chdir(built.root)
    built.write("data/numbers.csv", "4")
    assert cli.main(["why"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "q1: data/numbers.csv changed",
        "q2: fresh, nothing would run",
        "report: fresh, nothing would run",
    ]
    assert cli.main(["why", "q2", "--profile", "quick"]) == 0
    assert capsys.readouterr().out == "q2: it has not run yet\n"


def test_why_as_json(built: "Report", monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """The same for programs."""
    monkeypatch.chdir(built.root)
    built.write("data/numbers.csv", "4")
    assert cli.main(["why", "q1", "--json"]) == 0
    (outlook,) = json.loads(capsys.readouterr().out)
    assert outlook == {
        "chapter": "q1",
        "profile": "full",
        "reasons": ["data/numbers.csv changed"],
        "trained": [],
        "read": [],
    }


def test_status_lists_what_is_kept(built: "Report", monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """All of it or one chapter, in words or as JSON, on standard output."""
    monkeypatch.chdir(built.root)
    assert cli.main(["status"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:3] for line in lines[1:]] == [
        ["q1", "full", "fresh"],
        ["q2", "full", "fresh"],
        ["report", "full", "no"],
    ]
    assert cli.main(["status", "q2", "--json"]) == 0
    (chapter,) = json.loads(capsys.readouterr().out)["chapters"]
    assert (chapter["chapter"], chapter["state"]) == ("q2", "fresh")
    assert cli.main(["status", "q9"]) == 1


def test_clean_says_what_it_removes(
    built: "Report", monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """Without an option it is `build/`; each option names something else instead."""
    monkeypatch.chdir(built.root)
    for option in ("--unused", "--checkpoints", "--set-aside"):
        assert cli.main(["clean", option]) == 0
    assert capsys.readouterr().out.splitlines() == ["nothing to remove"] * 3
    assert (built.root / "build/report.pdf").exists()
    assert cli.main(["clean"]) == 0
    assert capsys.readouterr().out.startswith("removed files of build/: 4 (")
    assert not (built.root / "build").exists()


def test_profile_and_engine_come_from_the_environment_too(
    built: "Report", monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """The Makefile hands its variables on; empty ones count as unset."""
    monkeypatch.chdir(built.root)
    monkeypatch.setenv("PROFILE", "quick")
    assert cli.main(["why", "q2"]) == 0
    monkeypatch.setenv("PROFILE", "")
    monkeypatch.setenv("ENGINE", "word")
    assert cli.main(["why", "q2"]) == 0
    assert capsys.readouterr().out == "q2: it has not run yet\nq2: fresh, nothing would run\n"
    assert cli.main(["build"]) == 1
    assert "ENGINE: expected one of auto, quarto, builtin, found 'word'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["build", "q9"], "expected one of its chapters (q1, q2), found 'q9'"),
        (["why", "q9"], "found 'q9'"),
        (["submission", "q1"], "leave the chapter out"),
    ],
)
def test_an_error_ends_with_1_and_a_message(
    built: "Report", monkeypatch: pytest.MonkeyPatch, capsys: Capture, arguments: list[str], message: str
) -> None:
    """What went wrong is said in words on stderr, without a traceback."""
    monkeypatch.chdir(built.root)
    assert cli.main(arguments) == 1
    captured = capsys.readouterr()
    assert message in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""


def test_outside_of_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """The message says where to run the command."""
    monkeypatch.chdir(tmp_path)
    assert cli.main(["build"]) == 1
    assert "expected _quarto.yml in this folder or one above it" in capsys.readouterr().err


def test_an_error_is_red_on_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """Among the lines of a build it is what one looks for."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert cli.main(["why"]) == 1
    assert capsys.readouterr().err.startswith("\n\x1b[31mexpected _quarto.yml")


def test_a_folder_that_cannot_be_written(
    built: "Report", monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """What the system refuses is an error in words like any other."""
    monkeypatch.chdir(built.root)
    (built.root / "build").rename(built.root / "elsewhere")
    (built.root / "build").write_text("a file in its place")
    assert cli.main(["build"]) == 1
    assert re.search(r"build\S*: (Not a directory|File exists)", capsys.readouterr().err)


@pytest.mark.parametrize(
    "arguments",
    [[], ["weave"], ["build", "--engine", "word"], ["build", "--to", "word"], ["build", "q1", "q2"]],
)
def test_a_command_that_does_not_exist(arguments: list[str], capsys: Capture) -> None:
    """Wrong usage is told as everywhere, with 2."""
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 2
    assert "usage: weaver" in capsys.readouterr().err


def test_a_chunk_that_fails(built: "Report", monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """The message has file, line, chunk and traceback, the exit code is 1, and the last PDF stays."""
    monkeypatch.chdir(built.root)
    pages = (built.root / "build/report.pdf").read_bytes()
    built.edit("report/q1.qmd", "} result`", "} result.nothing`")
    assert cli.main(["build"]) == 1
    expected = "report/q1.qmd:10: inline expression `result.nothing`: AttributeError"
    assert expected in capsys.readouterr().err
    assert (built.root / "build/report.pdf").read_bytes() == pages


def test_ctrl_c_ends_the_build_and_its_kernel(report: "Report") -> None:
    """Whoever stops a build has stopped its training too, and reads one line."""
    sleep = "import os, time\nopen('pid', 'w').write(str(os.getpid()))\ntime.sleep(60)"
    report.write("report/q1.qmd", f"```{{python}}\n{sleep}\n```\n")
    # A shell's job in the background ignores Ctrl-C, and so would all that such a run of the tests starts.
    heeding = f"import signal; signal.signal(signal.SIGINT, signal.default_int_handler); {BUILD[-1]}"
    command = [*BUILD[:-1], heeding]
    with subprocess.Popen(command, cwd=report.root, stderr=subprocess.PIPE, text=True) as build:
        kernel = awaited_number(report.root / "pid", build)
        build.send_signal(signal.SIGINT)
        message = build.communicate()[1]
    assert build.returncode == 130
    assert message.splitlines()[-1] == "stopped; what was trained so far is kept"
    assert "Traceback" not in message
    assert not psutil.pid_exists(kernel)


BEATING = """\
import os, time
open('pid', 'w').write(str(os.getpid()))
while True:
    open('beats', 'a').write('.')
    time.sleep(0.01)
"""


def test_a_kernel_does_not_outlive_a_build_that_is_killed(report: "Report") -> None:
    """What was trained on for nobody would keep its lock, and hold up the next build."""
    report.write("report/q1.qmd", f"```{{python}}\n{BEATING}```\n")
    with subprocess.Popen(BUILD, cwd=report.root, stderr=subprocess.PIPE, text=True) as build:
        kernel = psutil.Process(awaited_number(report.root / "pid", build))
        build.kill()
    psutil.wait_procs([kernel], timeout=30)
    assert not kernel.is_running()
    beats = (report.root / "beats").read_text()
    time.sleep(0.1)
    assert (report.root / "beats").read_text() == beats


# Orphans come to this process, as they come to the init of a container or to that of a session.
KILL_EARLY = """\
import ctypes, subprocess, sys, time
import psutil

def is_kernel(process):  # not Pandoc, which a build asks before anything runs
    try:
        return any("kernel" in word for word in process.cmdline())
    except psutil.Error:
        return False

ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
with subprocess.Popen(sys.argv[1:], stderr=subprocess.DEVNULL) as build:
    while not (started := [*filter(is_kernel, psutil.Process(build.pid).children(recursive=True))]):
        time.sleep(0.001)
    build.kill()
_, left = psutil.wait_procs(started, timeout=30)
for process in left:
    process.kill()
print(len(started), len(left))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives orphans to another process than init")
def test_a_kernel_that_starts_as_its_build_is_killed_ends(report: "Report") -> None:
    """It finds nobody to work for, whoever its parent is by then."""
    command = [sys.executable, "-c", KILL_EARLY, *BUILD]
    run = subprocess.run(command, cwd=report.root, capture_output=True, text=True, check=True)
    assert run.stdout == "1 0\n"


def awaited_number(path: Path, build: "subprocess.Popen[str]") -> int:
    """Wait until a chapter has written a number to a file."""
    while build.poll() is None:
        if path.is_file() and (text := path.read_text()):
            return int(text)
        time.sleep(0.05)
    raise AssertionError(f"the build ended: {build.communicate()[1]}")
