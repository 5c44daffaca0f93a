"""Numbers in the forms of Typst's numbering patterns: 1, a, A, i, I."""

import re

COUNTER = re.compile(r"[1aAiI]")


def section_number(counts: list[int], pattern: str) -> str:
    """Write counts in one of Typst's numbering patterns; the last counter of the pattern repeats."""
    pieces = COUNTER.findall(pattern)
    between = COUNTER.split(pattern)[1:-1]
    text = ""
    for depth, count in enumerate(counts):
        last = min(depth, len(pieces) - 1)
        separator = between[min(depth, len(between)) - 1] if between else "."
        text += (separator if depth else "") + _counted(count, pieces[last])
    return text


def _counted(count: int, form: str) -> str:
    if form == "1" or count < 1:
        return str(count)
    if form in "iI":
        text = _roman(count)
        return text.upper() if form == "I" else text
    return letters(count).upper() if form == "A" else letters(count)


def letters(count: int) -> str:
    """Count a, b … z, aa, ab …, from 1."""
    text = ""
    while count:
        count, digit = divmod(count - 1, 26)
        text = chr(ord("a") + digit) + text
    return text


def _roman(count: int) -> str:
    numerals = zip(
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),
        ("m", "cm", "d", "cd", "c", "xc", "l", "xl", "x", "ix", "v", "iv", "i"),
        strict=True,
    )
    text = ""
    for value, numeral in numerals:
        times, count = divmod(count, value)
        text += numeral * times
    return text
