"""The preview as its reader has it, in a real browser: what changes, what stays, what is said beside."""

import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from weaver.preview.error_report import Problem
from weaver.preview.http_server import serving
from weaver.preview.state import Broadcast, Pages, RunningChapter, State
from weaver.typesetting.html import page as webpage

if TYPE_CHECKING:
    from conftest import Report

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-core is not installed")
pytestmark = pytest.mark.usefixtures("built_once")  # before there is an event loop

WORDS = "The quick brown fox jumps over the lazy dog, and then does so again for good measure. " * 6
YAML = "toc: true\nformat:\n  html:\n    code-fold: true"
PREVIEW = "from weaver import cli; cli.main(['preview', '--no-browser', '--engine', 'builtin'])"
# The page without what the preview adds to it.
BARE = """() => {
  const main = document.querySelector("main").cloneNode(true);
  main.querySelectorAll(".weaver-problem").forEach((each) => each.remove());
  for (const each of main.querySelectorAll("*")) {
    each.classList.remove("weaver-new", "weaver-running");
    if (!each.classList.length) each.removeAttribute("class");
    each.removeAttribute("tabindex");
    if (each.matches("section")) each.removeAttribute("style");
  }
  return main.innerHTML;
}"""


@dataclass
class Shown:
    """A tab that shows what `broadcast` says; `console` has what was complained of."""

    tab: Any
    broadcast: Broadcast
    console: list[str] = field(default_factory=list)

    def top(self, selector: str) -> float:
        """Return how far below the upper edge of the window an element begins."""
        return float(self.tab.locator(selector).first.bounding_box()["y"])

    def say(self, page: bytes | None = None, **values: Any) -> None:
        """Change the state, and wait until the tab has its page."""
        pages = {"pages": Pages(page, self.broadcast.state.pages.pdf)} if page else {}
        self.broadcast.set(**pages, **values)
        self.tab.wait_for_timeout(150)


@pytest.fixture
def make(build: Any, tmp_path: Path) -> Callable[..., bytes]:
    """Give what makes a page of some cells."""

    def page(*cells: Any) -> bytes:
        output = tmp_path / "page.html"
        webpage.write_page(build.notebook(*cells, yaml=YAML), output, resources=tmp_path)
        return output.read_bytes()

    return page


@pytest.fixture
def show(browser: Any) -> Iterator[Callable[[bytes | None], Shown]]:
    """Give what opens the preview of a page in a tab."""
    broadcast = Broadcast(State())
    with serving(broadcast) as address:
        context = browser.new_context(viewport={"width": 1200, "height": 800}, reduced_motion="reduce")

        def open_tab(page: bytes | None) -> Shown:
            broadcast.set(pages=Pages(page, b"%PDF"))
            shown = Shown(context.new_page(), broadcast)
            shown.tab.on("console", lambda message: shown.console.append(message.text))
            shown.tab.on("pageerror", lambda error: shown.console.append(str(error)))
            shown.tab.goto(address)
            shown.tab.wait_for_function("document.querySelector('.weaver-bar .status').textContent")
            return shown

        yield open_tab
        context.close()


def three(build: Any, first: str = "", second: str = "") -> tuple[Any, ...]:
    """Return a report of three chapters."""
    plot = "#| label: fig-b\n#| fig-cap: A plot\nplot(1, 'two')"
    return (
        build.prose(f"# One {{#sec-one}}\n\n{first}\n\n{WORDS}\n\n{WORDS}"),
        build.prose(f"# Two {{#sec-two}}\n\n{WORDS}\n\n{WORDS}\n\nHere. {second}", chapter="q2"),
        build.chunk(plot, build.picture(), chapter="q2"),
        build.prose(f"# Three {{#sec-three}}\n\n{WORDS}\n\n{WORDS}\n\n{WORDS}", chapter="q3"),
    )


def test_what_changed_is_put_in_its_place(
    build: Any, make: Callable[..., bytes], show: Callable[..., Shown]
) -> None:
    """The reader stays where he was, opened code stays open, what is new is marked, the rest is untouched."""
    shown = show(make(*three(build)))
    tab = shown.tab
    tab.locator(".fold summary").first.click()
    tab.evaluate("document.querySelector('#fig-b').scrollIntoView()")
    tab.evaluate("document.querySelector('#fig-b').mine = true")
    before = shown.top("#fig-b")
    shown.say(make(*three(build, first=f"New. {WORDS}\n\n## Below", second="Edited.")))
    tab.get_by_text("Edited.").wait_for()
    assert shown.top("#fig-b") == pytest.approx(before, abs=1)
    assert tab.evaluate("document.querySelector('#fig-b').mine && document.querySelector('.fold').open")
    marked = tab.eval_on_selector_all(".weaver-new", "all => all.map(each => each.textContent.slice(0, 5))")
    assert [words.strip() for words in marked] == ["New.", "1.1 B", "Here."]
    assert tab.locator(".contents a", has_text="Below").count() == 1
    tab.evaluate("document.querySelector('#sec-three').scrollIntoView()")
    tab.wait_for_function("document.querySelector('[aria-current]')?.hash === '#sec-three'")
    assert shown.console == []


def test_after_any_edits_it_is_the_page_as_built(
    build: Any, make: Callable[..., bytes], show: Callable[..., Shown]
) -> None:
    """Blocks and chapters come, go, repeat and change places: at last the newest page stands there."""
    draw = random.Random(5)  # noqa: S311 - no secret
    words = ["One.", "Two.", "Two.", "- a\n- b", "A $x^2$.", "> Said.", "Text^[A note.]."]

    def page() -> bytes:
        chapters = draw.sample(["q1", "q2", "q3"], draw.randint(1, 3))
        return make(
            *(
                build.prose(
                    f"# {name}\n\n" + "\n\n".join(draw.sample(words, draw.randint(0, 6))), chapter=name
                )
                for name in chapters
            )
        )

    shown = show(page())
    for _ in range(12):
        newest = page()
        shown.say(newest)
    other = show(newest)
    assert shown.tab.evaluate(BARE) == other.tab.evaluate(BARE)
    assert shown.console == []


