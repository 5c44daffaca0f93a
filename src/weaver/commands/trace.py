"""Where a figure or a table comes from, as lines and as JSON: of the report as it is now, or of a PDF."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from weaver.building import provenance
from weaver.building.builder import Builder
from weaver.building.provenance import Origins, ProvenanceRecord, TracedRun
from weaver.building.request import Request
from weaver.cache import differences, summary
from weaver.errors import ProjectError
from weaver.project import Project
from weaver.typesetting.pdf.attachments import attached

DIGITS = 12  # of a digest on the terminal


def of_report(builder: Builder, label: str, request: Request) -> ProvenanceRecord:
    """Return the record of a figure or table as its chapter shows it now; nothing runs.

    Raises:
        ProjectError: there is none with this label, or its chapter is to run first.
    """
    project = builder.project
    every = project.every_chapter
    names = [one.name for one in every if any(label == chunk.options.get("label") for chunk in one.chunks)]
    if not names:
        raise ProjectError(f"no chunk has the label '{label}': expected one of {', '.join(_labels(project))}")
    ((_, freshness),) = builder.judgements(replace(request, chapter=names[0]))
    if freshness.execution is None:
        raise ProjectError(f"{names[0]}: it is to run first, `weaver build`: {freshness.reasons[0]}")
    sources = Origins(project, {names[0]: freshness.execution}, builder.judge.store, request.profile)
    return only(sources.record, label)


def of_pdf(path: Path, label: str | None) -> ProvenanceRecord:
    """Return the record that a PDF carries, of all that it shows or of one label.

    Raises:
        TypesetError: it carries none.
        ProjectError: its record cannot be read, or has no such label.
    """
    try:
        record = ProvenanceRecord.from_json(attached(path))
    except ValueError as error:
        raise ProjectError(f"its record cannot be read: {error}", place=path.as_posix()) from None
    return only(record, label) if label else record


def only(record: ProvenanceRecord, label: str) -> ProvenanceRecord:
    """Leave of a record what belongs to one label.

    Raises:
        ProjectError: it has no such label.
    """
    if label not in record.shown:
        known = ", ".join(record.shown) or "none"
        raise ProjectError(f"nothing shown has the label '{label}': expected one of {known}")
    chapter = record.shown[label].chapter
    runs = {key: record.runs[key] for key in record.chapters[chapter].runs}
    shown, origins = {label: record.shown[label]}, {chapter: record.chapters[chapter]}
    return replace(record, shown=shown, chapters=origins, runs=runs)


def lines(record: ProvenanceRecord, project: Project | None) -> Iterator[str]:
    """Yield what a record says; a `project` that it is of tells where the chunks stand."""
    state = "" if record.clean else ", with changes that are in no commit"
    yield f"commit    {record.commit or 'none'}{state if record.commit else ''}"
    yield f"made      profile {record.profile}, {record.machine}, Python {record.python}"
    for label, shown in record.shown.items():
        chunk = provenance.chunk_of(project, label) if project else None
        yield ""
        yield f"{label}: {shown.caption}".rstrip(": ")
        yield f"  chunk   {chunk.place}" if chunk else f"  chunk   of {shown.chapter}"
        yield from (f"  sha256  {digest}" for digest in shown.sha256)
    for name, origin in record.chapters.items():
        yield ""
        yield f"{name} rests on"
        yield from (f"  data    {file} {digest[:DIGITS]}" for file, digest in origin.data.items())
        yield "  package " + ", ".join(f"{package} {version}" for package, version in origin.packages.items())
        yield from _runs({key: record.runs[key] for key in origin.runs})


def _runs(runs: Mapping[str, TracedRun]) -> Iterator[str]:
    by_function = sorted(runs.values(), key=lambda run: (run.function, run.key))
    for function, group in groupby(by_function, key=lambda run: run.function):
        found = list(group)
        yield f"  runs    {len(found)} of {function}: {', '.join(run.key[:DIGITS] for run in found)}"
        for name, values in differences([run.settings for run in found]).items():
            yield f"          {name}: {summary(values)}"


def _labels(project: Project) -> list[str]:
    chapters = project.every_chapter
    found = (str(chunk.options.get("label", "")) for chapter in chapters for chunk in chapter.chunks)
    return [label for label in found if label.startswith(("fig-", "tbl-"))]
