"""Which edit makes which chapter stale, and in which words; no kernel runs here."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from weaver import project
from weaver.building.execution import Execution
from weaver.building.ledger import Ledger
from weaver.building.staleness import Freshness, Judge, changed_inputs
from weaver.dependencies.inputs import today
from weaver.dependencies.project_code import ProjectCode
from weaver.dependencies.traces import result_key
from weaver.errors import StoreError
from weaver.project import Chapter
from weaver.qmd import Prose
from weaver.storage.store import Store

if TYPE_CHECKING:
    from conftest import Report

LOADED = {"q1": ["science", "science.numbers"], "q2": ["science", "science.figures"]}
READ = {"q1": ["data/numbers.csv", "data/missing.csv"], "q2": []}


def judge(root: Path) -> Judge:
    """Make a judge as a new build does."""
    return Judge(root, Store(root / "store"), Ledger(root / "ledger"), ProjectCode(root))


def chapter(root: Path, name: str) -> Chapter:
    """Read a chapter."""
    return project.read_project(root).chapter(name)


def executed(root: Path, of: Chapter, mark: str = "") -> Execution:
    """Say what a chapter could have given."""
    prose = [block for block in of.blocks if isinstance(block, Prose)]
    values = [inline.expression for block in prose for inline in block.inlines]
    code = ProjectCode(root)
    opened = {**today(root, READ[of.name]), **code.today([f"module:{name}" for name in LOADED[of.name]])}
    counted = code.whole(dict.fromkeys(LOADED[of.name], ()))
    return Execution(((),) * len(of.chunks), (*values, mark), opened, code=counted)


def settle(root: Path, profile: str = "full", mark: str = "") -> None:
    """Keep an execution of both chapters, as a build does."""
    for name in READ:
        of, now = chapter(root, name), judge(root)
        now.keep(of, now.demand(of, profile), executed(root, of, mark))


def freshness(root: Path, name: str, profile: str = "full") -> Freshness:
    """Judge a chapter."""
    return judge(root).judge(chapter(root, name), profile)


def stale(root: Path, profile: str = "full") -> dict[str, tuple[str, ...]]:
    """Return the reasons of the chapters that would run."""
    judged = {name: freshness(root, name, profile) for name in READ}
    assert all((found.execution is None) == bool(found.reasons) for found in judged.values())
    return {name: found.reasons for name, found in judged.items() if found.reasons}


@pytest.fixture
def settled(report: "Report") -> "Report":
    """A report whose chapters have run."""
    settle(report.root)
    return report


def test_before_the_first_run(report: "Report") -> None:
    """Everything is stale, and a document without code never is."""
    assert stale(report.root) == {"q1": ("it has not run yet",), "q2": ("it has not run yet",)}
    parent = freshness(report.root, "report")
    assert parent.execution == Execution((), (), {})


Q1, Q2 = "report/q1.qmd", "report/q2.qmd"
NUMBERS, FIGURES = "src/science/numbers.py", "src/science/figures.py"
FREE = {
    "nothing": lambda _: None,
    "prose": lambda report: report.edit(Q1, "The sum is", "All in all it is"),
    "heading": lambda report: report.edit(Q1, "# The sum", "# The total"),
    "caption": lambda report: report.edit(Q2, "A line.", "A straight line."),
    "label": lambda report: report.edit(Q2, "label: fig-line", "label: fig-straight"),
    "a comment in a chunk": lambda report: report.edit(Q1, "result =", "# the sum\nresult ="),
    "a blank line in a chunk": lambda report: report.edit(Q1, "result =", "\n\nresult ="),
    "layout in a chunk": lambda report: report.edit(Q2, "line(3)", "line(\n    3\n)"),
    "layout of an expression": lambda report: report.edit(Q1, "} result`", "}  ( result )`"),
    "a comment in a module": lambda report: report.edit(NUMBERS, "return sum", "# all\n    return sum"),
    "a docstring": lambda report: report.edit(NUMBERS, "Add up the numbers", "Add the numbers"),
    "layout of a module": lambda report: report.edit(FIGURES, "[0, slope])", "[0, slope],)"),
    "a new module": lambda report: report.write("src/science/more.py", "x = 1\n"),
    "another file": lambda report: report.write("data/other.csv", "1\n"),
    "the same bytes again": lambda report: report.write("data/numbers.csv", "1,2,3"),
}


@pytest.mark.parametrize("edit", FREE.values(), ids=FREE.keys())
def test_edits_that_run_nothing(settled: "Report", edit: "Callable[[Report], None]") -> None:
    """What cannot change a result starts no kernel."""
    edit(settled)
    assert stale(settled.root) == {}


STALE = {
    "a figure function of q2": (
        lambda report: report.edit(FIGURES, "[0, slope]", "[1, slope]"),
        {"q2": (f"science.figures.line changed ({FIGURES}:4)",)},
    ),
    "a function that q1 reaches": (
        lambda report: report.edit(NUMBERS, "int(word)", "2 * int(word)"),
        {"q1": (f"science.numbers.total changed ({NUMBERS}:4)",)},
    ),
    "a function beside it": (
        lambda report: report.edit(NUMBERS, "return 0", "return 1"),
        {"q1": (f"science.numbers.unreached changed ({NUMBERS}:9)",)},
    ),
    "a module that is no Python any more": (
        lambda report: report.edit(FIGURES, "plt.show()", "plt.show("),
        {"q2": ("science.figures.line is no longer reached (src/science/figures.py:4)",)},
    ),
    "a data file that q1 read": (
        lambda report: report.write("data/numbers.csv", "4"),
        {"q1": ("data/numbers.csv changed",)},
    ),
    "a data file that q1 looked for": (
        lambda report: report.write("data/missing.csv", "4"),
        {"q1": ("data/missing.csv appeared",)},
    ),
    "a data file that is gone": (
        lambda report: (report.root / "data/numbers.csv").unlink(),
        {"q1": ("data/numbers.csv is gone",)},
    ),
    "the code of a chunk": (
        lambda report: report.edit(Q2, "line(3)", "line(4)"),
        {"q2": ("the code at report/q2.qmd:3 changed",)},
    ),
    "an inline expression": (
        lambda report: report.edit(Q1, "} result`", "} result + 1`"),
        {"q1": ("the code at report/q1.qmd:10 changed",)},
    ),
    "a chunk that loses its last result": (
        lambda report: report.edit(Q2, "line(3)", "line(3);"),
        {"q2": ("the code at report/q2.qmd:3 changed",)},
    ),
    "a chunk cut in two": (
        lambda report: report.edit(Q1, "\nresult =", "```\n\n```{python}\nresult ="),
        {"q1": ("the code at report/q1.qmd:3 changed", "the code at report/q1.qmd:8 changed")},
    ),
}


@pytest.mark.parametrize(("edit", "reasons"), STALE.values(), ids=STALE.keys())
def test_edits_that_run_one_chapter(
    settled: "Report", edit: "Callable[[Report], None]", reasons: dict[str, tuple[str, ...]]
) -> None:
    """What can change a result runs the chapters that reach it, and says which input it was."""
    edit(settled)
    assert stale(settled.root) == reasons


def test_a_chapter_whose_chunks_are_switched_off(settled: "Report") -> None:
    """Nothing is left to run, so no kernel starts; each chunk keeps its empty place."""
    settled.edit(Q2, "#| label: fig-line", "#| label: fig-line\n#| eval: false")
    assert freshness(settled.root, "q2").execution == Execution(((),), (), {})


def test_code_that_goes_or_changes_places(settled: "Report") -> None:
    """Without a new line of code there is no line to name."""
    settled.edit(Q1, "The sum is `{python} result`.", "`{python} result` `{python} 1`")
    settle(settled.root)
    settled.edit(Q1, "`{python} result` `{python} 1`", "`{python} 1` `{python} result`")
    assert stale(settled.root) == {"q1": ("code was removed or put in another order",)}
    settled.edit(Q1, "`{python} 1` `{python} result`", "`{python} result`")
    settle(settled.root)
    assert stale(settled.root) == {}


def test_each_profile_has_its_own_entries(settled: "Report") -> None:
    """A quick look takes nothing from the full report and nothing away from it."""
    assert set(stale(settled.root, "quick")) == {"q1", "q2"}
    settle(settled.root, "quick", mark="quick")
    assert stale(settled.root, "quick") == stale(settled.root, "full") == {}
    kept = freshness(settled.root, "q2", "quick").execution
    assert kept is not None
    assert kept.values == ("quick",)


def test_an_edit_taken_back_finds_what_was_kept(settled: "Report") -> None:
    """Neither the edit nor its undoing costs more than one run."""
    settled.edit(Q2, "line(3)", "line(4)")
    settle(settled.root, mark="edited")
    settled.edit(Q2, "line(4)", "line(3)")
    assert stale(settled.root) == {}
    kept = freshness(settled.root, "q2").execution
    assert kept is not None
    assert kept.values == ("",)


def test_a_chapter_has_its_entries_wherever_the_project_lies(settled: "Report", tmp_path: Path) -> None:
    """A copy of the folder, cache included, is as fresh."""
    copy = tmp_path / "copy"
    shutil.copytree(settled.root, copy, ignore=shutil.ignore_patterns("copy"))
    assert stale(copy) == {}


def test_an_expression_is_no_chunk(settled: "Report") -> None:
    """The same code gives outputs in the one and a value in the other: they are kept apart."""
    settled.write(Q2, "`{python} 6 * 7`\n")
    settle(settled.root)
    settled.write(Q2, "```{python}\n6 * 7\n```\n")
    assert set(stale(settled.root)) == {"q2"}


def test_what_ran_while_it_was_edited_is_kept_as_it_ran(report: "Report") -> None:
    """The code that was loaded counts, so the next build runs the edited one, and an undone edit finds it."""
    of, now = chapter(report.root, "q2"), judge(report.root)
    demand = now.demand(of, "full")
    execution = executed(report.root, of)
    report.edit(FIGURES, "[0, slope]", "[1, slope]")
    assert now.keep(of, demand, execution) == execution
    assert stale(report.root)["q2"] == (f"science.figures.line changed ({FIGURES}:4)",)
    report.edit(FIGURES, "[1, slope]", "[0, slope]")
    assert "q2" not in stale(report.root)


def test_what_is_kept_first_is_printed_ever_after(settled: "Report") -> None:
    """A second run of the same gives the first one's outputs, or the next build would print others."""
    of, now = chapter(settled.root, "q2"), judge(settled.root)
    kept = now.keep(of, now.demand(of, "full"), executed(settled.root, of, "by chance another"))
    assert kept.values == ("",)


