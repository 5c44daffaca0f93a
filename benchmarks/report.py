"""The whole report from nothing: every network trained, every page typeset, with the memory that it takes."""

from collections.abc import Iterator
from functools import partial

from benchmarks import children
from benchmarks.comparison import Comparison, Target
from benchmarks.projects import Copy, copied
from benchmarks.timing import Effort

TITLE = "The whole report, cold: from sources to the PDF"


def run(effort: Effort) -> Iterator[Comparison]:
    """Build the report once, with nothing cached."""
    with copied(profile="quick" if effort.is_quick else "full", with_cache=False) as copy:
        yield from compare(copy)


def compare(copy: Copy) -> Iterator[Comparison]:
    """Build a project that was never built, and watch its memory."""
    seconds, peak = children.watched(partial(copy.weaver, "build"))
    case = f"profile {copy.profile}"
    yield Comparison(f"{case}: time", "s", (seconds,), target=Target("ours", 300))
    yield Comparison(f"{case}: memory", "B", (float(peak),), target=Target("ours", 1.5e9))
