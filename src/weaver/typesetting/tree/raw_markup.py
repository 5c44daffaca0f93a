"""HTML and LaTeX among the Markdown, as Pandoc's own readers of them have it.

Pandoc's Markdown keeps them as raw pieces, between which there is Markdown: `<kbd>`, words, `</kbd>`. So a
row of nodes is put to the reader of HTML as a whole, with a mark in the place of each that is Markdown.
"""

import json
import re
from functools import lru_cache

from weaver.errors import TypesetError
from weaver.typesetting import pandoc
from weaver.typesetting.markdown.markdown_source import Position
from weaver.typesetting.markdown.metadata_keys import UNSEEN
from weaver.typesetting.pandoc import Node, Nodes

MARK = "weaver-kept"
COMMENT = re.compile(r"^(\s*<!--.*?-->)*\s*$", re.S)
# What plays, or shows a page of its own: its address is all that others can have of it.
PLAYED = re.compile(
    r"<(?P<tag>iframe|video|audio|embed|source|object)\b[^>]*?\s(?:src|data)\s*=\s*[\"']?"
    r"(?P<address>[^\"'\s>]+)[^>]*>",
    re.I,
)
# What a page cannot hold as it stands; all else of HTML a browser shows.
NOT_ON_A_PAGE = re.compile(
    r"</?(iframe|video|audio|embed|object)\b|<img\b[^>]*\ssrc\s*=\s*[\"']?\s*(?!data:)[^\s\"'>]", re.I
)
PAGE_BREAK = re.compile(r"\\(?:newpage|clearpage|cleardoublepage|pagebreak(?:\[\d\])?)\s*(?:\{\})?\s*")
LOOK = re.compile(
    r"(?:\\(?:[vh]fill|noindent|indent|centering|raggedright|(?:small|med|big)skip|newpage|clearpage"
    r"|cleardoublepage|newline|tiny|scriptsize|footnotesize|small|normalsize|[lL]arge|LARGE|[hH]uge"
    r"|(?:single|double|onehalf)spacing|FloatBarrier|frontmatter|mainmatter|backmatter|maketitle"
    r"|tableofcontents|begingroup|endgroup|protect|sloppy|fussy|par|null|allowdisplaybreaks"
    # those that say in brackets how much or what
    r"|(?:[vh]space|(?:no)?pagebreak|(?:no)?linebreak|setlength|addtolength|linespread|(?:this)?pagestyle"
    r"|pagenumbering|usepackage|hypersetup|geometry|label|index|color)\*?(?:\[[^\]]*\]|\{[^{}]*\})*)"
    r"(?![A-Za-z])\*?\s*)+"
)
# What Pandoc reads in another way than LaTeX: it knows no day.
MISREAD = re.compile(r"\\today(?![A-Za-z])")

TEX = ("tex", "latex")
AS_WRITTEN = (
    "is LaTeX that nothing here reads: it is printed as it is written; write it in Markdown, a formula"
    " between dollars"
)


def is_declared(form: str, text: str, position: Position) -> bool:
    """Whether text stands in a raw block or a raw span, which say what format they are for."""
    name = r"\{=(?:la)?tex\}" if form in {"tex", "latex"} else rf"\{{={form}\}}"
    block, span = rf"{name}\s*{re.escape(text)}", rf"`\s*{re.escape(text)}\s*`+{name}"
    return re.search(f"{block}|{span}", position.source) is not None


def carry_out(blocks: Nodes, position: Position) -> Nodes:
    """Return blocks in which HTML is what Pandoc reads in it, but what is declared to be raw.

    Raises:
        TypesetError: something in it would be lost; the message names file and line.
    """
    return _RawMarkup(position).row(blocks)


