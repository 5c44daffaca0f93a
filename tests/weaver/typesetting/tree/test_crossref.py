"""Numbers and references, as Quarto gives them."""

from collections.abc import Callable
from typing import Any

import pytest

from weaver.errors import TypesetError
from weaver.typesetting.tree import crossref, numbered_document

Numbered = Callable[..., tuple[list[Any], dict[str, str]]]
FIGURE = "![A caption](a.png){#fig-%s}\n"


def test_all_kinds_count_apart_and_across_chapters(numbered: Numbered, build: Any) -> None:
    """Figures, tables, listings and equations each have a count of their own over the whole notebook."""
    first = build.prose(
        f"# One {{#sec-one}}\n\n{FIGURE % 'a'}\n| a |\n|---|\n| 1 |\n\n: T {{#tbl-a}}\n\n$$x$$ {{#eq-a}}\n"
    )
    second = build.prose(
        f"# Two {{#sec-two}}\n\n{FIGURE % 'b'}\n$$y$$ {{#eq-b}}\n\n```{{#lst-a lst-cap='L'}}\nx\n```\n",
        chapter="q2",
    )
    assert numbered(first, second)[1] == {
        "sec-one": "1",
        "fig-a": "1",
        "tbl-a": "1",
        "eq-a": "1",
        "sec-two": "2",
        "fig-b": "2",
        "eq-b": "2",
        "lst-a": "1",
    }


def test_sections_count_by_level_and_skip_unnumbered_ones(numbered: Numbered, build: Any) -> None:
    """An unnumbered heading takes no number, and a deeper level starts anew under each section."""
    text = "# A {#sec-a}\n\n## B {#sec-b}\n\n# C {-}\n\n# D {#sec-d}\n\n## E {#sec-e}\n\n### F {#sec-f}\n"
    assert numbered(build.prose(text))[1] == {
        "sec-a": "1",
        "sec-b": "1.1",
        "sec-d": "2",
        "sec-e": "2.1",
        "sec-f": "2.1.1",
    }


def test_headings_are_raised_where_none_is_of_the_first_level(numbered: Numbered, build: Any) -> None:
    """A document that starts at `##` throughout counts its sections from 1, as in Quarto."""
    assert numbered(build.prose("## A {#sec-a}\n\n### B {#sec-b}\n"))[1] == {"sec-a": "1", "sec-b": "1.1"}


def test_appendix_headings_go_on_counting(numbered: Numbered, build: Any) -> None:
    """Quarto numbers `.appendix` headings of an article in Typst like any other section."""
    numbers = numbered(build.prose("# A {#sec-a}\n\n# B {#sec-b .appendix}\n"))[1]
    assert numbers == {"sec-a": "1", "sec-b": "2"}


def test_subfigures_take_the_number_of_their_figure_and_a_letter(numbered: Numbered, build: Any) -> None:
    """Sub-figures do not count as figures: the next one is 2, not 4."""
    pair = f"::: {{#fig-pair layout-ncol=2}}\n{FIGURE % 'pair-1'}\n{FIGURE % 'pair-2'}\nBoth\n:::\n"
    numbers = numbered(build.prose(f"{pair}\n{FIGURE % 'z'}"))[1]
    assert numbers == {"fig-pair": "1", "fig-pair-1": "1a", "fig-pair-2": "1b", "fig-z": "2"}


def test_a_figure_with_a_caption_counts_without_a_label(numbered: Numbered, build: Any) -> None:
    """Quarto's PDF numbers it too; one without a caption and a table without a label do not count."""
    table = "| a |\n|---|\n| 1 |\n\n: Cap"
    text = f"![Cap](a.png)\n\n![](a.png)\n\n{FIGURE % 'a'}\n{table}\n\n{table} {{#tbl-a}}\n"
    assert numbered(build.prose(text))[1] == {"fig-a": "2", "tbl-a": "1"}


