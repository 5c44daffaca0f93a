"""What is set on the page: sizes, places and the like, measured in the PDF."""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pypdf import PageObject, PdfReader

from weaver.errors import TypesetError

LEFT, RIGHT = 2.75 / 2.54 * 72, (21 - 2.75) / 2.54 * 72  # the margins, in points


def _images(page: PageObject) -> Iterator[tuple[float, float]]:
    """Yield the sizes, in points, at which a page shows its pictures."""
    sizes: list[tuple[float, float]] = []

    def visit(operator: bytes, operands: Any, matrix: Any, _: Any) -> None:
        if operator == b"Do":
            box = page["/Resources"]["/XObject"][operands[0]].get("/BBox", [0, 0, 1, 1])  # type: ignore[index]
            sizes.append((abs(matrix[0]) * float(box[2]), abs(matrix[3]) * float(box[3])))

    page.extract_text(visitor_operand_before=visit)
    yield from sizes


def _words(page: PageObject) -> list[tuple[str, float, float]]:
    """Return the pieces of text on a page with their places, in points."""
    found: list[tuple[str, float, float]] = []

    def visit(text: str, matrix: Any, line: Any, *_: Any) -> None:
        x = line[4] * matrix[0] + matrix[4]
        y = line[5] * matrix[3] + matrix[5]
        if text.strip():
            found.append((text.strip(), x, y))

    page.extract_text(visitor_text=visit)
    return found


def _place(page: PageObject, word: str) -> tuple[float, float]:
    return next((x, y) for text, x, y in _words(page) if word in text)


@pytest.mark.parametrize(
    ("attributes", "width"),
    [
        ("", 240),
        ("width=50%", (RIGHT - LEFT) / 2),
        ("width=2in", 144),
        ("width=80px", 60),
        ("width=3cm", 85.04),
    ],
)
def test_a_picture_has_the_width_asked_for(
    typeset_pdf: Callable[..., PdfReader], build: Any, tmp_path: Path, attributes: str, width: float
) -> None:
    """Without a width it keeps its own size; CSS pixels are 1/96 inch."""
    (tmp_path / "a.png").write_bytes(base64.b64decode(build.png(240, 120, dots_per_inch=72)))
    page = typeset_pdf(build.prose(f"![Cap](a.png){{{attributes} .x}}")).pages[0]
    assert [round(size) for size, _ in _images(page)] == [round(width)]


@pytest.mark.parametrize("size", [(200, 50), (30, 300), (500, 500)])
def test_no_picture_is_larger_than_the_page(
    typeset_pdf: Callable[..., PdfReader], build: Any, size: tuple[int, int]
) -> None:
    """What is too wide or too high is scaled down, its caption stays on the page."""
    source = "#| label: fig-a\n#| fig-cap: The caption.\nx"
    output = build.shown(image_png=build.png(*size, dots_per_inch=7))
    pages = typeset_pdf(build.chunk(source, output)).pages
    ((width, height),) = [size for page in pages for size in _images(page)]
    assert width <= RIGHT - LEFT + 0.1
    assert height < 600
    assert width / height == pytest.approx(size[0] / size[1], rel=0.01)
    assert "Figure 1: The caption." in pages[-1].extract_text().replace("\N{NO-BREAK SPACE}", " ")


def test_panels_stand_side_by_side(typeset_pdf: Callable[..., PdfReader], build: Any) -> None:
    """Sub-figures share the width of the text, their captions stand on one line."""
    source = "#| label: fig-a\n#| fig-cap: Both\n#| fig-subcap: [Left, Right]\n#| layout-ncol: 2\nx"
    output = build.shown(image_png=build.png(500, 300, dots_per_inch=72))
    page = typeset_pdf(build.chunk(source, output, output)).pages[0]
    assert [width < (RIGHT - LEFT) / 2 for width, _ in _images(page)] == [True, True]
    (left, height), (right, other) = _place(page, "Left"), _place(page, "Right")
    assert left < right
    assert height == pytest.approx(other)
    assert "(b) Right" in page.extract_text()


def test_rows_give_the_number_of_columns(typeset_pdf: Callable[..., PdfReader], build: Any) -> None:
    """`layout-nrow` is turned into columns, the last row perhaps shorter."""
    source = "#| label: fig-a\n#| fig-cap: C\n#| fig-subcap: [p1, p2, p3, p4, p5]\n#| layout-nrow: 2\nx"
    page = typeset_pdf(build.chunk(source, *[build.picture()] * 5)).pages[0]
    heights = [round(_place(page, f"p{count}")[1]) for count in range(1, 6)]
    assert heights[0] == heights[1] == heights[2] > heights[3] == heights[4]


def test_a_figure_never_stands_above_the_title(typeset_pdf: Callable[..., PdfReader], build: Any) -> None:
    """A figure may move to the top of a page, but not of the first."""
    page = typeset_pdf(build.chunk("#| label: fig-a\n#| fig-cap: C\nx", build.picture())).pages[0]
    assert _place(page, "A report")[1] > _place(page, "Figure")[1]


