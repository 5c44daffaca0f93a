"""The formulas of a document: TeX → what Pandoc reads in it → Typst for the PDF and MathML for the page.

Pandoc's own Typst loses spaces, sizes and fences and names symbols that Typst has no more; its MathML is
sound. So both outputs are made of that, and show the same.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from weaver.typesetting import pandoc
from weaver.typesetting.formulas import browser, macros, mathml, preparation, typst_math
from weaver.typesetting.formulas.macros import Macros
from weaver.typesetting.formulas.preparation import Prepared
from weaver.typesetting.formulas.tex import FormulaError
from weaver.typesetting.markdown.markdown_source import Position
from weaver.typesetting.pandoc import Node, Nodes
from weaver.typesetting.pandoc_cache import NONE, Answers

__all__ = ["Formula", "Formulas", "Table", "expand", "formula_refusal", "pattern", "read_formulas", "table"]

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # no XML has these, so no MathML
# A formula as it was put to Pandoc, and what it answered; or why it was not.
Read = tuple[Prepared, list[str]] | FormulaError
# Formulas by their TeX; `quarto-last.lua` knows what stands in each.
Table = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Formula:
    """A formula as it is set: its TeX, the number that it says, and what Pandoc has read in it."""

    tex: str
    tag: str
    content: mathml.Element

    def typst(self) -> str:
        """Return what stands between Typst's dollar signs."""
        return typst_math.typst_math(self.content)

    def lines(self) -> list[str]:
        """Return the same in pieces that may each begin a line."""
        return typst_math.pieces(self.content)

    def page(self, *, block: bool) -> str:
        """Return it as MathML."""
        return browser.browser_math(self.content, self.tex, block=block)


@dataclass(frozen=True)
class Formulas:
    """The formulas of a tree by their TeX: what Pandoc has read in each, or why it cannot be set.

    `written` has how a formula stands in the sources, where macros stand in it.
    """

    read: Mapping[str, Read]
    written: Mapping[str, str]

    def find(self, node: Node, position: Position) -> Formula:
        """Return the formula of a node.

        Raises:
            TypesetError: it cannot be set; the message names it, its file and its line.
        """
        kind, text = node["c"]
        try:
            return _formula(text, self.read[text], display=kind["t"] == "DisplayMath")
        except FormulaError as error:
            written = self.written.get(text, text)
            position.fail(pattern(written), formula_refusal(written, error))

    def in_letters(self, inlines: Nodes) -> str:
        """Return text without its markup, and with the letters of its formulas that can be set."""
        return pandoc.plain(pandoc.descend(inlines, {"Math": self._letters}))

    def _letters(self, node: Node) -> Nodes | None:
        with suppress(FormulaError):
            formula = _formula(node["c"][1], self.read[node["c"][1]], display=True)
            return [pandoc.node("Str", "".join(formula.content.itertext()))]
        return None

    def numbered(self, node: Node, position: Position) -> Formula:
        """Return the formula of a node that gets a number.

        Raises:
            TypesetError: it cannot be set, or has one already.
        """
        formula = self.find(node, position)
        if formula.tag:
            position.fail(
                pattern(self.written.get(formula.tex, formula.tex)),
                "'\\tag' and a label '{#eq-…}': keep one of the two",
            )
        return formula


def table(part: Nodes, version: Sequence[int], written: Mapping[str, str], *, paper: bool) -> Table:
    """Return how the formulas of a tree are set, by their TeX in the sources, for another typesetter.

    On paper it is Typst, with the pieces of what has lines of its own; else MathML. What cannot be set is
    left out, and what means one thing here and another there; what only defines macros is empty.
    """
    found: dict[str, dict[str, Any]] = {text: {} for text, source in written.items() if not source}
    sources = Counter(written.values())
    for text, one in read_formulas(part, version, NONE).items():
        source = written.get(text, text)
        if sources[source] < 2:
            with suppress(FormulaError):  # the other typesetter may be able to
                found[source] = _set(_formula(text, one, display=True), paper=paper)
    return {" ".join(text.split()): one for text, one in found.items()}


def _set(formula: Formula, *, paper: bool) -> dict[str, Any]:
    if paper:
        shown: dict[str, Any] = {"inline": f"${formula.typst()}$", "lines": formula.lines()}
    else:
        shown = {"inline": formula.page(block=False), "block": formula.page(block=True)}
    return {**shown, "tex": formula.tex, "tag": formula.tag}


