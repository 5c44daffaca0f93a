"""Images: every way in which Markdown names a file finds it; what is wrong with one is told at its line."""

import base64
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from weaver.errors import TypesetError
from weaver.typesetting import pandoc
from weaver.typesetting.markdown import markdown_source
from weaver.typesetting.markdown.markdown_source import Position
from weaver.typesetting.tree.images import ImageFolders, Pictures

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9pt" height="9pt"><rect width="9" height="9"/></svg>'
SPELLINGS = {
    "![A](<loss curve.svg>)": "report/loss curve.svg",
    "![A](loss%20curve.svg)": "report/loss curve.svg",
    "![A](loss\\ curve.svg)": "report/loss curve.svg",
    "![A](<loss curve.svg> 'A title')": "report/loss curve.svg",
    '![A][it]\n\n[it]: <loss curve.svg>\n  "A title"': "report/loss curve.svg",
    "![it]\n\n[it]: loss%20curve.svg": "report/loss curve.svg",
    "![A](Größe.svg)": "report/Größe.svg",
    "![A](Gr%C3%B6%C3%9Fe.svg)": "report/Größe.svg",
    "![A](Gr&ouml;&szlig;e.svg)": "report/Größe.svg",
    "![A](it's_#1(a).svg)": "report/it's_#1(a).svg",
    "![A](it's\\_#1\\(a\\).svg)": "report/it's_#1(a).svg",
    "![A](100%.svg)": "report/100%.svg",
    "![A](100%25.svg)": "report/100%.svg",
    "![A](a%20b.svg)": "report/a%20b.svg",
    "![A](./parts/../loss%20curve.svg)": "report/loss curve.svg",
    "![A](../figures/a&b.svg)": "figures/a&b.svg",
    "![A](/figures/a&amp;b.svg)": "figures/a&b.svg",
    "![A](figures/a&b.svg)": "figures/a&b.svg",
    "![A](/report/Größe.svg)": "report/Größe.svg",
}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Give a project with the pictures."""
    for name in set(SPELLINGS.values()):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(SVG)
    return tmp_path


def _position(folder: Path, build: Any) -> Position:
    """Return a place in the document `report/q1.qmd`."""
    position = Position(markdown_source.compose(build.notebook(build.prose("a")), folder))
    position.cell = 1
    return position


def _image(markdown: str) -> pandoc.Node:
    (image,) = (
        node for node in pandoc.walk(pandoc.read_markdown(markdown)[0].blocks) if node["t"] == "Image"
    )
    return image


@pytest.mark.parametrize("written", SPELLINGS)
def test_a_name_is_found_however_it_is_written(files: Path, build: Any, written: str) -> None:
    """From the document or from the root, in any spelling; what was looked for on the way is known."""
    folders = ImageFolders(files / "outputs", files)
    assert folders.find(_image(written), _position(files, build)).path == files / SPELLINGS[written]
    *others, last = folders.used
    assert last == SPELLINGS[written]
    assert all(folders.used[name] is None for name in others)


@pytest.mark.parametrize("written", [*SPELLINGS, f"![A]({'a' * 300}.svg)", "![A](a%00b.svg)"])
def test_a_missing_one_is_told_at_its_line(text_of: Callable[..., str], build: Any, written: str) -> None:
    """In the document's own spelling."""
    line = 7 if "[it]:" in written else 5
    with pytest.raises(TypesetError, match=rf"^report/q1\.qmd:{line}: the image '.*' is missing: looked for"):
        text_of(build.prose(f"One.\n\nTwo.\n\n{written}"), build.prose("Three.", line=20))


def test_a_document_may_have_an_image_of_any_name(files: Path, build: Any) -> None:
    """One that is named as the typesetter names its copies is not taken for such a copy."""
    outputs = files / "outputs"
    outputs.mkdir()
    pictures = Pictures(ImageFolders(outputs, files))
    for name in ("other.svg", "image-1.svg", "image-2.svg"):
        (files / "report" / name).write_text(name)
        shown = re.search(
            r"/([^\"]+)", pictures.call(_image(f"![A]({name})"), "picture", _position(files, build))
        )
        assert shown is not None
        assert (outputs / shown[1]).read_text() == name


@pytest.mark.parametrize("coded", [f";base64,{base64.b64encode(SVG.encode()).decode()}", f",{quote(SVG)}"])
def test_an_address_may_hold_the_image(
    page_of: Callable[..., str], typeset_pdf: Callable[..., Any], build: Any, coded: str
) -> None:
    """As it does in HTML that an output shows."""
    shown = build.chunk("x", build.shown(text_html=f'<p><img alt="A" src="data:image/svg+xml{coded}"></p>'))
    assert '<rect width="9" height="9"' in page_of(shown)
    assert len(typeset_pdf(shown).pages) == 1
