"""What a notebook tells Quarto: settings, and filters that do what Quarto would not."""

from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import yaml

from weaver import cells, languages, pandoc
from weaver.options import Json, Target
from weaver.outputs import fenced

FILTER = files("weaver") / "quarto.lua"
LITERAL = files("weaver") / "literal.lua"
FILES = (FILTER, LITERAL, files("weaver") / "quarto.typ", files("weaver") / "tables.typ")
ARGUMENTS = ("--columns", str(pandoc.COLUMNS))
# A page loads nothing from elsewhere, and no link on it leads to a file that is not there.
OFFLINE = {"embed-resources": True, "format-links": False}
LOADED = frozenset({"mathjax", "katex", "webtex"})  # ways to set formulas that load a program or pictures


def named(file: Traversable) -> str:
    """Return the name under which Quarto finds one of the `FILES`."""
    return f"weaver-{file.name}"


def given(notebook: Mapping[str, Any], target: Target) -> dict[str, Any]:
    """Return a notebook as Quarto gets it for a format.

    What the notebook's own metadata say under `weaver` goes to the filter, see `quarto.lua`.
    """
    read = cells.read(notebook, target, lenient=True)
    values, metadata = cells.front_matter(read), cells.metadata(read, target)
    filters = [*_listed(values.get("filters")), {"at": "pre-ast", "path": named(FILTER)}]
    filters += [{"at": "post-render", "path": named(LITERAL)}] if target == "typst" else []
    wishes = notebook["metadata"].get("weaver", {}) | _references(metadata, target)
    formats = _formats(metadata, target, part="counts" in wishes)
    told = {**values, "format": formats, "filters": filters, "weaver": wishes}
    text = yaml.safe_dump(told, sort_keys=False, allow_unicode=True)
    front, *rest = notebook["cells"]
    opening = {**front, "source": cells.lines_of(f"---\n{text}---")}
    return {**notebook, "cells": [opening, *(_cell(cell, target) for cell in rest)]}


def _formats(metadata: Mapping[str, Json], target: Target, *, part: bool) -> dict[str, Json]:
    formats = metadata.get("format") or {}
    formats = formats if isinstance(formats, Mapping) else dict.fromkeys(_listed(formats), "default")
    own = formats.get(target)
    own = own if isinstance(own, Mapping) else {}
    told = {**OFFLINE, **_formulas(metadata)} if target == "html" else {"toc": False} if part else {}
    return {**formats, target: {**own, **told}}


def _formulas(metadata: Mapping[str, Json]) -> dict[str, Json]:
    """Let a page show formulas without a program from elsewhere, unless it is to hold that program."""
    method = metadata.get("html-math-method", "mathjax")
    name = method.get("method") if isinstance(method, Mapping) else method
    return {} if name not in LOADED or metadata.get("self-contained-math") else {"html-math-method": "mathml"}


def _references(metadata: Mapping[str, Json], target: Target) -> dict[str, Json]:
    """Return the heading for a list of references, where Pandoc makes that list, not Typst."""
    if metadata.get("suppress-bibliography") or (target == "typst" and not metadata.get("citeproc")):
        return {}
    title = metadata.get("reference-section-title", languages.words(metadata)["section-title-references"])
    return {"references": title}


def _cell(cell: Mapping[str, Any], target: Target) -> dict[str, Any]:
    """Return a cell without our own metadata, whose HTML a page shows without a program from elsewhere."""
    shown = {"outputs": [*map(_output, cell["outputs"])]} if target == "html" and "outputs" in cell else {}
    return {**cell, "metadata": {}, **shown}


def _output(output: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an output; HTML becomes Markdown, since for the former Quarto has the page load jQuery."""
    html = cells.text_of(output.get("data", {}).get("text/html", ""))
    if not html or "<script" in html:
        return output
    return {**output, "data": {"text/markdown": fenced(html, "=html")}}


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [] if value is None else [value]
