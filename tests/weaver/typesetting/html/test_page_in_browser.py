"""The page as a reader has it: in a real browser, by mouse, keyboard and screen reader, wide and narrow."""

import base64
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from weaver.typesetting.html import page as webpage

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-core is not installed")
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 360, "height": 640}
YAML = """subtitle: All that a report can hold
toc: true
abstract: What stands in the page, see @sec-end.
bibliography: refs.bib
format:
  html:
    code-fold: true"""
TEXT = "The quick brown fox jumps over the lazy dog, and then does so again for good measure. " * 12
ONE = f"""# One {{#sec-one}}

See @fig-a, @fig-b-2, @tbl-wide, @eq-long, @sec-end, [@knuth84], [there](#sec-sub).[^1] {TEXT}

[^1]: A note with `code`.

![A raster *image*](a.png){{#fig-png width=50%}}

$$\\sum_{{i=1}}^n \\left(x_i + y_i\\right) {" + x_1" * 40}$$ {{#eq-long alt="A long sum"}}

## Below {{#sec-sub}}

{TEXT}

| {" | ".join("abcdefghij")} |
|{"--:|" * 10}
| {" | ".join(["123456789.25"] * 10)} |

: A wide table {{#tbl-wide}}
"""
END = f"""
::: {{.callout-important}}
## Important
Text with a [link](https://example.org).
:::

::: {{.callout-caution}}
Text.
:::

# End {{#sec-end}}

{TEXT}

- [ ] to do
- *emphasis*, **strong**, `code`, $x^2$, Ελληνικά, 中文

> A quotation. {TEXT}

{TEXT}
"""


def cells(build: Any) -> tuple[Any, ...]:
    """Return a notebook with something of every kind."""
    panels = (
        "#| label: fig-b\n#| fig-cap: Two\n#| fig-subcap: [One, Two]\n#| layout-ncol: 2\nx = 1  # "
        + "x" * 200
    )
    return (
        build.prose(ONE),
        build.chunk("#| label: fig-a\n#| fig-cap: A plot\nplot(1, 'two')  # three", build.picture()),
        build.chunk(panels, build.picture(), build.picture(), build.printed("y" * 200)),
        *(
            build.prose(f"::: {{.callout-{kind}}}\nText with `code` and @fig-a.\n:::")
            for kind in ("note", "tip", "warning")
        ),
        build.prose(END),
    )


@dataclass
class Visit:
    """A tab with the page in it; `seen` has what the console said and all that was requested."""

    tab: Any
    console: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def page(build: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the page once."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "a.png").write_bytes(base64.b64decode(build.png(40, 20)))
    (folder / "refs.bib").write_text("@book{knuth84, author={Knuth, D.}, title={Texts}, year=1984}")
    output = folder / "page.html"
    webpage.write_page(build.notebook(*cells(build), yaml=YAML), output, resources=folder)
    return output


@pytest.fixture
def visit(browser: Any, page: Path) -> Iterator[Callable[..., Visit]]:
    """Return a function that opens the page."""
    with ExitStack() as contexts:

        def open_page(size: dict[str, int] = WIDE, colours: str = "light") -> Visit:
            made = browser.new_context(viewport=size, color_scheme=colours, reduced_motion="reduce")
            visit = Visit(contexts.enter_context(made).new_page())
            visit.tab.on("console", lambda message: visit.console.append(message.text))
            visit.tab.on("pageerror", lambda error: visit.console.append(str(error)))
            visit.tab.on("request", lambda request: visit.requests.append(request.url))
            visit.tab.goto(page.as_uri())
            return visit

        yield open_page


def top(tab: Any, selector: str) -> float:
    """Return how far below the upper edge of the window an element begins."""
    return float(tab.locator(selector).first.bounding_box()["y"])


def test_it_needs_nobody_and_complains_of_nothing(visit: Callable[..., Visit]) -> None:
    """One file, no other request, a silent console."""
    seen = visit()
    seen.tab.keyboard.press("End")
    seen.tab.wait_for_timeout(200)
    assert seen.console == []
    assert [url for url in seen.requests if not url.startswith("data:")] == [seen.tab.url]


def test_every_reference_leads_where_it_says(visit: Callable[..., Visit]) -> None:
    """Each target exists once, and a click on a link shows it."""
    tab = visit().tab
    identifiers = tab.eval_on_selector_all("[id]", "all => all.map(each => each.id)")
    assert len(identifiers) == len(set(identifiers))
    links = tab.locator("main a[href^='#']:not([aria-hidden])")
    targets = [link.get_attribute("href") for link in links.all()]
    assert set(targets) <= {f"#{identifier}" for identifier in identifiers}
    for target in ("#fig-a", "#fig-b-2", "#tbl-wide", "#eq-long", "#sec-end", "#ref-knuth84", "#fn1"):
        tab.evaluate("scrollTo(0, 0)")
        links.nth(targets.index(target)).click()
        assert 0 <= top(tab, target) < WIDE["height"], target
        assert tab.evaluate("location.hash") == target


def test_every_image_has_words(visit: Callable[..., Visit]) -> None:
    """A figure is an image with its caption or its own words; nothing else is read out."""
    tab = visit().tab
    pictures = tab.eval_on_selector_all(
        "img, svg", "all => all.map(each => each.ariaHidden ? null : each.alt || each.ariaLabel)"
    )
    assert [words for words in pictures if words is not None] == ["A raster image", "A plot", "One", "Two"]
    assert tab.get_by_role("img", name="A plot", exact=True).count() == 1


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_finds_nothing_serious(visit: Callable[..., Visit], size: dict[str, int], colours: str) -> None:
    """Contrast, names, landmarks, order of headings, reach by keyboard: with everything unfolded."""
    tab = visit(size, colours).tab
    tab.eval_on_selector_all("details", "all => all.forEach(each => each.open = true)")
    tab.wait_for_timeout(100)
    found = axe.Axe().run(tab).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] != "minor"] == []


