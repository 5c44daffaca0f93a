"""Formulas from MathML to Typst.

Every character is written by its code and every function by its place in Typst's own module, so nothing in a
formula can be taken for a name, an operator or markup of Typst.
"""

import json
import re
import unicodedata
from collections.abc import Iterator, Sequence

from weaver.typesetting.formulas import mathml
from weaver.typesetting.formulas.mathml import APPLICATION, Element

ARROWS = frozenset("←→↔⇐⇒⇔↦↩↪↼↽⇀⇁⇌⟵⟶⟷⟸⟹⟺⟼")
NUMERALS = re.compile(r"\d+\.?\d*|\.\d+")
OVER = {"¯": "overline", "⏞": "overbrace", "⎴": "overbracket", "⏜": "overparen"}
UNDER = {"_": "underline", "̱": "underline", "⏟": "underbrace", "⎵": "underbracket", "⏝": "underparen"}
CLASSES = {"op": "large", "rel": "relation", "bin": "binary", "open": "opening", "close": "closing"}
CLASSES |= {"punct": "punctuation", "ord": "normal", "inner": "normal"}
CANCELLED = {
    "updiagonalstrike": "",
    "downdiagonalstrike": ", inverted: true",
    "updiagonalstrike downdiagonalstrike": ", cross: true",
}
LEVELS = {"1": "script", "2": "sscript"}
ALIGNED = {"right": "{}&", "left": "&{}", "center": "{}"}
NOTHING = "#gap(0pt);"  # an ordinary symbol without width


def typst_math(element: Element) -> str:
    """Write a formula as what stands between Typst's dollar signs."""
    return _joined(_MathWriter().element(element))


def pieces(element: Element) -> list[str]:
    """Write a formula in pieces that may each begin a line: before relations and operators."""
    found: list[list[str]] = [[]]
    for part, opens_line in _MathWriter().row(element if _is_plain_row(element) else [element]):
        if opens_line and found[-1]:
            found.append([])
        found[-1].append(part)
    return list(map(_joined, found))


