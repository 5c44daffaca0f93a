"""Formulas as MathML: what Pandoc reads in them, and what `weaver.formulas.preparation` has marked."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from xml.etree import ElementTree

from weaver import pandoc
from weaver.formulas.preparation import MARK, Prepared
from weaver.formulas.tex import FormulaError

Element = ElementTree.Element
NAMESPACE = "http://www.w3.org/1998/Math/MathML"
READ = ("--to=html5", "--mathml", "--wrap=none")
FAILURE = re.compile(r"Could not convert TeX math .*?, rendering as TeX:(?P<reason>.*)", re.S)
APPLICATION = "\u2061"  # stands behind the name of an operator
LIMITS = {"msub": "munder", "msup": "mover", "msubsup": "munderover"}
STYLES = {
    "displaystyle": {"displaystyle": "true", "scriptlevel": "0"},
    "textstyle": {"displaystyle": "false", "scriptlevel": "0"},
    "scriptstyle": {"displaystyle": "false", "scriptlevel": "1"},
    "scriptscriptstyle": {"displaystyle": "false", "scriptlevel": "2"},
}
FONTS = {"bold": ["MATHEMATICAL BOLD"], "script": ["MATHEMATICAL SCRIPT", "SCRIPT"]}
ROUND = "\ufe01"  # asks for a letter of \mathscr; without it Unicode's one is that of \mathcal
WIDE = frozenset("⨀⨁⨂⨃⨄")  # have limits as sums do, which Pandoc does not know


def read(formulas: Sequence[str], version: Sequence[int]) -> list[list[str]]:
    """Let Pandoc read prepared formulas: each as MathML and an empty text, or an empty text and why not."""
    math = [pandoc.node("Math", {"t": "DisplayMath"}, text) for text in formulas]
    document = pandoc.Document({}, [pandoc.node("Para", [one]) for one in math], list(version))
    written, warnings = pandoc.write(document, *READ)
    found = ElementTree.fromstring(f"<div>{written}</div>")  # noqa: S314 - written by Pandoc
    reasons = (match["reason"] for match in map(FAILURE.match, warnings) if match)
    return [_answer(paragraph.find(f"{{{NAMESPACE}}}math"), reasons) for paragraph in found]


def _answer(math: Element | None, reasons: Iterator[str]) -> list[str]:
    if math is not None:
        return [ElementTree.tostring(math[0][0], encoding="unicode"), ""]
    lines = next(reasons).splitlines()
    return ["", next((line.strip() for line in lines if "unexpected" in line), "Pandoc cannot read it")]


def resolve(source: str, prepared: Prepared) -> Element:
    """Return what Pandoc has read in a formula, with its marks carried out.

    Raises:
        FormulaError: something of the formula is lost.
    """
    root = ElementTree.fromstring(source)  # noqa: S314 - written by Pandoc
    for element in root.iter():
        element.tag = element.tag.removeprefix(f"{{{NAMESPACE}}}")
    whole = Element("mrow")
    whole.append(root)
    _resolve(whole)
    text = unicodedata.normalize("NFKD", "".join(whole.itertext()))
    if MARK in text:
        raise FormulaError("a size, a colour or a class stands where it has no effect")
    if lost := prepared.letters - Counter(text):
        raise FormulaError(f"'{''.join(lost)}' would be lost: write it in other commands")
    return whole[0] if len(whole) == 1 and whole[0].tag == "mrow" else whole


def _resolve(element: Element) -> None:
    """Carry out the marks in an element, innermost first."""
    for child in element:
        _resolve(child)
    for index in range(len(element) - 1, -1, -1):
        if mark := _mark(element[index]):
            _carry_out(mark, element, index)
    if element.tag == "mtr":
        _moved("rule", element, element)
    elif element.tag == "mtable" and element[-1].get("data-rule") and not any(map(len, element[-1])):
        element.remove(element[-1])
        element.set("data-rule", "true")  # below all rows
    elif element.tag in LIMITS and (element[0].get("data-class") == "op" or element[0].text in WIDE):
        element.tag = LIMITS[element.tag]
    if element.tag in LIMITS.values():
        _moved("limits", element[1:], element)


def _moved(name: str, parts: Iterable[Element], element: Element) -> None:
    """Move what a mark has left on parts of an element to the element itself."""
    for part in parts:
        if part.attrib.pop(f"data-{name}", ""):
            element.set(f"data-{name}", "true")


def _mark(element: Element) -> list[str]:
    """Return the words of a mark, none of anything else."""
    text = unicodedata.normalize("NFKC", element.text or "")
    return text.removeprefix(MARK).split() if element.tag == "mo" and text.startswith(MARK) else []


def _carry_out(mark: Sequence[str], parent: Element, index: int) -> None:
    """Apply a mark to all that follows it in its group, but a fence that closes the group."""
    parent.remove(parent[index])
    end = len(parent)
    if end > index and _is_closing(parent[-1]) and index > 0:
        end -= 1
    rest = parent[index:end]
    name, *values = mark
    if name in {"limits", "rule"}:
        parent.set(f"data-{name}", "true")
    elif name in {"rows", "columns"}:
        for table in (each for each in rest if each.tag == "mtable"):
            table.set(*(("displaystyle", "true") if name == "rows" else ("data-columns", values[0])))
    elif name == "font":
        for leaf in (each for part in rest for each in part.iter()):
            _set_font(leaf, values[0])
    elif rest:
        group = Element("mrow", {"data-class": values[0]}) if name == "class" else _style(name, values)
        if parent.tag == "mrow" and end - index == len(parent) and "data-class" not in parent.attrib:
            parent.tag, parent.attrib = group.tag, group.attrib
        else:
            group.extend(rest)
            parent[index:end] = [group]


def _is_closing(element: Element) -> bool:
    return element.tag == "mo" and element.get("form") == "postfix" and element.get("stretchy") == "true"


def _style(name: str, values: Sequence[str]) -> Element:
    return Element("mstyle", {"mathcolor": f"#{values[0]}"} if name == "color" else STYLES[name])


def _set_font(leaf: Element, font: str) -> None:
    if leaf.tag in {"mi", "mn"} and leaf.text and leaf.attrib.pop("mathvariant", "normal") == "normal":
        leaf.text = "".join(_in_font(letter, FONTS[font]) for letter in leaf.text)


def _in_font(letter: str, font: Sequence[str]) -> str:
    """Return a letter or digit of one of Unicode's mathematical alphabets, and anything else as it is."""
    kind = re.sub("LATIN |GREEK |LETTER ", "", unicodedata.name(letter, ""))
    for name in font:
        with suppress(KeyError):
            return unicodedata.lookup(f"{name} {kind}") + (ROUND if "SCRIPT" in name else "")
    return letter


def page(element: Element, text: str, *, block: bool) -> str:
    """Write a formula for the browser; `text` is its TeX."""
    root = Element("math", {"display": "block" if block else "inline", "xmlns": NAMESPACE})
    semantics = ElementTree.SubElement(root, "semantics")
    semantics.append(element)
    note = ElementTree.SubElement(semantics, "annotation", {"encoding": "application/x-tex"})
    note.text = text
    return ElementTree.tostring(root, encoding="unicode")
