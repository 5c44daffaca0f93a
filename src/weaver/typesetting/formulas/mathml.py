"""Formulas as MathML: what Pandoc reads in them, and what `preparation` has marked."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from xml.etree import ElementTree

from weaver.typesetting import pandoc
from weaver.typesetting.formulas.preparation import MARK, Prepared
from weaver.typesetting.formulas.tex import FormulaError

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
UNSEEN = {"vphantom": {"width": "0"}, "hphantom": {"height": "0", "depth": "0"}}
FONTS = {"bold": ["MATHEMATICAL BOLD"], "script": ["MATHEMATICAL SCRIPT", "SCRIPT"]}
ROUND = "\ufe01"  # asks for a letter of \mathscr; without it Unicode's one is that of \mathcal
SIGNS = frozenset("+−±∓")
BARS = frozenset("|∥‖")  # a letter on either side may be anything, so they bring no space of their own
GROWING = str.maketrans("∣∥", "|‖")  # of the bars that look alike, those that grow with what they enclose
SUMS = frozenset("∑∏∐⋀⋁⋂⋃⨀⨁⨂⨃⨄⨅⨆")
INTEGRALS = frozenset("∫∬∭⨌∮∯∰")
WIDE = frozenset("⨀⨁⨂⨃⨄")  # have limits as sums do, which Pandoc does not know


def read_mathml(formulas: Sequence[str], version: Sequence[int]) -> list[list[str]]:
    """Let Pandoc read prepared formulas: each as MathML and an empty text, or an empty text and why not."""
    math = [pandoc.node("Math", {"t": "DisplayMath"}, text) for text in formulas]
    document = pandoc.PandocDocument({}, [pandoc.node("Para", [one]) for one in math], list(version))
    written, warnings = pandoc.write_tree(document, *READ)
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
    _settle_operators(element)
    if element.tag == "mtr":
        _moved("rule", element, element)
    elif element.tag in LIMITS and (element[0].get("data-class") == "op" or element[0].text in WIDE):
        element.tag = LIMITS[element.tag]
    if element.tag in LIMITS.values():
        _moved("limits", element[1:], element)
    if element.tag == "mtable":
        _settle_table(element)


def _settle_operators(row: Element) -> None:
    """Tell signs from operators, as TeX does, and give fences the bars that grow."""
    previous: Element | None = None
    for element in row:
        if element.tag == "mo" and element.text in SIGNS and _expects_value(previous):
            element.set("form", "prefix")
        elif is_fence(element) or "minsize" in element.attrib:
            element.text = (element.text or "").translate(GROWING)
        previous = previous if is_space(element) else element


def _settle_table(table: Element) -> None:
    """Say of a table what its last row, which holds a rule alone, and its cells say."""
    if table[-1].get("data-rule") and not any(map(len, table[-1])):
        table.remove(table[-1])
        table.set("data-rule", "true")  # below all rows
    for cell in table.iter("mtd"):
        if "padding" in cell.attrib.pop("style", ""):
            table.set("data-paired", "true")


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
        table = next(table for part in rest for table in part.iter("mtable"))
        table.set(*(("displaystyle", "true") if name == "rows" else ("data-columns", values[0])))
    elif name == "font":
        for leaf in (each for part in rest for each in part.iter()):
            _set_font(leaf, values[0])
    elif rest:
        group = Element(*_group(name, values))
        if parent.tag == "mrow" and end - index == len(parent) and "data-class" not in parent.attrib:
            parent.tag, parent.attrib = group.tag, group.attrib
        else:
            group.extend(rest)
            parent[index:end] = [group]


def _is_closing(element: Element) -> bool:
    return element.tag == "mo" and element.get("form") == "postfix" and element.get("stretchy") == "true"


def _group(name: str, values: Sequence[str]) -> tuple[str, dict[str, str]]:
    """Return the tag and the attributes of what a mark puts around what follows it."""
    if name in UNSEEN:
        return "mpadded", UNSEEN[name]
    if name == "class":
        return "mrow", {"data-class": values[0]}
    if name in STYLES:
        return "mstyle", STYLES[name]
    return "mstyle", {"mathcolor": f"#{values[0]}"} if name == "color" else {"mathsize": f"{values[0]}em"}


def _set_font(leaf: Element, font: str) -> None:
    if leaf.tag in {"mi", "mn"} and leaf.text and leaf.get("mathvariant", "normal") == "normal":
        leaf.attrib.pop("mathvariant", "")
        leaf.text = "".join(_in_font(letter, FONTS[font]) for letter in leaf.text)


def _in_font(letter: str, font: Sequence[str]) -> str:
    """Return a letter or digit of one of Unicode's mathematical alphabets, and anything else as it is."""
    kind = re.sub("LATIN |GREEK |LETTER ", "", unicodedata.name(letter, ""))
    for name in font:
        with suppress(KeyError):
            return unicodedata.lookup(f"{name} {kind}") + (ROUND if "SCRIPT" in name else "")
    return letter


def operator_name(element: Element) -> str:
    """Return the name of an operator such as `exp`, an empty text for anything else."""
    named = element.tag == "mrow" and len(element) == 2 and element[1].text == APPLICATION
    name = element[0] if named else element
    text = unicodedata.normalize("NFC", name.text or "") if name.tag == "mi" else ""
    several = len(text) > 1 and not unicodedata.combining(text[1]) and text[0].isascii()
    return text if text and (named or several) else ""


def moves_limits(element: Element) -> bool:
    """Whether what is over and under an element stands beside its base in a line of text."""
    base = element[0]
    if "data-limits" in element.attrib:
        return False
    return bool(operator_name(base)) or base.get("data-class") == "op" or base.text in SUMS | INTEGRALS


def is_operator(element: Element) -> bool:
    """Whether an element is an operator with a name, or one made of something else, perhaps with limits."""
    if element.tag in LIMITS or element.tag in LIMITS.values():
        return is_operator(element[0])
    return bool(operator_name(element)) or element.get("data-class") == "op"


def is_paired(table: Element) -> bool:
    """Whether there is nothing between every two columns of a table, as in `aligned`."""
    return "data-paired" in table.attrib and table.get("displaystyle") == "true"


def is_fence(element: Element) -> bool:
    """Whether an element grows with what it encloses."""
    return element.tag == "mo" and element.get("stretchy") == "true" and "minsize" not in element.attrib


def is_fenced(element: Element) -> bool:
    """Whether fences enclose what is in a row, or one does."""
    return len(element) > 0 and any(map(is_fence, (element[0], element[-1])))


def is_space(element: Element) -> bool:
    """Whether an element is no more than a space."""
    return element.tag == "mspace" or element.text == APPLICATION


def is_infix(element: Element | None) -> bool:
    """Whether an element is a relation or the like, and no sign."""
    return (
        element is not None
        and element.tag == "mo"
        and not {"form", "accent"} & element.attrib.keys()
        and (element.text not in SIGNS)
    )


def _expects_value(previous: Element | None) -> bool:
    """Whether a sign behind an element belongs to what follows it, as TeX decides it."""
    if previous is None or is_operator(previous):
        return True
    return previous.tag == "mo" and previous.get("form") != "postfix"
