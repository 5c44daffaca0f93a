"""`weaver.checking.results`: sentences that tell results, and whether anything holds them."""

from collections.abc import Callable

import pytest

Told = Callable[..., list[str]]
VALUE = "`{python} best`"


def report(text: str) -> dict[str, str]:
    """Return the files of a report."""
    return {"report/report.qmd": f"# One\n\n{text}\n"}


@pytest.mark.parametrize(
    "text",
    [
        f"Depth raises the accuracy\nto {VALUE} %.",
        "As @fig-a shows, the wide network is better.\n\n![A](a.png){#fig-a}",
        f"It needs more epochs than {VALUE}.",
    ],
)
def test_a_result_that_nothing_holds(told: Told, text: str) -> None:
    """A word of effect beside a result: when the results turn, the sentence stays."""
    (found,) = told({**report(text), "report/a.png": ""}, "notice")
    assert found.startswith("report/report.qmd:3: '")
    assert "tells a result that no fact holds" in found


@pytest.mark.parametrize(
    "text",
    [
        "A rate that is too high raises the loss.",  # of no result
        f"The accuracy is {VALUE} %.",
        f"[Depth raises it to {VALUE}.]{{.unchecked}}",
        f"::: {{.unchecked}}\nDepth raises it to {VALUE}.\n:::",
        f"<!-- Depth raises it to {VALUE}. -->",
        "It `{python} a.words(higher='does', lower='may', equal='is', open='?')` better than `{python} x`.",
        f"The code `higher` gives {VALUE}, and $x_{{lower}}$.",
        f"It needs {VALUE} epochs. A lower rate needs more.",
        f"With {VALUE} seeds, intervals are at 95 %, in the lower part of it.",
        "With 95 % confidence intervals, @fig-a has 784 pixels.\n\n![A](a.png){#fig-a}",
    ],
)
def test_what_is_no_result_or_is_held(told: Told, text: str) -> None:
    """An alarm that is false is soon an alarm that nobody hears."""
    assert told({**report(text), "report/a.png": ""}, "notice") == []


def test_a_claim_is_held(told: Told) -> None:
    """Its fact is."""
    stated = "```{python}\nstate(Fact('deep', True, ''))\n```\n\n"
    assert told(report(f"{stated}[Depth raises it to {VALUE}.]{{.claim needs=deep}}"), "notice") == []


def test_a_number_that_is_typed(told: Told) -> None:
    """It stays as it is when the results change."""
    (found,) = told(report(f"Of {VALUE} networks\n12.5 % died."), "notice")
    assert found.startswith("report/report.qmd:4: '12.5 %': a number typed by hand")


def test_captions_and_alternative_texts(told: Told) -> None:
    """They tell results as well; `needs` is for both."""
    options = ["label: fig-a", "fig-cap: Depth lowers it.", "fig-alt: A curve that falls."]
    chunk = "\n".join(["See @fig-a.", "", "```{python}", *(f"#| {one}" for one in options), "x", "```"])
    found = told(report(chunk), "notice")
    assert [line.partition(" tells")[0] for line in found] == [
        "report/report.qmd:7: 'lowers'",
        "report/report.qmd:8: 'falls'",
    ]
    facts = "```{python}\nstate(Fact('deep', True, ''))\n```\n\n"
    assert told(report(facts + chunk.replace("#| fig-cap", "#| needs: deep\n#| fig-cap")), "notice") == []


def test_a_figure_without_words_for_it(told: Told) -> None:
    """Its caption stands in, and says what it means, not what it shows."""
    text = "See @fig-a.\n\n```{python}\n#| label: fig-a\n#| fig-cap: A curve.\nx\n```"
    assert told(report(text), "notice") == [
        "report/report.qmd:6: the figure has no 'fig-alt': readers who cannot see it have its caption alone"
    ]
