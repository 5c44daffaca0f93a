"""The preview as it runs: a real server, real edits, real kernels."""

import io
import json
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from weaver.building.request import Request
from weaver.console import Terminal
from weaver.errors import ProjectError
from weaver.preview import preview

if TYPE_CHECKING:
    from conftest import Report

CODE = "from weaver import cli; raise SystemExit(cli.main({arguments!r}))"
PATIENCE_S = 60.0
Q1, NUMBERS = "report/q1.qmd", "src/science/numbers.py"
LAST = "The sum is"
State = dict[str, Any]


@dataclass
class Previewed:
    """A preview in a process of its own, and the states that it has told."""

    process: "subprocess.Popen[str]"
    address: str
    threads: list[threading.Thread] = field(default_factory=list)
    states: list[State] = field(default_factory=list)
    more: threading.Condition = field(default_factory=threading.Condition)

    def listen(self) -> None:
        """Collect states until the preview ends."""
        try:
            with urllib.request.urlopen(f"{self.address}/events") as stream:  # noqa: S310 - its own
                for line in stream:
                    if line.startswith(b"data: "):
                        self.add(json.loads(line[6:]))
        except OSError:
            return

    def add(self, state: State) -> None:
        """Take a state that was told."""
        with self.more:
            self.states.append(state)
            self.more.notify_all()

    def awaited(self, wanted: Callable[[State], object], since: int = 0) -> State:
        """Return the first state from number `since` that is as wanted."""
        with self.more:
            found = self.more.wait_for(
                lambda: next((state for state in self.states[since:] if wanted(state)), None), PATIENCE_S
            )
        assert found is not None, f"last state: {self.states[-1:]}"
        return found

    def settled(self, since: int = 0) -> State:
        """Return the first state in which page and PDF are there and nothing is being made."""
        return self.awaited(
            lambda state: state["page"] and state["pdf"] and not (state["stage"] or state["problem"]), since
        )

    def quiet(self) -> None:
        """Wait until all is made and nothing new has been told for a while."""
        count = 0
        while count < len(self.states):
            count = len(self.states)
            self.settled(count - 1)
            time.sleep(1)

    def edited(self, edit: Callable[[], object], wanted: Callable[[State], object]) -> State:
        """Edit, and return the first state afterwards that is as wanted."""
        since = len(self.states)
        edit()
        return self.awaited(wanted, since)

    def fetch(self, path: str) -> bytes:
        """Return what is served."""
        with urllib.request.urlopen(f"{self.address}{path}") as answer:  # noqa: S310 - its own
            content: bytes = answer.read()
            return content