class _RawMarkup:
    """Goes through rows of blocks and of inlines; knows from the markers in which cell it is."""

    def __init__(self, position: Position) -> None:
        self.position = position
        self.html: dict[int, Node] = {}  # that is to be read, by identity

    def row(self, nodes: Nodes) -> Nodes:
        """Read a row, after the rows in it."""
        result: Nodes = []
        for node in _without_groups(nodes):
            if node["t"] in {"RawBlock", "RawInline"}:
                self._look_at(node)
            elif node["t"] in {"Para", "Plain"} and any(inline["t"] == "RawInline" for inline in node["c"]):
                result += self._paragraph(node)
                continue
            elif node["t"] not in pandoc.LEAVES | pandoc.PLAIN_TEXT and "c" in node:
                node = {**node, "c": self._within(node["c"])}  # noqa: PLW2901
            result.append(node)
        return self._read(result)

    def _within(self, value: pandoc.Tree) -> pandoc.Tree:
        if not isinstance(value, list):
            return value
        is_row = bool(value) and all(isinstance(each, dict) and "t" in each for each in value)
        return self.row(value) if is_row else [self._within(each) for each in value]

    def _paragraph(self, node: Node) -> Nodes:
        inlines = self.row(node["c"])
        if all(inline["t"] not in BLOCKS for inline in inlines):
            return [{**node, "c": inlines}] if inlines else []
        return inlines

    def _look_at(self, node: Node) -> None:
        """Follow a marker, and note HTML that is to be read."""
        form, text = node["c"]
        if self.position.follow(node) or form != "html" or COMMENT.match(text):
            return
        if not is_declared("html", text.strip().partition("\n")[0], self.position):
            self.html[id(node)] = node

    def _is_html(self, node: Node) -> bool:
        return id(node) in self.html

    def _read(self, nodes: Nodes) -> Nodes:
        found = [index for index, node in enumerate(nodes) if self._is_html(node)]
        if not found:
            return nodes
        if self.position.manuscript.target == "html":
            return [each for node in nodes for each in self._for_page(node)]
        first, last = found[0], found[-1] + 1
        return [*nodes[:first], *self._replaced(nodes[first:last]), *nodes[last:]]

    def _for_page(self, node: Node) -> Nodes:
        is_read = self._is_html(node) and NOT_ON_A_PAGE.search(node["c"][1])
        return self._replaced([node]) if is_read else [node]

    def _replaced(self, nodes: Nodes) -> Nodes:
        """Read a row that begins and ends with HTML."""
        is_block = any(node["t"] in BLOCKS for node in nodes)
        kept: list[Nodes] = []
        text = ""
        for node in nodes:
            if self._is_html(node):
                text += node["c"][1]
                continue
            # words beside a tag are no block, which a heading or a cell could not hold
            is_plain = node["t"] == "Plain"
            tag, content = ("span", node["c"]) if is_plain else ("div" if is_block else "span", [node])
            if text.endswith(f'data-{MARK}="{len(kept) - 1}"></{tag}>'):
                kept[-1] += content
            else:
                text += f'<{tag} data-{MARK}="{len(kept)}"></{tag}>'
                kept.append([*content])
        left = dict(enumerate(kept))

        def put_back(node: Node) -> Nodes | None:
            index = dict(node["c"][0][2]).get(MARK)
            return None if index is None else left.pop(int(index), [])

        blocks = pandoc.rewrite(json.loads(_tree("html", self._shown(text))), UNCOUNTED)
        found: Nodes = list(pandoc.descend(blocks, {"Div": put_back, "Span": put_back}))
        if any(each["t"] not in {"Space", "SoftBreak"} for part in left.values() for each in part):
            first = nodes[0]["c"][1].strip().partition("\n")[0]
            self.position.fail(
                re.escape(first), f"something in this HTML would be lost: '{first}': write it in Markdown"
            )
        return _as_paragraphs(found) if is_block else _inlines(found)

    def _shown(self, text: str) -> str:
        """Leave of HTML what has something to show, and of what plays its address."""
        for match in PLAYED.finditer(text):
            tag = rf"(?i)<{match['tag']}\b[^>]*{re.escape(match['address'])}"  # Pandoc changes its quotes
            self.position.notice(tag, f"'<{match['tag']}>'", "is shown in a browser alone: here it is a link")
        for match in UNSEEN.finditer(text):
            self.position.notice(
                rf"(?i)<{match[1]}\b", f"'<{match[1]}>'", "has no effect here: it is for a browser"
            )
        return PLAYED.sub(r'<a href="\g<address>">\g<address></a>', UNSEEN.sub("", text))


BLOCKS = frozenset(
    {"Plain", "Para", "LineBlock", "CodeBlock", "RawBlock", "BlockQuote", "OrderedList", "BulletList"}
    | {"DefinitionList", "Header", "HorizontalRule", "Table", "Figure", "Div"}
)


def _uncounted_heading(node: Node) -> None:
    node["c"][1][1].append("unnumbered")


def _uncounted_figure(node: Node) -> Nodes:
    """Set the caption of a figure below it, as a browser does."""
    _, (_, caption), body = node["c"]
    return [*body, *caption]


def _uncounted_table(node: Node) -> Nodes:
    """Set the caption of a table above it, as a browser does."""
    (_, caption), node["c"][1] = node["c"][1], [None, []]
    return [*caption, node]