class _MathWriter:
    """Writes one element after the other; knows whether it is in an index."""

    def __init__(self) -> None:
        self.script = False

    def element(self, element: Element) -> list[str]:
        """Write an element, as parts of Typst that may follow each other."""
        writer = getattr(self, f"_{element.tag}")
        return list(writer(element))

    def row(self, elements: Sequence[Element] | Element) -> Iterator[tuple[str, bool]]:
        """Yield what stands in a row, and whether a line may begin there."""
        previous: Element | None = None
        word = ""
        for index, element in enumerate(elements):
            if _is_upright(element):
                word += element.text or ""
            else:
                yield from [(_text(word), False)] if word else []
                word = ""
                following = next((each for each in elements[index + 1 :] if not mathml.is_space(each)), None)
                for part in self._in_row(element, previous, following):
                    yield part, previous is not None and _breaks(element)
            previous = previous if mathml.is_space(element) else element
        yield from [(_text(word), False)] if word else []

    def _in_row(self, element: Element, previous: Element | None, following: Element | None) -> list[str]:
        if element.tag == "mspace" and mathml.is_infix(previous) and mathml.is_infix(following):
            return [f"#h({element.get('width')});"]  # where TeX has no other space either
        return self.element(element)

    def _content(self, element: Element) -> str:
        """Write an element as an argument of a function."""
        return f"${_joined(self.element(element))}$"

    def _index(self, element: Element) -> str:
        """Write an element that is set small."""
        outside, self.script = self.script, True
        content = self._content(element)
        self.script = outside
        return content

    def _mrow(self, element: Element) -> Iterator[str]:
        if not len(element):
            yield NOTHING
        elif name := mathml.operator_name(element):
            yield f"#math.op({json.dumps(name, ensure_ascii=False)});"
        elif kind := element.get("data-class"):
            yield _classed(CLASSES[kind], self._row_of(element))
        elif mathml.is_fenced(element):
            yield self._fenced(element)
        else:
            yield from (part for part, _ in self.row(element))

    def _row_of(self, elements: Sequence[Element] | Element) -> str:
        return _joined(part for part, _ in self.row(elements))

    def _fenced(self, element: Element) -> str:
        opens, closes = mathml.is_fence(element[0]), len(element) > 1 and mathml.is_fence(element[-1])
        inside = element[opens : len(element) - closes]
        if len(inside) == 1 and inside[0].get("linethickness") == "0" and element[0].text == "(":
            return f"#math.binom({self._content(inside[0][0])}, {self._content(inside[0][1])});"
        opening = _fence(element[0]) if opens else NOTHING
        closing = _fence(element[-1]) if closes else NOTHING
        return f"#math.lr(${_joined([opening, self._row_of(inside), closing])}$);"

    def _mi(self, element: Element) -> Iterator[str]:
        text = _plain(element)
        if name := mathml.operator_name(element):
            yield f"#math.op({json.dumps(name, ensure_ascii=False)});"
        elif text and element.get("mathvariant") == "normal" and text.isalpha() and not "Α" <= text <= "Ω":
            yield _text(text)
        elif text[:1].isalpha():
            yield _character(text)
        elif text:
            yield _classed("normal", _character(text))

    def _mn(self, element: Element) -> Iterator[str]:
        text = element.text or ""
        yield text if NUMERALS.fullmatch(text) and text.isascii() else _text(text)

    def _mo(self, element: Element) -> Iterator[str]:
        text = _plain(element)
        if text == APPLICATION or not text:
            return
        if size := element.get("minsize"):
            one = f"#math.lr(${_fence(element)}$, size: {int(size.removesuffix('%')) / 100:g}em);"
            yield _classed("normal", one) if text in mathml.BARS else one
        elif element.get("stretchy") == "true" and element.get("form") == "infix":
            yield f'#math.class("normal", math.mid(${_fence(element)}$));'
        elif text in mathml.BARS or (text in mathml.SIGNS and element.get("form") == "prefix"):
            yield _classed("normal", _character(text))
        elif len(text) > 1 and not unicodedata.combining(text[1]):
            yield _classed("relation", "".join(map(_character, text)))
        else:
            yield _character(text)

    def _mtext(self, element: Element) -> Iterator[str]:
        text = (element.text or "").strip(" \t\n")  # spaces at its ends stand beside it
        yield from [_text(" ".join(re.split(r"[ \t\n]+", text)))] if text else []

    def _mspace(self, element: Element) -> Iterator[str]:
        yield f"#gap({element.get('width')});"

    def _mphantom(self, element: Element) -> Iterator[str]:
        yield f"#hide(${self._row_of(element)}$);"

    def _mpadded(self, element: Element) -> Iterator[str]:
        function = "as-tall" if "width" in element.attrib else "as-wide"
        yield f"#{function}(${self._row_of(element)}$);"

    def _mfrac(self, element: Element) -> Iterator[str]:
        over, under = map(self._content, element)
        if element.get("linethickness") == "0":
            yield f"#math.mat(delim: none, row-gap: 0.2em, ({over},), ({under},));"
        else:
            yield f"#math.frac({over}, {under});"

    def _msqrt(self, element: Element) -> Iterator[str]:
        yield f"#math.sqrt(${self._row_of(element)}$);"

    def _mroot(self, element: Element) -> Iterator[str]:
        yield f"#math.root({self._index(element[1])}, {self._content(element[0])});"

    def _mstyle(self, element: Element) -> Iterator[str]:
        if colour := element.get("mathcolor"):
            yield f'#text(fill: rgb("{colour}"), ${self._row_of(element)}$);'
            return
        if size := element.get("mathsize"):
            yield f"#text(size: {size}, ${self._row_of(element)}$);"
            return
        level = element.get("scriptlevel", "0")
        outside, self.script = self.script, level in LEVELS
        style = LEVELS.get(level, "display" if element.get("displaystyle") == "true" else "inline")
        yield f"#math.{style}(${self._row_of(element)}$);"
        self.script = outside

    def _menclose(self, element: Element) -> Iterator[str]:
        notation, content = element.get("notation", ""), f"${self._row_of(element)}$"
        if notation == "box":
            yield f"#boxed(math.display({content}));"
        else:
            yield f"#math.cancel({content}{CANCELLED[notation]});"

    def _msub(self, element: Element) -> Iterator[str]:
        yield self._attached(self._scripts_of(element[0]), ("b", element[1]))

    def _msup(self, element: Element) -> Iterator[str]:
        yield self._attached(self._scripts_of(element[0]), ("t", element[1]))

    def _msubsup(self, element: Element) -> Iterator[str]:
        yield self._attached(self._scripts_of(element[0]), ("b", element[1]), ("t", element[2]))

    def _scripts_of(self, base: Element) -> str:
        content = self._content(base)
        simple = base.tag in {"mi", "mn"} and not mathml.operator_name(base)
        return content if simple else f"math.scripts({content})"

    def _attached(self, base: str, *indices: tuple[str, Element]) -> str:
        given = "".join(f", {where}: {self._index(index)}" for where, index in indices)
        return f"#math.attach({base}{given});"

    def _munder(self, element: Element) -> Iterator[str]:
        base, under = element
        if (function := UNDER.get(under.text or "")) and under.tag == "mo":
            yield f"#math.{function}({self._content(base)});"
        elif base.tag == "munder" and (function := UNDER.get(base[1].text or "")) and function != "underline":
            yield f"#math.{function}({self._content(base[0])}, {self._index(under)});"
        else:
            yield self._attached(self._limits_of(element), ("b", under))

    def _mover(self, element: Element) -> Iterator[str]:
        base, over = element
        accent = unicodedata.normalize("NFC", over.text or "") if over.get("accent") == "true" else ""
        if function := OVER.get(accent):
            yield f"#math.{function}({self._content(base)});"
        elif accent:
            yield f"#math.accent({self._content(base)}, {json.dumps(accent, ensure_ascii=False)});"
        elif base.tag == "mover" and (function := OVER.get(base[1].text or "")) and function != "overline":
            yield f"#math.{function}({self._content(base[0])}, {self._index(over)});"
        else:
            yield self._attached(self._limits_of(element), ("t", over))

    def _munderover(self, element: Element) -> Iterator[str]:
        yield self._attached(self._limits_of(element), ("b", element[1]), ("t", element[2]))

    def _limits_of(self, element: Element) -> str:
        base, content = element[0], self._content(element[0])
        if base.text in ARROWS:
            return f"math.limits(math.stretch({content}))"
        moves = mathml.moves_limits(element)
        return f"math.limits({content}{', inline: false' if moves else ''})"

    def _mtable(self, element: Element) -> Iterator[str]:
        large = element.get("displaystyle") == "true"
        style = "display" if large else "script" if self.script else "inline"
        paired = mathml.is_paired(element)
        rows = "".join(f", ({''.join(self._cells(row, style, paired=paired))})" for row in element)
        gap = "0pt" if paired else "1em"
        rules = _rules(element)
        yield f"#math.mat(delim: none, row-gap: {0.65 if large else 0.4}em, column-gap: {gap}{rules}{rows});"

    def _cells(self, row: Element, style: str, *, paired: bool) -> Iterator[str]:
        """Write the cells of a row; pairs of columns, as in `aligned`, have no space between the two."""
        for index, cell in enumerate(row):
            content = self._row_of(cell)
            before = NOTHING if paired and index % 2 else "#h(2em);" if paired and index else ""
            content = f"{before}#math.{style}(${content}$);" if content else before
            yield f"${ALIGNED[cell.get('columnalign', 'center')].format(content)}$, "


