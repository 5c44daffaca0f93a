"""`weaver.checking.facts`: claims that need what nothing states."""

from collections.abc import Callable

Told = Callable[..., list[str]]
STATED = (
    "```{python}\nfrom weaver.claims import Fact, state\n\nstate(Fact('overfits', gap > 0, gap))\n```\n\n"
)


def report(text: str) -> dict[str, str]:
    """Return the files of a report."""
    return {"report/report.qmd": f"# One\n\n{text}"}


def test_a_need_that_nothing_states(told: Told) -> None:
    """A slip in a fact's name is told before an hour of training, in text, captions and options."""
    options = "#| label: fig-a\n#| fig-cap: '[It does.]{.claim needs=overfit}'\n#| needs: other\n"
    chunk = f"```{{python}}\n{options}x\n```\n"
    found = told(report(f"{STATED}It [overfits.]{{.claim needs=overfitts}}\n\n{chunk}"))
    assert found == [
        "report/report.qmd:9: the fact 'overfitts' is stated nowhere; did you mean 'overfits'?",
        "report/report.qmd:13: the fact 'overfit' is stated nowhere; did you mean 'overfits'?",
        "report/report.qmd:14: the fact 'other' is stated nowhere; state it in a chunk: state(Fact(…))",
    ]


def test_a_need_that_is_stated(told: Told) -> None:
    """Its name stands in the code."""
    assert told(report(f"{STATED}It [overfits.]{{.claim needs=overfits}}\n"), "fault", "notice") == []


def test_names_that_are_computed_are_in_doubt(told: Told) -> None:
    """Which they are is known when the code has run."""
    text = STATED.replace("'overfits'", "f'{name}-overfits'") + "It [does.]{.claim needs=wide-overfits}\n"
    assert told(report(text)) == []
    assert len(told(report(text), "notice")) == 1


def test_words_without_an_outcome(told: Told) -> None:
    """They are told beside all else."""
    (found,) = told(report(STATED + "It `{python} overfits.words(yes='does')`.\n"))
    assert (
        found
        == "report/report.qmd:9: 'overfits.words': expected a wording for each outcome, found none for no"
    )
