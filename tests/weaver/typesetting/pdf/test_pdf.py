"""From executed notebooks to PDF, read back."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import typst
from pypdf import PageObject, PdfReader

from weaver.errors import TypesetError
from weaver.typesetting.pdf import pdf as pages

NOON = datetime(2021, 9, 6, 12, tzinfo=UTC)
LONG = (
    "| n | square |\n|--:|--:|\n"
    + "\n".join(f"| {n} | {n * n} |" for n in range(90))
    + "\n\n: Long {#tbl-l}\n"
)


def _chapters(build: Any) -> tuple[Any, ...]:
    """Return three small chapters that refer to each other."""
    return (
        build.prose("# One {#sec-one}\n\nSee @fig-two and @sec-two.", chapter="q1"),
        build.chunk("#| label: fig-one\n#| fig-cap: First\nplot()", build.picture(), chapter="q1"),
        build.prose("# Two {#sec-two}\n\nLike @fig-one, but @fig-two, [there](#sec-one).", chapter="q2"),
        build.chunk("#| label: fig-two\n#| fig-cap: Second\nplot()", build.picture(), chapter="q2"),
        build.prose("## Deeper\n\n$$x$$ {#eq-two}\n\nSee @eq-two.", chapter="q2"),
        build.prose("# Three {#sec-three}\n", chapter="q3"),
    )


def _structure(reader: PdfReader) -> Iterator[dict[str, Any]]:
    """Yield the elements of the PDF's structure tree."""
    pending = [reader.trailer["/Root"]["/StructTreeRoot"]]
    while pending:
        item = pending.pop().get_object()
        if isinstance(item, list):
            pending.extend(item)
        elif isinstance(item, dict):
            yield item
            pending.extend([item["/K"]] if "/K" in item else [])


def _lines(page: PageObject) -> list[str]:
    return page.extract_text(extraction_mode="layout").splitlines()


def test_headings_captions_and_references(text_of: Callable[..., str], build: Any) -> None:
    """A report has its title, its people, its contents and numbers that agree with the references."""
    yaml = "subtitle: Sub\ntoc: true\ndate: 2021-09-06\nabstract: In *short*, see @sec-two."
    text = text_of(*_chapters(build), yaml=yaml)
    for words in (
        "A report Sub Ada Lovelace September 6, 2021",
        "Abstract In short, see Section 2.",
        "Table of contents",
        "2.1 Deeper",
        "See Figure 2 and Section 2.",
        "Figure 1: First",
        "Like Figure 1, but Figure 2, there.",
        "See Equation 1.",
        "(1)",
    ):
        assert words in text
    assert "?@" not in text


def test_a_number_and_its_percent_sign_stay_on_one_line(
    typeset_pdf: Callable[..., PdfReader], build: Any
) -> None:
    """Wherever a line ends, its last word is no number that has lost its unit."""
    words = "\n\n".join(f"{'m' * n} and so on " + "2.3 % and again " * 30 for n in range(12))
    lines = [line.strip() for page in typeset_pdf(build.prose(words)).pages for line in _lines(page)]
    assert sum("2.3" in line for line in lines) > 40
    assert [line for line in lines if line.startswith("%") or line.endswith("2.3")] == []


def test_the_pdf_is_accessible(typeset_pdf: Callable[..., PdfReader], build: Any) -> None:
    """It claims PDF/UA-1, and every picture and formula has alternative text."""
    source = "#| label: fig-a\n#| fig-cap: Cap\n#| fig-alt: A blue box\nx"
    reader = typeset_pdf(
        build.chunk(source, build.picture()), build.prose('Let $a^2$.\n\n$$b$$ {#eq-b alt="Bee"}')
    )
    alternatives = {str(element["/Alt"]) for element in _structure(reader) if "/Alt" in element}
    assert alternatives == {"A blue box", "a^2", "Bee"}
    assert "pdfuaid" in reader.trailer["/Root"]["/Metadata"].get_object().get_data().decode()
    assert reader.trailer["/Root"]["/Lang"] == "en"
    assert reader.metadata is not None
    assert (reader.metadata.title, reader.metadata.author) == ("A report", "Ada Lovelace")


