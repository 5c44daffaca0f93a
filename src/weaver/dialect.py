"""What Quarto's Markdown has beyond Pandoc's: conditional content, callouts, shortcodes, outputs in HTML.

What cannot be printed is an error that names its place, never left out in silence. Raw blocks that say for
which format they are meant are left out of the other one.
"""

import re
from collections.abc import Iterator
from typing import Any, NoReturn

from weaver import pandoc
from weaver.cells import Target
from weaver.errors import TypesetError
from weaver.manuscript import Manuscript, Position
from weaver.outputs import HTML
from weaver.pandoc import Node, Nodes

CONDITIONAL = ("Div", "Span", "CodeBlock")
CONDITION_CLASSES = frozenset({"content-visible", "content-hidden"})
CALLOUTS = ("note", "tip", "important", "warning", "caution")
COMMENT = re.compile(r"^(\s*<!--.*?-->)*\s*$", re.S)
PAGE_BREAK = re.compile(r"^\{\{<\s*pagebreak\s*>\}\}$")
UNSUPPORTED_CLASSES = re.compile(r"^(panel-.*|column-.*|columns|column|aside|grid|callout.*|theorem|proof)$")
UNSUPPORTED_LABELS = re.compile(
    r"^(thm|lem|cor|prp|cnj|def|exm|exr|sol|rem|alg|nte|tip|wrn|imp|cau|vid|dia)-"
)
# What a page would have to fetch to show it; a link may lead anywhere.
FETCHED = re.compile(r"<(?!a\b)\w[^>]*\s(?:src|srcset|href|poster|data)\s*=\s*[\"']?\s*(?:https?:)?//", re.I)
FENCE = re.compile(r"^:{3,}$")
NUMBER = re.compile(r"^[-+−]?(\d[\d,]*\.?\d*|\.\d+)([eE][-+]?\d+)?\s*%?$|^(nan|NaN|inf|-inf)$")


def settle(blocks: Nodes, manuscript: Manuscript) -> Nodes:
    """Return the blocks with Quarto's constructs resolved for the manuscript's format.

    A callout becomes `Div.weaver-callout` with its title, `Div.weaver-title`, first, a page break
    `Div.weaver-page-break`.

    Raises:
        TypesetError: a construct is not supported; the message names file and line.
    """
    target = manuscript.target
    found = [node for node in pandoc.walk(blocks) if node["t"] in CONDITIONAL]
    for node in found:
        _check_condition(node, manuscript)
    if any(_is_hidden(node, target) for node in found):
        blocks = pandoc.descend(blocks, dict.fromkeys(CONDITIONAL, lambda node: _shown(node, target)))
    blocks = pandoc.rewrite(blocks, {"RawBlock": _from_html})
    return list(pandoc.rewrite(blocks, _Settler(manuscript).changes))


class _Settler:
    """Changes one node after another; knows from the markers in which cell it is."""

    def __init__(self, manuscript: Manuscript) -> None:
        self.position = Position(manuscript)
        self.changes: pandoc.Changes = {
            "RawBlock": self._raw,
            "RawInline": self._raw,
            "Para": self._paragraph,
            "Plain": self._paragraph,
            "Header": self._header,
            "Div": self._div,
            "Span": self._span,
        }

    def _fail(self, text: str, message: str) -> NoReturn:
        self.position.fail(re.escape(text), message)

    def _raw(self, node: Node) -> Nodes | None:
        form, text = node["c"]
        if node["t"] == "RawBlock" and self.position.follow(node):
            return None
        if form == "html" and COMMENT.match(text):
            return []
        first = text.strip().partition("\n")[0]
        if form == self.position.manuscript.target:
            if form == "html" and FETCHED.search(text):
                self._fail(first, f"'{first}' comes from another host: a page holds all that it shows")
            return None
        if form != "typst" and not self._is_declared(form, first):
            form = "latex" if form == "tex" else form
            self._fail(
                first,
                f"raw {form} cannot be printed: '{first}': write it in Markdown, or put it into"
                f" '::: {{.content-visible when-format=\"{form}\"}}'",
            )
        return []

    def _is_declared(self, form: str, text: str) -> bool:
        """Whether HTML stands in a raw block or a raw span, not among the Markdown by a slip."""
        source = self.position.manuscript.cells[self.position.cell].source
        block, span = rf"\{{=html\}}\s*{re.escape(text)}", rf"`\s*{re.escape(text)}\s*`+\{{=html\}}"
        return form == "html" and re.search(f"{block}|{span}", source) is not None

    def _paragraph(self, node: Node) -> Nodes | None:
        for word in node["c"]:
            if word["t"] == "Str" and "{{<" in word["c"]:
                return self._shortcode(node)
            if word["t"] == "Str" and FENCE.match(word["c"]):
                self._fail(word["c"], f"'{pandoc.plain(node['c'])}' opens or closes nothing")
        return None

    def _shortcode(self, node: Node) -> Nodes | None:
        """Carry out the only shortcode known here; three braces show a shortcode as it stands."""
        text = pandoc.plain(node["c"])
        if PAGE_BREAK.match(text):
            return [pandoc.node("Div", pandoc.attributes("", ["weaver-page-break"]), [])]
        if "{{{<" not in text:
            start = text[text.index("{{<") :].split(">}}")[0]
            self._fail("{{<", f"unknown shortcode '{start}>}}}}': only 'pagebreak' is understood here")
        for word in node["c"]:
            if word["t"] == "Str":
                word["c"] = word["c"].replace("{{{<", "{{<").replace(">}}}", ">}}")
        return None

    def _header(self, node: Node) -> None:
        self._check_label(node["c"][1])
        self._paragraph({"t": "Para", "c": node["c"][2]})

    def _div(self, node: Node) -> Nodes | None:
        attributes, content = node["c"]
        self._check_label(attributes)
        classes = attributes[1]
        if CONDITION_CLASSES & set(classes):
            return list(content)
        for name in classes:
            if name.removeprefix("callout-") in CALLOUTS:
                return [_callout(name.removeprefix("callout-"), attributes, content)]
            if UNSUPPORTED_CLASSES.match(name):
                self._fail(f".{name}", f"'.{name}' is not supported by the built-in typesetter")
        return None

    def _span(self, node: Node) -> Nodes | None:
        attributes, content = node["c"]
        return list(content) if CONDITION_CLASSES & set(attributes[1]) else None

    def _check_label(self, attributes: list[Any]) -> None:
        if UNSUPPORTED_LABELS.match(attributes[0]):
            kind = attributes[0].partition("-")[0]
            self._fail(
                f"#{attributes[0]}", f"labels of the kind '{kind}-' are not supported: '{attributes[0]}'"
            )


