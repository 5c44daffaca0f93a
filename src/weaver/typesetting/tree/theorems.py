"""Theorems and their like, which have a number, and proofs and theirs, which begin with a word alone.

https://quarto.org/docs/authoring/cross-references.html#theorems-and-proofs.
"""

from typing import Any

from weaver.typesetting import pandoc
from weaver.typesetting.pandoc import Node, Nodes

CLASS = "weaver-theorem"
PROOFS = ("proof", "remark", "solution")


def settle(attributes: list[Any], content: Nodes) -> Node:
    """Return a division whose label is a theorem's as `Div.weaver-theorem`, its name first in it."""
    name, rest = _name(attributes, content)
    head = pandoc.node("Div", pandoc.attributes("", ["weaver-title"]), [pandoc.node("Plain", name)])
    kind = attributes[0].partition("-")[0]
    return pandoc.node("Div", pandoc.attributes(attributes[0], [CLASS], [("kind", kind)]), [head, *rest])


def is_theorem(node: Node) -> bool:
    """Whether a division is one that `settle` has made and nothing has opened."""
    return CLASS in node["c"][0][1]


def begin(node: Node, words: str) -> None:
    """Let a theorem begin with words such as "Theorem 2"."""
    (label, _, _), (head, *rest) = node["c"]
    opening = pandoc.node("Strong", [pandoc.node("Str", words), *_in_brackets(head["c"][1][0]["c"])])
    node["c"] = [pandoc.attributes(label, ["theorem"]), _joined([opening], rest)]


def proof(attributes: list[Any], content: Nodes, word: str) -> Nodes:
    """Let a proof, a remark or a solution begin with its word, and in brackets with its name."""
    name, rest = _name(attributes, content)
    return _joined([pandoc.node("Emph", pandoc.inlines_of_text(word)), *_in_brackets(name)], rest)


def _name(attributes: list[Any], content: Nodes) -> tuple[Nodes, Nodes]:
    """Return the name, from the heading or an attribute, and the rest."""
    if content and content[0]["t"] == "Header":
        return content[0]["c"][2], content[1:]
    return pandoc.inlines_of(dict(attributes[2]).get("name", "")), content


def _in_brackets(name: Nodes) -> Nodes:
    return [{"t": "Space"}, pandoc.node("Str", "("), *name, pandoc.node("Str", ")")] if name else []


def _joined(opening: Nodes, rest: Nodes) -> Nodes:
    """Put an opening before the first words of the rest, or alone before what has none."""
    opening = [*opening, pandoc.node("Str", ".")]
    if rest and rest[0]["t"] in {"Para", "Plain"}:
        opening, rest = [*opening, {"t": "Space"}, *rest[0]["c"]], rest[1:]
    return [pandoc.node("Para", opening), *rest]