def test_panels_across_cells(typeset_pdf: Callable[..., PdfReader], build: Any) -> None:
    """A layout that opens in one cell and closes in another takes the chunks between as its panels."""
    page = typeset_pdf(
        build.prose("::: {layout-ncol=2}"),
        build.chunk("#| label: fig-a\n#| fig-cap: Left\n#| echo: false\nx", build.picture()),
        build.chunk("#| label: fig-b\n#| fig-cap: Right\n#| echo: false\nx", build.picture()),
        build.prose(":::\n\nSee @fig-b."),
    ).pages[0]
    assert _place(page, "Left")[1] == pytest.approx(_place(page, "Right")[1])
    assert "See Figure 2." in page.extract_text().replace("\N{NO-BREAK SPACE}", " ")


def test_captions_of_tables_stand_above_and_of_figures_below(
    typeset_pdf: Callable[..., PdfReader], build: Any
) -> None:
    """As is the custom, and as Quarto has it."""
    table = "| cell |\n|---|\n| one |\n\n: Above {#tbl-a}\n"
    output = build.shown(image_png=build.png(100, 300, dots_per_inch=72))
    figure = build.chunk("#| label: fig-a\n#| fig-cap: Below\nx", output)
    page = typeset_pdf(build.prose(table), figure).pages[0]
    assert _place(page, "Above")[1] > _place(page, "cell")[1]
    ((_, height),) = _images(page)
    assert height == pytest.approx(300, abs=1)
    assert _place(page, "Below")[1] < 842 - 300


@pytest.mark.parametrize("columns", [3, 12, 30])
def test_no_table_runs_over_the_margin(
    typeset_pdf: Callable[..., PdfReader], build: Any, columns: int
) -> None:
    """A table with too many columns is set smaller, however many they are."""
    row = "| " + " | ".join(f"{n}.123456" for n in range(columns)) + " |"
    head = "| " + " | ".join(f"h{n}" for n in range(columns)) + " |\n" + "|--:" * columns + "|\n"
    page = typeset_pdf(build.prose(head + row)).pages[0]
    numbers = [(text, x) for text, x, _ in _words(page) if ".123456" in text]
    assert min(x for _, x in numbers) >= LEFT
    assert max(x for _, x in numbers) <= RIGHT - 5
    assert page.extract_text().count(".123456") == columns


def test_long_texts_in_a_table_are_broken_into_lines(
    typeset_pdf: Callable[..., PdfReader], build: Any
) -> None:
    """Columns of prose share the line; none is narrower than its longest word."""
    long = "a sentence that goes on " * 12
    page = typeset_pdf(build.prose(f"| incomprehensibilities | {long} |\n|---|---|\n| x | {long} |")).pages[0]
    lines = {round(y) for text, _, y in _words(page) if "sentence" in text}
    assert len(lines) > 4
    assert "incomprehensibilities" in page.extract_text()


def test_widths_of_columns_can_be_given(typeset_pdf: Callable[..., PdfReader], build: Any) -> None:
    """`tbl-colwidths` gives each column a share of the line, in prose and in chunks."""
    table = "| left | right |\n|:--|:--|\n| a | b |"
    output = build.shown(text_markdown=table)
    cells = (
        build.prose(f'{table}\n\n: C {{#tbl-a tbl-colwidths="[75,25]"}}'),
        build.chunk("#| label: tbl-a\n#| tbl-cap: C\n#| tbl-colwidths: [75, 25]\nx", output),
        build.chunk("#| tbl-colwidths: [75, 25]\nx", output),
    )
    for cell in cells:
        page = typeset_pdf(cell).pages[0]
        distance = _place(page, "right")[0] - _place(page, "left")[0]
        assert distance == pytest.approx(0.75 * (RIGHT - LEFT), abs=1)


def test_long_lines_of_code_stay_within_the_margins(
    typeset_pdf: Callable[..., PdfReader], build: Any
) -> None:
    """Code wraps at spaces, and a word without any breaks where it must."""
    digest = "0123456789abcdef" * 12
    page = typeset_pdf(build.chunk(f"digest = '{digest}'\n" + "call(argument) + " * 15)).pages[0]
    assert page.extract_text().replace("\N{ZERO WIDTH SPACE}", "").replace("\n", "").count(digest) == 1
    assert max(x for _, x, _ in _words(page)) < RIGHT


def test_equation_numbers_stand_at_the_right(typeset_pdf: Callable[..., PdfReader], build: Any) -> None:
    """Only an equation with a label has a number."""
    page = typeset_pdf(build.prose("$$a$$\n\n$$b$$ {#eq-b}")).pages[0]
    numbers = [(text, x) for text, x, _ in _words(page) if text.startswith("(")]
    assert [text for text, _ in numbers] == ["(1)"]
    assert numbers[0][1] > RIGHT - 25


