"""What Quarto's Markdown has beyond Pandoc's: conditional content, callouts, shortcodes, outputs in HTML.

What cannot be printed is an error that names its place, never left out in silence. Raw blocks that say for
which format they are meant are left out of the other one.
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import groupby
from typing import Any, NoReturn

from weaver.chunk_options import Target
from weaver.errors import QuartoOnlyError
from weaver.metadata import ACTIVE
from weaver.typesetting import pandoc
from weaver.typesetting.formulas.macros import DEFINITION
from weaver.typesetting.markdown import labels, shortcodes
from weaver.typesetting.markdown.markdown_source import CHUNK, DIAGRAM, MARKER, Manuscript, Position
from weaver.typesetting.markdown.outputs import fence_of
from weaver.typesetting.pandoc import Node, Nodes
from weaver.typesetting.tree import code_annotations, html_outputs, raw_markup, theorems

CONDITIONAL = ("Div", "Span", "CodeBlock")
HIDDEN = "hidden"  # where authors put the macros of their formulas
CONDITION_CLASSES = frozenset({"content-visible", "content-hidden"})
CONDITION = re.compile(r"(when|unless)-(format|profile)")
CALLOUTS = ("note", "tip", "important", "warning", "caution")
DIAGRAM_OPTION = re.compile(r"^(?:%%|//)\|\s*(?P<key>label|fig-cap):\s*(?P<value>.*?)\s*$", re.M)
ODD_CLASSES = re.compile(r"^(callout.*|theorem)$")
BESIDE = re.compile(r"^(aside|column-margin)$")
# What asks for another width, or for a part of a page in a browser.
ELSEWHERE = re.compile(r"^(panel-.*|column-.*|grid|g-col-.*)$")
NAMED = frozenset({*theorems.PROOFS, *CALLOUTS, *(f"callout-{kind}" for kind in CALLOUTS)})
# What a page would have to fetch to show it; a link may lead anywhere.
FETCHED = re.compile(r"<(?!a\b)\w[^>]*\s(?:src|srcset|href|poster|data)\s*=\s*[\"']?\s*(?:https?:)?//", re.I)
# A picture in a file of its own.
PICTURE = re.compile(r"<img\b[^>]*\ssrc\s*=\s*[\"']?\s*(?!data:|(?:https?:)?//)[^\s\"'>]", re.I)
FENCE = re.compile(r"^:{3,}$")
NUMBER = re.compile(r"\d+(?:\.\d+)?")
MARKS = r"[^\w\s\\]*"  # of emphasis and the like, around a word
ESCAPED = re.compile(r"(^|`)\{(\{[^<{}]+\})\}")  # what would run where the code is written
NOT_DRAWN = (
    "is not drawn here: its code is printed; Quarto draws it (ENGINE=quarto), or show a picture, '![…](…)'"
)
PAGE_BREAK = "weaver-page-break"
WRITTEN_BREAK = r"(?:\{\{<\s*pagebreak|\\(?:newpage|clearpage|pagebreak))"
INDENTED = rf"(?m)^[ \t>*+-]+{WRITTEN_BREAK}"
DEEPEST_TAB = 4  # Quarto sets the heading of a tab at this level at most


def settle(blocks: Nodes, manuscript: Manuscript) -> Nodes:
    """Return the blocks with Quarto's constructs resolved for the manuscript's format.

    A callout becomes `Div.weaver-callout` with its title, `Div.weaver-title`, first, a page break
    `Div.weaver-page-break`.

    Raises:
        TypesetError: a construct is not supported; the message names file and line.
    """
    target, profiles = manuscript.target, manuscript.metadata.get(ACTIVE, ())
    found = [node for node in pandoc.walk(blocks) if node["t"] in CONDITIONAL]
    for node in found:
        _check_condition(node, manuscript)
    if any(_is_hidden(node, target, profiles) for node in found):
        blocks = pandoc.descend(
            blocks, dict.fromkeys(CONDITIONAL, lambda node: _shown(node, target, profiles))
        )
    if shortcodes.OPENING in manuscript.text:
        blocks = pandoc.descend(blocks, {"Para": _page_break, "Plain": _page_break})
    place = Position(manuscript)
    blocks = pandoc.rewrite(blocks, {"RawBlock": lambda node: html_outputs.read_html(node, place)})
    blocks = raw_markup.carry_out(list(blocks), Position(manuscript))
    blocks = pandoc.rewrite(blocks, _Settler(manuscript).changes)
    blocks = _without_breaks_within(blocks, Position(manuscript))
    is_annotated = code_annotations.MARK.search(manuscript.text)
    return code_annotations.carry_out(blocks, manuscript.words) if is_annotated else list(blocks)


class _Settler:
    """Changes one node after another; knows from the markers in which cell it is."""

    def __init__(self, manuscript: Manuscript) -> None:
        self.position = Position(manuscript)
        self.changes: dict[str | None, Callable[[Node], Nodes | None]] = {
            "RawBlock": self._raw,
            "RawInline": self._raw,
            "Para": self._paragraph,
            "Plain": self._paragraph,
            "Header": self._header,
            "Div": self._div,
            "Span": self._span,
            "CodeBlock": self._code_block,
            "Code": self._code,
        }
        if shortcodes.OPENING in manuscript.text:
            self.changes |= {"Str": self._string}

    def _fail(self, text: str, message: str) -> NoReturn:
        self.position.fail(re.escape(text), message)

    def _raw(self, node: Node) -> Nodes | None:
        form, text = node["c"]
        is_marker = node["t"] == "RawBlock" and self.position.follow(node)
        if is_marker or (form in {"tex", "latex"} and DEFINITION.match(text)):
            return None  # `typesetting.formulas` reads definitions
        if form == "html" and raw_markup.COMMENT.match(text):
            return []
        first = text.strip().partition("\n")[0]
        if form == self.position.manuscript.target:
            if form == "html" and FETCHED.search(text):
                what = "comes from another host: the page shows it only where there is a network"
                self.position.notice(re.escape(first), f"'{first}'", what)
            if form == "html" and PICTURE.search(text):
                self._fail(first, f"'{first}' shows another file: a page holds all that it shows: '![…](…)'")
            return None
        if form == "typst" or raw_markup.is_declared(form, first, self.position):
            return []
        if form in {"tex", "latex"}:
            return raw_markup.latex(node, self.position)
        return self._fail(first, f"raw {form} cannot be printed: '{first}': write it in Markdown")

    def _paragraph(self, node: Node) -> None:
        for index, word in enumerate(node["c"]):
            if word["t"] == "Str" and FENCE.match(word["c"]) and self._is_fence(node["c"], index):
                self._fail(word["c"], f"'{pandoc.plain(node['c'])}' opens or closes nothing")

    def _is_fence(self, inlines: Nodes, index: int) -> bool:
        """Whether colons are a fence that Pandoc has taken for text, not text that was meant."""
        before = re.escape(pandoc.plain(inlines[:index]).rpartition(" ")[2])
        after = re.escape(pandoc.plain(inlines[index + 1 :]).partition(" ")[0])
        opening = rf"{before}{MARKS}\s+" if before else r"(?m)^[\s>]*"
        return self.position.wrote(opening + inlines[index]["c"] + (rf"\s+{MARKS}{after}" if after else ""))

    def _string(self, node: Node) -> None:
        """Refuse the shortcodes that are left; three braces show one as it stands."""
        left = shortcodes.OPENING in node["c"].replace("{{{<", "")
        if left and self.position.wrote(shortcodes.OPENING):
            shortcode = shortcodes.refused(self.position.source)
            self._refuse(shortcode)
        node["c"] = shortcodes.unescaped(node["c"])

    def _refuse(self, shortcode: str) -> None:
        message = shortcodes.explain(shortcode)
        if shortcodes.is_quartos(shortcode):
            self.position.leave_to_quarto(re.escape(shortcode), message)
        else:
            self._fail(shortcode, message)

    def _code_block(self, node: Node) -> Nodes | None:
        (_, classes, pairs), text = node["c"]
        if DIAGRAM in classes:
            name = f"{{{dict(pairs)['language']}}}"
            self.position.notice(re.escape(name), f"a {name} chunk", NOT_DRAWN)
            return [_diagram(text)]
        if not {"cell-code", "cell-output"} & set(classes):
            self._code(node)
        if CHUNK in classes:
            fence, language = fence_of(text), dict(pairs)["language"]
            shown = f"{fence}{{{language}}}\n{text}\n{fence}"
            node["c"] = [pandoc.attributes("", ["markdown"]), shown]
        return None

    def _code(self, node: Node) -> None:
        """Show code as Quarto does: without the braces that kept something in it from being carried out."""
        (_, _, pairs), text = node["c"]
        if shortcodes.OPENING in text and ["shortcodes", "false"] not in pairs:
            if match := shortcodes.SHORTCODE.search(text):
                self._refuse(match[0])
            text = shortcodes.unescaped(text)
        node["c"][1] = ESCAPED.sub(r"\1\2", text)

    def _header(self, node: Node) -> None:
        self._unsupported(node["c"][1][0])
        self._paragraph({"t": "Para", "c": node["c"][2]})

    def _div(self, node: Node) -> Nodes | None:
        attributes, content = node["c"]
        if words := self._unsupported(attributes[0]):
            return [_placeholder(words), *map(_without_level, content)]
        if CONDITION_CLASSES & set(attributes[1]):
            return list(content)
        if (found := self._of_quarto(attributes, content)) is not None:
            return found
        if elsewhere := self._elsewhere(attributes):
            node["c"][0] = elsewhere
        self._tell_odd(attributes[1])
        return None

    def _of_quarto(self, attributes: list[Any], content: Nodes) -> Nodes | None:
        """Set a division that means something to Quarto."""
        label, classes, _ = attributes
        if labels.is_label_of_theorem(label):
            return [theorems.settle(attributes, content)]
        if "panel-tabset" in classes:
            return self._tabs(content)
        if "columns" in classes:
            return [self._columns(content)]
        named = next(filter(NAMED.__contains__, classes), "")
        return self._named(named, attributes, content) if named else None

    def _named(self, name: str, attributes: list[Any], content: Nodes) -> Nodes:
        """Set what begins with a word of the language: a callout, or a proof and its like."""
        words, kind = self.position.manuscript.words, name.removeprefix("callout-")
        if name in theorems.PROOFS:
            return theorems.proof(attributes, content, words[f"environment-{name}-title"])
        return [_callout(kind, attributes, content, words[f"callout-{kind}-title"])]

    def _columns(self, content: Nodes) -> Node:
        """Set columns beside each other, as wide as they want to be."""
        parts = [block for block in content if block["t"] == "Div"]
        widths = [dict(part["c"][0][2]).get("width", "").strip(" %") for part in parts]
        given = [float(width) for width in widths if NUMBER.fullmatch(width)]
        rest = (100 - sum(given)) / max(1, len(parts) - len(given))
        row = [max(1.0, float(width) if NUMBER.fullmatch(width) else rest) for width in widths]
        for part in parts:
            part["c"][0] = pandoc.attributes(part["c"][0][0])
        pairs = [("layout", f"[{row}]"), ("layout-align", "left")]
        return pandoc.node("Div", pandoc.attributes("", ["weaver-panels"], pairs), content)

    def _elsewhere(self, attributes: list[Any]) -> list[Any] | None:
        """Return the attributes of what Quarto would set beside the text, or wider, and tell of it."""
        label, classes, pairs = attributes
        for name in classes:
            beside = BESIDE.match(name)
            if beside or ELSEWHERE.match(name):
                what = "in the text, and small" if beside else "in the text, and as wide"
                place = rf"\.{re.escape(name)}(?![\w-])"
                self.position.notice(place, f"'.{name}'", f"has no place of its own here: it stands {what}")
                kept = [*filter(lambda each: each != name, classes), *(["weaver-aside"] if beside else [])]
                return [label, kept, pairs]
        return None

    def _tabs(self, content: Nodes) -> Nodes:
        """Show tabs one below the other, as Quarto does on paper: their headings become sections."""
        levels = [block["c"][0] for block in content if block["t"] == "Header"]
        if not levels:
            self._fail(".panel-tabset", "'.panel-tabset' has no headings, which would be its tabs")
        for block in content:
            if block["t"] == "Header" and block["c"][0] == levels[0]:
                block["c"][0] = min(DEEPEST_TAB, levels[0])
        return list(content)

    def _span(self, node: Node) -> Nodes | None:
        attributes, content = node["c"]
        if CONDITION_CLASSES & set(attributes[1]):
            return list(content)
        if found := self._elsewhere(attributes):
            attributes = node["c"][0] = found
        self._tell_odd(attributes[1])
        if words := self._unsupported(attributes[0]):
            return [*pandoc.inlines_of_text(f"[{words}]"), {"t": "Space"}, *content]
        return None

    def _unsupported(self, label: str) -> str:
        """Return the words of a placeholder where a label is one that only Quarto knows."""
        if not labels.UNSUPPORTED.match(label):
            return ""
        kind = label.partition("-")[0]
        what = f"labels of the kind '{kind}-' are not supported: '{label}'"
        return self.position.leave_to_quarto(re.escape(f"#{label}"), what)

    def _tell_odd(self, classes: Sequence[str]) -> None:
        for name in filter(ODD_CLASSES.match, classes):
            what = "means nothing here: what it holds is printed as other text is"
            self.position.notice(rf"\.{re.escape(name)}(?![\w-])", f"'.{name}'", what)


def _definitions(content: Nodes) -> Iterator[Node]:
    """Yield what acts beyond a hidden division: markers, and the definitions of macros."""
    for node in pandoc.walk(content):
        if node["t"] in {"RawBlock", "RawInline"} and node["c"][0] in {MARKER, "tex", "latex"}:
            yield pandoc.node("RawBlock", *node["c"])
        elif node["t"] == "Math" and DEFINITION.search(node["c"][1]):
            yield pandoc.node("Para", [node])


def _page_break(node: Node) -> Nodes | None:
    """Carry out the page breaks that stand on lines of their own, also directly below text."""
    lines: list[Nodes] = [[]]
    for inline in node["c"]:
        if inline["t"] in {"SoftBreak", "LineBreak"}:
            lines.append([])
        lines[-1].append(inline)
    found: Nodes = []
    for is_break, group in groupby(lines, lambda line: bool(shortcodes.PAGE_BREAK.match(pandoc.plain(line)))):
        inlines = [inline for line in group for inline in line]
        if is_break:
            found.append(pandoc.node("Div", pandoc.attributes("", [PAGE_BREAK]), []))
        else:
            found.append({**node, "c": inlines[1:] if found else inlines})
    return found if any(each["t"] == "Div" for each in found) else None


def _without_breaks_within(blocks: Nodes, position: Position) -> Nodes:
    """Leave out page breaks within quotations, lists and divisions, and tell of them: no paper has any."""

    def left_out(node: Node) -> Nodes | None:
        if PAGE_BREAK not in node["c"][0][1]:
            return None
        what = "has no effect in a quotation, a list or a division: it stands between paragraphs of the text"
        where = INDENTED if position.wrote(INDENTED) else WRITTEN_BREAK
        position.notice(where, "a page break", what)
        return []

    result: Nodes = []
    for block in blocks:
        if block["t"] == "RawBlock":
            position.follow(block)
        is_break = block["t"] == "Div" and PAGE_BREAK in block["c"][0][1]
        result += [block] if is_break else pandoc.rewrite([block], {"Div": left_out})
    return result


def _placeholder(words: str) -> Node:
    """Return what stands in a draft where only Quarto could set what the document has."""
    return _callout("note", pandoc.attributes(), [pandoc.node("Para", pandoc.inlines_of_text(words))], "Note")


def _without_level(block: Node) -> Node:
    """Return a heading, the title of a theorem for example, as a paragraph that counts as no section."""
    if block["t"] != "Header":
        return block
    return pandoc.node("Para", [pandoc.node("Strong", block["c"][2])])


def _diagram(text: str) -> Node:
    """Return the code of a diagram, which counts as the figure that it is."""
    options = dict(DIAGRAM_OPTION.findall(text))
    label, caption = (options.get(key, "").strip("\"'") for key in ("label", "fig-cap"))
    code = re.sub(r"(?m)^(?:%%|//)\|.*\n?", "", text)
    body = [pandoc.node("CodeBlock", pandoc.attributes(), code)]
    if not options:
        return body[0]
    if caption:
        head = pandoc.node("Plain", pandoc.inlines_of(caption))
        body = [pandoc.node("Div", pandoc.attributes("", ["weaver-caption"]), [head]), *body]
    return pandoc.node("Div", pandoc.attributes(label, ["weaver-float"], [("kind", "fig")]), body)


def _callout(kind: str, attributes: list[Any], content: Nodes, word: str) -> Node:
    title = dict(attributes[2]).get("title")
    heading = next((block for block in content if block["t"] == "Header"), None)
    if title:
        inlines = pandoc.inlines_of(title)
    elif heading:
        content = [block for block in content if block is not heading]
        inlines = heading["c"][2]
    else:
        inlines = pandoc.inlines_of_text(word)
    head = pandoc.node("Div", pandoc.attributes("", ["weaver-title"]), [pandoc.node("Plain", inlines)])
    pairs = [("type", kind)]
    return pandoc.node("Div", pandoc.attributes(attributes[0], ["weaver-callout"], pairs), [head, *content])


def _check_condition(node: Node, manuscript: Manuscript) -> None:
    _, classes, pairs = node["c"][0]
    for key, _ in pairs if CONDITION_CLASSES & set(classes) else ():
        if not CONDITION.fullmatch(key) and not manuscript.draft:
            raise QuartoOnlyError(
                f"the condition '{key}' is not supported: expected 'when-format', 'when-profile' or the like",
                place=manuscript.place(0, f"{key}="),
            )


def _shown(node: Node, target: Target, profiles: Collection[str]) -> Nodes | None:
    """Take away what is hidden but the markers in it, which place what follows."""
    if not _is_hidden(node, target, profiles):
        return None
    if node["t"] == "Div" and HIDDEN in node["c"][0][1]:
        return list(_definitions(node["c"][1]))
    return [each for each in pandoc.walk(node["c"]) if each["t"] == "RawBlock" and each["c"][0] == MARKER]


def _is_hidden(node: Node, target: Target, profiles: Collection[str]) -> bool:
    """Whether a condition hides a node; a key that stands several times asks for one of its values."""
    _, classes, pairs = node["c"][0]
    if not CONDITION_CLASSES & set(classes):
        return HIDDEN in classes
    matched = _matches(pairs, "format", {target}) and _matches(pairs, "profile", profiles)
    return matched == ("content-hidden" in classes)


def _matches(pairs: Sequence[Sequence[str]], kind: str, active: Collection[str]) -> bool:
    """Whether what is active is wanted and nothing of it refused."""
    wanted = [value for key, value in pairs if key == f"when-{kind}"]
    refused = [value for key, value in pairs if key == f"unless-{kind}"]
    return (not wanted or any(one in active for one in wanted)) and not any(one in active for one in refused)
