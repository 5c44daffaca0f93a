"""What a build asks before anything runs: whether all is well that can be told by then."""

from typing import TYPE_CHECKING

from weaver.building.notebook import weave_unrun
from weaver.building.request import Request
from weaver.building.staleness import Judge
from weaver.checking import check as checking
from weaver.checking.check import Checked
from weaver.paths import PANDOC_ANSWERS
from weaver.project import Project
from weaver.typesetting.pandoc_cache import Answers

if TYPE_CHECKING:
    from weaver.building.builder import Audience


def check(project: Project, judge: Judge, request: Request, *, by_quarto: bool) -> Checked:
    """Return what can be told of the report, or of the chapter asked for; nothing runs."""
    return checking.check(
        project,
        weave_unrun(project),
        judge.code.modules,
        only=request.chapter,
        target="html" if request.target == "html" else "typst",
        draft=request.draft,
        by_quarto=by_quarto,
        answers=Answers(project.root / PANDOC_ANSWERS),
    )


def refuse(checked: Checked, audience: "Audience", *, draft: bool) -> None:
    """Refuse a report with faults; tell of warnings and, but of a draft, how many notices there are.

    Raises:
        CheckError: it has faults; the message has a line for each.
    """
    checking.refuse(checked)
    for warning in checked.of("warning"):
        audience.notice(str(warning))
    if not draft and (count := sum(not one.told_later for one in checked.of("notice"))):
        audience.line(f"check: {count} notice{'s' if count > 1 else ''}, which `weaver check` lists")