def test_only_typsts_own_fonts_are_used_and_embedded(
    typeset_pdf: Callable[..., PdfReader], build: Any
) -> None:
    """System fonts would make the pages depend on the machine."""
    reader = typeset_pdf(build.prose("Text *emphasis* **strong** `code` $x$ Ελληνικά Кириллица ☐"))
    fonts = {
        str(font.get_object()["/BaseFont"]).partition("+")[2]
        for page in reader.pages
        for font in page["/Resources"]["/Font"].values()  # type: ignore[index]
    }
    assert {re.sub(r"[-.].*", "", name) for name in fonts} <= {
        "LibertinusSerif",
        "NewCMMath",
        "DejaVuSansMono",
    }


def test_the_same_notebook_gives_the_same_bytes(build: Any, tmp_path: Path) -> None:
    """Neither the folder nor the clock is in the PDF; the given time is, and none where none is given."""
    notebook = build.notebook(*_chapters(build), build.prose("[@knuth84]"), yaml="bibliography: refs.bib")
    contents = []
    for name, when in (("a", NOON), ("b", NOON), ("c", NOON + timedelta(days=1)), ("d", None)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "refs.bib").write_text("@book{knuth84, author={Knuth}, title={T}, year=1984}")
        pages.pdf(notebook, folder / "out.pdf", resources=folder, timestamp=when)
        contents.append((folder / "out.pdf").read_bytes())
    assert contents[0] == contents[1]
    assert contents[0] != contents[2]
    assert b"/CreationDate(D:20210906120000Z)" in contents[0]
    assert b"CreationDate" not in contents[3]


def test_one_chapter_alone_keeps_its_numbers(typeset_pdf: Callable[..., PdfReader], build: Any) -> None:
    """Section, figure and equation numbers are those of the whole; references elsewhere are plain text."""
    reader = typeset_pdf(*_chapters(build), yaml="toc: true", only="q2")
    text = " ".join(reader.pages[0].extract_text().replace("\N{NO-BREAK SPACE}", " ").split())
    for words in (
        "A report Ada Lovelace",
        "2 Two",
        "Like Figure 1, but Figure 2, there.",
        "Figure 2: Second",
        "2.1",
    ):
        assert words in text
    assert "One" not in text
    assert "contents" not in text
    links = [annotation.get_object() for annotation in reader.pages[0]["/Annots"]]  # type: ignore[union-attr]
    assert len(links) == 2  # @fig-two and @eq-two


def test_an_unknown_chapter_names_those_that_exist(text_of: Callable[..., str], build: Any) -> None:
    """Asking for a chapter that is not there is an error, not an empty PDF."""
    with pytest.raises(TypesetError, match=r"expected one of the chapters report, q1, q2, q3, found 'q9'"):
        text_of(*_chapters(build), only="q9")


def test_chunks_that_did_not_run_matter_only_where_they_are_printed(
    text_of: Callable[..., str], build: Any
) -> None:
    """A chapter can be built while the others have no outputs, which the whole cannot."""
    empty = build.chunk("#| label: fig-one\n#| fig-cap: First\nx", chapter="q1", line=8)
    cells = (empty, build.prose("# Two\n\nSee @fig-one.", chapter="q2"))
    assert "See Figure 1." in text_of(*cells, only="q2")
    with pytest.raises(TypesetError, match=r"report/q1\.qmd:9: the figure 'fig-one' is empty"):
        text_of(*cells)