PAGE = "ledger/full/q1.json"


def edit_page(root: Path, **change: object) -> None:
    """Change a part of what is remembered."""
    record = json.loads((root / PAGE).read_text())
    (root / PAGE).write_text(json.dumps({**record, **change}))


LOSSES = {
    "no page": lambda root: (root / PAGE).unlink(),
    "an empty page": lambda root: (root / PAGE).write_text(""),
    "half a page": lambda root: (root / PAGE).write_text((root / PAGE).read_text()[:50]),
    "bytes that are no text": lambda root: (root / PAGE).write_bytes(b"\xff\xfe"),
    "a page of lists": lambda root: (root / PAGE).write_text("[" * 100_000),
    "another kind of page": lambda root: (root / PAGE).write_text("3"),
    "blocks of another type": lambda root: edit_page(root, blocks=[[]]),
    "inputs of another type": lambda root: edit_page(root, inputs=[["data/numbers.csv", None]]),
    "digests of another type": lambda root: edit_page(root, inputs={"data/numbers.csv": 3}),
    "code of another type": lambda root: edit_page(root, code={"modules": {}, "dependencies": 1}),
    "modules of another type": lambda root: edit_page(root, code={"modules": [], "dependencies": []}),
    "an older page": lambda root: edit_page(root, version="1"),
    "a folder": lambda root: ((root / PAGE).unlink(), (root / PAGE).mkdir()),
}


