"""Figures, tables, listings and equations in one canonical form, however they were written.

A float is `Div#label.weaver-float` with `kind` (fig, tbl or lst) and perhaps a layout; its caption, if any,
is the first child, `Div.weaver-caption`. A float in a float is a sub-float. An equation with a label is
`Span#label.weaver-equation` around its formula, perhaps with `alt`. Bare panels are `Div.weaver-panels`.
"""

import json
import re
from collections.abc import Sequence

from weaver.typesetting import pandoc
from weaver.typesetting.markdown.labels import is_label_of_float
from weaver.typesetting.markdown.markdown_source import Position, marked
from weaver.typesetting.pandoc import COLUMNS, Node, Nodes

NARROW = 0.1  # no author gives all columns of a table less of the line than this
NUMBER = re.compile(r"\d+(?:\.\d+)?")
EQUATION = re.compile(r"^\{#(?P<label>eq-[^\s}]+)(?:\s+alt=[\"“](?P<alt>.*)[\"”])?\s*\}(?P<rest>.*)$")


def gather(blocks: Nodes) -> Nodes:
    """Return the blocks with every float, row of panels and labelled equation in its canonical form."""
    result = list(pandoc.rewrite(blocks, CHANGES))
    for node in pandoc.walk(result):
        if is_float(node):
            _share_alternatives(node)
    return result


def is_float(node: Node) -> bool:
    """Whether a node is a float in canonical form."""
    return node["t"] == "Div" and "weaver-float" in node["c"][0][1]


def parts(node: Node) -> tuple[Nodes, Nodes]:
    """Return the inlines of a float's caption, none where it has none, and its blocks."""
    content = node["c"][1]
    if content and _has_class(content[0], "weaver-caption"):
        return content[0]["c"][1][0]["c"], content[1:]
    return [], content


def _figure(node: Node) -> Nodes:
    (label, _, _), (_, caption), body = node["c"]
    return [_float(label, "fig", pandoc.inlines(caption), body)]


def _float(label: str, kind: str, caption: Nodes, body: Nodes, pairs: Sequence[tuple[str, str]] = ()) -> Node:
    head = pandoc.node("Div", pandoc.attributes("", ["weaver-caption"]), [pandoc.node("Plain", caption)])
    attributes = pandoc.attributes(label, ["weaver-float"], [("kind", kind), *pairs])
    return pandoc.node("Div", attributes, [*([head] if caption else []), *body])


def _table(node: Node) -> Nodes | None:
    (label, classes, pairs), (_, caption), *_ = node["c"]
    _widen(node["c"][2])
    if not caption and not is_label_of_float(label):
        return None
    node["c"][:2] = [pandoc.attributes("", classes, pairs), [None, []]]
    return [_float(label, "tbl", pandoc.inlines(caption), [node])]


def _widen(columns: list[list[Node]]) -> None:
    """Give the columns of a grid table their shares of a line of 72 characters, as Pandoc has it."""
    shares = [column[1]["c"] for column in columns if column[1]["t"] == "ColWidth"]
    if shares and sum(shares) < NARROW:
        scale = min(COLUMNS / 72, 1 / sum(shares))
        for column in columns:
            column[1]["c"] *= scale


def _listing(node: Node) -> Nodes | None:
    (label, classes, pairs), _ = node["c"]
    caption = dict(pairs).get("lst-cap", "")
    if not caption and not label.startswith("lst-"):
        return None
    kept = [(key, value) for key, value in pairs if key != "lst-cap"]
    node["c"][0] = pandoc.attributes("", classes, kept)
    return [_float(label, "lst", pandoc.inlines_of(caption), [node])]


def _div(node: Node) -> Nodes | None:
    (label, classes, pairs), content = node["c"]
    values = dict(pairs)
    if "weaver-caption" in classes:
        node["c"][1] = [pandoc.node("Plain", _without_guard(pandoc.inlines(content)))]
        return None
    labelled = is_label_of_float(label)
    if "weaver-float" not in classes and not labelled:
        return [_panels(label, values, content)] if _is_layout(values) else None
    kind = values.get("kind") or label[:3]
    caption, body = parts(node) if "weaver-float" in classes else _split(content, kind)
    caption = caption or pandoc.inlines_of(values.get(f"{kind}-cap", ""))
    for table in (each for each in pandoc.walk(body) if each["t"] == "Table"):
        table["c"][0][2] += [pair for pair in pairs if pair[0] == "tbl-colwidths"]
    return [_float(label, kind, caption, _split_images(body, values), _kept(values))]


