"""SVG files as elements of a page: they neither clash nor fetch, and say what they show."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weaver.errors import TypesetError
from weaver.typesetting.html import inline_svg

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
PLOT = f"""<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
{HEAD} width="90pt" height="60pt" viewBox="0 0 90 60" version="1.1">
 <metadata><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></metadata>
 <defs><style type="text/css">*{{stroke-linejoin: round}} #box {{fill: #abc}}</style>
 <clipPath id="clip"><rect id="box" width="9" height="9"/></clipPath></defs>
 <g clip-path="url(#clip)" style="mask: url('#clip')"><use xlink:href="#box" x="1" onclick="alert()"/></g>
 <script>alert()</script>
</svg>
"""


def test_identifiers_and_what_refers_to_them_are_the_pictures_own() -> None:
    """Two plots of one program hold the same identifiers; on one page each keeps to its own."""
    text = inline_svg.inline(PLOT, prefix="p1", alternative="A plot")
    assert set(re.findall(r'id="([^"]*)"', text)) == {"p1", "p1-clip", "p1-box"}
    assert 'clip-path="url(#p1-clip)" style="mask: url(#p1-clip)"' in text
    assert '<use href="#p1-box" x="1"' in text
    assert "#p1 { *{stroke-linejoin: round} #p1-box {fill: #abc} }" in text


def test_it_is_an_image_with_words() -> None:
    """What it shows is its name, quotes and all; prologue, metadata and scripts are gone."""
    text = inline_svg.inline(PLOT, prefix="p1", alternative='"A" & <b>', style="width: 50%")
    assert text.startswith("<svg width=")
    assert 'role="img" aria-label="&quot;A&quot; &amp; &lt;b&gt;" style="width: 50%"' in text
    for gone in ("alert", "RDF", "DOCTYPE", "xmlns", "version", "ns0"):
        assert gone not in text


def test_an_identifier_that_stands_twice_stays_with_the_first() -> None:
    """Matplotlib names an image by its content, each time that it draws it."""
    text = inline_svg.inline(f'{HEAD}><g id="a" x="1"/><g id="a" x="2"/></svg>', prefix="p", alternative="A")
    assert '<g id="p-a" x="1" /><g x="2" />' in text


def test_a_picture_that_states_only_its_size_can_shrink() -> None:
    """Without a view box it would be cut off on a small screen."""
    text = inline_svg.inline(f'{HEAD} width="3in" height="72pt"/>', prefix="p", alternative="a")
    assert 'viewBox="0 0 288 96"' in text


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("<svg", "the SVG cannot be read: "),
        ("<html/>", "expected an SVG, found the element 'html'"),
        (f'{HEAD}><image href="https://example.org/a.png"/></svg>', "'https://example.org/a.png' .* fetched"),
        (f'{HEAD}><image xlink:href="a.png"/></svg>', "'a.png' in the SVG would have to be fetched"),
        (f'{HEAD}><g fill="url(other.svg#a)"/></svg>', "would have to be fetched"),
        (f"{HEAD}><style>@import 'a.css';</style></svg>", "'@import' in the SVG's style"),
    ],
)
def test_what_cannot_stand_in_a_page_is_an_error(source: str, message: str) -> None:
    """A page that works offline holds all that it shows."""
    with pytest.raises(TypesetError, match=message):
        inline_svg.inline(source, prefix="p", alternative="a")


@given(st.lists(st.text(st.characters(categories=("Lu", "Ll", "Nd")), min_size=1), min_size=1, unique=True))
def test_whatever_the_identifiers_references_find_them(names: list[str]) -> None:
    """A reference means the same element before and after."""
    pairs = "".join(f'<g id="{name}"/><use href="#{name}"/>' for name in names)
    text = inline_svg.inline(f"{HEAD}>{pairs}</svg>", prefix="p", alternative="a")
    assert re.findall(r'<g id="([^"]*)"', text) == re.findall(r'href="#([^"]*)"', text)


def test_a_plot_of_matplotlib_keeps_its_shapes(tmp_path: Path) -> None:
    """The glyphs, clips and markers of a real plot are all found again."""
    figure = pytest.importorskip("matplotlib.figure").Figure()
    figure.subplots().plot([1, 2], marker="o")
    figure.savefig(tmp_path / "a.svg")
    text = inline_svg.inline((tmp_path / "a.svg").read_text(encoding="utf-8"), prefix="p", alternative="a")
    defined = set(re.findall(r'\bid="([^"]*)"', text))
    used = re.findall(r'href="#([^"]*)"|url\(#([^)]*)\)', text)
    assert used
    assert {"".join(pair) for pair in used} <= defined
