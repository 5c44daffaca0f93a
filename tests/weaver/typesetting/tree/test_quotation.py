"""Quotation marks follow the language, in the PDF and on the page alike."""

from collections.abc import Callable
from typing import Any

import pytest

LANGUAGES = {
    "en": "“a ‘b’ c” and 1’s",
    "de": "„a ‚b‘ c“ and 1’s",
    "de-CH": "«a ‹b› c» and 1’s",
    "fr": "« a “b” c » and 1’s",
    "pl": "„a ’b’ c” and 1’s",
    "sv-SE": "”a ’b’ c” and 1’s",
    "xx": "“a ‘b’ c” and 1’s",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_quotes_are_those_of_the_language(
    language: str, text_of: Callable[..., str], page_of: Callable[..., str], build: Any
) -> None:
    """Also in captions and headings, one within the other, and behind a number an apostrophe stays one."""
    cell = build.prose(
        "# \"a 'b' c\" and 1's\n\nText \"a 'b' c\" and 1's.\n\n| a |\n|--|\n| 1 |\n\n: \"a 'b' c\" and 1's"
    )
    for text in (text_of(cell, yaml=f"lang: {language}"), page_of(cell, yaml=f"lang: {language}")):
        assert text.replace("\N{NARROW NO-BREAK SPACE}", " ").count(LANGUAGES[language]) == 3