def _without_guard(inlines: Nodes) -> Nodes:
    """Drop the empty span that the manuscript puts before a caption."""
    while inlines and (inlines[0]["t"] == "Space" or inlines[0] == _GUARD):
        inlines = inlines[1:]
    return inlines


_GUARD = pandoc.node("Span", pandoc.attributes(), [])


def _split(content: Nodes, kind: str) -> tuple[Nodes, Nodes]:
    """Take the caption from a hand-written float: its last paragraph, or that of the only thing in it."""
    shown = [block for block in content if block["t"] != "RawBlock"]
    last: Node = shown[-1] if shown else {"t": "Null"}
    if len(shown) > 1 and last["t"] == "Para" and not _is_pictures(last):
        return last["c"], [block for block in content if block is not last]
    if len(shown) == 1 and is_float(last) and not last["c"][0][0] and ["kind", kind] in last["c"][0][2]:
        caption, body = parts(last)
        return caption, body
    return [], content


def _is_pictures(block: Node) -> bool:
    inlines = block["c"] if block["t"] in {"Para", "Plain"} else []
    kinds = {inline["t"] for inline in inlines}
    return "Image" in kinds and kinds <= {"Image", "Space", "SoftBreak", "LineBreak"}


def _is_layout(values: dict[str, str]) -> bool:
    return any(key.startswith("layout") for key in values)


def _panels(label: str, values: dict[str, str], content: Nodes) -> Node:
    body = _split_images(content, values)
    return pandoc.node("Div", pandoc.attributes(label, ["weaver-panels"], _kept(values)), body)


def _split_images(content: Nodes, values: dict[str, str]) -> Nodes:
    """Make each image of a row of panels a block of its own."""
    if not _is_layout(values):
        return content
    result: Nodes = []
    for block in content:
        images = [inline for inline in block["c"] if inline["t"] == "Image"] if _is_pictures(block) else []
        result += [pandoc.node("Plain", [image]) for image in images] or [block]
    return result


def _kept(values: dict[str, str]) -> list[tuple[str, str]]:
    return [(key, value) for key, value in values.items() if key == "fig-alt" or key.startswith("layout")]


def is_laid_out(node: Node) -> bool:
    """Whether a float asks for its parts side by side."""
    return _is_layout(dict(node["c"][0][2]))


def _paragraph(node: Node) -> Nodes | None:
    inlines = node["c"]
    if len(inlines) == 1 and inlines[0]["t"] == "Image":
        image = inlines[0]
        if is_label_of_float(image["c"][0][0]):
            label, image["c"][0][0] = image["c"][0][0], ""
            caption = pandoc.inlines_of(dict(image["c"][0][2]).get("fig-cap", ""))
            return [_float(label, "fig", caption, [node])]
    elif len(inlines) == 1 and inlines[0]["t"] == "Link":
        return _linked(inlines[0], node)
    elif any(inline["t"] == "Math" and inline["c"][0]["t"] == "DisplayMath" for inline in inlines):
        node["c"] = _equations(inlines)
    return None


def _linked(link: Node, node: Node) -> Nodes | None:
    """Make a figure of a picture with a caption that is a link as a whole."""
    inside = link["c"][1]
    if len(inside) != 1 or inside[0]["t"] != "Image":
        return None
    image = inside[0]
    (label, _, _), caption, _ = image["c"]
    if not caption and not is_label_of_float(label):
        return None
    image["c"][0][0], image["c"][1] = "", []
    return [_float(label, "fig", caption, [node])]


def _equations(inlines: Nodes) -> Nodes:
    """Join each displayed formula with the `{#eq-…}` behind it."""
    result: Nodes = []
    rest = list(inlines)
    while rest:
        inline = rest.pop(0)
        if inline["t"] == "Math" and inline["c"][0]["t"] == "DisplayMath":
            inline, rest = _equation(inline, rest)
        result.append(inline)
    return result