@pytest.mark.parametrize("width", [320, 360, 1152])
def test_nothing_is_wider_than_the_window(visit: Callable[..., Visit], width: int) -> None:
    """Wide tables, formulas and code scroll in boxes of their own, which the keyboard reaches."""
    tab = visit({"width": width, "height": 800}).tab
    tab.eval_on_selector_all("details", "all => all.forEach(each => each.open = true)")
    tab.wait_for_timeout(100)
    assert tab.evaluate("document.documentElement.scrollWidth") == width
    boxes = tab.evaluate(
        "[...document.querySelectorAll('.scroll, pre.printed, div.sourceCode, .equation .formula')]"
        ".filter(each => each.scrollWidth > each.clientWidth).map(each => each.tabIndex)"
    )
    assert set(boxes) == {0}


def test_the_contents_follow_the_reader(visit: Callable[..., Visit]) -> None:
    """Beside the text the section at hand is marked, and stays in sight."""
    tab = visit().tab
    current = tab.locator(".contents [aria-current]")
    assert tab.locator(".contents ul").first.is_visible()
    assert current.count() == 0
    for target in ("#sec-sub", "#sec-end", "#sec-one"):
        tab.evaluate("target => document.querySelector(target).scrollIntoView()", target)
        tab.wait_for_function(
            "target => document.querySelector('[aria-current]')?.hash === target", arg=target
        )
        assert 0 <= top(tab, ".contents [aria-current]") < WIDE["height"]


def test_on_a_phone_the_contents_fold_away(visit: Callable[..., Visit]) -> None:
    """They open at a touch, close when one has chosen, and say meanwhile where one is."""
    tab = visit(NARROW).tab
    contents = tab.locator(".contents ul").first
    assert not contents.is_visible()
    tab.locator(".contents summary").click()
    tab.locator(".contents a[href='#sec-end']").click()
    assert not contents.is_visible()
    tab.wait_for_function("document.querySelector('.here').textContent === '2 End'")
    bar = tab.locator(".bar").bounding_box()
    assert bar["y"] == 0
    assert bar["height"] <= top(tab, "#sec-end") < NARROW["height"] / 2
    tab.locator(".contents summary").click()
    tab.keyboard.press("Escape")
    assert not contents.is_visible()


def ground(tab: Any) -> str:
    """Return the colour of the page."""
    return str(tab.evaluate("getComputedStyle(document.body).backgroundColor"))


@pytest.mark.parametrize("system", ["light", "dark"])
def test_the_colours_asked_for_are_remembered(visit: Callable[..., Visit], system: str) -> None:
    """At first as the system has it; a click asks for the other, for good; another click follows it again."""
    tab = visit(colours=system).tab
    switch, first = tab.get_by_role("button", name="Dark colours"), ground(tab)
    assert switch.get_attribute("aria-pressed") == str(system == "dark").lower()
    switch.click()
    asked = ground(tab)
    assert asked != first
    tab.reload()
    assert ground(tab) == asked
    assert switch.get_attribute("aria-pressed") == str(system == "light").lower()
    switch.click()
    tab.emulate_media(color_scheme="light" if system == "dark" else "dark")
    assert ground(tab) == asked


def test_plots_keep_a_light_ground_in_the_dark(visit: Callable[..., Visit]) -> None:
    """Black axes on a black page could not be read."""
    tab = visit(colours="dark").tab
    plate = tab.locator("#fig-a svg").evaluate("each => getComputedStyle(each).backgroundColor")
    assert plate == "rgb(255, 255, 255)"


def test_the_keyboard_comes_to_the_text_at_once(visit: Callable[..., Visit]) -> None:
    """The first stop skips the contents, and code unfolds with the space bar."""
    tab = visit().tab
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.textContent") == "Skip to the text"
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "text"
    summary = tab.locator(".fold summary").first
    summary.focus()
    tab.keyboard.press("Space")
    assert tab.locator(".fold .sourceCode").first.is_visible()


def test_it_prints_as_an_article(visit: Callable[..., Visit]) -> None:
    """On paper there is no bar and no folded code, and the ground is white even in the dark."""
    tab = visit(colours="dark").tab
    tab.emulate_media(media="print")
    assert ground(tab) == "rgb(255, 255, 255)"
    assert not tab.locator(".bar").is_visible()
    assert not tab.locator(".fold").first.is_visible()
    assert tab.locator("#fig-a figcaption").is_visible()
