"""Every symbol of LaTeX, amsmath and amssymb: the glyph that is printed is the one that is meant.

`symbols.txt` has each command with its character, as MathJax knows them.
"""

import re
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pypdf import PdfReader

LINES = Path(__file__).with_name("symbols.txt").read_text(encoding="utf-8").splitlines()
SYMBOLS = [pair.split(" ") for line in LINES for pair in line.split("  ")]
# Without a dot they are letters of their own, which a PDF gives back as those with one.
PRINTED = {r"\imath": "i", r"\jmath": "j"}


def test_every_symbol_is_printed_as_the_glyph_that_is_meant(
    typeset_pdf: Callable[..., PdfReader], page_of: Callable[..., str], build: Any
) -> None:
    """In the PDF and on the page; none is missing from Typst's fonts, and none has another's place."""
    text = build.prose("\n\n".join(f"n{index} ${name}$" for index, (_, name) in enumerate(SYMBOLS)))
    printed = "\n".join(page.extract_text() for page in typeset_pdf(text).pages)
    shown = re.sub(r"<annotation.*?</annotation>|<[^>]+>|\u2061", "", page_of(text))
    for index, (symbol, name) in enumerate(SYMBOLS):
        for found, expected in ((printed, PRINTED.get(name, symbol)), (shown, symbol)):
            match = re.search(rf"^n{index}\s+(\S+)\s*$", found, re.M)
            assert match, f"{name} is not there"
            assert _plain(match[1]) == _plain(expected), name


def _plain(symbol: str) -> str:
    """Return a symbol as one of its kind; the page has entities for what HTML has taken."""
    found = {"&lt;": "<", "&gt;": ">", "&amp;": "&", "*": "∗"}.get(symbol, symbol)
    return unicodedata.normalize("NFKC", found)
