"""The project as frozen records: `_quarto.yml`, the parent document and the chapters it includes."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from weaver import chunk_options, metadata, qmd
from weaver.chunk_options import Figures
from weaver.errors import ProjectError
from weaver.paths import CONFIGURATION, PARENT
from weaver.qmd import Chunk, Include, Place, Prose


@dataclass(frozen=True)
class Chapter:
    """One document that the parent includes, its own includes already in place; `name` is the file's stem.

    Chunks draw `figures` unless they say otherwise.
    """

    name: str
    path: Path
    blocks: tuple[Prose | Chunk, ...]
    figures: Figures = field(default_factory=Figures)

    @property
    def chunks(self) -> tuple[Chunk, ...]:
        """The chunks in order."""
        return tuple(block for block in self.blocks if isinstance(block, Chunk))

    @property
    def heading(self) -> str:
        """The text of the first heading, or the name where there is none."""
        for block in self.blocks:
            match = isinstance(block, Prose) and re.search(r"^#+ +(.+?)(?: *\{.*\})?$", block.text, re.M)
            if match:
                return match[1]
        return self.name


@dataclass(frozen=True)
class Project:
    """A report's sources.

    `order` lists what stands where in the parent: a block of its own or the name of a chapter. `metadata`
    is what describes the document (title, author, bibliography …), without Quarto's project settings;
    `places` says where each of its keys stands, `described` has the digests of the files that say it.
    """

    root: Path
    metadata: Mapping[str, Any]
    parent: Chapter
    chapters: tuple[Chapter, ...]
    order: tuple[Prose | Chunk | str, ...]
    places: Mapping[str, Place] = field(default_factory=dict)
    described: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def every_chapter(self) -> tuple[Chapter, ...]:
        """The chapters, and the parent behind them, whose summary draws on what they train."""
        return (*self.chapters, self.parent)

    def chapter(self, name: str) -> Chapter:
        """Find a chapter, or the parent, by name.

        Raises:
            ProjectError: there is no such chapter.
        """
        for chapter in self.every_chapter:
            if chapter.name == name:
                return chapter
        known = ", ".join(chapter.name for chapter in self.chapters)
        raise ProjectError(f"{PARENT}: expected one of its chapters ({known}), found '{name}'")


def read_project(root: Path) -> Project:
    """Read the project in `root`.

    Raises:
        ProjectError: `_quarto.yml` is missing, or two chapters share a name.
        DocumentError: a document or `_quarto.yml` cannot be read, or an option for all chunks is wrong.
    """
    parent = qmd.read_document(PARENT, root=root)
    if not (root / CONFIGURATION).is_file():
        raise ProjectError(f"expected {CONFIGURATION} at the top of the project, found none")
    found = metadata.gather(Path(CONFIGURATION), parent, root=root)
    chapters = tuple(_chapter(block, root) for block in parent.blocks if isinstance(block, Include))
    _check_names(chapters)
    defaults = chunk_options.defaults(found.values, lambda key: str(_place(key, found.places)))
    figures = chunk_options.figures(defaults)
    own = _under(defaults, [block for block in parent.blocks if not isinstance(block, Include)])
    rest = iter(own)
    order = tuple(block.path.stem if isinstance(block, Include) else next(rest) for block in parent.blocks)
    return Project(
        root,
        found.values,
        Chapter(PARENT.stem, PARENT, own, figures),
        tuple(replace(one, blocks=_under(defaults, one.blocks), figures=figures) for one in chapters),
        order,
        found.places,
        found.files,
    )


def _under(defaults: Mapping[str, Any], blocks: Iterable[Prose | Chunk]) -> tuple[Prose | Chunk, ...]:
    """Let chunks run as the project has it; prose keeps only the expressions that are to be evaluated."""
    decided = [block.under(defaults) if isinstance(block, Chunk) else block for block in blocks]
    runs = [block.running.runs for block in decided if isinstance(block, Chunk)]
    if chunk_options.evaluates(defaults, runs):
        return tuple(decided)
    return tuple(replace(block, inlines=()) if isinstance(block, Prose) else block for block in decided)


def _place(option: str, places: Mapping[str, Place]) -> Place:
    """Return where an option for all chunks stands, for one format first."""
    formats = [f"format.{target}." for target in chunk_options.TARGETS]
    names = [f"{around}{level}{option}" for around in (*formats, "") for level in ("execute.", "")]
    found = (places[name] for name in (*names, "execute", "format") if name in places)
    return next(found, Place(Path(CONFIGURATION), 1))  # a merge key of YAML hides what it brings


def _chapter(include: Include, root: Path) -> Chapter:
    part = qmd.included(include, (PARENT,), root=root)
    return Chapter(include.path.stem, include.path, qmd.expand(part, root=root, above=(PARENT,)))


def _check_names(chapters: tuple[Chapter, ...]) -> None:
    seen: dict[str, Path] = {PARENT.stem: PARENT}
    for chapter in chapters:
        if chapter.name in seen:
            raise ProjectError(
                f"{PARENT}: expected chapters of different names, found {seen[chapter.name].as_posix()}"
                f" and {chapter.path.as_posix()}"
            )
        seen[chapter.name] = chapter.path
