"""From the numbered, resolved document tree to one that Pandoc writes as Typst for `article.typ`.

What Pandoc's own Typst writer would set otherwise (floats, images, tables, code, headings, formulas, links)
becomes calls of the functions that `article.typ` defines.
"""

import json
import re
from collections.abc import Collection

from weaver.typesetting import languages, pandoc
from weaver.typesetting.formulas import Formula, Formulas
from weaver.typesetting.markdown import divisions
from weaver.typesetting.markdown.markdown_source import Manuscript, Position
from weaver.typesetting.pandoc import Node, Nodes, raw, raw_inline
from weaver.typesetting.pdf import typst_tables
from weaver.typesetting.tree import chapterwise, floats, html_styles, quotation
from weaver.typesetting.tree.crossref import Scheme
from weaver.typesetting.tree.images import Pictures, quoted

COMMENT = "/* cell {} */"  # leads from Typst's errors back to the sources
# What Typst would read as a dash, an ellipsis, a minus, a soft hyphen or a curved quote; or as the mark of a
# list or a heading, which Pandoc lets stand at the beginning of an item.
SHORTHAND = re.compile(r"--|-\?|-\d|\.\.\.|['\"]|^(?:[-+/]|=+|\d+\.)$")
COMMENTS = re.compile(r"/\* cell (\d+) \*/")
AFTER_FORMULA = "/**/"
FORMULA = re.compile(r'#(?:formula|displayed)\((?P<tex>"(?:[^"\\]|\\.)*")')


def lay_out(
    blocks: Nodes, manuscript: Manuscript, pictures: Pictures, style: Scheme, formulas: Formulas
) -> list[Nodes]:
    """Return the blocks, by chapter, with raw Typst around what `article.typ` sets.

    Raises:
        TypesetError: a figure has no image or no alternative text, or a layout or a formula cannot be set;
            the message names file and line.
    """
    # A figure may move to the top or bottom of a page if it stands in the text itself, not in a box.
    movable = {id(block) for block in blocks if floats.is_float(block)}
    setter = _TypstSetter(Position(manuscript), pictures, style, formulas, movable)
    return [setter.set(found) for _, found in chapterwise.by_chapter(manuscript, blocks)]


def origin(source: str, line: int, column: int) -> tuple[int, str]:
    """Return the cell that a place of the Typst source was made from, and the formula, if it is in one."""
    lines = source.split("\n")
    before = "\n".join([*lines[: line - 1], lines[line - 1][: column - 1]])
    cells, formulas = COMMENTS.findall(before), list(FORMULA.finditer(before))
    inside = formulas and AFTER_FORMULA not in before[formulas[-1].end() :]
    return int(cells[-1]) if cells else 0, json.loads(formulas[-1]["tex"]) if inside else ""


def _displayed(formula: Formula, options: str) -> Node:
    """Set a formula on lines of its own."""
    lines = "".join(f", ${line}$" for line in formula.lines())
    return _call("displayed", formula, f"{f', {options}' if options else ''}{lines}")


def _call(function: str, formula: Formula, arguments: str) -> Node:
    return raw_inline(f"#{function}({quoted(formula.tex)}{arguments});{AFTER_FORMULA}")


