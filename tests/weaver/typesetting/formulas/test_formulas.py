"""From TeX to what Typst and the browser are given."""

import re
from collections.abc import Iterator
from html import escape

import pytest

from weaver.typesetting import formulas, pandoc
from weaver.typesetting.formulas import mathml, preparation
from weaver.typesetting.formulas.macros import Macros, standard
from weaver.typesetting.formulas.tex import FormulaError
from weaver.typesetting.formulas.typst_math import pieces
from weaver.typesetting.pandoc_cache import NONE

VERSION = pandoc.read_markdown("")[0].version


def typst(*texts: str) -> list[str]:
    """Return what formulas are in Typst."""
    return [formula.typst() for formula in _read(texts)]


def _read(texts: tuple[str, ...]) -> Iterator[formulas.Formula]:
    nodes = [pandoc.node("Math", {"t": "DisplayMath"}, text) for text in texts]
    found = formulas.read_formulas([pandoc.node("Para", nodes)], VERSION, NONE)
    for text in texts:
        entry = found[text]
        if isinstance(entry, FormulaError):
            raise entry
        prepared, (source, reason) = entry
        assert reason == "", f"{text}: {reason}"
        yield formulas.Formula(text, prepared.tag, mathml.resolve(source, prepared))


@pytest.mark.parametrize(
    ("definitions", "text", "expanded"),
    [
        (r"\newcommand{\R}{\mathbb{R}}", r"\R^n", r"{\mathbb{R}}^n"),
        (r"\newcommand\R{R}", r"\R x\Rx", r"R x\Rx"),
        (r"\newcommand{\E}[2][p]{E_{#1}(#2)}", r"\E{x}\E[q] y", r"{E_{p}(x)}{E_{q}(y)}"),
        (r"\def\a#1#2{#2#1}", r"\a{x}y", "{yx}"),
        (r"\let\b=\beta", r"\b x", r"\beta x"),
        (r"\let\old\vec \renewcommand{\vec}[1]{\old{#1}}", r"\vec x", r"{\vec{x}}"),
        (r"\providecommand{\a}{1}\providecommand{\a}{2}", r"\a", "1"),
        (r"\newcommand{\a}{1}\renewcommand{\a}{2}", r"\a", "2"),
        (r"\DeclareMathOperator*{\argmax}{arg\,max}", r"\argmax_x", r"{\operatorname*{arg\,max}}_x"),
        (r"\newcommand{\a}{\b} \newcommand{\b}{c}", r"\a", "c"),
        (r"\newcommand{\a}{x % a comment" "\n}", r"\a^2", "{x }^2"),
        (r"\newcommand{\name}{ReLU}", r"\text{\name{} $\name$}", r"\text{\name{} ${ReLU}$}"),
        (r"\newcommand{\rows}{a & b \\}", r"\rows", r"a & b \\"),
        (r"\definecolor{mine}{HTML}{4477AA}", r"\color{mine}", r"\color{mine}"),
    ],
)
def test_macros_stand_for_what_they_were_defined_to_be(definitions: str, text: str, expanded: str) -> None:
    """All ways to define one are read; braces keep what one stands for together."""
    macros = Macros()
    assert macros.expand(definitions).strip() == ""
    assert macros.expand(text) == expanded


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        (r"\ket{a}_A", r"{|a\rangle}_A"),
        (r"\braket{a|b}", r"{\langle a|b\rangle}"),
        (r"\cssId{name}{x^2}", "{x^2}"),
    ],
)
def test_what_a_page_of_mathjax_knows_is_known(text: str, expanded: str) -> None:
    """Notation of quantum mechanics, and names that only a style sheet asks for."""
    assert Macros(standard()).expand(text) == expanded


