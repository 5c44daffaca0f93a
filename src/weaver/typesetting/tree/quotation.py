"""Quotation marks of a language, for what Pandoc has read as quoted; the pairs are those that Typst has."""

from collections.abc import Callable

from weaver.typesetting import pandoc
from weaver.typesetting.pandoc import Node, Nodes

ENGLISH = ("“", "”", "‘", "’")
LOW = ("„", "“", "‚", "‘")
RAISED = ("”", "”", "’", "’")
LOW_RAISED = ("„", "”", "’", "’")
POINTED = ("«", "»", "“", "”")
FRENCH = ("«\N{NARROW NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}»", "“", "”")
SWISS = ("«", "»", "‹", "›")
PAIRS = {
    **dict.fromkeys(("cs", "de", "et", "is", "lt", "lv", "sk", "sl"), LOW),
    **dict.fromkeys(("bs", "fi", "he", "sv"), RAISED),
    **dict.fromkeys(("hu", "pl", "ro"), LOW_RAISED),
    **dict.fromkeys(("es", "gl", "it", "la", "uk"), POINTED),
    **dict.fromkeys(("nb", "nn", "no"), ("«", "»", "’", "’")),
    "bg": ("„", "“", "’", "’"),
    "de-ch": SWISS,
    "de-li": SWISS,
    "el": ("«", "»", "‘", "’"),
    "fr": FRENCH,
    "hr": ("„", "”", "‘", "’"),
    "ru": ("«", "»", "„", "“"),
}


def marks(language: str) -> tuple[str, str, str, str]:
    """Return the double and the single marks of a language such as `de` or `de-CH`."""
    whole = language.lower().replace("_", "-")
    return PAIRS.get(whole) or PAIRS.get(whole.partition("-")[0], ENGLISH)


def change(language: str, set_nodes: Callable[[Nodes], Nodes]) -> Callable[[Node], Nodes]:
    """Return what puts quoted inlines, set by `set_nodes`, between the marks of a language."""
    double, single = marks(language)[:2], marks(language)[2:]

    def between(node: Node) -> Nodes:
        kind, inlines = node["c"]
        opening, closing = double if kind["t"] == "DoubleQuote" else single
        return [pandoc.node("Str", opening), *set_nodes(inlines), pandoc.node("Str", closing)]

    return between