def formula_refusal(text: str, reason: object) -> str:
    """Say that a formula cannot be set, and why."""
    return f"the formula cannot be set: {' '.join(text.split())}: {reason}"


def pattern(text: str) -> str:
    """Return a regular expression for a formula in the sources, without what encloses it."""
    inside = r"[\s>]*".join(map(re.escape, text.split()))
    return rf"(?<=[$(\[\s>]){inside}(?=[\s>]*(?:\$|\\[)\]]))"


def _formula(text: str, found: Read, *, display: bool) -> Formula:
    if isinstance(found, FormulaError):
        raise found
    prepared, (source, reason) = found
    if reason:
        raise FormulaError(reason)
    if prepared.tag and not display:
        raise FormulaError("'\\tag' numbers a formula of its own line: write it between '$$'")
    return Formula(text, prepared.tag, mathml.resolve(source, prepared))


def read_formulas(part: Nodes, version: Sequence[int], answers: Answers) -> dict[str, Read]:
    """Read the formulas of a part of a tree: by their TeX, what is known of each, or why it cannot be set."""
    texts = dict.fromkeys(node["c"][1] for node in pandoc.walk(part) if node["t"] == "Math")
    found = {text: _prepared(text) for text in texts}
    asked = {text: one for text, one in found.items() if isinstance(one, Prepared)}
    question = [one.tex for one in asked.values()]
    answered = _asked(question, version, answers) if question else []
    refused = {text: one for text, one in found.items() if isinstance(one, FormulaError)}
    return refused | {text: (asked[text], answer) for text, answer in zip(asked, answered, strict=True)}


def _prepared(text: str) -> Prepared | FormulaError:
    if sign := CONTROL.search(text):
        return FormulaError(f"it holds the character U+{ord(sign[0]):04X}, which is not seen: take it out")
    try:
        return preparation.prepare(text)
    except FormulaError as error:
        return error


def _asked(question: list[str], version: Sequence[int], answers: Answers) -> list[list[str]]:
    found: list[list[str]] = answers.ask(
        ("formulas", question), lambda: mathml.read_mathml(question, version)
    )
    return found


def expand(position: Position, *trees: Nodes) -> dict[str, str]:
    """Replace the macros that a document defines, in its text or in formulas, by what they stand for.

    Definitions are taken out. The value has how each formula that changed stands in the sources, and nothing
    for one that is gone, since it only defined macros.

    Raises:
        TypesetError: a definition or a macro cannot be understood; the message names file and line.
    """
    if not macros.DEFINITION.search(position.manuscript.text):
        return {}
    expander = _Expander(position)
    for tree in trees:
        pandoc.rewrite(tree, expander.changes)
    return expander.written


class _Expander:
    """Reads definitions and expands formulas in the order in which they stand."""

    def __init__(self, position: Position) -> None:
        self.position = position
        self.macros = Macros()
        self.written: dict[str, str] = {}
        self.changes: dict[str | None, Callable[[Node], Nodes | None]] = {
            "RawBlock": self._raw,
            "RawInline": self._raw,
            "Math": self._math,
            "Para": _unless_empty,
            "Plain": _unless_empty,
        }

    def _raw(self, node: Node) -> Nodes | None:
        form, text = node["c"]
        if self.position.follow(node) or form not in {"tex", "latex"}:
            return None
        if left := self._expand(text, re.escape(text.partition("\n")[0])).strip():
            self.position.fail(
                re.escape(left), f"'{left}' stands behind a definition: put it on a line of its own"
            )
        return []

    def _math(self, node: Node) -> Nodes | None:
        written = node["c"][1]
        text = self._expand(written, pattern(written))
        if not text.strip() and macros.DEFINITION.search(written):
            self.written[written] = ""
            return []
        if text != written:
            node["c"][1] = text
            self.written[text] = written
        return None

    def _expand(self, text: str, where: str) -> str:
        try:
            return self.macros.expand(text)
        except FormulaError as error:
            self.position.fail(where, formula_refusal(text, error))


def _unless_empty(node: Node) -> Nodes | None:
    """Take away a paragraph that held definitions alone."""
    blank = all(inline["t"] in {"Space", "SoftBreak"} for inline in node["c"])
    return [] if blank else None
