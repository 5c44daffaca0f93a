"""Styles of HTML: what sheets and attributes say reaches each piece of text and each cell."""

import pytest

from weaver.typesetting.tree import html_styles

SHEET = "<style>#T th {color: red} #T_row0_col1, #T .hot {font-weight: bold} td:hover {color: blue}</style>"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<table id="T"><td id="T_row0_col1">1</td></table>', ["font-weight: bold"]),
        ('<table id="T"><td class="data hot">1</td></table>', ["font-weight: bold"]),
        ('<table id="T"><tr><th>h<td>1</table>', ["color: #ff0000"]),
        ('<table id="U"><th class="hot">1</th></table>', []),
        ("<p style='color: rgb(0, 128, 255)'>a<br>b <b>c</b></p>", ["color: #0080ff"] * 3),
        ("<p style='color: navy'>a<em style='color: #FFF'>b</em></p>", ["color: #000080", "color: #fff"]),
        ("<p style='font-style: italic; width: 3em'>a &lt; b</p>", ["font-style: italic"]),
        ("<pre style='color: red'>a</pre>", []),
        ("<p style='color: inherit; background: url(x.png)'>a</p>", [""]),
        ("<tr style='background: lightgreen'><td>1</td></tr>", []),
    ],
)
def test_text_has_its_style_at_itself(html: str, expected: list[str]) -> None:
    """From sheets, from what is around it, and its own; a later one counts, and layout is left out."""
    found = html_styles.worked_out(SHEET + html)
    assert [part.partition('"')[0] for part in found.split('<span style="')[1:]] == expected
    assert "<style" not in found


def test_a_cell_has_its_ground() -> None:
    """Also that of its row, and as a whole."""
    html = "<tr style='background: lightgreen'><td>1</td><td style='background-color:#123'>2</td></tr>"
    found = html_styles.worked_out(html)
    assert found.count("background-color: #90ee90") == 1
    assert found.count("background-color: #123") == 1
    assert "<span" not in found


def test_html_without_styles_stays_as_it_is() -> None:
    """Not a letter of it is written again."""
    html = "<TABLE><tr><td>a &amp; <b >b</b><td></TABLE>"
    assert html_styles.worked_out(html) == html


def test_what_is_written_again_says_the_same() -> None:
    """Entities, attributes and what is left open."""
    html = "<p title='a &quot; b' hidden>1 &lt; 2 &amp;amp; <img src=x.png><br/>é</p></div><!-- c -->"
    again = html_styles.worked_out(f"<style>p {{}}</style>{html}")
    assert again == '<p title="a &quot; b" hidden="">1 &lt; 2 &amp;amp; <img src="x.png"><br>é</p></div>'


@pytest.mark.parametrize(
    ("style", "kinds"),
    [
        ("font-weight: 700", ["Strong"]),
        ("FONT-WEIGHT: Bold !important; font-style: oblique 10deg", ["Strong", "Emph"]),
        ("font-weight: 400; font-style: normal; text-decoration: none", []),
        ("text-decoration: underline line-through red", ["Underline", "Strikeout"]),
    ],
)
def test_what_a_style_makes_of_text(style: str, kinds: list[str]) -> None:
    """In Pandoc's words."""
    assert html_styles.kinds(html_styles.declared(style)) == kinds


@pytest.mark.parametrize(
    ("written", "colour"),
    [
        *[("#abc", "#abc"), ("rgba(255, 0, 0, 0.5)", "#ff000080"), ("rgb(1 2 3 / 50%)", "#0102037f")],
        *[("rebeccapurple", "#663399"), ("transparent", ""), ("linear-gradient(90deg, red 5%)", "")],
    ],
)
def test_colours(written: str, colour: str) -> None:
    """Any that CSS has a number or a name for."""
    assert html_styles.colour(written) == colour
