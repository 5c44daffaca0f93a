"""Formulas from MathML to the MathML that browsers carry out.

MathML Core leaves out frames, strokes, rules and alignments, which are styles then, and puts no space beside
the name of an operator.
"""

from collections.abc import Iterator
from copy import deepcopy
from xml.etree import ElementTree

from weaver.typesetting.formulas import mathml
from weaver.typesetting.formulas.mathml import Element

SCRIPTS = {script: limits for limits, script in mathml.LIMITS.items()}
ENCLOSED = {
    "box": "framed",
    "updiagonalstrike": "struck-up",
    "downdiagonalstrike": "struck-down",
    "updiagonalstrike downdiagonalstrike": "struck-up struck-down",
}
SPACES = {"rel": ("0.278em", "0.278em"), "bin": ("0.222em", "0.222em"), "punct": ("", "0.167em")}
THIN = "0.167em"
RULE = "1px solid"
PAIRED = ["padding-right: 0", "padding-left: 0", "padding-right: 0; padding-left: 2em", "padding-left: 0"]
ROWS = {"mrow", "mstyle", "mtd", "msqrt", "mphantom", "mpadded"}
# Chromium knows the plain names for what is text alone.
ALIGNED = {"right": "text-align: -webkit-right", "left": "text-align: -webkit-left", "center": ""}


def browser_math(element: Element, text: str, *, block: bool) -> str:
    """Write a formula as an element of the page; `text` is its TeX."""
    root = Element("math", {"display": "block" if block else "inline", "xmlns": mathml.NAMESPACE})
    semantics = ElementTree.SubElement(root, "semantics")
    semantics.append(deepcopy(element))
    for each in list(root.iter()):
        _change(each, block=block)
    note = ElementTree.SubElement(semantics, "annotation", {"encoding": "application/x-tex"})
    note.text = text
    return ElementTree.tostring(root, encoding="unicode")


def _change(element: Element, *, block: bool) -> None:
    if element.tag in SCRIPTS and not block and mathml.moves_limits(element):
        element.tag = SCRIPTS[element.tag]
    elif element.tag in SCRIPTS and "data-limits" in element.attrib and element[0].tag == "mo":
        element[0].set("movablelimits", "false")
    elif element.tag == "menclose":
        element.tag = "mrow"
        element.set("class", ENCLOSED[element.attrib.pop("notation")])
    elif element.tag == "mtable":
        _style_cells(element)
    elif element.tag == "mo" and element.text in mathml.BARS and element.get("form") != "infix":
        element.attrib |= {"lspace": "0", "rspace": "0"}
    before, after = SPACES.get(element.attrib.pop("data-class", ""), ("", ""))
    if element.tag in ROWS:
        element[:] = [*_spaces(before), *_spaced(list(element)), *_spaces(after)]
    if element.tag == "mpadded":
        unseen = Element("mphantom")
        unseen.extend(element)
        element[:] = [unseen]


def _spaces(width: str) -> list[Element]:
    return [Element("mspace", {"width": width})] if width else []


def _spaced(row: list[Element]) -> Iterator[Element]:
    """Yield what stands in a row, with the spaces that TeX has beside the names of operators."""
    row_like = [each for each in row if not mathml.is_space(each)]
    following = dict(zip(map(id, row_like), row_like[1:], strict=False))
    for element in row:
        yield element
        if (other := following.get(id(element))) is not None and _apart(element, other):
            yield from _spaces(THIN)


def _apart(element: Element, other: Element) -> bool:
    """Whether TeX has a thin space between two neighbours when one is an operator with a name."""
    first, second = mathml.is_operator(element), mathml.is_operator(other)
    if first:
        return second or not (other.tag == "mo" or mathml.is_fenced(other))
    return second and (element.tag != "mo" or element.get("form") == "postfix")


def _style_cells(table: Element) -> None:
    """Align the cells of a table and draw its rules."""
    rules = set(table.attrib.pop("data-columns", "").split(","))
    below, paired = table.attrib.pop("data-rule", ""), mathml.is_paired(table)
    table.attrib.pop("data-paired", "")
    for number, row in enumerate(table):
        above = row.attrib.pop("data-rule", "")
        for index, cell in enumerate(row):
            styles = [ALIGNED[cell.attrib.pop("columnalign", "center")]]
            styles += [PAIRED[index % 2 if index < 2 else 2 + index % 2]] if paired else []
            styles += [f"border-top: {RULE}"] if above else []
            styles += [f"border-bottom: {RULE}"] if below and number == len(table) - 1 else []
            styles += [f"border-left: {RULE}"] if str(index) in rules else []
            styles += [f"border-right: {RULE}"] if index == len(row) - 1 and str(index + 1) in rules else []
            cell.set("style", "; ".join(filter(None, styles)))