def _is_upright(element: Element) -> bool:
    text = element.text or ""
    return (
        element.tag == "mi"
        and element.get("mathvariant") == "normal"
        and len(text) == 1
        and text.isascii()
        and text.isalpha()
    )


def _is_plain_row(element: Element) -> bool:
    """Whether what is in a row may as well stand without it."""
    special = mathml.is_fenced(element) or "data-class" in element.attrib or mathml.operator_name(element)
    return element.tag == "mrow" and not special


def _fence(element: Element) -> str:
    """Write a fence; of those that look alike, the one that grows."""
    return _character(element.text or "")


def _breaks(element: Element) -> bool:
    """Whether a line may break before an element of the outermost row: a relation or an operator."""
    text = element.text or ""
    if element.tag != "mo" or "form" in element.attrib:
        return element.get("data-class") in {"rel", "bin"}
    large = text in mathml.SUMS | mathml.INTEGRALS
    return unicodedata.category(text[:1] or " ") in {"Sm", "So"} and not large


def _rules(table: Element) -> str:
    """Return the rules between rows and columns of a table."""
    across = [index for index, row in enumerate(table) if row.get("data-rule")]
    across += [len(table)] if table.get("data-rule") else []
    down = list(filter(None, table.get("data-columns", "").split(",")))
    if not (across or down):
        return ""
    lines = "".join(f"{index}, " for index in across), "".join(f"{index}, " for index in down)
    return f", augment: (hline: ({lines[0]}), vline: ({lines[1]}), stroke: 0.5pt)"


def _joined(parts: Iterator[str] | Sequence[str]) -> str:
    """Write parts one behind the other, apart where they would be one name or number."""
    text = ""
    for part in parts:
        apart = text[-1:].isalnum() and part[:1].isalnum()
        text += f" {part}" if apart else part
    return text


def _character(text: str) -> str:
    """Write one character; a letter with what modifies it stays together."""
    if len(text) > 1:
        return f"#symbol({_text(text)});"
    return text if text.isascii() and text.isalnum() else f"\\u{{{ord(text):x}}}"


def _plain(element: Element) -> str:
    """Return the symbol of an element; TeX sets an asterisk in the middle of the line."""
    return unicodedata.normalize("NFC", (element.text or "").strip()).replace("*", "∗")


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _classed(kind: str, content: str) -> str:
    return f'#math.class("{kind}", ${content}$);'