def test_a_heading_is_never_the_last_line_of_a_page(
    typeset_pdf: Callable[..., PdfReader], build: Any
) -> None:
    """Whatever stands above it, a heading keeps with the text below."""
    for count in range(38, 48):
        text = "# One\n\n" + "line\\\n" * count + "\n## Heading\n\nThe text below. " + "word " * 60
        for page in typeset_pdf(build.prose(text)).pages:
            extracted = page.extract_text()
            assert ("Heading" in extracted) == ("The text below" in extracted)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("![C](ftp://x.org/a.png)", r"q1\.qmd:3: the image 'ftp://x\.org/a\.png' is not fetched"),
        ("![C](a.tiff)", r"q1\.qmd:3: the image 'a\.tiff': expected one of \.svg, \.png"),
        ("![C](a.png){width=wide}", r"q1\.qmd:3: width='wide': expected a length"),
        ('::: {layout="[[1],[x]]"}\n![C](a.png)\n:::', r"q1\.qmd:3: layout='\[\[1\],\[x\]\]': expected rows"),
        ("::: {layout-ncol=two}\n![C](a.png)\n:::", r"q1\.qmd:3: layout-ncol='two'"),
        (
            '| a |\n|---|\n| 1 |\n\n: C {tbl-colwidths="[1,2]"}',
            r"q1\.qmd:7: tbl-colwidths='\[1,2\]': expected 1",
        ),
    ],
)
@pytest.mark.usefixtures("picture_file")
def test_pictures_that_cannot_be_set(
    text_of: Callable[..., str], build: Any, tmp_path: Path, source: str, message: str
) -> None:
    """The error names the image and the line."""
    (tmp_path / "a.tiff").touch()
    with pytest.raises(TypesetError, match=message):
        text_of(build.prose(f"text\n\n{source}"))


def test_a_chunks_picture_without_description_names_the_chunk(
    notices_of: Callable[..., tuple[str, ...]], build: Any
) -> None:
    """A figure that nobody can hear about is told with its place."""
    told = notices_of(build.chunk("plot()", build.picture(), line=7))
    assert told[0].startswith("report/q1.qmd:8: a figure of this chunk has neither")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("#| fig-cap: C\n#| fig-subcap: [a, b, c]", r"q1\.qmd:3: 3 texts of 'subcap' for 2 figures"),
        ("#| fig-cap: C\n#| fig-alt: [a, b, c]", r"q1\.qmd:3: 3 texts of 'fig-alt' for 2 figures"),
        ("#| label: lst-a\n#| lst-cap: C\n#| echo: false", r"q1\.qmd:2: the listing 'lst-a' is not shown"),
    ],
)
def test_options_that_do_not_fit_the_outputs(
    text_of: Callable[..., str], build: Any, source: str, message: str
) -> None:
    """As many captions as pictures, and a listing only of code that shows."""
    with pytest.raises(TypesetError, match=message):
        text_of(build.chunk(f"{source}\nx", build.picture(), build.picture()))


def test_a_chapter_that_has_not_run_needs_no_pictures(text_of: Callable[..., str], build: Any) -> None:
    """Another is built without it: its texts for pictures have none yet, and its figure has its number."""
    unrun = build.chunk("#| label: fig-a\n#| fig-cap: C\n#| fig-alt: [a, b]\n#| fig-subcap: [c, d]\nx")
    text = text_of(unrun, build.prose("# Two\n\nSee @fig-a.", chapter="q2"), only="q2")
    assert "See Figure 1." in text


def test_images_are_found_beside_the_source_that_names_them(
    text_of: Callable[..., str], build: Any, tmp_path: Path
) -> None:
    """A path is relative to the document's folder, or else to the root of the sources."""
    for name in ("report/near.png", "far.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(base64.b64decode(build.png(10, 10)))
    assert "Far" in text_of(build.prose("![Near](near.png)\n\n![Far](far.png)"))


@pytest.mark.parametrize(
    ("formula", "lines"),
    [
        ("a + b = c", 1),
        (" + ".join(f"x_{{{number}}}" for number in range(10, 27)), 1),  # not in the middle beside its number
        (" + ".join(f"x_{{{number}}}" for number in range(10, 60)), 3),  # broken before operators
        (r"\begin{aligned} " + "abcdefghij" * 5 + r" &= x \\ &= y \end{aligned}", 2),  # smaller
    ],
)
def test_a_formula_stays_between_the_margins_and_off_its_number(
    typeset_pdf: Callable[..., PdfReader], build: Any, formula: str, lines: int
) -> None:
    """However long it is; an em is left between the two."""
    page = typeset_pdf(build.prose(f"# S\n\n$$\n{formula}\n$$ {{#eq-long}}\n")).pages[0]
    words = _words(page)
    start = next(index for index, (text, _, _) in enumerate(words) if text == "S") + 1
    (number,) = [index for index, (text, _, _) in enumerate(words) if text == "(1)"]
    shown = words[start:number]
    assert min(x for _, x, _ in shown) >= LEFT - 0.1
    assert max(x + 5 for _, x, _ in shown) <= words[number][1] - 10
    assert words[number][1] < RIGHT - 10
    assert len({round(y / 20) for _, _, y in shown}) in {lines, lines + 1}
