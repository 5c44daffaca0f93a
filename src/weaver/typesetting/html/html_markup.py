"""From the numbered, resolved document tree to one that Pandoc writes as HTML for `page.html`.

What Pandoc's own HTML writer would write otherwise (floats, images, code that folds, headings, formulas)
becomes elements that `page.css` knows; each chapter is a `section` with its name in `data-chapter`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape

from weaver.typesetting import languages, pandoc
from weaver.typesetting.formulas import Formulas
from weaver.typesetting.html.inline_images import Embedded
from weaver.typesetting.markdown.markdown_source import Manuscript, Position
from weaver.typesetting.pandoc import Node, Nodes
from weaver.typesetting.tree import chapterwise, floats, quotation
from weaver.typesetting.tree.crossref import Scheme

DEEPEST = 6  # of HTML's headings; the first is the title's


def lay_out(
    blocks: Nodes, manuscript: Manuscript, pictures: Embedded, style: Scheme, formulas: Formulas
) -> list[Nodes]:
    """Return the blocks, by chapter, with raw HTML around what `page.css` sets.

    Raises:
        TypesetError: a figure has no image or no alternative text, or a layout cannot be set; the message
            names file and line.
    """
    setter = _HtmlSetter(Position(manuscript), pictures, style, formulas)
    return [_section(name, setter.set(found)) for name, found in chapterwise.by_chapter(manuscript, blocks)]


def _section(chapter: str, blocks: Nodes) -> Nodes:
    """Put the blocks of a chapter into an element."""
    return _within(f'section class="chapter" data-chapter="{escape(chapter)}"', blocks) if chapter else blocks


def html(text: str) -> Node:
    """Make a block that stands in the page as it is."""
    return pandoc.node("RawBlock", "html", text)


def html_inline(text: str) -> Node:
    """Make an inline that stands in the page as it is."""
    return pandoc.node("RawInline", "html", text)


def _columns(row: Sequence[float]) -> str:
    """Return the style of a row of panels."""
    style, widths = f"--columns: {len(row)}", [abs(width) for width in row]
    if len(set(widths)) > 1:
        style += f"; grid-template-columns: {' '.join(f'minmax(0, {width:g}fr)' for width in widths)}"
    return style


def _within(tag: str, blocks: Nodes) -> Nodes:
    """Put blocks into an element, named with its attributes."""
    return [html(f"<{tag}>"), *blocks, html(f"</{tag.partition(' ')[0]}>")]


def line(tag: str, inlines: Iterable[Node]) -> Node:
    """Put inlines into an element that is a block, named with its attributes."""
    ends = (html_inline(f"<{tag}>"), html_inline(f"</{tag.partition(' ')[0]}>"))
    return pandoc.node("Plain", [ends[0], *inlines, ends[1]])


def _numbered(identifier: str, formula: str, number: str) -> str:
    """Put a number beside a displayed formula."""
    return f'<span class="equation"{identifier}>{formula}<span class="number">{escape(number)}</span></span>'


class _HtmlSetter:
    """Changes one node after another, outermost first; knows from the markers in which cell it is."""

    def __init__(self, position: Position, pictures: Embedded, style: Scheme, formulas: Formulas) -> None:
        self.position = position
        self.pictures = pictures
        self.style = style
        self.formulas = formulas
        self.labelled: set[str] = set()
        self.codes = 0
        self.within_float = False
        self.changes: pandoc.Changes = {
            "RawBlock": self._marker,
            "Quoted": quotation.change(languages.tag_of(position.manuscript.metadata), self.set),
            "Header": self._header,
            "Math": self._math,
            "Span": self._span,
            "Image": self._image,
            "Para": self._paragraph,
            "CodeBlock": self._code,
            "Table": self._table,
            "Div": self._div,
        }
        self.divisions: Mapping[str, Callable[[Node], Nodes]] = {
            "weaver-float": self._float,
            "weaver-panels": lambda node: self._panels(node, node["c"][1]),
            "weaver-callout": self._callout,
            "weaver-fold": self._fold,
            "weaver-page-break": lambda _: [html('<div class="page-break"></div>')],
        }

    def set(self, nodes: Nodes) -> Nodes:
        """Lay out a list of blocks or of inlines."""
        return list(pandoc.descend(nodes, self.changes))

    def _identifier(self, identifier: str) -> str:
        """Return an identifier as an attribute, for its first bearer only."""
        return f' id="{escape(identifier)}"' if self._first(identifier) else ""

    def _first(self, identifier: str) -> str:
        if identifier in self.labelled:
            return ""
        self.labelled.add(identifier)
        return identifier

    def _marker(self, node: Node) -> Nodes | None:
        return [] if self.position.follow(node) else None

    def _header(self, node: Node) -> Nodes:
        level, (identifier, classes, pairs), inlines = node["c"]
        number = dict(pairs).get("number")
        name = [html_inline(f'<span class="number">{escape(number)}</span> ')] if number else []
        attributes = pandoc.attributes(self._first(identifier), classes)
        return [pandoc.node("Header", min(level + 1, DEEPEST), attributes, [*name, *self.set(inlines)])]

    def _math(self, node: Node) -> Nodes:
        formula = self.formulas.find(node, self.position)
        if node["c"][0]["t"] != "DisplayMath":
            return [html_inline(formula.page(block=False))]
        shown = f'<span class="formula">{formula.page(block=True)}</span>'
        if formula.tag:
            shown = _numbered("", shown, formula.tag)
        return [html_inline(shown)]

    def _span(self, node: Node) -> Nodes | None:
        (identifier, classes, pairs), inlines = node["c"]
        if "weaver-equation" not in classes:
            return None
        values = dict(pairs)
        spoken = f' role="math" aria-label="{escape(values["alt"])}"' if values.get("alt") else ""
        formula = self.formulas.numbered(inlines[0], self.position)
        shown = f'<span class="formula"{spoken}>{formula.page(block=True)}</span>'
        return [html_inline(_numbered(self._identifier(identifier), shown, f"({values['number']})"))]

    def _image(self, node: Node) -> Nodes:
        return [html_inline(self.pictures.element(node, self.position))]

    def _paragraph(self, node: Node) -> Nodes | None:
        inlines = node["c"]
        if len(inlines) == 1 and inlines[0]["t"] == "Image":
            return [pandoc.node("Plain", self._image(inlines[0]))]
        return None

    def _code(self, node: Node) -> Nodes:
        (_, classes, pairs), text = node["c"]
        name = dict(pairs).get("filename")
        head = [html(f'<p class="file-name"><code>{escape(name)}</code></p>')] if name else []
        if "cell-output" in classes:  # Pandoc would look for its language among all that it knows: 0.4 s
            return [*head, html(f'<pre class="printed"><code>{escape(text, quote=False)}</code></pre>')]
        if not classes:
            return [*head, pandoc.node("CodeBlock", pandoc.attributes(), text)]
        self.codes += 1  # Pandoc would count the lines of each chapter from 1
        attributes = pandoc.attributes(self._first(f"code-{self.codes}"), classes[:1])
        return [*head, pandoc.node("CodeBlock", attributes, text)]

    def _table(self, node: Node) -> Nodes:
        floats.share_out(node, self.position)
        identifier = self._first(node["c"][0][0])
        table = {"t": "Table", "c": [pandoc.attributes(identifier), *self.set(node["c"][1:])]}
        return _within('div class="scroll"', [table])

    def _div(self, node: Node) -> Nodes:
        (identifier, classes, pairs), content = node["c"]
        for name in classes:
            if name in self.divisions:
                return self.divisions[name](node)
        attributes = pandoc.attributes(self._first(identifier), classes, pairs)
        return [pandoc.node("Div", attributes, self.set(content))]

    def _float(self, node: Node) -> Nodes:
        floats.check_filled(node, self.position)
        caption, body = floats.parts(node)
        inside, self.within_float = self.within_float, True
        kind = floats.attribute(node, "kind")
        opening = f'figure class="{"sub" if inside else kind}"{self._identifier(node["c"][0][0])}'
        head = self._caption(node, self.set(caption), inside=inside)
        inner = self._panels(node, body) if floats.is_laid_out(node) else self.set(body)
        self.within_float = inside
        return _within(opening, [*inner, *head] if kind == "fig" else [*head, *inner])

    def _caption(self, node: Node, caption: Nodes, *, inside: bool) -> Nodes:
        number = floats.attribute(node, "number")
        name = floats.letter(node) if inside else ""
        if number and not inside:
            words = f"{self.style.titles[floats.attribute(node, 'kind')]}\N{NO-BREAK SPACE}{number}".strip()
            name = f'<b class="name">{escape(words)}{":" if caption else ""}</b> '
        return [line("figcaption", [html_inline(name), *caption])] if caption or name else []

    def _panels(self, node: Node, content: Nodes) -> Nodes:
        rows = floats.rows(node, content, self.position)
        identifier = "" if floats.is_float(node) else self._identifier(node["c"][0][0])
        parts = iter([inner for block in content if (inner := self.set([block]))])
        grids: list[tuple[str, Nodes]] = []
        for row in rows:
            style = _columns(row)
            if not grids or grids[-1][0] != style:
                grids.append((style, []))
            for width in row:
                inner = next(parts, []) if width > 0 else []
                grids[-1][1].extend(_within('div class="panel"', inner) if inner or width < 0 else [])
        shown = [
            each for style, cells in grids for each in _within(f'div class="panels" style="{style}"', cells)
        ]
        return _within(f"div{identifier}", shown) if identifier else shown

    def _callout(self, node: Node) -> Nodes:
        title, *body = node["c"][1]
        kind, identifier = floats.attribute(node, "type"), self._identifier(node["c"][0][0])
        head = line('p class="callout-title"', self.set(title["c"][1][0]["c"]))
        return _within(f'div class="callout {kind}" role="note"{identifier}', [head, *self.set(body)])

    def _fold(self, node: Node) -> Nodes:
        values = dict(node["c"][0][2])
        opened = " open" if values.get("open") else ""
        summary = html(f"<summary>{escape(values['summary'])}</summary>")
        return _within(f'details class="fold"{opened}', [summary, *self.set(node["c"][1])])