@pytest.mark.parametrize("lose", LOSSES.values(), ids=LOSSES.keys())
def test_a_lost_ledger_costs_words(settled: "Report", lose: Callable[[Path], object]) -> None:
    """What is kept is found by its traces; what a stale chapter depended on is forgotten."""
    lose(settled.root)
    assert judge(settled.root).ledger.is_unclear("full", "q1") == (settled.root / PAGE).exists()
    assert stale(settled.root) == {}
    settled.write("data/numbers.csv", "4")
    assert stale(settled.root) == {"q1": ("it has not run yet",)}


def test_a_chapter_that_began_is_marked_until_it_ends(settled: "Report") -> None:
    """While it runs, or after it was killed, nobody knows what it has trained; its page stays as it was."""
    of, now = chapter(settled.root, "q1"), judge(settled.root)
    assert not now.ledger.is_unclear("full", "q1")
    now.ledger.begin("full", "q1")
    assert now.ledger.is_unclear("full", "q1")
    assert stale(settled.root) == {}
    now.keep(of, now.demand(of, "full"), executed(settled.root, of))
    assert not now.ledger.is_unclear("full", "q1")


def test_the_ledger_lists_and_forgets(settled: "Report") -> None:
    """It knows which chapters it remembers, also one that only began, and what forgetting frees."""
    ledger = judge(settled.root).ledger
    ledger.begin("quick", "q3")
    assert ledger.chapters() == {"full": ("q1", "q2"), "quick": ("q3",)}
    size = (settled.root / PAGE).stat().st_size
    assert ledger.forget("full", "q1") == size
    assert (ledger.forget("quick", "q3"), ledger.forget("quick", "q3")) == (0, 0)
    assert ledger.chapters() == {"full": ("q2",)}
    assert not ledger.is_unclear("full", "q1")