def test_spaces_are_those_of_latex() -> None:
    r"""Widths are in the size of the type; `\!` beside a fence takes away what only TeX has put there."""
    widths = {
        r"a\,b": ["0.167"],
        r"a\:b": ["0.222"],
        r"a\;b": ["0.278"],
        r"a\!b": ["-0.167"],
        r"a\ b~c": ["0.333", "0.333"],
        r"a\quad b\qquad c": ["1.0", "2.0"],
        r"a\hspace{-1.5em}b\hspace*{10pt}c": ["-1.5", "1.0"],
        r"a\mkern-3mu b\mskip 9mu c\kern.2em d": ["-0.167", "0.5", "0.2"],
        r"f\!\left(x\right)\!y": [],
    }
    found = typst(*widths)
    assert [re.findall(r"#gap\(([-\d.]+)em\);", one) for one in found] == list(widths.values())


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        (r"a/b", r'a#math.class("normal", $\u{2f}$);b'),
        (r"xy 2 3.5", "x y 2 3.5"),
        (r"\mathrm{KL}(p)", '"KL"\\u{28}p\\u{29}'),
        (r"x = -y - z", r'x\u{3d}#math.class("normal", $\u{2212}$);y\u{2212}z'),
        (r'\text{a "quote" $x$}', r'"a \"quote\""#gap(0.333em);x'),
        (
            r"\mathop{\frac{a}{b}}_x",
            r'attach(math.limits($#math.class("large", $#math.frac($a$, $b$);$);$, inline: false), b: $x$)',
        ),
        (r"\bigoplus_i", r"#math.attach(math.limits($\u{2a01}$, inline: false), b: $i$);"),
        (r"\sum\limits_i", r"#math.attach(math.limits($\u{2211}$), b: $i$);"),
        (r"\sum\nolimits_i", r"#math.attach(math.scripts($\u{2211}$), b: $i$);"),
        (r"\mathbf{x\Theta 1}", r'\u{1d431}\u{1d6af}"𝟏"'),
        (
            r"\color{red}x \textcolor[HTML]{00FF00}{y}",
            '#text(fill: rgb("#ff0000"), $x#text(fill: rgb("#00ff00"), $y$);$);',
        ),
        (r"{\displaystyle x} y", "#math.display($x$);y"),
        (r"\left.\frac12\right|", r"#math.lr($#gap(0pt);#math.frac($1$, $2$);\u{7c}$);"),
        (r"\big(", r"#math.lr($\u{28}$, size: 1.2em);"),
        (r"\left\|x\right\|", r"#math.lr($\u{2016}x\u{2016}$);"),
        (r"\not\in", r"\u{2209}"),
        (r"{a \over b}", "#math.frac($a$, $b$);"),
        (
            r"a \atop b",
            r"row-gap: 0.4em, column-gap: 1em, ($#math.inline($a$);$, ), ($#math.inline($b$);$, )",
        ),
        (r"\genfrac(){0pt}{}{n}{k}", "#math.binom($n$, $k$);"),
        (r"\genfrac{[}{]}{}{0}{a}{b}", r"#math.display($#math.lr($\u{5b}#math.frac($a$, $b$);\u{5d}$);$);"),
        (r"1{,}000", r'1#math.class("normal", $\u{2c}$);000'),
        (r"a \\ b", r"($#math.display($a$);$, ), ($#math.display($b$);$, )"),
        (r"a &= b \\ &+ c", r"$&#gap(0pt);#math.display($#gap(0pt);\u{2b}c$);$"),
    ],
)
def test_what_pandoc_loses_is_kept(text: str, inside: str) -> None:
    """Classes, styles, colours, sizes and letters arrive in Typst; nothing can be taken for its markup."""
    (found,) = typst(text)
    assert inside in found


def test_rules_of_arrays_are_kept() -> None:
    """Lines between columns and rows, also below the last."""
    (found,) = typst(r"\begin{array}{c|*{2}{c}|} a & b & c \\ \hline d & e & f \\[2pt] \hline \end{array}")
    assert "augment: (hline: (1, 2, ), vline: (1, 3, ), stroke: 0.5pt)" in found
    assert found.count("$, ), (") == 1


