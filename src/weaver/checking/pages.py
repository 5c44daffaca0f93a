"""Faults of the pages, found in the report as it would be printed if no chunk showed anything.

Nothing is known yet of what chunks show and of what inline expressions give: what these may still bring is in
doubt, and a notice.
"""

import re
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from weaver.checking import label_notices
from weaver.checking.code import CodeToCheck
from weaver.checking.findings import Finding, fault
from weaver.chunk_options import Target
from weaver.errors import QuartoOnlyError, TypesetError, WeaverError
from weaver.typesetting import named_files, pandoc
from weaver.typesetting.markdown import cells, frontmatter, labels, metadata_keys
from weaver.typesetting.markdown.markdown_source import Position
from weaver.typesetting.pandoc import Nodes
from weaver.typesetting.pandoc_cache import NONE, Answers
from weaver.typesetting.pdf import page_layout
from weaver.typesetting.tree import bibliography, chapterwise, citations, crossref, references
from weaver.typesetting.tree import numbered_document as typeset
from weaver.typesetting.tree.images import ImageFolders
from weaver.typesetting.tree.numbered_document import Numbered

PART = re.compile(r"-\d+$")  # of a label that a chunk gives to each of its figures
READ = (".bib", ".bibtex", ".json", ".yaml", ".yml")  # bibliographies whose keys are found without Pandoc


@dataclass(frozen=True)
class Sources:
    """A report before it runs: `notebook` has its cells without outputs, and some text for each inline value.

    `written` is its Markdown as it stands, `chapters` are those that are asked for; `lenient` passes over
    what the built-in typesetter alone refuses.
    """

    root: Path
    notebook: Mapping[str, Any]
    written: str
    code: CodeToCheck
    chapters: Collection[str]
    target: Target = "typst"
    lenient: bool = False
    answers: Answers = NONE


def findings(sources: Sources) -> Iterator[Finding]:
    """Yield what would stop the pages, each by file and line, as far as they can be read."""
    own = [*_of_options(sources), *_of_keys(sources)]
    yield from map(fault, own)
    with tempfile.TemporaryDirectory(prefix="weaver-") as folder:
        errors: list[WeaverError] = []
        numbered = _read(sources, Path(folder), errors, draft=sources.lenient or bool(own))
        if numbered:
            yield from _Pages(sources, numbered, ImageFolders(Path(folder), sources.root), errors).findings()
            for one in numbered.manuscript.noticed.found:
                yield Finding(one.place, f"{one.subject} {one.text}".strip(), told_later=True)
        yield from map(fault, errors)


def _of_options(sources: Sources) -> Iterator[TypesetError]:
    yield from (one for one in cells.faults(sources.notebook) if _counts(one, sources))


def _of_keys(sources: Sources) -> Iterator[TypesetError]:
    front = cells.read_cells({"cells": sources.notebook["cells"][:1]}, sources.target, lenient=True)
    found = metadata_keys.faults(cells.metadata(front, sources.target), front[0], sources.target)
    yield from (one for one in found if _counts(one, sources))


def _counts(error: TypesetError, sources: Sources) -> bool:
    return not (sources.lenient and isinstance(error, QuartoOnlyError))


def _read(sources: Sources, folder: Path, errors: list[WeaverError], *, draft: bool) -> Numbered | None:
    """Read and number the report, if need be as a draft, in which more is passed over."""
    try:
        return typeset.read_numbered(sources.notebook, folder, sources.target, sources.answers, draft=draft)
    except WeaverError as error:
        errors.append(error)
        return None if draft else _read(sources, folder, errors, draft=True)