class _TypstSetter:
    """Changes one node after another, outermost first; knows from the markers in which cell it is."""

    def __init__(
        self,
        position: Position,
        pictures: Pictures,
        style: Scheme,
        formulas: Formulas,
        movable: Collection[int],
    ) -> None:
        self.position = position
        self.pictures = pictures
        self.style = style
        self.formulas = formulas
        self.movable = movable
        self.labelled: set[str] = set()
        self.within_float = self.within_cell = False
        self.changes: pandoc.Changes = {
            "RawBlock": self._marker,
            "Str": _literal,
            "Quoted": quotation.change(languages.tag_of(position.manuscript.metadata), self.set),
            "Header": self._header,
            "Math": self._math,
            "Span": self._span,
            "Link": self._link,
            "Image": self._image,
            "Para": self._paragraph,
            "Plain": self._paragraph,
            "CodeBlock": self._code,
            "Table": self._table,
            "Div": self._div,
        }

    def set(self, nodes: Nodes) -> Nodes:
        """Lay out a list of blocks or of inlines."""
        return list(pandoc.descend(nodes, self.changes))

    def _label(self, identifier: str) -> str:
        """Return the Typst label for an identifier, for its first bearer only."""
        if not identifier or identifier in self.labelled:
            return ""
        self.labelled.add(identifier)
        return f" #label({quoted(identifier)})"

    def _marker(self, node: Node) -> Nodes | None:
        if not self.position.follow(node):
            return None
        return [raw(COMMENT.format(self.position.cell))]

    def _header(self, node: Node) -> Nodes:
        level, (identifier, classes, pairs), inlines = node["c"]
        number = dict(pairs).get("number")
        numbering = f"as-written({quoted(number)})" if number else "none"
        outlined = "false" if "unlisted" in classes else "true"
        opening = raw_inline(f"#heading(level: {level}, numbering: {numbering}, outlined: {outlined})[")
        closing = raw_inline(f"]{self._label(identifier)}")
        return [pandoc.node("Plain", [opening, *self.set(inlines), closing])]

    def _math(self, node: Node) -> Nodes:
        formula = self.formulas.find(node, self.position)
        if node["c"][0]["t"] == "DisplayMath" and self.within_cell:  # which is as wide as what is in it
            return [_call("formula", formula, f", $#math.display(${formula.typst()}$);$")]
        if node["c"][0]["t"] == "DisplayMath":
            number = f"number: {quoted(formula.tag)}" if formula.tag else ""
            return [_displayed(formula, number)]
        return [_call("formula", formula, f", ${formula.typst()}$")]

    def _span(self, node: Node) -> Nodes | None:
        (identifier, classes, pairs), inlines = node["c"]
        if "weaver-aside" in classes:
            return [raw_inline("#aside-words["), *self.set(inlines), raw_inline("];")]
        if "weaver-equation" not in classes:
            style = html_styles.declared(dict(pairs).get("style", ""))
            return self._styled(style, node) if style else None
        values, formula = dict(pairs), self.formulas.numbered(inlines[0], self.position)
        name = self._label(identifier).removeprefix(" #") or "none"
        alternative = f"alt: {quoted(values['alt'])}, " if values.get("alt") else ""
        number = quoted(f"({values['number']})")
        return [_displayed(formula, f"{alternative}name: {name}, number: {number}")]

    def _styled(self, style: html_styles.Declarations, node: Node) -> Nodes:
        """Set a span as its style asks for."""
        (identifier, classes, pairs), inlines = node["c"]
        others = [(key, value) for key, value in pairs if key != "style"]
        inner = [pandoc.node("Span", pandoc.attributes(identifier, classes, others), inlines)]
        for kind in html_styles.kinds(style):
            inner = [pandoc.node(kind, inner)]
        inner = self.set(inner)
        for function, colour in (("text", style.get("color")), ("highlight", style.get("background-color"))):
            if colour:
                inner = [raw_inline(f"#{function}(fill: rgb({quoted(colour)}))["), *inner, raw_inline("];")]
        return inner

    def _link(self, node: Node) -> Nodes | None:
        _, inlines, (target, _) = node["c"]
        if not target.startswith("#"):
            return None
        return [raw_inline(f"#link(label({quoted(target[1:])}))["), *self.set(inlines), raw_inline("];")]

    def _image(self, node: Node, function: str = "inline-picture") -> Nodes:
        return [raw_inline(f"{self.pictures.call(node, function, self.position)};")]

    def _paragraph(self, node: Node) -> Nodes | None:
        inlines = node["c"]
        if len(inlines) == 1 and inlines[0]["t"] == "Image":
            return [pandoc.node("Plain", self._image(inlines[0], "picture"))]
        return None

    def _code(self, node: Node) -> Nodes | None:
        (_, classes, pairs), text = node["c"]
        name = dict(pairs).get("filename")
        head = [raw(f"#file-name({quoted(name)})")] if name else []
        language = ["printed"] if "cell-output" in classes else classes[:1]
        return [*head, pandoc.node("CodeBlock", pandoc.attributes("", language), text)]

    def _table(self, node: Node) -> Nodes:
        floats.share_out(node, self.position)
        outside, self.within_cell = self.within_cell, True
        laid_out = typst_tables.lay_out(node, self.set)
        self.within_cell = outside
        return laid_out

    def _div(self, node: Node) -> Nodes:
        (identifier, classes, _), content = node["c"]
        if "weaver-float" in classes:
            return self._float(node)
        if "weaver-panels" in classes:
            return self._panels(node, content)
        if "weaver-callout" in classes:
            return self._callout(node)
        if "weaver-aside" in classes:
            return [raw("#aside["), *self.set(content), raw(f"]{self._label(identifier)}")]
        if "weaver-page-break" in classes:
            return [raw("#pagebreak(weak: true)")]
        inner = self.set(content)
        if {divisions.CLAIMS, divisions.PROVENANCE} & set(classes):
            inner = [raw("#build-list["), *inner, raw("]")]
        label = self._label(identifier)
        return [raw("#block["), *inner, raw(f"]{label}")] if label else inner

    def _float(self, node: Node) -> Nodes:
        caption, body = floats.parts(node)
        floats.check_filled(node, self.position)
        inside, self.within_float = self.within_float, True
        number = floats.attribute(node, "number")
        letter = floats.letter(node) if inside else ""
        opening = [raw_inline(f"#floated({self._arguments(node, inside=inside)}")]
        if caption or number:
            opening += [raw_inline(f", caption: [{letter}"), *self.set(caption), raw_inline("]")]
        inner = self._panels(node, body) if floats.is_laid_out(node) else self.set(body)
        self.within_float = inside
        return [pandoc.node("Plain", [*opening, raw_inline(")[")]), *inner, raw("]")]

    def _arguments(self, node: Node, *, inside: bool) -> str:
        kind, number = floats.attribute(node, "kind"), floats.attribute(node, "number")
        label = self._label(node["c"][0][0]).removeprefix(" #") or "none"
        if inside or not number:
            return f"{label}, kind: {quoted('sub' if inside else kind)}, supplement: none, numbering: none"
        moves = "true" if kind == "fig" and id(node) in self.movable else "false"
        return (
            f"{label}, moves: {moves}, kind: {quoted(kind)}, supplement: {quoted(self.style.titles[kind])},"
            f" numbering: as-written({quoted(number)})"
        )

    def _rows(self, node: Node, content: Nodes) -> list[list[float]]:
        return floats.rows(node, content, self.position)

    def _panels(self, node: Node, content: Nodes) -> Nodes:
        rows = "".join(f"({''.join(f'{width:g}, ' for width in row)}), " for row in self._rows(node, content))
        side = floats.attribute(node, "layout-align") == "left"
        result = [raw(f"#panels(({rows}), side: {'left' if side else 'center'})[")]
        dividing = False
        for block in content:
            if block["t"] != "RawBlock":
                result += [raw("][")] if dividing else []
                dividing = True
            result += self.set([block])
        return [*result, raw("]")]

    def _callout(self, node: Node) -> Nodes:
        title, *body = node["c"][1]
        opening = raw_inline(f"#callout({quoted(floats.attribute(node, 'type'))}, [")
        head = pandoc.node("Plain", [opening, *self.set(title["c"][1][0]["c"]), raw_inline("])[")])
        return [head, *self.set(body), raw(f"]{self._label(node['c'][0][0])}")]


def _literal(node: Node) -> Nodes | None:
    """Keep text as it is written, where Pandoc would leave it to Typst."""
    return (
        [raw_inline(f"#{json.dumps(node['c'], ensure_ascii=False)};")]
        if SHORTHAND.search(node["c"])
        else None
    )