def test_columns_stand_apart_but_in_rows_of_equations() -> None:
    """Nothing is between the two sides of a relation in `aligned`; an array keeps its columns apart."""
    aligned, array = typst(r"\begin{aligned} a &= b \end{aligned}", r"\begin{array}{rl} a & b \end{array}")
    assert "column-gap: 0pt" in aligned
    assert "column-gap: 1em" in array


def test_lines_break_before_relations_and_operators() -> None:
    """Never behind them, never in fences, and not before a sign."""
    (formula,) = _read((r"a = -b + \left(c + d\right) \mathrel{R} \sum_i e, f",))
    starts = [
        r"a",
        r"\u{3d}",
        r"\u{2b}",
        '#math.class("relation", $R$);',
    ]
    assert [
        piece[: len(start)] for piece, start in zip(pieces(formula.content), starts, strict=True)
    ] == starts


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (r"\hspace{\fill}", "expects a length such as 2em"),
        (r"\color{rot} x", "no colour is called 'rot'"),
        (r"\begin{subequations} a \end{subequations}", "no environment is called 'subequations'"),
        (r"\begin{cases} a", "has no '\\end{cases}'"),
        (r"\begin{cases} a \end{matrix}", "ends with '\\end{matrix}'"),
        (r"{a", "has no '}'"),
        (r"x^2 \tag{1} + y \tag{2}", "more than one '\\tag'"),
        (r"\tag{$*$} x", "expected plain text"),
    ],
)
def test_what_cannot_be_set_says_why(text: str, reason: str) -> None:
    """Before Pandoc sees it, which would leave it out."""
    with pytest.raises(FormulaError, match=re.escape(reason)):
        preparation.prepare(text)


def test_a_lost_letter_is_told() -> None:
    """Whatever Pandoc leaves out, an answer without a letter of the formula is not printed."""
    with pytest.raises(FormulaError, match="'y' would be lost"):
        mathml.resolve("<mi>x</mi>", preparation.prepare("x + y"))


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        (r"\color{blue}x", '<mstyle mathcolor="#0000ff"><mi>x</mi></mstyle>'),
        (r"\small x", '<mstyle mathsize="0.9em"><mi>x</mi></mstyle>'),
        (r"\sum\limits_i", '<munder data-limits="true"><mo movablelimits="false">∑</mo>'),
        (r"\lim_x f", '<msub><mi mathvariant="normal">lim</mi>'),
        (r"\log x", '</mrow><mspace width="0.167em" /><mi>x</mi>'),
        (r"a \mathrel{R} b", '<mspace width="0.278em" /><mi>R</mi><mspace width="0.278em" />'),
        (r"a = \; -b", '<mo form="prefix">−</mo>'),
        (r"\|x\|", '<mo stretchy="false" form="postfix" lspace="0" rspace="0">∥</mo>'),
        (r"\boxed{x}", '<mrow class="framed"><mi>x</mi></mrow>'),
        (r"\cancel{x}", '<mrow class="struck-up"><mi>x</mi></mrow>'),
        (r"\vphantom{x}", '<mpadded width="0"><mphantom><mi>x</mi></mphantom></mpadded>'),
        (
            r"\begin{array}{r|l} a & b \end{array}",
            '-webkit-left; border-left: 1px solid">',
        ),
        (r"\begin{aligned} a &= b \end{aligned}", '<mtable displaystyle="true">'),
    ],
)
def test_the_page_shows_the_same_formula(text: str, inside: str) -> None:
    """What MathML Core leaves out is in words that browsers carry out; the TeX to copy is beside it."""
    (formula,) = _read((text,))
    page = formula.page(block=False)
    assert inside in page
    assert page.endswith(f"{escape(text)}</annotation></semantics></math>")