def test_an_error_stands_at_its_chapter_and_goes(
    build: Any, make: Callable[..., bytes], show: Callable[..., Shown]
) -> None:
    """Over the last good page, which stays readable where one is; a button leads to it."""
    page = make(*three(build))
    shown = show(page)
    tab, box = shown.tab, shown.tab.locator(".weaver-problem")
    tab.evaluate("document.querySelector('#fig-b').scrollIntoView()")
    before = shown.top("#fig-b")
    shown.say(problem=Problem("q2", "report/q2.qmd:7", "NameError: <b>x</b>", "the traceback"))
    box.wait_for()
    assert box.evaluate("each => each.nextElementSibling.dataset.chapter") == "q2"
    assert box.inner_text().split() == ["report/q2.qmd:7", "NameError:", "<b>x</b>", "the", "traceback"]
    assert shown.top("#fig-b") == pytest.approx(before, abs=1)
    tab.get_by_role("button", name="Show the error").click()
    assert 0 <= shown.top(".weaver-problem") < 400
    found = axe.Axe().run(tab).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] != "minor"] == []
    shown.say(problem=Problem("", "_quarto.yml:3", "invalid YAML"))
    assert box.evaluate("each => each.parentElement.firstElementChild === each")
    shown.say(problem=None)
    assert box.count() == 0
    assert tab.locator(".status").inner_text() == "Up to date"
    assert shown.console == []


def test_a_chapter_that_runs_is_grey_and_says_how_far_it_is(
    build: Any, make: Callable[..., bytes], show: Callable[..., Shown]
) -> None:
    """Its figures stay, with the training's progress beside them; others' do not change."""
    shown = show(make(*three(build)))
    opacity = "document.querySelector('#fig-b svg, #fig-b img').closest('figure > *')"
    shown.say(running=RunningChapter("q2", 3, 2, "fig-b", "net: epoch 3 of 9, loss 0.5, 12 s left"))
    shown.tab.wait_for_timeout(400)
    assert shown.tab.evaluate(f"getComputedStyle({opacity}).opacity") == "0.35"
    beside = shown.tab.evaluate("getComputedStyle(document.querySelector('#fig-b'), '::before').content")
    assert beside == '"q2: chunk 2 of 3, fig-b – net: epoch 3 of 9, loss 0.5, 12 s left"'
    assert shown.tab.locator(".status").inner_text() == beside.strip('"')
    shown.say(running=None, stage="pdf")
    shown.tab.wait_for_timeout(400)
    assert shown.tab.evaluate(f"getComputedStyle({opacity}).opacity") == "1"
    assert shown.tab.locator(".status").inner_text() == "Making the PDF …"


def test_it_switches_to_the_pdf_and_back(
    build: Any, make: Callable[..., bytes], show: Callable[..., Shown]
) -> None:
    """The PDF lies over the page, and is the newest."""
    shown = show(make(*three(build)))
    tab = shown.tab
    tab.get_by_role("button", name="PDF").click()
    first = tab.locator(".weaver-pdf").get_attribute("src")
    shown.say(pages=Pages(shown.broadcast.state.pages.page, b"%PDF-2"))
    tab.wait_for_function(
        "first => document.querySelector('.weaver-pdf').src.slice(-20) !== first.slice(-20)", arg=first
    )
    assert tab.locator(".weaver-pdf").get_attribute("src").startswith("/report.pdf?")
    tab.get_by_role("button", name="HTML").click()
    assert tab.locator(".weaver-pdf").count() == 0


def test_the_first_page_takes_the_place_of_the_one_that_says_to_wait(
    build: Any, make: Callable[..., bytes], show: Callable[..., Shown]
) -> None:
    """Nobody has to reload; an error before there is a page is shown too."""
    shown = show(None)
    shown.say(problem=Problem("", "report/q1.qmd:1", "a slip"))
    assert "a slip" in shown.tab.locator(".weaver-problem").inner_text()
    shown.say(make(*three(build)), problem=None)
    shown.tab.locator("#fig-b").wait_for()


def test_a_real_edit_keeps_the_scroll_position(built: "Report", browser: Any) -> None:
    """From the file to the screen."""
    built.edit("report/q2.qmd", "It ascends", f"{WORDS * 30}\n\nIt ascends")
    process = subprocess.Popen(
        [sys.executable, "-c", PREVIEW], cwd=built.root, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr
    tab = browser.new_page()
    try:
        tab.goto(process.stderr.readline().partition(" ")[0])
        draining = threading.Thread(target=process.stderr.read)
        draining.start()
        tab.locator("p", has_text="It ascends").wait_for()
        tab.wait_for_function("document.querySelector('.status').textContent === 'Up to date'")
        tab.evaluate("scrollTo(0, document.body.scrollHeight)")
        paragraph = tab.locator("p", has_text="It ascends")
        before = paragraph.bounding_box()["y"]
        built.edit("report/q1.qmd", "The sum is", f"{WORDS * 5}\n\nThe total is")
        tab.locator("p", has_text="The total is 6.").wait_for()
        assert paragraph.bounding_box()["y"] == pytest.approx(before, abs=1)
        assert before > 0
    finally:
        tab.close()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        draining.join()
        process.stderr.close()