# A page shows what is written in HTML as it is; what has no number there has none on paper.
UNCOUNTED: pandoc.Changes = {
    "Header": _uncounted_heading,
    "Figure": _uncounted_figure,
    "Table": _uncounted_table,
}


# What is seen without a letter.
SHOWN = frozenset({"Image", "LineBreak", "HorizontalRule", "Note", "Cite", "Table"})


def _as_paragraphs(blocks: Nodes) -> Nodes:
    return [{**block, "t": "Para"} if block["t"] == "Plain" else block for block in blocks]


def _inlines(blocks: Nodes) -> Nodes:
    """Return the inlines of paragraphs; where there is anything else, the blocks."""
    if any(block["t"] not in {"Para", "Plain"} for block in blocks):
        return _as_paragraphs(blocks)
    return pandoc.inlines(blocks)


@lru_cache(maxsize=256)
def _tree(form: str, text: str) -> str:
    document, _ = pandoc.read_markdown(text, source=(f"--from={form}", "--sandbox"))
    return json.dumps(document.blocks)


def latex(node: Node, position: Position) -> Nodes:
    """Return what Pandoc reads in LaTeX; where that is nothing, what is written, and tell of it."""
    text, is_block = node["c"][1].strip(), node["t"] == "RawBlock"
    first = text.partition("\n")[0]
    if is_block and PAGE_BREAK.fullmatch(text):
        return [pandoc.node("Div", pandoc.attributes("", ["weaver-page-break"]), [])]
    if LOOK.fullmatch(text):
        position.notice(re.escape(first), f"'{text}'", "has no effect here: it is LaTeX's")
        return []
    found = _read_latex(text, is_block=is_block)
    if not found:
        position.notice(re.escape(first), f"'{first}'", AS_WRITTEN)
        found = (
            [pandoc.node("CodeBlock", pandoc.attributes("", ["latex"]), text)]
            if is_block
            else pandoc.inlines_of_text(text)
        )
    return [*found, {"t": "Space"}] if not is_block and node["c"][1][-1:].isspace() else found


def _read_latex(text: str, *, is_block: bool) -> Nodes:
    """Return the blocks or inlines that Pandoc reads in LaTeX; none where something of it would be lost."""
    if MISREAD.search(text):
        return []
    try:
        blocks: Nodes = json.loads(_tree("latex+raw_tex", text))
    except TypesetError:
        return []
    blocks = pandoc.rewrite(blocks, dict.fromkeys(("RawBlock", "RawInline"), _left_over))
    if any(each["t"] in {"RawBlock", "RawInline"} for each in pandoc.walk(_without_citations(blocks))):
        return []
    if not (pandoc.plain(blocks) or any(each["t"] in SHOWN for each in pandoc.walk(blocks))):
        return []
    inlines = [] if is_block else _inlines(blocks)
    return blocks if is_block else [] if any(each["t"] in BLOCKS for each in inlines) else inlines


def _without_groups(nodes: Nodes) -> Nodes:
    r"""Return a row without the braces of LaTeX's groups, which Pandoc takes for text: `{\large so}`."""
    result = list(nodes)
    for index in [i for i, node in enumerate(nodes) if node["t"] == "RawInline" and node["c"][0] in TEX]:
        before, after = (_string(result, each) for each in (index - 1, index + 1))
        opening = (index - 1, len(before) - 1) if before.endswith("{") else (index + 1, 0)
        closing = _closing(result, *opening) if before.endswith("{") or after.startswith("{") else None
        for at, letter in filter(None, (closing, opening if closing else None)):
            text = result[at]["c"]
            result[at] = pandoc.node("Str", text[:letter] + text[letter + 1 :])
    return result


def _string(nodes: Nodes, index: int) -> str:
    """Return the text of a node of a row; nothing where there is none."""
    node = nodes[index] if 0 <= index < len(nodes) else {"t": ""}
    return str(node["c"]) if node["t"] == "Str" else ""


def _closing(nodes: Nodes, index: int, letter: int) -> tuple[int, int] | None:
    """Return where the brace that opens at a letter of a node is closed."""
    depth = 0
    for at in range(index, len(nodes)):
        for place, sign in enumerate(_string(nodes, at)):
            if at > index or place >= letter:
                depth += {"{": 1, "}": -1}.get(sign, 0)
                if depth == 0 and sign == "}":
                    return at, place
    return None


def _left_over(node: Node) -> Nodes | None:
    return [] if LOOK.fullmatch(node["c"][1].strip()) else None


def _without_citations(blocks: Nodes) -> Nodes:
    """Leave out the text of citations, which has them as they were written."""
    return list(pandoc.descend(blocks, {"Cite": lambda _: []}))