@pytest.fixture
def start() -> Iterator[Callable[..., Previewed]]:
    """Give what starts a preview of a report; it ends with the test."""
    started: list[Previewed] = []

    def begin(report: "Report", *arguments: str) -> Previewed:
        command = ["preview", "--no-browser", "--engine", "builtin", *arguments]
        process = subprocess.Popen(
            [sys.executable, "-c", CODE.format(arguments=command)],
            cwd=report.root,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr
        address = process.stderr.readline().partition(" ")[0]
        previewed = Previewed(process, address)
        started.append(previewed)
        for work in (process.stderr.read, previewed.listen):
            previewed.threads.append(threading.Thread(target=work, daemon=True))
            previewed.threads[-1].start()
        return previewed

    yield begin
    for each in started:
        end(each)


def end(previewed: Previewed, by: signal.Signals = signal.SIGINT) -> int:
    """End a preview and return its exit code."""
    if previewed.process.poll() is None:
        previewed.process.send_signal(by)
    try:
        code = previewed.process.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        previewed.process.kill()
        raise
    for thread in previewed.threads:
        thread.join()
    if previewed.process.stderr:
        previewed.process.stderr.close()
    return code


def test_edits_are_shown_one_after_another(built: "Report", start: Callable[..., Previewed]) -> None:
    """Prose, an error and its repair, data: what it concerns runs, and the page says what they say."""
    shown = start(built)
    first = shown.settled()

    def new_page(state: State) -> bool:
        return state["page"] != first["page"] and not state["running"]

    second = shown.edited(lambda: built.edit("report/q1.qmd", "The sum is", "In all it is"), new_page)
    assert b"In all it is 6" in shown.fetch("/report.html")
    assert not any(state["running"] for state in shown.states), "an edit of prose starts no kernel"
    shown.awaited(lambda state: state["pdf"] not in {None, first["pdf"]})

    broken = shown.edited(
        lambda: built.edit("src/science/numbers.py", "return sum(", "return sum(("),
        lambda state: state["problem"],
    )
    assert broken["problem"]["place"].startswith("report/q1.qmd:"), "where it is imported"
    assert "numbers.py, line" in str(broken["problem"])
    assert broken["page"] == second["page"], "the last good page stays"
    built.edit("src/science/numbers.py", "return sum((", "return 1 + sum(")
    mended = shown.awaited(lambda state: state["page"] != second["page"], len(shown.states) - 1)
    assert mended["problem"] is None
    assert any(state["running"] and state["running"]["chapter"] == "q1" for state in shown.states)

    since = len(shown.states)
    built.write("data/numbers.csv", "1,2,4")
    shown.awaited(lambda state: state["page"] != mended["page"], since)
    shown.settled(since)
    assert b"In all it is 8" in shown.fetch("/report.html")
    assert end(shown) == 0


@pytest.mark.slow
def test_twenty_edits_in_a_row_end_as_a_fresh_build(built: "Report", start: Callable[..., Previewed]) -> None:
    """Prose, chunk, module, data, an error and its repair, faster than they can be built."""
    shown = start(built)
    shown.settled()
    for number in range(20):
        edit(built, number)
        time.sleep(0.2)
    built.edit(NUMBERS, "sum((int", "sum(int")
    shown.quiet()
    assert b"Edit 0. Edit 5. Edit 10. Edit 15. The sum is" in shown.fetch("/report.html")
    assert end(shown) == 0
    assert_fresh(built)


def edit(report: "Report", number: int) -> None:
    """Make one edit of five kinds; the fifth is an error, which the next one mends."""
    if number % 5 == 0:
        if number:
            report.edit(NUMBERS, "sum((int", "sum(int")
        report.edit(Q1, LAST, f"Edit {number}. {LAST}")
    elif number % 5 == 1:
        report.edit(Q1, "result = ", f"result = {number} + ")
    elif number % 5 == 2:
        report.edit(NUMBERS, "sum(int", f"{number} + sum(int")
    elif number % 5 == 3:
        report.write("data/numbers.csv", f"1,2,{number}")
    else:
        report.edit(NUMBERS, "sum(int", "sum((int")


def assert_fresh(report: "Report") -> None:
    """Assert that page and PDF are what a build from nothing but the sources gives."""
    paths = [report.root / f"build/report.{form}" for form in ("html", "pdf")]
    made = [path.read_bytes() for path in paths]
    for folder in ("build", ".cache"):
        shutil.rmtree(report.root / folder)
    for path in paths:
        report.build(form=path.suffix[1:])
    assert [path.read_bytes() for path in paths] == made


VARIABLE = "os.environ['SETTING'] = 'set'\n"
OPTION = "np.set_printoptions(precision=2)\n"
THICK = "plt.rcParams['lines.linewidth'] = 5\n"
SEED = "random.seed(1)\n"
SCRIPT = [
    (Q1, "from sci", "#| fig-alt: A line.\nimport os, random, sys, tabulate\nimport numpy as np\nfrom sci"),
    (Q1, "result = t", f"{OPTION}print(np.array([1 / 3]), 'tabulate' in sys.modules)\nresult = t"),
    (Q1, OPTION, ""),
    (Q1, ", tabulate\n", "\n"),
    (Q1, "import numpy", f"{VARIABLE}import tabulate\nimport numpy"),
    (Q1, "print(", "print(os.environ.get('SETTING'), "),
    (Q1, VARIABLE, ""),
    (NUMBERS, "def total", "SEEN = []\n\n\ndef total"),
    (NUMBERS, "    return sum(int", "    SEEN.append(path)\n    return len(SEEN) + sum(int"),
    (Q1, "result = t", "total('data/numbers.csv')\nresult = t"),
    (Q1, "total('data/numbers.csv')\n", ""),
    ("data/numbers.csv", "3", "4"),
    (Q1, "result = t", "from science.figures import line\nline(3)\nresult = t"),
    (Q1, "line(3)", f"import matplotlib.pyplot as plt\n{THICK}line(3)"),
    (Q1, THICK, ""),
    ("src/science/figures.py", "[0, slope]", "[slope, 0]"),
    (Q1, "print(", f"{SEED}print(random.random() < 0.2, "),
    (Q1, SEED, "random.seed(2)\n"),
    (Q1, "os.environ.get('SETTING'), ", ""),
    (NUMBERS, "len(SEEN) + ", ""),
]


@pytest.mark.slow
def test_after_each_of_twenty_edits_it_is_a_fresh_build(
    built: "Report", start: Callable[..., Previewed], tmp_path: Path
) -> None:
    """At once, not after a pause: nothing that a line set, changed or imported outlives the line."""
    shown = start(built, "q1")
    shown.settled()
    for number, (path, old, new) in enumerate(SCRIPT):
        since = len(shown.states)
        shown.edited(partial(built.edit, path, old, new), itemgetter("stage"))
        assert shown.settled(since)
        fresh = replace(built, root=tmp_path / str(number))
        shutil.copytree(built.root, fresh.root, ignore=shutil.ignore_patterns(".cache", "build"))
        assert fresh.weave("build", "q1", "--to", "html").returncode == 0
        assert (built.root / "build/q1.html").read_bytes() == (fresh.root / "build/q1.html").read_bytes()


ERRORS = [
    ("report/q1.qmd", "} result`", "} nothing`", "q1", "report/q1.qmd:10", "NameError"),
    ("report/q2.qmd", "#| fig-cap: A", "#| fig-cap: 'A", "q2", "report/q2.qmd:", "invalid YAML"),
    ("report/q2.qmd", "@fig-line", "@fig-lime", "q2", "report/q2.qmd:12", "fig-lime"),
    ("_quarto.yml", "lang: en", "lang: [en", "", "_quarto.yml:", "invalid YAML"),
    ("report/report.qmd", "q2.qmd", "q9.qmd", "report", "report/report.qmd:", "missing"),
]


def test_an_error_is_shown_where_it_is_and_goes(built: "Report", start: Callable[..., Previewed]) -> None:
    """Of a chunk, of YAML, of a reference, of a chapter that is gone; the last good page stays."""
    shown = start(built)
    first = shown.settled()
    for path, old, new, chapter, place, message in ERRORS:
        text = (built.root / path).read_bytes()
        broken = shown.edited(partial(built.edit, path, old, new), itemgetter("problem"))
        problem = broken["problem"]
        assert problem["chapter"] == chapter
        assert problem["place"].startswith(place)
        assert message in problem["message"]
        assert broken["page"] == first["page"]
        mended = shown.edited(
            partial((built.root / path).write_bytes, text), lambda state: not state["problem"]
        )
        assert mended["page"] == first["page"]
    assert shown.settled(len(shown.states) - 1)["pdf"] == first["pdf"]


def test_a_claim_that_does_not_hold_is_marked_and_the_preview_goes_on(
    built: "Report", start: Callable[..., Previewed]
) -> None:
    """The page is that of the sources as they are; beside it stands what is not borne out, until it is."""
    previewed = start(built)
    previewed.settled()
    fact = "from weaver.claims import Fact, state\n\nstate(Fact('even', result % 2 == 0, result))\n```\n\n"
    claim = "[The sum is odd.]{.claim needs='even.no'}\n\n"
    text = (built.root / Q1).read_text(encoding="utf-8")
    state = previewed.edited(
        lambda: built.write(Q1, text.replace("```\n\n", fact + claim, 1)),
        lambda state: state["problem"] and state["page"] and not state["stage"],
    )
    assert state["problem"] == {
        "chapter": "q1",
        "place": "report/q1.qmd:13",
        "message": "'The sum is odd.' needs even.no, found even.yes: 6",
        "details": "1 sentence of build/report.pdf is not borne out by the results and marked there: choose"
        " its words by outcome, or correct it",
        "marked": True,
    }
    assert b"Not borne out by the results:" in previewed.fetch("/report.html")
    mend = partial(built.edit, Q1, "[The sum is odd.]{.claim needs='even.no'}", "The sum is even.")
    previewed.edited(mend, lambda state: state["page"] and not (state["stage"] or state["problem"]))
    assert b"The sum is even." in previewed.fetch("/report.html")


def test_of_ten_saves_the_last_counts_and_what_is_obsolete_is_stopped(
    built: "Report", start: Callable[..., Previewed]
) -> None:
    """Half-saved files and saves by rename among them; a chunk that takes a minute does not hold them up."""
    shown = start(built)
    shown.settled()
    slow = "import os, time\nopen('../pid', 'w').write(str(os.getpid()))\ntime.sleep(60)\nresult = total("
    since = len(shown.states)
    built.edit("report/q1.qmd", "result = total(", slow)
    shown.awaited(lambda state: state["running"] and state["running"]["number"], since)
    kernel = awaited_number(built.root.parent / "pid")
    began = time.monotonic()
    path = built.root / "report/q1.qmd"
    text = path.read_text().replace("time.sleep(60)\n", "")
    for number in range(10):
        saved = text.replace("The sum is", f"Save {number}:")
        path.write_text(saved[: len(saved) // 2])
        path.with_suffix(".new").write_text(saved)
        path.with_suffix(".new").replace(path)
        time.sleep(0.05)
    deadline = time.monotonic() + PATIENCE_S
    while b"Save 9: 6" not in shown.fetch("/report.html"):
        assert time.monotonic() < deadline, shown.states[-1]
        time.sleep(0.1)
    assert time.monotonic() - began < 55, "the chunk of a minute was waited for"
    assert (
        psutil.wait_procs([psutil.Process(kernel)] if psutil.pid_exists(kernel) else [], timeout=20)[1] == []
    )


def test_of_several_chapters_the_first_is_shown_at_once(
    built: "Report", start: Callable[..., Previewed]
) -> None:
    """An edit of what many chapters use shows before all of them have run."""
    slow = "import time\nfrom science.numbers import total\nline(total('data/numbers.csv'))\ntime.sleep(3)"
    built.edit("report/q2.qmd", "line(3)", slow)
    shown = start(built)
    before, since = shown.settled(), len(shown.states)
    built.write("data/numbers.csv", "1,2,4")
    early = shown.awaited(lambda state: state["page"] != before["page"], since)
    assert b"The sum is 7" in shown.fetch("/report.html")
    shown.awaited(lambda state: state["running"] and state["running"]["chapter"] == "q2", since)
    shown.awaited(lambda state: state["page"] not in {before["page"], early["page"]}, since)


def test_an_edit_elsewhere_lets_a_chapter_run_on(built: "Report", start: Callable[..., Previewed]) -> None:
    """What trains for minutes is not begun again for a comma in another chapter."""
    shown = start(built)
    shown.settled()
    slow = "import os, time\nopen('../pid', 'a').write('started ')\ntime.sleep(3)\nresult = total("
    since = len(shown.states)
    built.edit("report/q1.qmd", "result = total(", slow)
    shown.awaited(lambda state: state["running"] and state["running"]["number"], since)
    built.edit("report/q2.qmd", "It ascends", "It climbs")
    shown.awaited(lambda state: state["stage"] == "pdf", since)
    shown.settled(len(shown.states) - 1)
    assert b"It climbs" in shown.fetch("/report.html")
    assert (built.root.parent / "pid").read_text() == "started "


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_its_end_leaves_no_process(
    report: "Report",
    start: Callable[..., Previewed],
    monkeypatch: pytest.MonkeyPatch,
    by: signal.Signals,
) -> None:
    """Ctrl-C while a chapter runs, or a closed terminal: its kernel ends with it, and it ends well."""
    report.prepare(monkeypatch)
    sleep = "import os, time\nopen('../pid', 'w').write(str(os.getpid()))\ntime.sleep(60)"
    report.write("report/q1.qmd", f"```{{python}}\n{sleep}\n```\n")
    shown = start(report)
    assert b"is being built" in shown.fetch("/")
    kernel = awaited_number(report.root.parent / "pid")
    family = psutil.Process(shown.process.pid).children(recursive=True)
    assert kernel in {each.pid for each in family}
    assert end(shown, by) == 0
    assert psutil.wait_procs(family, timeout=20)[1] == []


def test_a_chapter_that_is_not_there_is_refused(report: "Report") -> None:
    """A slip is told at once and nothing is served."""
    terminal = Terminal(io.StringIO())
    with pytest.raises(ProjectError, match=r"expected one of its chapters \(q1, q2\), found 'q9'"):
        preview.run(report.root, Request(chapter="q9"), terminal, browse=False)


def awaited_number(path: Path) -> int:
    """Wait until a chapter has written a number to a file."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if path.is_file() and (text := path.read_text()):
            return int(text)
        time.sleep(0.05)
    raise AssertionError(f"{path} was not written")
