"""Functions whose results are kept: computed once for the same code and arguments, read ever after.

    @cached
    def fit(data: Split, settings: Settings, seed: int) -> Run: ...

    @cached_members  # an entry for each member; those that are missing are computed in one call
    def fit_all(members: Sequence[Member], data: Split) -> tuple[Run, ...]: ...

A key rests on the function's name, what counts of its code and of the classes among its arguments, the
type of its result, and the arguments themselves, defaults included. What a first call returns has been
encoded, written and read back like what any later call returns, so the two cannot differ.

    map(fit_all, members, data)  # the same, by the workers of a Dask scheduler where CLUSTER names one

    @cached
    @drawing  # keeps a Matplotlib figure as it is shown
    def curve(run: Run) -> Figure: ...

A function that belongs to no project is simply called. Code counts as it was loaded, from the import of this
package on at the latest.
"""

from weaver.cache.argument_text import differences, summary, words
from weaver.cache.checkpoints import Checkpoint, checkpoint
from weaver.cache.declared_reads import reads
from weaver.cache.decorators import Cached, CachedMembers, bypass, cached, cached_members
from weaver.cache.kept_figures import Drawing, drawing
from weaver.cache.mapping import map  # noqa: A004 - called as `cache.map`
from weaver.cache.project_store import Home, NotKeptError, keep_in, record
from weaver.cache.run_status import Run, reasons, run, runs

record()

__all__ = [
    "Cached",
    "CachedMembers",
    "Checkpoint",
    "Drawing",
    "Home",
    "NotKeptError",
    "Run",
    "bypass",
    "cached",
    "cached_members",
    "checkpoint",
    "differences",
    "drawing",
    "keep_in",
    "map",
    "reads",
    "reasons",
    "run",
    "runs",
    "summary",
    "words",
]