def _equation(formula: Node, rest: Nodes) -> tuple[Node, Nodes]:
    start = 1 if rest and rest[0]["t"] in {"Space", "SoftBreak"} else 0
    for end in range(start + 1, len(rest) + 1):
        if not pandoc.plain(rest[start]).startswith("{#eq-"):
            break
        if match := EQUATION.match(pandoc.plain(rest[start:end])):
            pairs = [("alt", match["alt"])] if match["alt"] else []
            attributes = pandoc.attributes(match["label"], ["weaver-equation"], pairs)
            left = [pandoc.node("Str", match["rest"])] if match["rest"] else []
            return pandoc.node("Span", attributes, [formula]), [*left, *rest[end:]]
    return formula, rest


def _share_alternatives(node: Node, inherited: str = "") -> None:
    """Give each image without alternative text that of its float: `fig-alt`, else the caption."""
    caption, body = parts(node)
    own = dict(node["c"][0][2]).get("fig-alt") or pandoc.plain(caption) or inherited
    for block in body:
        if is_float(block):
            _share_alternatives(block, own)
        else:
            for each in pandoc.walk(block):
                if each["t"] == "Image":
                    _set_alternative(each, own)


def _set_alternative(image: Node, text: str) -> None:
    pairs = image["c"][0][2]
    if text and not dict(pairs).get("fig-alt") and not pandoc.plain(image["c"][1]):
        pairs.append(["fig-alt", text])


def _has_class(node: Node, name: str) -> bool:
    return bool(node["t"] == "Div" and name in node["c"][0][1])


def attribute(node: Node, key: str) -> str:
    """Return one attribute of a float or of panels, an empty text where it has none."""
    return str(dict(node["c"][0][2]).get(key, ""))


def letter(node: Node) -> str:
    """Return what stands before the caption of a sub-float, "(a) " or nothing."""
    number = attribute(node, "number")
    return "" if not number or number.isdigit() else f"({number.lstrip('0123456789')}) "


def check_filled(node: Node, position: Position) -> None:
    """Raise an error that names the place of a float that shows nothing."""
    _, body = parts(node)
    if len(marked(body)) == len(body):
        label = node["c"][0][0]
        thing = "table" if attribute(node, "kind") == "tbl" else "figure"
        name = f"'{label}'" if label else "with this caption"
        position.fail(re.escape(label), f"the {thing} {name} is empty: its chunk shows no {thing}")


def rows(node: Node, content: Nodes, position: Position) -> list[list[float]]:
    """Return how a float, or bare panels, want their parts, which are `content`: the widths in each row.

    A negative one is a gap.
    """
    count = sum(block["t"] != "RawBlock" for block in content)
    for key in ("layout-ncol", "layout-nrow"):
        if text := attribute(node, key):
            if not text.isdigit() or int(text) == 0:
                position.fail(key, f"{key}='{text}': expected a whole number above 0")
            number = int(text) if key == "layout-ncol" else -(-count // int(text))
            return [[1.0] * number] * -(-count // max(1, number))
    text = attribute(node, "layout")
    found = _widths(text) if text else [[1.0]]
    if found is None:
        expected = "expected rows of numbers such as [[1,1],[1]]"
        position.fail(r"layout(?!-)", f"layout='{text}': {expected}")
    room = sum(width > 0 for row in found for width in row)
    return [*found, *[[1.0]] * max(0, count - room)]


def _widths(text: str) -> list[list[float]] | None:
    """Read rows of widths as Quarto writes them; one row may stand alone. None where it is something else."""
    try:
        value = json.loads(text.replace("%", "").replace("'", '"'))
        found = value if all(isinstance(row, list) for row in value) else [value]
        numbers = [[float(width) for width in row] for row in found]
    except (ValueError, TypeError, RecursionError):
        return None
    return numbers if numbers and all(row and any(width > 0 for width in row) for row in numbers) else None


def share_out(table: Node, position: Position) -> None:
    """Give the columns of a table the shares of the line that `tbl-colwidths` asks for."""
    found, widths = table["c"][2], dict(table["c"][0][2]).get("tbl-colwidths", "")
    numbers = NUMBER.findall(widths)
    if widths and len(numbers) != len(found):
        position.fail(
            "tbl-colwidths", f"tbl-colwidths='{widths}': expected {len(found)} numbers, one a column"
        )
    for column, number in zip(found, numbers, strict=False):
        column[1] = pandoc.node("ColWidth", float(number) / 100)


CHANGES: pandoc.Changes = {
    "Figure": _figure,
    "Table": _table,
    "CodeBlock": _listing,
    "Div": _div,
    "Para": _paragraph,
    "Plain": _paragraph,
}
