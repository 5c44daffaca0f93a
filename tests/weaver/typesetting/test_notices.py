"""What is told of a document that is printed all the same, and where `--strict` stops."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typst
from pypdf import PdfReader

from weaver.errors import TypesetError
from weaver.typesetting.notices import Noticed
from weaver.typesetting.pdf import typst_compiler
from weaver.typesetting.tree import bibliography

Notices = Callable[..., tuple[str, ...]]
UNMARKED = "the PDF does not bear the mark PDF/UA-1 of accessible documents: "


def test_a_kind_is_told_once() -> None:
    """In one line, with its first places; what is the same at the same place counts once."""
    noticed = Noticed()
    for line in (3, 3, 5, 8, 9, 12):
        noticed.tell(f"a.qmd:{line}", f"'{line}'", "is odd")
    noticed.tell("b.qmd:1", "", "all is odd")
    assert noticed.lines() == (
        "a.qmd:3: '3' is odd; likewise a.qmd:5, a.qmd:8, a.qmd:9 and 1 more",
        "b.qmd:1: all is odd",
    )


@pytest.mark.usefixtures("picture_file")
def test_the_mark_is_left_off_where_it_is_not_kept(
    notices_of: Notices, build: Any, tmp_path: Path, typeset_pdf: Callable[..., PdfReader]
) -> None:
    """A picture without words is printed; the PDF does not say of itself that everybody can read it."""
    prose = build.prose("# A\n\n![](a.png)\n\nwords")
    told = "has neither a caption nor 'fig-alt': readers who cannot see it do not learn what it shows"
    first, second = notices_of(prose)
    assert first.startswith(f"report/q1.qmd:3: the image 'a.png' {told}")
    assert second.endswith(f"{UNMARKED}missing alt text")
    reader = typeset_pdf(prose)
    assert b"pdfuaid" not in reader.trailer["/Root"]["/Metadata"].get_data()  # type: ignore[index]
    (tmp_path / "out.pdf").unlink()
    with pytest.raises(TypesetError, match=r"(?s)q1\.qmd:3: the image 'a\.png' .*2 notices, "):
        notices_of(prose, strict=True)
    assert not (tmp_path / "out.pdf").exists()
    assert notices_of(build.prose("![Words](a.png)"), strict=True) == ()


def test_headings_that_skip_a_level_are_printed(notices_of: Notices, build: Any) -> None:
    """Also an empty one; what a reader misses is said."""
    skipped = notices_of(build.prose("# A\n\n### B"))
    assert skipped[0].startswith("report/q1.qmd:3: a heading of level 3 under one of level 1: ")
    assert skipped[1:] == (f"report/q1.qmd:1: {UNMARKED}skipped from heading level 1 to 3",)
    assert notices_of(build.prose("# A\n\n# \n\nb")) == (
        f"report/q1.qmd:1: {UNMARKED}heading title is empty",
    )


@pytest.fixture
def system_has_more(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let the system have a font of Matplotlib, with letters that Typst does not bring."""
    import matplotlib  # noqa: PLC0415 - takes a second

    folder = tmp_path_factory.mktemp("fonts")
    shutil.copy(Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf", folder)
    own = typst_compiler.fonts(of_system=False)
    more = typst.Fonts(include_system_fonts=False, font_paths=[folder])
    monkeypatch.setattr(typst_compiler, "fonts", lambda *, of_system: more if of_system else own)


@pytest.mark.usefixtures("system_has_more", "picture_file")
def test_letters_are_taken_from_the_system(
    notices_of: Notices, build: Any, typeset_pdf: Callable[..., PdfReader]
) -> None:
    """An emoji is printed where the system has it; each letter that nobody has is told as such."""
    place = "report/q1.qmd:3: '😀' is in no font that Typst brings, only in one of this system"
    assert notices_of(build.prose("# A\n\nDone 😀"))[0].startswith(place)
    assert "😀" in typeset_pdf(build.prose("Done 😀")).pages[0].extract_text()
    told = notices_of(build.prose("# A\n\nNot 漢\n\n字, but 😀\n\n![](a.png)"))
    nowhere = next(line for line in told if "none of this system" in line)
    assert nowhere.startswith("report/q1.qmd:3: '漢'")
    assert nowhere.endswith("likewise report/q1.qmd:5")
    assert any(
        line.startswith("report/q1.qmd:5: '😀' is in no font that Typst brings, only") for line in told
    )


@pytest.mark.usefixtures("picture_file")
def test_a_picture_whose_name_has_other_capitals_is_found(
    notices_of: Notices, build: Any, tmp_path: Path
) -> None:
    """As on the system of its author; others are told."""
    (tmp_path / "a.png").rename(tmp_path / "A.PNG")
    (told,) = notices_of(build.prose("![Words](a.png)"))
    assert told.startswith("report/q1.qmd:1: the image 'a.png' is written in other capitals")


def test_formats_share_their_figures(notices_of: Notices, build: Any) -> None:
    """A chapter runs once for all of them; the first one's figures hold."""
    yaml = "format:\n  typst: {fig-width: 5}\n  html: {fig-width: 7}"
    (told,) = notices_of(build.prose("a"), yaml=yaml)
    assert told.endswith("'fig-width' is 5 in all formats: a chapter runs once for all")


def test_an_entry_that_stands_there_twice_word_by_word_counts_once() -> None:
    """Two that differ are refused; lines stay what they were."""
    text = "@book{a,\n title={T}}\n@book{b, title={U}}\n@book{a,\n  title={T}}\n@book{a, title={V}}\n"
    assert bibliography.without_repeats(text) == text.replace("@book{a,\n  title={T}}\n", "\n\n")