@pytest.mark.usefixtures("picture_file")
def test_subfigures_without_labels_have_letters(text_of: Callable[..., str], build: Any) -> None:
    """Each captioned part of a figure has its letter, whether it can be referred to or not."""
    whole = "::: {#fig-a layout-ncol=2}\n![One](a.png)\n\n![Two](a.png){#fig-two}\n\nBoth\n:::\n"
    text = text_of(build.prose(f"{whole}\nSee @fig-two."))
    assert "(a) One" in text
    assert "(b) Two" in text
    assert "See Figure 1b." in text


def test_a_chunk_that_did_not_run_still_counts(numbered: Numbered, build: Any) -> None:
    """Where one section is built alone, the figures of the others keep their numbers and sub-figures."""
    cells = (
        build.chunk("#| label: fig-a\n#| fig-cap: A\n#| fig-subcap: [x, y]"),
        build.chunk("#| label: fig-b\n#| fig-cap: B", build.picture(), chapter="q2"),
    )
    assert numbered(*cells)[1] == {"fig-a": "1", "fig-a-1": "1a", "fig-a-2": "1b", "fig-b": "2"}


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("@fig-a", "Figure 1"),
        ("[@fig-a]", "Figure 1"),
        ("@Fig-a", "Figure 1"),
        ("[-@fig-a]", "1"),
        ("[Fig. @fig-a]", "Fig. 1"),
        ("[@fig-a; @fig-b]", "Figure 1, Figure 2"),
        ("[@fig-a, left]", "Figure 1, left"),
        ("@sec-s(a)", "Section 1(a)"),
        ("@eq-e;", "Equation 1;"),
        ("@tbl-t", "Table 1"),
        ("*@fig-b*", "Figure 2"),
    ],
)
@pytest.mark.usefixtures("picture_file")
def test_forms_of_a_reference(text_of: Callable[..., str], build: Any, written: str, printed: str) -> None:
    """Each form that Quarto documents prints the words that Quarto prints."""
    body = f"# S {{#sec-s}}\n\n«{written}»\n\n{FIGURE % 'a'}\n{FIGURE % 'b'}\n$$x$$ {{#eq-e}}\n"
    table = "\n| a |\n|---|\n| 1 |\n\n: T {#tbl-t}\n"
    assert f"«{printed}»" in text_of(build.prose(body + table))


@pytest.mark.usefixtures("picture_file")
def test_the_words_of_references_and_captions_can_be_chosen(text_of: Callable[..., str], build: Any) -> None:
    """`crossref` sets the title of captions and, apart from it, the prefix of references."""
    text = text_of(
        build.prose(f"«@fig-a» «@Fig-a»\n\n{FIGURE % 'a'}"),
        yaml="crossref:\n  fig-title: Bild\n  fig-prefix: bild",
    )
    assert "«bild 1» «Bild 1»" in text
    assert "Bild 1: A caption" in text
    text = text_of(build.prose(f"«@fig-a»\n\n{FIGURE % 'a'}"), yaml="crossref:\n  fig-title: Bild")
    assert "«Figure 1»" in text


def test_an_unsupported_crossref_option_is_told(notices_of: Callable[..., Any], build: Any) -> None:
    """Nothing that the front matter asks for is passed over in silence."""
    (told,) = notices_of(build.prose("x"), yaml="crossref:\n  chapters: true")
    assert "crossref: 'chapters' is not counted by here" in told


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ("fig-lose", r"report/q1\.qmd:12: no figure has the label 'fig-lose'; labels that exist: fig-loss"),
        ("tbl-x", r"report/q1\.qmd:12: no table has the label 'tbl-x'$"),
        ("eq-x", r"report/q1\.qmd:12: no equation has the label"),
        ("sec-x", r"report/q1\.qmd:12: no section has the label 'sec-x'; labels that exist: sec-s"),
    ],
)
@pytest.mark.usefixtures("picture_file")
def test_a_reference_to_nothing_names_its_line(
    text_of: Callable[..., str], build: Any, label: str, message: str
) -> None:
    """A reference that leads nowhere stops the report, with file, line and the nearest labels."""
    cells = (
        build.prose(f"# S {{#sec-s}}\n\n{FIGURE % 'loss'}"),
        build.prose(f"Text.\n\nSee @{label}.", line=10),
    )
    with pytest.raises(TypesetError, match=message):
        text_of(*cells)


