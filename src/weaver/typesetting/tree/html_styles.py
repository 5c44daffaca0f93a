"""The styles of an output in HTML: bold and italic text, lines at it, colours; all else is left to the page.

Style sheets and `style` attributes are worked out for every piece of text and every cell, so that what Pandoc
reads has them at hand: https://pandas.pydata.org/docs/user_guide/style.html writes such sheets.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from html import escape
from html.parser import HTMLParser
from importlib.resources import files

SHEET = re.compile(r"<style\b[^>]*>(?P<rules>.*?)</style>", re.S | re.I)
COMMENT = re.compile(r"/\*.*?\*/", re.S)
RULE = re.compile(r"(?P<selectors>[^{}]+)\{(?P<declarations>[^{}]*)\}")
DECLARATION = re.compile(r"(?P<key>[\w-]+)\s*:\s*(?P<value>[^;]+)")
COMPOUND = re.compile(r"(?P<tag>[a-z][\w-]*|\*)?(?P<others>(?:[#.][\w-]+)*)", re.I)
HEX = re.compile(r"#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})", re.I)
RGB = re.compile(r"rgba?\(\s*(\d+)\s*[,\s]\s*(\d+)\s*[,\s]\s*(\d+)\s*(?:[,/]\s*([\d.]+)(%?)\s*)?\)", re.I)
BOLD = 600  # from this weight on text is bold
COLOURS = ("color", "background-color")
CARRIED = ("font-weight", "font-style", "text-decoration", *COLOURS)
CELLS = frozenset({"td", "th"})
EMPTY = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
)
VERBATIM = frozenset({"pre", "code", "script", "title"})
ENDS = {
    "td": CELLS,
    "th": CELLS,
    "tr": CELLS | {"tr"},
}  # what a beginning element ends, whether that is said or not

Declarations = Mapping[str, str]


@dataclass(frozen=True)
class Rule:
    """A selector as compound selectors, the element's own last, and what it declares."""

    compounds: tuple[tuple[str, frozenset[str]], ...]
    declarations: Declarations


@dataclass(frozen=True)
class Element:
    """An open element: its tag, its identifier and classes as `#one` and `.one`, and its style."""

    tag: str
    marks: frozenset[str]
    style: Declarations = field(default_factory=dict)


def worked_out(html: str) -> str:
    """Return HTML without style sheets; each piece of text, and each cell, has its style at itself."""
    if "style" not in html:
        return html
    writer = _StyleWriter([rule for sheet in SHEET.finditer(html) for rule in _rules(sheet["rules"])])
    writer.feed(SHEET.sub("", html))
    writer.close()
    return "".join(writer.parts)


def declared(style: str) -> Declarations:
    """Return what a `style` attribute declares of all that is carried out, colours in hexadecimal digits.

    A colour that is none, or that cannot be carried out, is an empty text.
    """
    found = {match["key"].lower(): match["value"].strip() for match in DECLARATION.finditer(style)}
    if "background" in found:
        found.setdefault("background-color", found["background"])
    if "text-decoration-line" in found:
        found.setdefault("text-decoration", found["text-decoration-line"])
    carried = {key: found[key].removesuffix("!important").strip().lower() for key in CARRIED if key in found}
    return {key: colour(value) if key in COLOURS else value for key, value in carried.items()}


def kinds(style: Declarations) -> list[str]:
    """Return Pandoc's names for what a style makes of text, beside its colours."""
    weight, lines = style.get("font-weight", ""), style.get("text-decoration", "")
    asked = {
        "Strong": weight in {"bold", "bolder"} or (weight.isdigit() and int(weight) >= BOLD),
        "Emph": style.get("font-style", "").startswith(("italic", "oblique")),
        "Underline": "underline" in lines,
        "Strikeout": "line-through" in lines,
    }
    return [kind for kind, is_asked in asked.items() if is_asked]


def colour(value: str) -> str:
    """Return a colour of CSS in hexadecimal digits, an empty text for one that is none or not known."""
    if HEX.fullmatch(value):
        return value
    if match := RGB.fullmatch(value):
        *parts, share, percent = match.groups()
        opaque = [] if share is None else [round(float(share) * (2.55 if percent else 255))]
        return "#" + "".join(f"{min(255, int(part)):02x}" for part in (*parts, *opaque))
    return _names().get(value, "")


@cache
def _names() -> Mapping[str, str]:
    text = (files("weaver.typesetting.tree") / "colours.csv").read_text(encoding="utf-8")
    return {row["name"]: row["value"] for row in csv.DictReader(text.splitlines())}


def _rules(sheet: str) -> Iterator[Rule]:
    for match in RULE.finditer(COMMENT.sub("", sheet)):
        declarations = declared(match["declarations"])
        for selector in match["selectors"].split(",") if declarations else ():
            compounds = [COMPOUND.fullmatch(part) for part in selector.split()]
            if all(compounds):  # of others, such as `:hover`, no page on paper knows
                parts = [
                    (one["tag"] or "*", frozenset(re.findall(r"[#.][\w-]+", one["others"])))
                    for one in compounds
                    if one
                ]
                yield Rule(tuple(parts), declarations)


def _fits(compounds: Sequence[tuple[str, frozenset[str]]], elements: Sequence[Element]) -> bool:
    """Whether a selector means the last of the open elements."""
    if not elements:
        return False
    *above, (tag, marks) = compounds
    if tag not in {"*", elements[-1].tag} or not marks <= elements[-1].marks:
        return False
    return not above or any(_fits(above, elements[:count]) for count in range(len(elements)))


class _StyleWriter(HTMLParser):
    """Writes HTML again, with styles where they count."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        super().__init__()
        self.rules = rules
        self.open: list[Element] = []
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element; a cell gets its ground."""
        while self.open and self.open[-1].tag in ENDS.get(tag, ()):
            self.open.pop()
        values = {key: value or "" for key, value in attrs}
        marks = frozenset(
            {f".{name}" for name in values.get("class", "").split()} | {f"#{values.get('id', '')}"}
        )
        self.open.append(Element(tag, marks))
        style = self._style(values.get("style", ""))
        self.open[-1] = Element(tag, marks, style)
        if tag in CELLS and style.get("background-color"):
            values["style"] = f"{values.get('style', '')}; background-color: {style['background-color']}"
        if tag == "span":
            values.pop("style", None)  # its text has it
        attributes = "".join(f' {key}="{escape(value)}"' for key, value in values.items())
        self.parts.append(f"<{tag}{attributes}>")
        if tag in EMPTY:
            self.open.pop()

    def _style(self, own: str) -> Declarations:
        """Return the style of the innermost element: from around it, from sheets, its own."""
        style = dict(self.open[-2].style) if len(self.open) > 1 else {}
        for rule in self.rules:
            if _fits(rule.compounds, self.open):
                style |= rule.declarations
        return {**style, **declared(own)}

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open and close an element."""
        self.handle_starttag(tag, attrs)
        if tag not in EMPTY:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close an element, and all in it that was left open."""
        if any(element.tag == tag for element in self.open):
            while self.open.pop().tag != tag:
                pass
        self.parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        """Write text, with its style around it."""
        style = dict(self.open[-1].style) if self.open else {}
        if any(element.tag in CELLS for element in self.open):
            style.pop("background-color", None)  # the whole cell has it
        text = escape(data, quote=False)
        if style and data.strip() and not any(element.tag in VERBATIM for element in self.open):
            said = "; ".join(f"{key}: {value}" for key, value in style.items() if value)
            text = f'<span style="{escape(said)}">{text}</span>'
        self.parts.append(text)
