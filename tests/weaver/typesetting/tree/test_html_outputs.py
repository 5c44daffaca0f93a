"""Outputs in HTML, read back from the PDF and from the page."""

from collections.abc import Callable
from typing import Any

import pandas as pd
from pypdf import PdfReader

FRAME = pd.DataFrame({"net": ["a", "b"], "loss": [0.5, 0.25]})


def _fonts(reader: PdfReader) -> set[str]:
    fonts = (font.get_object() for page in reader.pages for font in page["/Resources"]["/Font"].values())  # type: ignore[index]
    return {str(font["/BaseFont"]).partition("+")[2].removesuffix("-Identity-H") for font in fonts}


def test_a_table_that_pandas_has_styled_keeps_its_style(
    typeset_pdf: Callable[..., PdfReader], page_of: Callable[..., str], build: Any
) -> None:
    """Bold, italic and colours, in both outputs."""
    styled = FRAME.style.highlight_min(subset=["loss"], props="font-weight: bold; font-style: italic")
    plain, shown = (build.chunk("x", build.shown(text_html=one._repr_html_())) for one in (FRAME, styled))
    assert "LibertinusSerif-BoldItalic" not in _fonts(typeset_pdf(plain))
    assert "LibertinusSerif-BoldItalic" in _fonts(typeset_pdf(shown))
    assert '<span style="font-weight: bold; font-style: italic">0.250000</span>' in page_of(shown)


def test_grounds_are_coloured(
    typeset_pdf: Callable[..., PdfReader], page_of: Callable[..., str], build: Any
) -> None:
    """By name, and with ink that can be read on them in a dark page, too; names of cells are left out."""
    shown = build.chunk("x", build.shown(text_html=FRAME.style.highlight_max(subset=["loss"])._repr_html_()))
    page = page_of(shown)
    assert "background-color: #ffff00; color: #1a1a1a" in page
    assert "_row0_col1" not in page
    assert b"1 1 0 " in typeset_pdf(shown).pages[0].get_contents().get_data()  # type: ignore[union-attr]


def test_bars_behind_numbers_are_told(
    text_of: Callable[..., str], notices_of: Callable[..., tuple[str, ...]], build: Any
) -> None:
    """The numbers are printed."""
    shown = build.chunk("x", build.shown(text_html=FRAME.style.bar(subset=["loss"])._repr_html_()), line=4)
    assert "0.250000" in text_of(shown)
    assert notices_of(shown) == (
        "report/q1.qmd:5: colours that run, as in bars behind numbers, are not printed",
    )


def test_a_span_in_the_prose_has_its_style(typeset_pdf: Callable[..., PdfReader], build: Any) -> None:
    """As on the page, where the browser sets it."""
    prose = build.prose('A [bold]{style="font-weight: bold; color: #00ff00"} word.')
    assert b"0 1 0 " in typeset_pdf(prose).pages[0].get_contents().get_data()  # type: ignore[union-attr]
