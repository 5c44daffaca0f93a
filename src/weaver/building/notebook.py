"""The executed notebook: a report's prose, chunks and their outputs as one ordinary Jupyter notebook.

Built as plain records in nbformat's layout (version 4.5) and without importing nbformat, which takes longer
than weaving does.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

from weaver.building.execution import Execution, Output
from weaver.chunk_options import Figures
from weaver.matplotlib_figures import SALT
from weaver.paths import CONFIGURATION, SOURCES
from weaver.project import Chapter, Project
from weaver.qmd import Chunk, Prose
from weaver.storage import atomic_write
from weaver.typesetting.markdown import literal_text
from weaver.typesetting.markdown.cells import lines_of, text_of
from weaver.typesetting.markdown.outputs import fence_of

NOT_RUN = "`eval: false`"
SETUP = """\
# What the build does before it runs the cells below: profile, working folder, modules, figures.
import os
import sys
from pathlib import Path

os.environ["PROFILE"] = {profile!r}
here = Path.cwd()
os.chdir(next((folder for folder in (here, *here.parents) if (folder / "{configuration}").is_file()), here))
sys.path.insert(0, str(Path("{sources}").resolve()))
"""
DRAWING = """\

import matplotlib
from matplotlib_inline.backend_inline import set_matplotlib_formats

matplotlib.rcParams.update({settings!r})
set_matplotlib_formats({format!r})
"""
RAISES, SKIPPED = "raises-exception", "skip-execution"  # nbclient's tags

Cell = dict[str, Any]
Notebook = dict[str, Any]


def weave(project: Project, executions: Mapping[str, Execution]) -> Notebook:
    """Join the parent and its chapters, with the outputs of those that were executed."""
    parent = _Weaver(project.parent, executions.get(project.parent.name))
    cells: list[Cell] = [_front_matter(project)]
    for part in project.order:
        if isinstance(part, str):
            chapter = project.chapter(part)
            cells.extend(_Weaver(chapter, executions.get(part)).cells(chapter.blocks))
        else:
            cells.extend(parent.cells([part]))
    return _notebook(cells)


def weave_unrun(project: Project, value: str = "0") -> Notebook:
    """Join the parent and its chapters as they are before they run, with a value for each inline."""
    chapters = project.every_chapter
    return weave(project, {chapter.name: _unrun(chapter, value) for chapter in chapters})


def _unrun(chapter: Chapter, value: str) -> Execution:
    values = [value for block in chapter.blocks if isinstance(block, Prose) for _ in block.inlines]
    return Execution(((),) * len(chapter.chunks), tuple(values), {})


def weave_chapter(project: Project, chapter: Chapter, execution: Execution) -> Notebook:
    """Make the notebook of one chapter alone."""
    cells = _Weaver(chapter, execution).cells(chapter.blocks)
    return _notebook([_front_matter(project), *cells])


def tags(block: Prose | Chunk) -> dict[str, list[str]]:
    """Return the metadata that tell a Jupyter client what a chunk's options say."""
    if isinstance(block, Prose) or (block.running.runs and not block.running.may_fail):
        return {}
    return {"tags": [RAISES if block.running.runs else SKIPPED]}


def runnable(notebook: Notebook, profile: str, figures: Figures) -> Notebook:
    """Return a notebook that gives the same outputs again wherever in the project Jupyter runs it.

    Its first code cell does what the build does for its kernels. What is not to run is not code.
    """
    front, *cells = notebook["cells"]
    code = SETUP.format(profile=profile, configuration=CONFIGURATION, sources=SOURCES)
    code += _drawing(figures) if find_spec("matplotlib") else ""
    setup = {
        "cell_type": "code",
        "execution_count": None,
        "id": "setup",
        "metadata": {"jupyter": {"source_hidden": True}, "tags": ["remove-cell"]},
        "outputs": [],
        "source": lines_of(code.rstrip()),
    }
    return {**notebook, "cells": [front, setup, *map(_kept_from_running, cells)]}


