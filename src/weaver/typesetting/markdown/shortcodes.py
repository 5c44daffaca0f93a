"""Quarto's shortcodes: `{{< meta key >}}` is filled in, `{{< pagebreak >}}` is carried out, no other is.

Three braces show a shortcode as it stands: https://quarto.org/docs/extensions/shortcodes.html.
"""

import difflib
import re
from collections.abc import Mapping
from typing import Any

from weaver.chunk_options import Json
from weaver.errors import TypesetError
from weaver.typesetting.markdown.cells import Cell

OPENING = "{{<"
PAGE_BREAK = re.compile(r"^\{\{<\s*pagebreak\s*>\}\}$")
SHORTCODE = re.compile(r"(?<!\{)\{\{<\s*(?P<name>[\w./-]+)\s*(?P<arguments>[^\n]*?)\s*>\}\}(?!\})")
ALONE = re.compile(r"^\s*\{\{<\s*pagebreak\s*>\}\}\s*$", re.M)
HERE = frozenset({"meta", "pagebreak", "include"})  # carried out, where they stand as they should
# What to write in place of what cannot be carried out here.
INSTEAD = {
    "meta": "it is filled in where it stands in the text of a document",
    "pagebreak": "it stands in a paragraph of its own",
    "include": "an include stands alone on its line, and not in code",
    "var": "put the value into the front matter or _quarto.yml and write '{{< meta key >}}'",
    "env": "a report does not depend on the machine it is built on: write '{{< meta key >}}'",
    "video": "paper shows no film: show a picture, with a link to the film",
    "embed": "move the cells into a document and include it: '{{< include part.qmd >}}'",
}


def fill_in(cell: Cell, metadata: Mapping[str, Any]) -> str:
    """Return the source of a Markdown cell with values of the metadata in place of `meta`.

    Raises:
        TypesetError: the metadata have no such key, or no single text under it; the message names file and
            line.
    """
    if OPENING not in cell.source:
        return cell.source
    return SHORTCODE.sub(
        lambda match: _value(match, cell, metadata) if match["name"] == "meta" else match[0], cell.source
    )


def refused(source: str) -> str:
    """Return the first shortcode of a source that is not carried out, or only its beginning."""
    found = list(SHORTCODE.finditer(ALONE.sub("", source)))
    left = [match for match in found if match["name"] != "meta"] or found
    return left[0][0] if left else OPENING


def is_quartos(shortcode: str) -> bool:
    """Whether Quarto carries out a shortcode that is not carried out here."""
    match = SHORTCODE.search(shortcode)
    return match is not None and match["name"] not in HERE and not _meant(match["name"])


def explain(shortcode: str) -> str:
    """Say that a shortcode cannot be carried out, and what to write instead."""
    match = SHORTCODE.search(shortcode)
    name = match["name"] if match else ""
    instead = INSTEAD.get(name, "three braces show it as it stands: '{{{< … >}}}'")
    instead = f"did you mean '{near}'?" if (near := _meant(name)) else instead
    return f"the shortcode '{shortcode}' cannot be carried out here: {instead}"


def _meant(name: str) -> str:
    """Return the shortcode that another was perhaps meant to be."""
    near = difflib.get_close_matches(name, sorted(INSTEAD), 1, 0.8)
    return near[0] if near and near[0] != name else ""


def unescaped(text: str) -> str:
    """Return a text with two braces where three kept a shortcode from being carried out."""
    return text.replace("{{{<", OPENING).replace(">}}}", ">}}")


def _value(match: re.Match[str], cell: Cell, metadata: Mapping[str, Any]) -> str:
    key, place = match["arguments"].strip("\"'"), cell.place(re.escape(match[0]))
    value: Json = metadata
    for part in key.split("."):
        known = list(value) if isinstance(value, Mapping) else []
        if part not in known:
            near = difflib.get_close_matches(part, known, 3, 0.5)
            hint = f"; keys that exist: {', '.join(near)}" if near else ""
            raise TypesetError(f"the metadata have no '{key}'{hint}", place=place)
        value = value[part]
    value = value[0] if isinstance(value, list) and len(value) == 1 else value
    if isinstance(value, Mapping | list):
        raise TypesetError(f"the metadata have more than one text under '{key}': {value!r}", place=place)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return " ".join(text.split())  # on one line, so that what follows keeps its line