@pytest.mark.parametrize("yaml", ["number-sections: false", ""])
def test_a_reference_to_a_section_without_a_number_is_its_name(
    text_of: Callable[..., str], build: Any, yaml: str
) -> None:
    """Where it has none to print, its words are linked, without its notes."""
    text = text_of(build.prose("See @sec-s.\n\n# A *name*^[Note.] {#sec-s .unnumbered}"), yaml=yaml)
    assert "See A name." in text


def test_a_link_to_another_document_is_words(notices_of: Callable[..., tuple[str, ...]], build: Any) -> None:
    """The reader of a PDF has no `q9.qmd`; what is a part of the report is linked, and no news."""
    cells = (build.prose("[page](https://example.org/a.md)\n\n[nine](q9.qmd#sec-two)"),)
    assert notices_of(*cells) == (
        "report/q1.qmd:3: the link to 'q9.qmd#sec-two' leads to a document that is not part of the report:"
        " its words are printed",
    )
    assert notices_of(build.prose("[two](q2.qmd)"), build.prose("# Two", chapter="q2")) == ()


def test_a_label_given_twice_names_both_lines(text_of: Callable[..., str], build: Any) -> None:
    """A reference to two figures with one label is an error that names both, in prose and in chunks."""
    cells = (
        build.prose(f"See @fig-a and @fig-ab.\n\n{FIGURE % 'ab'}\n{FIGURE % 'a'}", line=3),
        build.chunk("#| label: fig-a\n#| fig-cap: C", build.picture(), chapter="q2", line=7),
    )
    with pytest.raises(TypesetError, match=r"report/q2\.qmd:8: the label 'fig-a' .* report/q1\.qmd:7"):
        text_of(*cells)


@pytest.mark.usefixtures("picture_file")
def test_references_and_citations_do_not_mix(text_of: Callable[..., str], build: Any) -> None:
    """A group of both has no meaning in Quarto, which prints the one and loses the other."""
    with pytest.raises(TypesetError, match=r"report/q1\.qmd:1: expected references or citations"):
        text_of(build.prose(f"[@fig-a; @knuth84]\n\n{FIGURE % 'a'}"))


def test_the_numbers_of_a_notebook_can_be_asked_for(build: Any) -> None:
    """Another tool learns which number a label has, and in which cell it stands."""
    cells = (build.prose("# S {#sec-s}"), build.chunk("#| label: fig-a\n#| fig-cap: C", build.picture()))
    targets = numbered_document.numbered(build.notebook(*cells)).targets
    assert (targets["fig-a"].number, targets["fig-a"].kind, targets["fig-a"].cell) == ("1", "fig", 2)


def test_what_comes_to_count(build: Any) -> None:
    """A chapter alone goes on from there: sub-figures, and what has no number, do not count."""
    text = (
        "# A\n\n## B\n\n# C\n\n## D {.unnumbered}\n\n## E\n\n$$x$$ {#eq-a}\n\n$$y$$\n\n"
        "::: {#fig-both}\n![x](a.svg){#fig-x}\n\n![y](a.svg){#fig-y}\n\nBoth\n:::\n\n![z](a.svg)\n\n"
        "| a |\n|---|\n| 1 |\n"
    )
    read = numbered_document.numbered(build.notebook(build.prose(text), yaml="number-sections: true"))
    sections, counts = crossref.counted(read.document.blocks)
    assert sections == [2, 1]
    assert counts == {"eq": 1, "fig": 2}