def _drawing(figures: Figures) -> str:
    settings = {"figure.figsize": (figures.width, figures.height), "figure.dpi": figures.dpi}
    return DRAWING.format(settings={**settings, "svg.hashsalt": SALT}, format=figures.format)


def _kept_from_running(cell: Cell) -> Cell:
    if SKIPPED not in cell["metadata"].get("tags", ()):
        return cell
    code = text_of(cell["source"])
    fence = fence_of(code)
    kept = {key: value for key, value in cell.items() if key in {"id", "metadata"}}
    return {**kept, "cell_type": "markdown", "source": lines_of(f"{fence}python\n{code}\n{fence}")}


def write_notebook(notebook: Notebook, path: Path) -> None:
    """Write a notebook, whole or not at all; the same notebook gives the same bytes."""
    text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
    atomic_write.write_whole(path, text.encode())


class _Weaver:
    """Makes the cells of one chapter; outputs and inline values are consumed in order."""

    def __init__(self, chapter: Chapter, execution: Execution | None) -> None:
        self.chapter = chapter
        self.outputs = iter(execution.outputs) if execution else None
        self.values = iter(execution.values) if execution else None
        self.count = 0

    def cells(self, blocks: Iterable[Prose | Chunk]) -> Iterator[Cell]:
        for block in blocks:
            self.count += 1
            if isinstance(block, Prose):
                yield self._cell("markdown", self._text(block), block)
            else:
                given: Sequence[Output] = next(self.outputs) if self.outputs else ()
                outputs = list(given if block.running.runs else _instead(block))
                code = self._cell("code", block.source, block)
                yield {**code, "execution_count": None, "outputs": outputs}

    def _cell(self, kind: str, source: str, block: Prose | Chunk) -> Cell:
        place = {"chapter": self.chapter.name, "file": block.place.file.as_posix(), "line": block.place.line}
        return {
            "cell_type": kind,
            "id": f"{self.chapter.name}-{self.count}",
            "metadata": {"weaver": place, **tags(block)},
            "source": lines_of(source),
        }

    def _text(self, prose: Prose) -> str:
        """Put the values into the prose; without an execution the expressions stay as they are."""
        pieces, position = [], 0
        for inline in prose.inlines if self.values else ():
            value, before = next(self.values or iter(())), prose.text[: inline.start]
            is_within = literal_text.ATTRIBUTE.search(before.rpartition("\n")[2])
            pieces += [before[position:], literal_text.in_attribute(value) if is_within else value]
            position = inline.end
        return "".join((*pieces, prose.text[position:]))


def _instead(chunk: Chunk) -> list[Output]:
    """Say, where a chunk has a float and does not run, why it is empty: once for each of its texts."""
    is_labelled = str(chunk.options.get("label", "")).startswith(("fig-", "tbl-"))
    if not (is_labelled or chunk.options.keys() & {"fig-cap", "tbl-cap"}):
        return []
    texts = (chunk.options.get(key) for key in ("fig-alt", "fig-cap", "fig-subcap", "tbl-subcap"))
    count = max(len(each) if isinstance(each, list) else 1 for each in texts)
    return [{"output_type": "display_data", "data": {"text/markdown": NOT_RUN}, "metadata": {}}] * count


def _front_matter(project: Project) -> Cell:
    text = yaml.safe_dump(dict(project.metadata), sort_keys=False, allow_unicode=True)
    keys = {key: str(place) for key, place in project.places.items()}
    place = {"chapter": project.parent.name, "file": CONFIGURATION, "line": 1, "keys": keys}
    return {
        "cell_type": "raw",
        "id": "front-matter",
        "metadata": {"weaver": place},
        "source": lines_of(f"---\n{text}---"),
    }


def _notebook(cells: list[Cell]) -> Notebook:
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {
        "cells": cells,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
