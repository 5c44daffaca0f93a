"""`weaver.checking.label_notices`: labels that nobody refers to, and such as nobody can."""

from collections.abc import Callable

Told = Callable[..., list[str]]


def report(*chunks: str, text: str = "") -> dict[str, str]:
    """Return the files of a report whose chunks have these options."""
    shown = "\n".join(f"```{{python}}\n{one}\n#| fig-alt: A curve.\nx\n```\n" for one in chunks)
    return {"report/report.qmd": f"# One {{#sec-one}}\n\n{text}\n\n{shown}"}


def test_a_figure_that_nothing_refers_to(told: Told) -> None:
    """A reader does not learn what to look at; a section may stand by itself."""
    chunk = "#| label: fig-a\n#| fig-cap: A curve."
    (found,) = told(report(chunk), "notice")
    assert found.startswith("report/report.qmd:6: nothing refers to 'fig-a'")
    for text in ("See @fig-a.", "See [it](#fig-a).", "See @fig-a-2.", "`{python} '@fig-a'`"):
        assert told(report(chunk, text=text), "notice") == []


def test_labels_that_begin_oddly(told: Told) -> None:
    """Quarto takes them for names of chunks, and a reference to them for a citation."""
    found = told(report("#| label: figure-a\n#| fig-cap: A.", "#| label: rates\n#| fig-cap: A."), "notice")
    assert [line.partition(": ")[2] for line in found] == [
        "the label 'figure-a' is none that a reference means; did you mean 'fig-a'?",
        "the label 'rates' has a caption: expected a label such as 'fig-rates', else nothing can refer to it",
    ]


def test_names_of_chunks_without_captions(told: Told) -> None:
    """They need no prefix."""
    assert told({"report/report.qmd": "```{python}\n#| label: table-work\nx\n```\n"}, "notice") == []
