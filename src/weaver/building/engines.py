"""Who typesets a report: Quarto where it is chosen, else the built-in typesetter."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from weaver.building.execution import Execution
from weaver.building.notebook import Notebook, weave_chapter
from weaver.building.provenance import FILE, Origins
from weaver.building.request import ENGINES, QUICK, Request
from weaver.claims.marks import Judged
from weaver.errors import ProjectError, QuartoOnlyError
from weaver.paths import PANDOC_ANSWERS, PARENT
from weaver.project import Project
from weaver.storage.hashing import Digests
from weaver.typesetting import dates
from weaver.typesetting.markdown import cells
from weaver.typesetting.quarto import latex, quarto

Written = tuple[Digests, Sequence[str]]
"""The files beside the notebook that an output was made from, and what was noticed."""


@dataclass(frozen=True)
class Woven:
    """A report with what its chapters gave, before it is typeset.

    `origins` tell where all that it shows comes from; `judged` has its claims and the notebook as it is
    printed; `chapter` is that which alone was run, `engine` what is to typeset it, None for the built-in
    typesetter.
    """

    project: Project
    executions: Mapping[str, Execution]
    notebook: Notebook
    origins: Origins
    judged: Judged
    chapter: str | None
    engine: quarto.Quarto | None
    profile: str

    @property
    def is_sound(self) -> bool:
        """Whether all claims hold, or it is but a first look."""
        return self.profile == QUICK or not self.judged.refuted

    def notebooks(self) -> Iterator[tuple[str, Notebook]]:
        """Yield by name the notebooks to keep: the chapters', and the report's unless it is about one."""
        project = self.project
        for name, execution in self.executions.items():
            if name != PARENT.stem:
                yield name, weave_chapter(project, project.chapter(name), execution)
        if self.chapter is None:
            yield PARENT.stem, self.notebook


def chosen_engine(request: Request) -> quarto.Quarto | None:
    """Return Quarto, or None for the built-in typesetter.

    Raises:
        ProjectError: Quarto is needed and is not there, or there is no such engine.
    """
    asked = request.engine
    if asked not in ENGINES:
        raise ProjectError(f"ENGINE: expected one of {', '.join(ENGINES)}, found '{asked}'")
    if request.target == "pdf":
        if asked == "builtin":
            raise ProjectError(
                "ENGINE=builtin: expected FORMAT=pdf or html, found latex: Quarto alone has it"
            )
        return latex.require(quarto.find())
    if asked == "builtin":
        return None
    found = quarto.find()
    if asked == "quarto" and found is None:
        raise ProjectError(
            "ENGINE=quarto: expected quarto on the PATH, beside Python or in QUARTO_PATH, found none:"
            " install it, or leave ENGINE out to use the built-in typesetter"
        )
    return found


def write_output(woven: Woven, request: Request, output: Path, *, resources: Path) -> tuple[Written, bool]:
    """Write an output; return what it was made from beside the notebook, and whether it is a draft.

    Nothing of the built-in typesetter is loaded where nothing changed.
    """
    notebook = woven.judged.notebook
    if woven.engine is not None:
        chosen, when = _chosen(notebook, request), _date(notebook)
        used = quarto.render(
            woven.engine, chosen, output, resources=resources, target=request.target, timestamp=when
        )
        return (used, ()), False
    try:
        return _write_here(woven, request, output, resources, draft=False), False
    except QuartoOnlyError:
        if not request.draft:
            raise
        return _write_here(woven, request, output, resources, draft=True), True


def carried(woven: Woven, request: Request) -> dict[str, bytes]:
    """Return the files that an output carries: a PDF of the built-in typesetter has its provenance."""
    is_pdf = request.target == "typst" and woven.engine is None
    return {FILE: woven.origins.file} if is_pdf else {}


def _write_here(woven: Woven, request: Request, output: Path, resources: Path, *, draft: bool) -> Written:
    """Write an output by the built-in typesetter."""
    from weaver.typesetting.pandoc_cache import Answers  # noqa: PLC0415

    answers, only = Answers(resources / PANDOC_ANSWERS), request.chapter
    notebook, how = woven.judged.notebook, {"draft": draft, "strict": request.strict}
    if request.target == "html":
        from weaver.typesetting.html import page  # noqa: PLC0415

        made = page.write_page(notebook, output, resources=resources, only=only, answers=answers, **how)
        return made.files, made.notices
    from weaver.typesetting.pdf import pdf as pages  # noqa: PLC0415

    when = _date(notebook)
    made = pages.pdf(
        notebook,
        output,
        resources=resources,
        timestamp=when,
        only=only,
        answers=answers,
        attached=carried(woven, request),
        **how,
    )
    return made.files, made.notices


def _date(notebook: Notebook) -> datetime | None:
    return dates.of_document(cells.metadata(cells.read_cells(notebook, lenient=True)))


def _chosen(notebook: Notebook, request: Request) -> Notebook:
    """Leave what Quarto is to typeset."""
    if request.chapter is None:
        return notebook
    from weaver.typesetting.quarto import standalone_chapter  # noqa: PLC0415 - counts with the built-in typesetter

    return standalone_chapter.chapter(notebook, request.chapter, request.target)