def test_citations_and_references(text_of: Callable[..., str], build: Any, tmp_path: Path) -> None:
    """Narrative and parenthetical citations lead to an unnumbered list of references at the end."""
    (tmp_path / "refs.bib").write_text(
        "@book{knuth84, author={Knuth, Donald}, title={The TeXbook}, year=1984}\n"
        "@book{lamport86, author={Lamport, Leslie}, title={LaTeX}, year=1986}\n"
    )
    text = text_of(
        build.prose(
            "# One\n\n@knuth84 [p. 3] says; others agree [see @lamport86; @knuth84].\n\n# Two\n\nEnd."
        ),
        yaml="bibliography: refs.bib",
    )
    assert "Knuth (1984, 3) says; others agree (see Lamport 1986; Knuth 1984)." in text
    assert re.search(r"2 Two End\. References Knuth, Donald\. 1984\. The TeXbook\. Lamport", text)


def test_references_stand_where_the_document_wants_them(
    text_of: Callable[..., str], build: Any, tmp_path: Path
) -> None:
    """`::: {#refs}` takes the list, under the author's own heading."""
    (tmp_path / "refs.bib").write_text("@book{knuth84, author={Knuth}, title={The TeXbook}, year=1984}")
    prose = build.prose("# One\n\n[@knuth84]\n\n# Sources\n\n::: {#refs}\n:::\n\n# Last")
    text = text_of(prose, yaml="bibliography: refs.bib")
    assert text.index("TeXbook") < text.index("3 Last")
    assert "References" not in text


def test_code_and_what_it_printed(text_of: Callable[..., str], build: Any) -> None:
    """Code shows where `echo` says so; what it printed shows in any case."""
    shown = build.chunk("#| echo: true\nanswer = 6 * 7", build.printed("42\n"))
    hidden = build.chunk("#| echo: false\nsecret = 1", build.printed("43\n"))
    silent = build.chunk("#| include: false\nnothing = 1", build.printed("44\n"))
    unrun = build.chunk("# | eval: false\nlater = 1")
    mute = build.chunk("#| output: false\nmute = 1", build.printed("46\n"))
    text = text_of(shown, hidden, silent, unrun, mute)
    present = ("answer = 6 * 7", "42", "43", "later = 1", "mute = 1")
    absent = ("#|", "# |", "secret", "nothing", "44", "46")
    assert [word for word in present if word not in text] == []
    assert [word for word in absent if word in text] == []


def test_a_long_table_repeats_its_header(typeset_pdf: Callable[..., PdfReader], build: Any) -> None:
    """A table that does not fit on a page goes on on the next, under the same header."""
    pages = [page.extract_text() for page in typeset_pdf(build.prose(LONG)).pages]
    assert len(pages) > 1
    assert all("square" in page for page in pages)
    assert "7921" in pages[-1]


def test_text_of_all_kinds(text_of: Callable[..., str], build: Any) -> None:
    """Notes, lists, definitions, quotations, lines, links and marks all reach the page."""
    text = text_of(
        build.prose(
            "Note[^1] and ~~gone~~ and H~2~O[^2].\n\n[^1]: First note.\n[^2]: Second $n$.\n\n"
            "- point\n    1. inner\n\nTerm\n\n: Meaning\n\n> Said\n\n| line one\n| line two\n\n***\n\n"
            '<https://example.org> and [mail](mailto:a@b.org). "Quoted" – 5 % of #5 & $1 @ _x \\* <b.\n'
        )
    )
    for words in (
        "First note.",
        "Second",
        "inner",
        "Term",
        "Meaning",
        "Said",
        "line two",
        "https://example.org",
    ):
        assert words in text
    assert "“Quoted” – 5 % of #5 & $1 @ _x * <b." in text