class _Pages:
    """Looks for faults in the numbered tree of a report."""

    def __init__(
        self, sources: Sources, numbered: Numbered, folders: ImageFolders, errors: list[WeaverError]
    ) -> None:
        self.sources = sources
        self.numbered = numbered
        self.text = numbered.manuscript
        self.folders = folders
        self.errors = errors

    @cached_property
    def blocks(self) -> Nodes:
        """The blocks of the chapters that are asked for."""
        by_chapter = chapterwise.by_chapter(self.text, self.numbered.document.blocks)
        return [block for name, found in by_chapter for block in found if name in self.sources.chapters]

    def findings(self) -> Iterator[Finding]:
        self._try(lambda: frontmatter.read_front_matter(self.text, self.numbered.titles))
        if not self.sources.lenient:
            self._try(lambda: page_layout.settings(self.text) if self.text.target == "typst" else None)
            self._formulas()
        yield from self._images()
        yield from label_notices.unused(self.numbered, self.sources.code, self.sources.chapters)
        doubtful = dict(self._doubtful())
        yield from filter(None, doubtful.values())
        known = {name: crossref.Target(name, name.partition("-")[0], "?", 0) for name in doubtful}
        _, cited = references.resolve(
            self.blocks,
            {**known, **self.numbered.targets},
            manuscript=self.text,
            style=self.numbered.style,
            printed=crossref.identifiers(self.numbered.document.blocks) | doubtful.keys(),
            elsewhere=(),
            faults=self.errors,
        )
        self._citations(cited)

    def _try(self, check: Callable[[], object]) -> bool:
        try:
            check()
        except WeaverError as error:
            self.errors.append(error)
            return False
        return True

    def _formulas(self) -> None:
        position, known = Position(self.text), typeset.read_formulas(self.numbered, self.blocks)
        for node in pandoc.walk(self.blocks):
            if node["t"] == "RawBlock":
                position.follow(node)
            elif node["t"] == "Math":
                self._try(partial(known.find, node, position))

    def _images(self) -> Iterator[Finding]:
        """Look for the pictures that the documents name; what a chunk writes may be there later."""
        position = Position(self.text)
        for node in pandoc.walk(self.blocks):
            if node["t"] == "RawBlock":
                position.follow(node)
            if node["t"] != "Image" or not self._is_named(target := node["c"][2][0]):
                continue
            try:
                self.folders.find(node, position)
            except TypesetError as error:
                yield self._of_image(fault(error), named_files.names(target)[0])

    def _of_image(self, found: Finding, name: str) -> Finding:
        if self.sources.code.may_write(Path(name).name):
            return Finding(found.place, f"{found.text}: a chunk would have to write it")
        return found

    def _is_named(self, target: str) -> bool:
        """Whether a picture is a file that stands in the sources as it is."""
        made = named_files.REMOTE.match(target) or target.startswith(("data:", "weaver-output:"))
        return not made and re.search(named_files.spelt(target), self.sources.written) is not None

    def _doubtful(self) -> Iterator[tuple[str, Finding | None]]:
        """Yield labels and links that nothing defines yet and something may define; some need no word."""
        position, ends = Position(self.text), crossref.identifiers(self.numbered.document.blocks)
        for node in pandoc.walk(self.blocks):
            if node["t"] == "RawBlock":
                position.follow(node)
            elif node["t"] == "Cite":
                for written in (one["citationId"] for one in node["c"][0]):
                    label = crossref.label_of(written)
                    if labels.is_label(written) and label not in self.numbered.targets:
                        yield from self._doubt(label, crossref.mention(written), position)
            elif node["t"] == "Link" and (end := node["c"][2][0]).startswith("#") and end[1:] not in ends:
                yield from self._doubt(end[1:], re.escape(end), position)

    def _doubt(self, label: str, pattern: str, position: Position) -> Iterator[tuple[str, Finding | None]]:
        code = self.sources.code
        is_made = not re.search(pattern, self.sources.written)
        if is_made or PART.sub("", label) in self.numbered.targets:
            yield label, None  # an inline value makes it, or it is of one of a chunk's figures
        elif code.may_print(label) if re.fullmatch(labels.LABEL, label) else code.chunks:
            text = f"nothing has the label '{label}' yet: a chunk would have to print it"
            yield label, Finding(position.place(pattern), text)

    def _citations(self, cited: Mapping[str, int]) -> None:
        metadata, root = self.text.metadata, self.sources.root
        entries: list[bibliography.BibliographyEntry] = []
        if not self._try(lambda: entries.extend(bibliography.entries(self.text.cells, metadata, root))):
            return
        names = cells.named(metadata, "bibliography")
        texts = [(root / name).read_text(encoding="utf-8-sig", errors="replace") for name in names]
        if all(name.lower().endswith(READ) for name in names):
            known = [entry.key for entry in entries]
            texts.append(str(metadata.get("references", "")))
            written = [key for key in cited if re.search(crossref.mention(key), self.sources.written)]
            missing = [key for key in written if not any(key in text for text in texts)]
            self.errors += [citations.missing(key, cited, known, self.text) for key in missing]
