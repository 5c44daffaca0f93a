"""The provenance of a report as its appendix prints it, where a division `.provenance` asks for it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from functools import reduce
from itertools import chain, zip_longest
from operator import and_
from typing import Any

from weaver.building.notebook import Notebook
from weaver.building.provenance import Origins, ProvenanceRecord, TracedRun
from weaver.typesetting.markdown import divisions, literal_text

DIGITS = 12  # of a digest, where a reader compares by eye
BESIDE = 2  # of what is shown stand in a row


def filled(notebook: Mapping[str, Any], origins: Origins) -> Notebook:
    """Return a notebook with the provenance of all that it shows wherever it asks for that."""
    found = (
        divisions.filled(cell, divisions.PROVENANCE, lambda: markdown(origins.record))
        for cell in notebook["cells"]
    )
    return {**notebook, "cells": list(chain(*found))}


def markdown(record: ProvenanceRecord) -> str:
    """Return what a record says, chapter by chapter, in Markdown."""
    return "\n\n".join(_paragraphs(record))


def _paragraphs(record: ProvenanceRecord) -> Iterator[str]:
    state = "" if record.clean else ", with changes that are in no commit"
    commit = f"Commit {_code(record.commit)}{state}. " if record.commit else "No commit. "
    yield f"{commit}Profile {_code(record.profile)}, {_text(record.machine)}, Python {record.python}."
    origins = {name: one for name, one in record.chapters.items() if one.data or one.packages or one.runs}
    shared = _shared([one.packages for one in origins.values()])
    if shared:
        yield f"**Every chapter** rests on {_packages(dict(shared))}."
    for name, origin in origins.items():
        data = [f"{_code(file)} ({_code(digest[:DIGITS])})" for file, digest in origin.data.items()]
        runs = list(_runs({key: record.runs[key] for key in origin.runs}))
        packages = _packages(dict(origin.packages.items() - shared))
        parts = filter(None, [", ".join(data), packages, *runs])
        yield f"**{_text(name)}** rests on {'; '.join(parts)}."
    cells = [f"{_code(label)} | {_digests(one.sha256)}" for label, one in record.shown.items()]
    if cells:
        yield "\n".join(_table(cells))


def _shared(packages: Sequence[Mapping[str, str]]) -> Set[tuple[str, str]]:
    """Return what several chapters all have, so that it need not be said for each."""
    return reduce(and_, (one.items() for one in packages)) if len(packages) > 1 else set()


def _packages(packages: Mapping[str, str]) -> str:
    return ", ".join(_text(f"{package} {packages[package]}") for package in sorted(packages))


def _table(cells: Sequence[str]) -> Iterator[str]:
    """Write what is shown and its digests, the first half beside the second."""
    high = -(-len(cells) // BESIDE)
    columns = [cells[start : start + high] for start in range(0, len(cells), high)]
    yield "| shown | SHA-256 " * len(columns) + "|"
    yield "|:--|:--" * len(columns) + "|"
    for row in zip_longest(*columns, fillvalue=" | "):
        yield f"| {' | '.join(row)} |"


def _digests(found: Sequence[str]) -> str:
    return ", ".join(_code(one[:DIGITS]) for one in found)


def _runs(runs: Mapping[str, TracedRun]) -> Iterator[str]:
    """Count the runs by function; what tells them apart is in the attachment, and fills pages."""
    for function, many in sorted(Counter(run.function for run in runs.values()).items()):
        yield f"{many} run{'' if many == 1 else 's'} of {_code(function)}"


def _code(text: str) -> str:
    return f"`{text}`"


def _text(text: str) -> str:
    return literal_text.markdown(text)
