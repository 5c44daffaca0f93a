"""Where each figure and table of a report comes from: chunk, runs, data, packages, commit, machine.

The record has no times and no paths outside the project, so that the same state gives the same bytes. What a
chapter has used up to its end counts for all that it shows: a chunk may show what an earlier one computed.
"""

import base64
import hashlib
import json
import platform
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from weaver.building.chapter_code import names_and_words
from weaver.building.execution import Execution
from weaver.dependencies.inputs import CODE, KIND, PACKAGE, SIZE, VARIABLE
from weaver.project import Chapter, Project
from weaver.qmd import Chunk
from weaver.revision import revision
from weaver.storage.store import Store
from weaver.typesetting.markdown.cells import text_of
from weaver.typesetting.markdown.labels import is_label_of_float
from weaver.typesetting.markdown.outputs import IMAGES, PREFERRED

FILE = "provenance.json"
VERSION = 1
IMPORT = re.compile(r"^\s*(?:import|from)\s+(\w+)", re.M)
NO_FILES = (CODE, KIND, SIZE, VARIABLE, PACKAGE)
NO_DATA = (".py", "/")  # code, which the commit names, and folders

Json = Any  # what JSON can hold


@dataclass(frozen=True)
class TracedRun:
    """A kept result that was used: of which function, with which settings, seeds among them."""

    key: str
    function: str
    settings: Mapping[str, Json]


@dataclass(frozen=True)
class Origin:
    """What a chapter's figures and tables come from: keys of runs, digests of data, versions of packages."""

    runs: Sequence[str]
    data: Mapping[str, str]
    packages: Mapping[str, str]


@dataclass(frozen=True)
class Shown:
    """A figure or a table: its chapter, its caption, and the SHA-256 of each picture, or of its text."""

    chapter: str
    caption: str
    sha256: Sequence[str]


@dataclass(frozen=True)
class ProvenanceRecord:
    """The origins of all that a report shows, by label, by chapter and by key."""

    commit: str | None
    clean: bool
    profile: str
    machine: str
    python: str
    shown: Mapping[str, Shown]
    chapters: Mapping[str, Origin]
    runs: Mapping[str, TracedRun]

    def to_json(self) -> bytes:
        """Return the record as a file."""
        record = {"version": VERSION, **vars(self)}
        return json.dumps(record, default=vars, ensure_ascii=False, sort_keys=True).encode()

    @classmethod
    def from_json(cls, content: bytes) -> "ProvenanceRecord":
        """Read what `to_json` returned.

        Raises:
            ValueError: it is no such record.
        """
        found = json.loads(content)
        if not isinstance(found, dict) or found.pop("version", None) != VERSION:
            raise ValueError(f"expected a record of version {VERSION}")
        try:
            shown = {label: Shown(**one) for label, one in found["shown"].items()}
            origins = {name: Origin(**one) for name, one in found["chapters"].items()}
            runs = {key: TracedRun(**one) for key, one in found["runs"].items()}
            return cls(**{**found, "shown": shown, "chapters": origins, "runs": runs})
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"expected a record of provenance, found none: {error}") from None


@dataclass(frozen=True)
class Origins:
    """A report that has run, whose record is asked for at most once."""

    project: Project
    executions: Mapping[str, Execution]
    store: Store
    profile: str

    @cached_property
    def record(self) -> ProvenanceRecord:
        """The record of all that its chapters show."""
        found = revision(self.project.root)
        executions = {name: self.executions[name] for name in sorted(self.executions)}
        keys = sorted({key for execution in executions.values() for key in execution.used})
        runs = {key: run for key in keys if (run := _run(self.store, key))}
        return ProvenanceRecord(
            found.commit,
            found.is_clean,
            self.profile,
            f"{platform.system()} {platform.machine()}",
            platform.python_version(),
            {label: one for name in executions for label, one in self._shown(name)},
            {name: _origin(one, self._packages(name), runs) for name, one in executions.items()},
            runs,
        )

    def _packages(self, name: str) -> dict[str, str]:
        """Return the packages that code of the project names.

        Which others are loaded depends on whether a result was computed or read.
        """
        execution, named = self.executions[name], set(names_and_words(self.project.chapter(name)))
        for file in {one.file for one in execution.code.dependencies if one.file}:
            path = self.project.root / file
            text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
            named.update(IMPORT.findall(text))
        found = sorted((one, version) for one, version in execution.opened.items() if one.startswith(PACKAGE))
        versions = {one.removeprefix(PACKAGE): version for one, version in found if version}
        return {one: version for one, version in versions.items() if one in named}

    def _shown(self, name: str) -> Iterator[tuple[str, Shown]]:
        chapter = self.project.chapter(name)
        for chunk, outputs in zip(chapter.chunks, self.executions[name].outputs, strict=True):
            label = str(chunk.options.get("label", ""))
            if is_label_of_float(label):
                caption = str(chunk.options.get("fig-cap") or chunk.options.get("tbl-cap") or "")
                yield label, Shown(chapter.name, " ".join(caption.split()), tuple(_digests(outputs)))

    @cached_property
    def file(self) -> bytes:
        """The record as a file."""
        return self.record.to_json()


def chunk_of(project: Project, label: str) -> Chunk | None:
    """Return the chunk with a label."""
    chapters: Sequence[Chapter] = project.every_chapter
    chunks = (chunk for chapter in chapters for chunk in chapter.chunks)
    return next((chunk for chunk in chunks if chunk.options.get("label") == label), None)


def _origin(execution: Execution, packages: Mapping[str, str], runs: Mapping[str, TracedRun]) -> Origin:
    data = {
        _shortened(name): digest
        for name, digest in execution.opened.items()
        if digest and not name.startswith(NO_FILES) and not name.endswith(NO_DATA)
    }
    used = tuple(sorted(key for key in execution.used if key in runs))
    return Origin(used, dict(sorted(data.items())), packages)


def _shortened(name: str) -> str:
    """Return the name of a file; of one outside the project not the folders, which are this machine's."""
    return f"…/{Path(name).name}" if Path(name).is_absolute() else name


@lru_cache(maxsize=4096)  # an entry never changes, and the preview asks at every save
def _run(store: Store, key: str) -> TracedRun | None:
    info = store.info(key)
    if info is None or not {"function", "settings"} <= info.record.keys():
        return None
    return TracedRun(key, info.record["function"].replace(":", "."), info.record["settings"])


def _digests(outputs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for output in outputs:
        data = output.get("data", {})
        if mime := next((one for one in PREFERRED if one in data), None):
            text = text_of(data[mime])
            is_binary = mime in IMAGES and mime != "image/svg+xml"
            yield hashlib.sha256(base64.b64decode(text) if is_binary else text.encode()).hexdigest()
