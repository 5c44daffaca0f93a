"""What warm kernels gave: shown in the preview, but kept for other builds only once a fresh kernel agrees.

A warm kernel can be wrong about state that nobody can see. So its results stay with the preview that asked
for them; while nothing is edited they are checked, and a report is never made of one that was not.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from weaver.digests import digests
from weaver.execution import Execution
from weaver.freshness import Demand, Freshness, Judge
from weaver.project import Chapter


@dataclass(frozen=True)
class Shown:
    """A chapter as it ran in a warm kernel."""

    chapter: Chapter
    demand: Demand
    execution: Execution


@dataclass(frozen=True)
class TrialJudge(Judge):
    """Decides as `Judge` does, and remembers for itself what was run in kernels that are warm.

    `is_warm` tells of a chapter's name whether its last run was in one; `shown` holds by that name what no
    fresh kernel has confirmed yet.
    """

    is_warm: Callable[[str], bool] = field(kw_only=True)
    shown: dict[str, Shown] = field(default_factory=dict)

    def judge(self, chapter: Chapter, profile: str) -> Freshness:
        """Find the execution of a chapter, kept or shown, or the reasons why there is none."""
        found = super().judge(chapter, profile)
        shown = self.shown.get(chapter.name)
        if found.execution is None and shown and self._holds(shown, found.demand):
            return Freshness(found.demand, shown.execution, ())
        return found

    def keep(self, chapter: Chapter, demand: Demand, execution: Execution) -> Execution:
        """Store an execution if a fresh kernel gave it; remember it here otherwise."""
        if not self.is_warm(chapter.name):
            self.shown.pop(chapter.name, None)
            return super().keep(chapter, demand, execution)
        self.shown[chapter.name] = Shown(chapter, demand, execution)
        return execution

    def is_kept(self, name: str) -> bool:
        """Whether what is known of a chapter is there for any build."""
        return name not in self.shown

    def unconfirmed(self) -> tuple[Shown, ...]:
        """Return what is still to be confirmed, but for what edits have overtaken."""
        return tuple(shown for shown in self.shown.values() if self._is_current(shown))

    def confirm(self, shown: Shown, execution: Execution | None) -> bool:
        """Keep what a fresh kernel gave, None for an error; return whether a warm one had shown the same."""
        self.shown.pop(shown.chapter.name, None)
        if execution is None:
            return False
        super().keep(shown.chapter, shown.demand, execution)
        return (execution.outputs, execution.values) == (shown.execution.outputs, shown.execution.values)

    def _holds(self, shown: Shown, demand: Demand) -> bool:
        opened = shown.execution.opened
        return shown.demand.key({}) == demand.key({}) and digests(self.root, opened) == opened

    def _is_current(self, shown: Shown) -> bool:
        return self._holds(shown, self.demand(shown.chapter, shown.demand.profile))
