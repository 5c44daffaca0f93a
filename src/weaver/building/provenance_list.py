"""The provenance of a report as its appendix prints it, where a division `.provenance` asks for it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from weaver.building.notebook import Notebook
from weaver.building.provenance import Origins, ProvenanceRecord, TracedRun
from weaver.typesetting.markdown import divisions, literal_text

CLASS = "provenance"
DIGITS = 12  # of a digest, where a reader compares by eye


def filled(notebook: Mapping[str, Any], origins: Origins) -> Notebook:
    """Return a notebook with the provenance of all that it shows wherever it asks for that."""
    found = (divisions.filled(cell, CLASS, lambda: markdown(origins.record)) for cell in notebook["cells"])
    return {**notebook, "cells": list(chain(*found))}


def markdown(record: ProvenanceRecord) -> str:
    """Return what a record says, chapter by chapter, in Markdown."""
    return "\n\n".join(_paragraphs(record))


def _paragraphs(record: ProvenanceRecord) -> Iterator[str]:
    state = "" if record.clean else ", with changes that are in no commit"
    commit = f"Commit {_code(record.commit)}{state}. " if record.commit else "No commit. "
    yield f"{commit}Profile {_code(record.profile)}, {_text(record.machine)}, Python {record.python}."
    for name, origin in record.chapters.items():
        if not (origin.data or origin.packages or origin.runs):
            continue
        data = [f"{_code(file)} ({_code(digest[:DIGITS])})" for file, digest in origin.data.items()]
        packages = [_text(f"{package} {version}") for package, version in origin.packages.items()]
        runs = list(_runs({key: record.runs[key] for key in origin.runs}))
        parts = filter(None, [", ".join(data), ", ".join(packages), *runs])
        yield f"**{_text(name)}** rests on {'; '.join(parts)}."
    rows = [f"| {_code(label)} | {_digests(one.sha256)} |" for label, one in record.shown.items()]
    if rows:
        yield "\n".join(["| shown | SHA-256 |", "|:--|:--|", *rows])


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
