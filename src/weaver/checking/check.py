"""All that can be told of a report before anything runs, at once."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from weaver.checking import cached_functions, code, facts, label_notices, pages, results
from weaver.checking.findings import Finding, Kind, ordered
from weaver.checking.pages import Sources
from weaver.chunk_options import Target
from weaver.dependencies.first_party import Modules
from weaver.errors import CheckError
from weaver.project import Chapter, Project
from weaver.qmd import Place, Prose
from weaver.typesetting.pandoc_cache import NONE, Answers


@dataclass(frozen=True)
class Checked:
    """What is told of a report, faults first, then file by file."""

    findings: tuple[Finding, ...]

    def of(self, kind: Kind) -> tuple[Finding, ...]:
        """Return the findings of one kind."""
        return tuple(one for one in self.findings if one.kind == kind)


def check(
    project: Project,
    notebook: Mapping[str, Any],
    modules: Modules,
    *,
    only: str | None = None,
    target: Target = "typst",
    draft: bool = False,
    by_quarto: bool = False,
    answers: Answers = NONE,
) -> Checked:
    """Look at a report, or at one chapter of it, and run nothing.

    Args:
        project: its sources.
        notebook: the same as it would be printed, with no outputs and some text for each inline value.
        modules: finds the modules of the project.
        only: the chapter that is asked for.
        target: the format that is asked for.
        draft: whether to pass over what only Quarto sets.
        by_quarto: whether Quarto sets it: it prints pages all the same that are at fault here.
        answers: what Pandoc has said before.
    """
    every = project.every_chapter
    chosen = [chapter for chapter in every if only in (None, chapter.name)]
    behind = code.read(every, modules, project.root)
    names, written = [chapter.name for chapter in chosen], "\n\n".join(map(_markdown, every))
    lenient = draft or by_quarto
    sources = Sources(project.root, notebook, written, behind, names, target, lenient, answers)
    of_pages = [_softened(one) if by_quarto else one for one in pages.findings(sources)]
    beside = [*facts.findings(chosen, behind), *cached_functions.findings(behind)]
    notices = [one for each in chosen for one in (*results.findings(each), *label_notices.odd(each))]
    return Checked(ordered([*of_pages, *beside, *notices, *_empty(project, chosen, only)]))


def _empty(project: Project, chosen: Iterable[Chapter], only: str | None) -> Iterator[Finding]:
    """Tell of chapters that hold nothing; the parent may hold includes alone."""
    for chapter in chosen:
        if not (chapter.blocks or (chapter == project.parent and project.order)):
            what = "is empty: write something in it, or take away what includes it"
            kind: Kind = "fault" if only else "warning"
            yield Finding(str(Place(chapter.path, 1)), f"the document {what}", kind)


def refuse(checked: Checked) -> None:
    """Refuse a report with faults.

    Raises:
        CheckError: it has some; the message has a line for each.
    """
    if faults := checked.of("fault"):
        count = f"{len(faults)} fault{'s' if len(faults) > 1 else ''}, found before anything ran"
        lines = [f"{faults[0].text} ({count})", *map(str, faults[1:])]
        raise CheckError("\n".join(lines), place=faults[0].place)


def _softened(finding: Finding) -> Finding:
    return replace(finding, kind="warning") if finding.kind == "fault" else finding


def _markdown(chapter: Chapter) -> str:
    """Return what an author has written of a chapter that is Markdown, in the order in which it stands."""
    return "\n\n".join(one.text if isinstance(one, Prose) else one.source for one in chapter.blocks)
