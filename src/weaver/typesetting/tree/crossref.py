"""Numbers over the document tree, for all that counts or has a label, as Quarto gives them.

https://quarto.org/docs/authoring/cross-references.html; `tree.references` has what refers to them.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import filterfalse
from typing import Any

from weaver.errors import QuartoOnlyError, TypesetError
from weaver.typesetting import languages, pandoc
from weaver.typesetting.markdown.cells import Cell
from weaver.typesetting.markdown.labels import THINGS
from weaver.typesetting.markdown.markdown_source import Manuscript, Position
from weaver.typesetting.notices import Notice, Noticed
from weaver.typesetting.pandoc import Node, Nodes, Tree
from weaver.typesetting.tree import floats, numbering, theorems

COUNTED = frozenset({"RawBlock", "Header", "Div", "Span"})
ATTRIBUTES = {"Header": 1, "Div": 0, "Span": 0}  # where a node's content has its attributes
WORD = re.compile(r"\w+-(title|prefix)")  # of any kind; those that are not printed here have no effect
ANCHOR = re.compile(r"<(?:\w[^<>]*\sid|a\b[^<>]*\sname)\s*=\s*[\"']?(?P<name>[^\s\"'>]+)", re.I)
NOT_COUNTED = "is not counted by here: all numbers go through the report, 1, 2, 3"
DEEPEST = 6  # of the levels that a heading may have
NUMBERING = "1.1.a"  # Quarto's pattern for sections in Typst


@dataclass(frozen=True)
class Target:
    """Something with a label: its number as printed, such as "2.1" or "3b", and its cell.

    `again` is what was noticed of a label that is taken twice.
    """

    label: str
    kind: str
    number: str
    cell: int
    again: Notice | None = None


@dataclass(frozen=True)
class Scheme:
    """How a document numbers and names things.

    `prefixes` are the words of references by kind, `titles` those of captions; `sections` is the pattern of
    section numbers, empty for none, and `depth` the deepest level that has one.
    """

    sections: str
    prefixes: Mapping[str, str]
    titles: Mapping[str, str]
    depth: int = DEEPEST

    def prefix(self, target: Target, written: str) -> str:
        """Return the word before the number of a target, as a reference `written` like this wants it."""
        word = self.prefixes[target.kind]
        return word[:1].upper() + word[1:] if written[0].isupper() else word


def scheme(metadata: Mapping[str, Any], front: Cell | None = None, noticed: Noticed | None = None) -> Scheme:
    """Read `number-sections`, `section-numbering` and `crossref` from a document's metadata.

    `front` is the cell that they stand in, for the place in an error. What only Quarto counts is `noticed`
    where it can be.

    Raises:
        TypesetError: `crossref` asks for something else than words, or the pattern counts nothing.
    """
    options, words = metadata.get("crossref") or {}, languages.words_of_language(metadata)
    titles, prefixes = {}, {}
    for kind in THINGS:
        title = words.get(f"crossref-{kind}-title", "")
        titles[kind] = str(options.get(f"{kind}-title", title))
        prefixes[kind] = str(options.get(f"{kind}-prefix", words.get(f"crossref-{kind}-prefix", title)))
    for unknown in filterfalse(WORD.fullmatch, map(str, options)):
        place = front.place_of(f"crossref.{unknown}") if front else "crossref"
        if noticed is None:
            raise QuartoOnlyError(f"crossref: '{unknown}' {NOT_COUNTED}", place=place)
        noticed.tell(place, f"crossref: '{unknown}'", NOT_COUNTED)
    pattern = str(metadata.get("section-numbering", NUMBERING))
    if not numbering.COUNTER.search(pattern):
        raise TypesetError(
            f"section-numbering: expected a pattern such as {NUMBERING}, found '{pattern}'",
            place=_place(front, "section-numbering"),
        )
    depth = metadata.get("number-depth", DEEPEST)
    if isinstance(depth, bool) or not isinstance(depth, int):
        raise TypesetError(
            f"number-depth: expected a whole number, found {depth!r}", place=_place(front, "number-depth")
        )
    return Scheme(pattern if metadata.get("number-sections") else "", prefixes, titles, depth)


def _place(front: Cell | None, key: str) -> str:
    return front.place_of(key) if front else ""


def number(blocks: Nodes, manuscript: Manuscript, style: Scheme) -> dict[str, Target]:
    """Number all that counts, in reading order, and return what has a label.

    Sections, floats and equations get the attribute `number`. A label used twice is reported, and means
    the first.
    """
    found: list[tuple[Node, Node | None]] = []
    _collect(blocks, None, found)
    _raise_headings([node for node, _ in found if node["t"] == "Header"])
    counters = _Counters(manuscript, style)
    for node, around in found:
        counters.count(node, around)
    return counters.targets


def counted(blocks: Nodes) -> tuple[list[int], Counter[str]]:
    """Return what comes to count in numbered blocks: sections by level, all else by kind."""
    found: list[tuple[Node, Node | None]] = []
    _collect(blocks, None, found)
    sections: list[int] = []
    counts: Counter[str] = Counter()
    for node, around in found:
        pairs = dict(node["c"][ATTRIBUTES[node["t"]]][2]) if node["t"] in ATTRIBUTES else {}
        if "number" in pairs and node["t"] == "Header":
            sections = _stepped(sections, node["c"][0])
        elif "number" in pairs and (node["t"] == "Span" or around is None):
            counts[pairs.get("kind", "eq")] += 1
    return sections, counts


def _stepped(sections: list[int], level: int) -> list[int]:
    """Return the numbers of a section of one level that follows another."""
    numbers = [*sections, *[0] * level][:level]
    return [*numbers[:-1], numbers[-1] + 1]


def identifiers(blocks: Nodes) -> frozenset[str]:
    """Return what a link within the document can lead to, on a page also what its HTML names."""
    nodes = pandoc.walk(blocks)
    found = [node["c"][ATTRIBUTES[node["t"]]][0] for node in nodes if node["t"] in ATTRIBUTES]
    written = (node["c"][1] for node in nodes if node["t"] in {"RawBlock", "RawInline"})
    found += [match["name"] for text in written for match in ANCHOR.finditer(text)]
    return frozenset(identifier for identifier in found if identifier)


def _collect(values: Iterable[Tree], around: Node | None, found: list[tuple[Node, Node | None]]) -> None:
    """Add what may count, in reading order, each with the innermost float around it."""
    for value in values:
        if type(value) is list:
            _collect(value, around, found)
        elif type(value) is dict and (kind := value.get("t")) not in pandoc.PLAIN_TEXT:
            if kind in COUNTED:
                found.append((value, around))
            if kind not in pandoc.LEAVES:
                _collect(value.values(), value if kind == "Div" and floats.is_float(value) else around, found)


def _raise_headings(headings: Nodes) -> None:
    """Lift all headings by a level where none is of the first, as Quarto does."""
    if all(heading["c"][0] > 1 for heading in headings):
        for heading in headings:
            heading["c"][0] -= 1


def label_of(written: str) -> str:
    """Return the label that a reference means: `@Fig-a` is one to `fig-a`."""
    return written[0].lower() + written[1:]


def mention(label: str) -> str:
    """Return a regular expression for a reference to a label, or a citation of a key, in the sources."""
    name = rf"{re.escape(label)}(?![\w-])"
    return rf"@\{{?{name}|\\\w*cite\w*\*?(?:\[[^\]]*\])*\{{[^}}]*(?<![\w-]){name}"


def tell_twice(text: Manuscript, label: str, first: int, second: int) -> Notice:
    """Tell of a label that stands in the cells `first` and `second`; return the notice."""
    definition = rf"(#|label: *['\"]?){re.escape(label)}(?![\w-])"
    place, other = text.place(second, definition, last=True), text.place(first, definition)
    taken = f"the label '{label}' is taken already, at {other}: give one of the two another"
    text.noticed.tell(place, taken, "")
    return Notice(place, taken, "")


class _Counters:
    """Counts one node after another; sections count by level, all else by kind."""

    def __init__(self, manuscript: Manuscript, style: Scheme) -> None:
        self.position = Position(manuscript)
        self.style = style
        self.targets: dict[str, Target] = {}
        self.level = 0
        self.sections: list[int] = []
        self.counts: Counter[str] = Counter()
        self.numbers: dict[int, str | None] = {}  # of floats, by identity

    def count(self, node: Node, around: Node | None) -> None:
        """Number a node that stands in the float `around`."""
        kind = node["t"]
        if kind == "RawBlock":
            self.position.follow(node)
        elif kind == "Header":
            self._section(node)
        elif kind == "Div" and floats.is_float(node):
            self.numbers[id(node)] = self._float(node, self.numbers.get(id(around)))
        elif kind == "Div" and theorems.is_theorem(node):
            attributes = node["c"][0]
            thing = dict(attributes[2])["kind"]
            number = self._count(attributes, thing)
            theorems.begin(node, f"{self.style.titles[thing]}\N{NO-BREAK SPACE}{number}")
        elif kind == "Span" and "weaver-equation" in node["c"][0][1]:
            self._count(node["c"][0], "eq")

    def _section(self, node: Node) -> None:
        level, attributes, _ = node["c"]
        if level > self.level + 1:
            first = pandoc.plain(node["c"][2]).partition(" ")[0]
            self.position.notice(
                rf"(?m)^#{{{level}}} +{re.escape(first)}",
                f"a heading of level {level} under one of level {self.level}:",
                "screen readers and contents miss the levels between; go down one at a time",
            )
        self.level = level
        if "unnumbered" in attributes[1] or not self.style.sections or level > self.style.depth:
            return
        self.sections = _stepped(self.sections, level)
        text = numbering.section_number(self.sections, self.style.sections)
        attributes[2].append(["number", text])
        if attributes[0].startswith("sec-"):
            self._add(attributes[0], "sec", text)

    def _float(self, node: Node, parent: str | None) -> str | None:
        attributes = node["c"][0]
        kind = dict(attributes[2])["kind"]
        if parent is not None:
            self.counts["sub"] += 1
            return self._put(attributes, kind, parent + numbering.letters(self.counts["sub"]))
        # A figure with a caption counts without a label too, as in Quarto's PDF; a table does not.
        if not attributes[0] and not (kind == "fig" and floats.parts(node)[0]):
            return None
        self.counts["sub"] = 0
        return self._count(attributes, kind)

    def _count(self, attributes: list[Any], kind: str) -> str:
        self.counts[kind] += 1
        return self._put(attributes, kind, str(self.counts[kind]))

    def _put(self, attributes: list[Any], kind: str, text: str) -> str:
        attributes[2].append(["number", text])
        if attributes[0]:
            self._add(attributes[0], kind, text)
        return text

    def _add(self, label: str, kind: str, text: str) -> None:
        if first := self.targets.get(label):
            again = tell_twice(self.position.manuscript, label, first.cell, self.position.cell)
            self.targets[label] = replace(first, again=again)
        else:
            self.targets[label] = Target(label, kind, text, self.position.cell)