def test_a_fresh_chapter_knows_its_key(settled: "Report") -> None:
    """Under it lies the execution that is printed; a stale one has none, nor has one without code."""
    now = judge(settled.root)
    key = freshness(settled.root, "q1").key
    page = now.ledger.read("full", "q1")
    assert page is not None
    assert key == page.key
    assert key in set(now.store.keys())
    assert freshness(settled.root, "report").key is None
    settled.write("data/numbers.csv", "4")
    assert freshness(settled.root, "q1").key is None


def test_a_lost_entry_costs_a_run(settled: "Report") -> None:
    """Whoever cleans the store finds the chapters stale, and reads why."""
    shutil.rmtree(settled.root / "store")
    gone = ("its kept outputs are gone",)
    assert stale(settled.root) == {"q1": gone, "q2": gone}


@pytest.mark.parametrize(
    ("name", "record"), [("q1", {}), ("q2", {"outputs": [], "values": [3], "opened": {}})]
)
def test_an_entry_that_is_no_execution_is_set_aside(
    settled: "Report", caplog: pytest.LogCaptureFixture, name: str, record: dict[str, object]
) -> None:
    """Whatever stands under a chapter's key with sums that are right is not printed unseen."""
    of, now = chapter(settled.root, name), judge(settled.root)
    execution = executed(settled.root, of)
    key = result_key(now.demand(of, "full").key, execution.opened)
    now.store.remove(key)
    now.store.write(key, record, {})
    assert stale(settled.root) == {name: ("its kept outputs are gone",)}
    assert f"the entry {key} is damaged" in caplog.text
    now.store.write(key, record, {})
    assert now.keep(of, now.demand(of, "full"), execution) == execution
    now.keep(of, now.demand(of, "full"), execution)
    assert stale(settled.root) == {}


@pytest.mark.parametrize(
    ("path", "advice"),
    [("ledger", "remove the file that stands"), (PAGE, "remove the folder that stands")],
)
def test_a_ledger_that_cannot_be_written(report: "Report", path: str, advice: str) -> None:
    """The message names the page, and says what to do."""
    if path == PAGE:
        (report.root / path).mkdir(parents=True)
    else:
        (report.root / path).write_text("a file in its place")
    with pytest.raises(StoreError, match=rf"{PAGE}: cannot write the ledger: .*: {advice}"):
        settle(report.root)


def test_folders_are_told_after_the_files_in_them() -> None:
    """The file that came says more than the folder that holds it."""
    old = {"data/": "1", "data/a.npy": None}
    new = {"data/": "2", "data/a.npy": "3"}
    assert list(changed_inputs(old, new)) == ["data/a.npy appeared", "data/ holds other files"]