def test_a_failure_leaves_the_old_pdf(build: Any, tmp_path: Path) -> None:
    """Whatever goes wrong, an earlier PDF keeps its bytes and nothing else is left beside it."""
    output = tmp_path / "out.pdf"
    output.write_bytes(b"old")
    for text in ("@fig-none", "```{=typst}\n#nonsense()\n```"):
        with pytest.raises(TypesetError):
            pages.pdf(build.notebook(build.prose(text)), output, resources=tmp_path, timestamp=NOON)
    assert output.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [output]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("```{=typst}\n#nonsense()\n```", r"report/q2\.qmd:7: Typst: unknown variable: nonsense"),
        ("one\n\n$\\nonsense{x}$", r"report/q2\.qmd:9: the formula cannot be set: \\nonsense\{x\}"),
        ("one\n\n$$\n1 +\n\\nonsense{y}\n$$", r"report/q2\.qmd:10: the formula cannot be set"),
        ("one\n\n@nobody99", r"report/q2\.qmd:9: no bibliography has the key 'nobody99'"),
        ("one\n\n[x](#nowhere)", r"report/q2\.qmd:9: the link to '#nowhere' leads nowhere"),
        ("one\n\n![x](none.png)", r"report/q2\.qmd:9: the image 'none\.png' is missing"),
    ],
)
def test_errors_name_the_line_they_come_from(
    text_of: Callable[..., str], build: Any, text: str, message: str
) -> None:
    """Errors of Pandoc and of Typst lead back to the sources."""
    with pytest.raises(TypesetError, match=message):
        text_of(build.prose("# One"), build.prose(text, chapter="q2", line=7), build.prose("# End"))


def test_what_swallows_the_rest_is_an_error(text_of: Callable[..., str], build: Any) -> None:
    """Something that is never closed would take chunks with it; the error names the cell where it opens."""
    cells = (build.prose("# One"), build.prose("a\n\n```\nb", chapter="q2", line=7), build.prose("# End"))
    with pytest.raises(TypesetError, match=r"report/q2\.qmd:7: something opens here and is never closed"):
        text_of(*cells)


def test_a_chunk_can_be_commented_out(text_of: Callable[..., str], build: Any) -> None:
    """A comment that opens in one cell and closes in another hides what is between."""
    cells = (build.prose("seen\n\n<!--"), build.chunk("hidden()"), build.prose("-->\n\nalso seen"))
    text = text_of(*cells)
    assert "also seen" in text
    assert "hidden" not in text


def test_metadata_is_checked_too(text_of: Callable[..., str], build: Any) -> None:
    """What cannot be printed in a title is an error, as it is in the text."""
    with pytest.raises(TypesetError, match=r"_quarto\.yml:\d+: the shortcode"):
        text_of(build.prose("x"), yaml="title: A {{< kbd x >}}")
    with pytest.raises(TypesetError, match="section-numbering: expected a pattern"):
        text_of(build.prose("x"), yaml="section-numbering: none")


def test_a_missing_title_is_told(build: Any, tmp_path: Path) -> None:
    """PDF/UA asks for a title; the report is printed without one, and a line says what it lacks."""
    notebook = {"cells": [build.prose("text")], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    made = pages.pdf(notebook, tmp_path / "out.pdf", resources=tmp_path, timestamp=NOON)
    assert any("has no 'title'" in notice for notice in made.notices)
    with pytest.raises(TypesetError, match="has no 'title'"):
        pages.pdf(notebook, tmp_path / "out.pdf", resources=tmp_path, timestamp=NOON, strict=True)


def test_importing_is_quick(tmp_path: Path) -> None:
    """The typesetter does not import Jupyter, Matplotlib or a network library."""
    code = "import sys, weaver.typesetting.pdf.pdf, weaver.typesetting.quarto.quarto; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    heavy = {"nbformat", "nbclient", "matplotlib", "torch", "numpy", "pypandoc", "urllib.request"}
    assert heavy & set(run.stdout.split()) == set()


def test_the_template_hides_no_name_of_typst(tmp_path: Path) -> None:
    """What Pandoc writes, or an author in raw Typst, means what it means without the template."""
    ours = set(re.findall(r"(?m)^#let ([\w-]+)", pages.template()))
    source = tmp_path / "names.typ"
    source.write_text("#metadata((std, math, sym).map(each => dictionary(each).keys()).flatten()) <names>")
    names = json.loads(typst.query(source, "<names>", field="value", one=True))
    assert {"box", "accent", "alpha"} <= set(names)
    assert ours & set(names) == {"footnote"}  # which is Typst's own, but for the contents
