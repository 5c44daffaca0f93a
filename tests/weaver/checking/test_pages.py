"""`weaver.checking.pages`: what would stop the pages, told before anything runs."""

from collections.abc import Callable

PARENT = {"report/report.qmd": "{{< include q1.qmd >}}\n\n{{< include q2.qmd >}}\n"}
Told = Callable[..., list[str]]


def chapters(one: str, two: str = "# Two {#sec-two}\n") -> dict[str, str]:
    """Return the files of a report of two chapters."""
    return {**PARENT, "report/q1.qmd": one, "report/q2.qmd": two}


def chunk(*options: str, code: str = "draw()") -> str:
    """Return a chunk with these options."""
    return "\n".join(["```{python}", *(f"#| {one}" for one in options), code, "```\n"])


def test_all_is_told_at_once_by_file_and_line(told: Told) -> None:
    """Whoever has five slips mends five, not one an hour."""
    one = f"# One {{#sec-one}}\n\nSee @fig-rate, @knuth84.\n\n![A picture](no.png)\n\n{chunk('labl: fig-a')}"
    two = f"# Two {{#sec-two}}\n\nSee @tbl-rates.\n\n{chunk('label: fig-rates', 'fig-cap: Rates.')}"
    files = {**chapters(one, two), "_quarto.yml": "titel: A\nnumber-sections: true\n"}
    assert [line.partition(";")[0] for line in told(files)] == [
        "_quarto.yml:1: unknown key 'titel'",
        "report/q1.qmd:3: no figure has the label 'fig-rate'",
        "report/q1.qmd:3: no bibliography has the key 'knuth84': the front matter names none",
        "report/q1.qmd:5: the image 'no.png' is missing: looked for report/no.png",
        "report/q1.qmd:8: unknown chunk option 'labl'",
        "report/q2.qmd:3: no table has the label 'tbl-rates'",
    ]


def test_several_references_in_one_line(told: Told) -> None:
    """Each is told, not the first alone."""
    found = told(chapters("# One\n\nSee @fig-a and @fig-b.\n"))
    assert [line.split("'")[1] for line in found] == ["fig-a", "fig-b"]


def test_what_a_chunk_may_print_is_in_doubt(told: Told) -> None:
    """Code that has the label, or begins one, may define it; a build decides."""
    text = "# One\n\nSee @fig-a and @tbl-b.\n\n"
    printing = chunk("output: asis", code="print('![A](a.png){#fig-a}')\nprint(f'{{#tbl-{name}}}')")
    assert told(chapters(text + printing)) == []
    assert [line.partition(":")[2] for line in told(chapters(text + printing), "notice")] == [
        "3: nothing has the label 'fig-a' yet: a chunk would have to print it",
        "3: nothing has the label 'tbl-b' yet: a chunk would have to print it",
    ]


def test_modules_may_print_it_too(told: Told) -> None:
    """What a chunk imports counts, however deep."""
    files = chapters(
        "# One\n\nSee @fig-a.\n\n" + chunk("echo: true", code="from lab.deep import draw\ndraw()")
    )
    files |= {"src/lab/__init__.py": "", "src/lab/deep.py": "from lab.labels import LABEL\n"}
    assert len(told({**files, "src/lab/labels.py": "LABEL = 'fig-b'\n"})) == 1
    assert told({**files, "src/lab/labels.py": "LABEL = 'fig-a'\n"}) == []


def test_what_an_inline_value_completes_is_not_told(told: Told) -> None:
    """Nobody knows its value yet."""
    text = (
        "# One\n\nSee @fig-`{python} name` and ![A](`{python} path`.png).\n\n![B](b.png){#fig-`{python} n`}\n"
    )
    assert told({**chapters(text), "report/b.png": ""}, "fault", "notice") == []


def test_the_figures_of_one_chunk_have_labels(told: Told) -> None:
    """How many a chunk draws is known when it has run."""
    text = f"# One\n\nSee @fig-a-2.\n\n{chunk('label: fig-a', 'fig-cap: Two.', 'fig-alt: A.')}"
    assert told(chapters(text), "fault", "notice") == []


def test_a_picture_that_code_may_write_is_in_doubt(told: Told) -> None:
    """A chunk may draw it before the page is set."""
    text = "# One\n\n![A](a.png)\n\n"
    assert told(chapters(text + chunk(code="figure.savefig(name)"))) == []
    assert told(chapters(text + chunk(code="open('a.png', 'wb')"))) == []
    assert len(told(chapters(text + chunk(code="open('b.png', 'wb')")))) == 1


def test_where_quarto_sets_the_pages_it_only_warns(told: Told) -> None:
    """It prints a reference that leads nowhere as it stands, and knows more than the built-in typesetter."""
    files = chapters("# One\n\nSee @fig-a.\n\n```{mermaid}\ngraph LR\n```\n")
    assert told(files, "fault", by_quarto=True) == []
    assert [line.partition(";")[0] for line in told(files, "warning", by_quarto=True)] == [
        "report/q1.qmd:3: no figure has the label 'fig-a'"
    ]


def test_only_the_chapter_that_is_asked_for(tmp_path, told: Told, checked) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
    """A slip in another does not keep its author from this one."""
    told(chapters("# One\n\nSee @fig-a and @sec-two.\n", "# Two {#sec-two}\n\nSee @sec-three.\n"))
    (found,) = checked(tmp_path, only="q1").findings
    assert found.place == "report/q1.qmd:3"
    assert "fig-a" in found.text


def test_keys_that_no_bibliography_has(told: Told) -> None:
    """Those that stand in one, or in the front matter, are found."""
    text = "# One\n\nSee @a1, @b1, @c1.\n"
    files = {**chapters(text), "report/a.bib": "@book{a1, title={T}}\n"}
    files |= {"_quarto.yml": "title: T\nbibliography: report/a.bib\nreferences:\n- {id: b1, title: B}\n"}
    (found,) = told(files)
    assert found.startswith("report/q1.qmd:3: no bibliography has the key 'c1'")