def _callout(kind: str, attributes: list[Any], content: Nodes) -> Node:
    title = dict(attributes[2]).get("title")
    heading = next((block for block in content if block["t"] == "Header"), None)
    if title:
        inlines = inlines_of(title)
    elif heading:
        content = [block for block in content if block is not heading]
        inlines = heading["c"][2]
    else:
        inlines = pandoc.words(kind.capitalize())
    head = pandoc.node("Div", pandoc.attributes("", ["weaver-title"]), [pandoc.node("Plain", inlines)])
    pairs = [("type", kind)]
    return pandoc.node("Div", pandoc.attributes(attributes[0], ["weaver-callout"], pairs), [head, *content])


def inlines_of(markdown: str) -> Nodes:
    """Parse Markdown that stands in an attribute, such as a callout's title."""
    if not markdown:
        return []
    document, _ = pandoc.read(" ".join(markdown.split()))
    return [inline for block in document.blocks for inline in block["c"]]


def _check_condition(node: Node, manuscript: Manuscript) -> None:
    _, classes, pairs = node["c"][0]
    for key, _ in pairs if CONDITION_CLASSES & set(classes) else ():
        if key not in {"when-format", "unless-format"}:
            raise TypesetError(
                f"{manuscript.place(0, f'{key}=')}: the condition '{key}' is not supported:"
                " expected 'when-format' or 'unless-format'"
            )


def _shown(node: Node, target: Target) -> Nodes | None:
    return [] if _is_hidden(node, target) else None


def _is_hidden(node: Node, target: Target) -> bool:
    _, classes, pairs = node["c"][0]
    if not CONDITION_CLASSES & set(classes):
        return False
    conditions = dict(pairs)
    wanted: str = conditions.get("when-format", target)
    matched = wanted == target != conditions.get("unless-format")
    return matched == ("content-hidden" in classes)


def _from_html(node: Node) -> Nodes | None:
    """Replace an output in HTML by what Pandoc reads in it."""
    if node["c"][0] != HTML:
        return None
    document, _ = pandoc.read(node["c"][1], source=("--from=html",))
    kinds = ("RawInline", "RawBlock", "Plain")
    blocks = list(pandoc.rewrite(document.blocks, dict.fromkeys(kinds, _without_style)))
    for each in pandoc.walk(blocks):
        if each["t"] == "Table":
            _align_numbers(each)
    return blocks


def _without_style(node: Node) -> Nodes | None:
    """Leave out style sheets, with which pandas begins its tables."""
    empty = not node["c"] if node["t"] == "Plain" else node["c"][1].lstrip().startswith("<style")
    return [] if empty else None


def _align_numbers(table: Node) -> None:
    """Align columns of numbers to the right, as pandas does, where the HTML says nothing."""
    _, _, columns, _, bodies, _ = table["c"]
    rows = [[pandoc.plain(cell[4]) for cell in row[1]] for body in bodies for row in body[3]]
    for column, texts in zip(columns, _columns(rows), strict=False):
        if column[0]["t"] == "AlignDefault" and all(NUMBER.match(text) for text in texts if text):
            column[0] = {"t": "AlignRight"}


def _columns(rows: list[list[str]]) -> Iterator[tuple[str, ...]]:
    return zip(*rows, strict=False)
