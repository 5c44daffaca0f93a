"""What a notebook tells Quarto: settings, and filters that do what Quarto would not."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import yaml

from weaver.chunk_options import Json, Target
from weaver.errors import TypesetError
from weaver.typesetting import languages, pandoc
from weaver.typesetting.markdown import cells
from weaver.typesetting.markdown.outputs import fenced
from weaver.typesetting.tree import html_styles

if TYPE_CHECKING:
    from weaver.typesetting.formulas import Table

LOG = logging.getLogger("weaver")
# Where Quarto calls a filter: before all of its own, and behind those that count, refer and lay out.
FILTERS = {"pre-ast": "quarto/quarto.lua", "post-render": "quarto/quarto-last.lua"}
LOOKS = ("quarto/quarto.typ", "pdf/tables.typ", "formulas/formulas.typ", "html/formulas.css")
FORMULAS = "formulas.json"
ARGUMENTS = ("--columns", str(pandoc.COLUMNS))
# A page loads nothing from elsewhere, and no link on it leads to a file that is not there.
OFFLINE = {"embed-resources": True, "format-links": False}
LOADED = frozenset({"mathjax", "katex", "webtex"})  # ways to set formulas that load a program or pictures


@dataclass(frozen=True)
class Given:
    """A notebook as Quarto gets it, and the contents of the files that lie beside it, by name."""

    notebook: dict[str, Any]
    files: Mapping[str, bytes]


def given(notebook: Mapping[str, Any], target: Target) -> Given:
    """Return a notebook with the settings that make Quarto set it as the built-in typesetter would.

    What the notebook's own metadata say under `weaver` goes to the filters, see `quarto.lua`.
    """
    wishes = dict(notebook["metadata"].get("weaver") or {})
    formulas = wishes.pop("formulas", None) or _formulas(notebook, target)
    read = cells.read_cells(notebook, target, lenient=True)
    values, metadata = cells.front_matter(read), cells.metadata(read, target)
    filters = [{"at": where, "path": _named(name)} for where, name in FILTERS.items()]
    front = {
        **values,
        "date-format": metadata.get("date-format", "long"),  # as on Quarto's page, and without Quarto
        "format": _formats(metadata, target, part="counts" in wishes, macros=not formulas),
        "filters": [*_listed(values.get("filters")), *filters],
        "weaver": wishes | _references(metadata, target),
    }
    text = yaml.safe_dump(front, sort_keys=False, allow_unicode=True)
    first, *rest = notebook["cells"]
    opening = {**first, "source": cells.lines_of(f"---\n{text}---")}
    shown = {**notebook, "cells": [opening, *(_cell(cell, target) for cell in rest)]}
    folder = files("weaver.typesetting")
    static = {_named(name): (folder / name).read_bytes() for name in (*FILTERS.values(), *LOOKS)}
    return Given(shown, {**static, _named(FORMULAS): json.dumps(formulas, ensure_ascii=False).encode()})


def _named(name: str) -> str:
    """Return the name under which Quarto finds one of our files."""
    return f"weaver-{name.rpartition('/')[2]}"


def _formulas(notebook: Mapping[str, Any], target: Target) -> "Table":
    """Return how formulas are set; LaTeX needs no help."""
    if target == "pdf":
        return {}
    from weaver.typesetting.tree import numbered_document  # noqa: PLC0415 - nothing of it is loaded where nothing changed

    try:
        return numbered_document.formula_table(numbered_document.numbered(notebook, target))
    except TypesetError as error:
        LOG.warning("Quarto sets the formulas by itself: %s", error)
        return {}


def _formats(metadata: Mapping[str, Json], target: Target, *, part: bool, macros: bool) -> dict[str, Json]:
    """Return what is said for each format; where Pandoc knows no `macros`, formulas stay as written."""
    formats = metadata.get("format") or {}
    formats = formats if isinstance(formats, Mapping) else dict.fromkeys(_listed(formats), "default")
    own = formats.get(target)
    own = own if isinstance(own, Mapping) else {}
    ours = {**OFFLINE, **_math(metadata)} if target == "html" else {"toc": False} if part else {}
    ours |= {"shift-heading-level-by": metadata.get("shift-heading-level-by", 0)}
    kept = {} if macros or "from" in metadata else {"from": "markdown-latex_macros"}
    return {**formats, target: {**own, **ours, **kept}}


def _math(metadata: Mapping[str, Json]) -> dict[str, Json]:
    """Let a page show formulas without a program from elsewhere, unless it is to hold that program."""
    method = metadata.get("html-math-method", "mathjax")
    name = method.get("method") if isinstance(method, Mapping) else method
    return {} if name not in LOADED or metadata.get("self-contained-math") else {"html-math-method": "mathml"}


def _references(metadata: Mapping[str, Json], target: Target) -> dict[str, Json]:
    """Return the heading for a list of references, where Pandoc makes that list, not Typst."""
    if metadata.get("suppress-bibliography") or (target == "typst" and not metadata.get("citeproc")):
        return {}
    title = metadata.get(
        "reference-section-title", languages.words_of_language(metadata)["section-title-references"]
    )
    return {"references": title}


def _cell(cell: Mapping[str, Any], target: Target) -> dict[str, Any]:
    """Return a cell without our own metadata, whose outputs Quarto shows as they are."""
    outputs = {"outputs": [_output(one, target) for one in cell["outputs"]]} if "outputs" in cell else {}
    return {**cell, "metadata": {}, **outputs}


def _output(output: Mapping[str, Any], target: Target) -> Mapping[str, Any]:
    """Return an output; HTML for a page becomes Markdown, since else Quarto has the page load jQuery.

    On paper Quarto passes over a style sheet, so each piece has its style at itself.
    """
    data = output.get("data", {})
    html = cells.text_of(data.get("text/html", ""))
    if not html or "<script" in html:
        return output
    if target == "html":
        return {**output, "data": {"text/markdown": fenced(html, "=html")}}
    return {**output, "data": {**data, "text/html": html_styles.worked_out(html)}}


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [] if value is None else [value]
