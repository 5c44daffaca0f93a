"""The words that a report prints by itself, Figure and Contents for example, and its dates, in its language.

They are Quarto's. Those that Pandoc has in its translations are taken from there; `languages.csv` has a row
for each language with the others, under the names that Quarto's `language` gives them, and its way of dates.
"""

import csv
import re
import subprocess
from collections import ChainMap
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from weaver.typesetting import pandoc
from weaver.typesetting.notices import Noticed

ENGLISH = "en"
TAG = re.compile(
    r"(?P<language>[a-z]{2,3})([-_](?P<script>[a-z]{4}))?([-_](?P<region>[a-z]{2}))?([-_.@].*)?", re.I
)
SAME = {"no": "nb", "ua": "uk", "zh-HK": "zh-TW", "zh-Hant": "zh-TW"}
IN_PANDOC = {"zh": "zh-Hans", "zh-TW": "zh-Hant"}  # its names for them
OF_PANDOC = {
    "Contents": "toc-title-document",
    "Abstract": "section-title-abstract",
    "References": "section-title-references",
    "Figure": "crossref-fig-title",
    "Table": "crossref-tbl-title",
    "Listing": "crossref-lst-title",
    "Proof": "environment-proof-title",
}
OF_CROSSREF = re.compile(r"crossref-\w+-(title|prefix)")  # of any kind
TRANSLATION = re.compile(r"^(?P<word>\w+): *(?P<text>.+)$", re.M)
TOKEN = re.compile(r"\[(?P<text>[^\]]*)\]|(?P<token>([A-Za-z])\3*o?)")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# Quarto's names for ways to write a date; "long" stands in `languages.csv`.
ISO = "YYYY-MM-DD"
STYLES = {
    "MMMM D, YYYY": {"full": "dddd, MMMM D, YYYY", "medium": "MMM D, YYYY", "short": "M/D/YY"},
    "D MMMM YYYY": {"full": "dddd D MMMM YYYY", "medium": "D MMM YYYY", "short": "DD/MM/YYYY"},
}


def words_of_language(metadata: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the words of a document's language, with its own in their place where `language` has any."""
    tag = tag_of(metadata)
    own = metadata.get("language") or {}
    said = [own, *(own.get(each) or {} for each in _variations(tag))]
    return {**_known(tag), **{key: str(value) for some in said for key, value in some.items()}}


def names() -> frozenset[str]:
    """Return the names of all words, as `language` has them."""
    return frozenset(_table()[ENGLISH]) - {"date", "months"}


def tag_of(metadata: Mapping[str, Any]) -> str:
    """Return the tag of a document's language, as BCP 47 has it; English where there is none that is one."""
    match = TAG.fullmatch(str(metadata.get("lang") or ENGLISH))
    if match is None:
        return ENGLISH
    found = (match["language"].lower(), (match["script"] or "").title(), (match["region"] or "").upper())
    return "-".join(filter(None, found))


def parts(tag: str) -> tuple[str, str]:
    """Return the language and the region of a tag; this is empty where there is none."""
    language, *others = tag.split("-")
    return language, next((each for each in others if each.isupper()), "")


def check_language(metadata: Mapping[str, Any], place: str, noticed: Noticed) -> None:
    """Tell once which words are in English because they are not known in the document's language."""
    tag = tag_of(metadata)
    if not TAG.fullmatch(written := str(metadata.get("lang") or ENGLISH)):
        noticed.tell(place, "lang:", f"expected a tag such as 'de', found '{written}': English is used")
    elif not any(each in _table() for each in _variations(tag)):
        some = ", ".join(_translated(tag).values())
        known = f"but for {some}" if some else "Figure, Section and the like"
        noticed.tell(place, "lang:", f"the words of '{tag}' are not known: they are in English, {known}")


def dated(day: date, metadata: Mapping[str, Any], style: str = "long") -> str | None:
    """Write a date in the document's language; None where that needs names which are known in English alone.

    `style` is one of Quarto's names, "long" for example, or a pattern such as "D MMMM YYYY":
    https://day.js.org/docs/en/display/format.
    """
    known = _known(tag_of(metadata))
    english = tag_of(metadata).partition("-")[0] == ENGLISH
    styles = STYLES[known["date"]] if english else {}
    pattern = {"iso": ISO, "long": known["date"], **styles}.get(style, style)
    values = _numbers(day) | (_names(day) if english else {})
    if known["months"]:
        values["MMMM"] = known["months"].split("|")[day.month - 1]
    found = [match["text"] or values.get(match["token"] or "") for match in TOKEN.finditer(pattern)]
    if None in found:
        return None
    left = iter(found)
    return TOKEN.sub(lambda _: str(next(left)), pattern)


def _numbers(day: date) -> dict[str, str]:
    """Return what the parts of a pattern stand for that are numbers."""
    return {
        "YYYY": f"{day.year}",
        "YY": f"{day.year % 100:02}",
        "MM": f"{day.month:02}",
        "M": f"{day.month}",
        "DD": f"{day.day:02}",
        "D": f"{day.day}",
    }


def _names(day: date) -> dict[str, str]:
    """Return what the other parts of a pattern stand for, in English."""
    weekday, month = DAYS[day.weekday()], MONTHS[day.month - 1]
    ending = "th" if day.day in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")
    return {"MMM": month, "Do": f"{day.day}{ending}", "dddd": weekday, "ddd": weekday[:3]}


@cache
def _known(tag: str) -> Mapping[str, str]:
    """Return the words that a language has here, in Pandoc, and else in English."""
    rows = (_table().get(each, {}) for each in (ENGLISH, *_variations(tag)))
    english, *own = [{key: word for key, word in row.items() if word} for row in rows]
    unknown = {} if any(own) else {"date": ISO, "months": ""}  # which all understand
    return dict(ChainMap(*reversed(own), unknown, dict(_translated(tag)), english))


def _variations(tag: str) -> list[str]:
    """Return the tags that hold for a tag, the general one first: "zh" and "zh-TW"."""
    subtags = tag.split("-")
    found = ["-".join(subtags[: count + 1]) for count in range(len(subtags))]
    return [SAME.get(each, each) for each in found]


@cache
def _table() -> Mapping[str, Mapping[str, str]]:
    text = (files("weaver.typesetting") / "languages.csv").read_text(encoding="utf-8")
    return {row.pop("language"): row for row in csv.DictReader(text.splitlines())}


@cache
def _translated(tag: str) -> Mapping[str, str]:
    """Return the words that Pandoc has in a language; its English ones are not Quarto's."""
    for each in reversed(_variations(tag)):
        name = f"translations/{IN_PANDOC.get(each, each)}.yaml"
        command = [pandoc.executable(), "--print-default-data-file", name]
        run = subprocess.run(command, capture_output=True, check=False) if each != ENGLISH else None  # noqa: S603
        if run and run.returncode == 0:
            found = dict(TRANSLATION.findall(run.stdout.decode()))
            return {key: found[word].strip("\"'") for word, key in OF_PANDOC.items() if word in found}
    return {}
