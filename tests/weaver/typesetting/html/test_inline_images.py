"""Images inside of the page."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from weaver.errors import TypesetError

SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'


@pytest.mark.usefixtures("picture_file")
def test_a_raster_image_is_part_of_the_page(page_of: Callable[..., str], build: Any) -> None:
    """Its bytes, its size and its words are in its element."""
    page = page_of(build.prose("![A *cap*](a.png){width=50%}"))
    assert '<img class="picture" src="data:image/png;base64,iVBOR' in page
    assert 'alt="A cap" style="width: 50%">' in page


def test_a_drawing_is_an_element_of_the_page(page_of: Callable[..., str], build: Any, tmp_path: Path) -> None:
    """Every time that it is shown it gets identifiers of its own."""
    (tmp_path / "a.svg").write_text(SQUARE)
    page = page_of(build.prose("![One](a.svg)\n\n![Two](a.svg){height=20}"))
    assert 'id="picture-1" class="picture" role="img" aria-label="One">' in page
    assert 'id="picture-2" class="picture" role="img" aria-label="Two" style="height: 20px">' in page
    assert page.count("<rect ") == 2


def test_outputs_and_files_of_one_name_are_told_apart(
    page_of: Callable[..., str], build: Any, tmp_path: Path
) -> None:
    """An image beside the source does not hide what a chunk drew."""
    (tmp_path / "report").mkdir()
    (tmp_path / "report/b.svg").write_text(SQUARE)
    chunk = build.chunk("#| label: fig-a\n#| fig-cap: C\nx", build.picture())
    page = page_of(chunk, build.prose("![D](b.svg)"))
    assert page.index('fill="#246"') < page.index('aria-label="D"')


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.pdf", "cannot be read: failed to load PDF"),
        ("a.svg", "the SVG cannot be read"),
        ("none.svg", "is missing"),
    ],
)
def test_an_image_that_cannot_be_shown_names_its_line(
    page_of: Callable[..., str], build: Any, tmp_path: Path, name: str, message: str
) -> None:
    """The error leads to where the image is named."""
    for broken in ("a.pdf", "a.svg"):
        (tmp_path / broken).write_text("<svg")
    with pytest.raises(TypesetError, match=rf"report/q1\.qmd:12: the image '{name}':? {message}"):
        page_of(build.prose(f"a\n\n![C]({name})", line=10))


def test_text_that_is_no_text(page_of: Callable[..., str], build: Any, tmp_path: Path) -> None:
    """An SVG in another encoding is an error in words."""
    (tmp_path / "a.svg").write_bytes(SQUARE.encode("utf-16"))
    with pytest.raises(TypesetError, match=r"q1\.qmd:1: the image 'a\.svg' is not UTF-8"):
        page_of(build.prose("![C](a.svg)"))


@pytest.mark.usefixtures("picture_file")
def test_an_image_without_words_says_nothing(page_of: Callable[..., str], build: Any, tmp_path: Path) -> None:
    """An empty text would say that it is decoration."""
    (tmp_path / "a.svg").write_text(SQUARE)
    page = page_of(build.prose("![](a.svg)\n\n![](a.png)"))
    assert "aria-label" not in page
    assert "alt=" not in page
