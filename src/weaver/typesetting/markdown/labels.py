"""The labels of what a report numbers and refers to."""

import re

THEOREMS = {
    "thm": "theorem",
    "lem": "lemma",
    "cor": "corollary",
    "prp": "proposition",
    "cnj": "conjecture",
    "def": "definition",
    "exm": "example",
    "exr": "exercise",
}
THINGS = {"fig": "figure", "tbl": "table", "lst": "listing", "eq": "equation", "sec": "section", **THEOREMS}
FLOATS = ("fig", "tbl", "lst")
LABEL = rf"(?:{'|'.join(THINGS)})-[\w-]+(?:\.[\w-]+)*"
# Of what Quarto numbers and the built-in typesetter does not.
UNSUPPORTED = re.compile(r"^(sol|rem|alg|nte|tip|wrn|imp|cau|vid|dia)-")


def is_label(text: str) -> bool:
    """Whether a text begins as the label of something, which a reference may write with a capital."""
    return re.match(rf"(?:{'|'.join(THINGS)})-.", text, re.I) is not None


def is_label_of_float(label: str) -> bool:
    """Whether a label is that of a figure, a table or a listing."""
    return re.match(rf"(?:{'|'.join(FLOATS)})-.", label) is not None


def is_label_of_theorem(label: str) -> bool:
    """Whether a label is that of a theorem or its like."""
    return re.match(rf"(?:{'|'.join(THEOREMS)})-.", label) is not None
