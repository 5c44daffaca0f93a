"""The results for several settings: computed here, or on other machines where CLUSTER names some.

runs = map(fit_all, settings, data)  # fit_all(settings, data), wherever it is computed
"""

import os
from collections.abc import Sequence
from types import ModuleType
from typing import Concatenate, ParamSpec, TypeVar, overload

from weaver.cache.decorators import Cached, CachedMembers
from weaver.cache.project_store import NotKeptError
from weaver.cache.result_store import ON_A_WORKER, Wanted
from weaver.errors import ClusterError

P = ParamSpec("P")
R = TypeVar("R")
M = TypeVar("M")

VARIABLE = "CLUSTER"


@overload
def map(  # noqa: A001
    function: CachedMembers[M, P, R], members: Sequence[M], /, *args: P.args, **kwargs: P.kwargs
) -> tuple[R, ...]: ...


@overload
def map(  # noqa: A001
    function: Cached[Concatenate[M, P], R], members: Sequence[M], /, *args: P.args, **kwargs: P.kwargs
) -> tuple[R, ...]: ...


def map(  # noqa: A001 - called as `cache.map`, in the manner of executors
    function: CachedMembers[M, P, R] | Cached[Concatenate[M, P], R],
    members: Sequence[M],
    /,
    *args: P.args,
    **kwargs: P.kwargs,
) -> tuple[R, ...]:
    """Return a function's result for each of the members, its first argument; the others they share.

    What is not kept is computed here, or, where the environment variable CLUSTER has the address of a Dask
    scheduler, by its workers. What they in turn map is computed where they are.

    Raises:
        ClusterError: the scheduler is not reached, it has no workers, they have other code or another store,
            or they died. Errors of the function itself come as they are.
    """
    address = "" if ON_A_WORKER.get() else os.environ.get(VARIABLE)
    try:
        shelf, wanted = function.find_each(members, *args, **kwargs) if address else (None, [])
    except NotKeptError:
        shelf = None  # the call below says why
    if not address or shelf is None:
        return function.each(members, *args, **kwargs)
    by_key = {each.key: member for each, member in zip(wanted, members, strict=True)}

    def order(missing: Sequence[Wanted]) -> None:
        cluster = _cluster()
        jobs = [cluster.Job(each, by_key[each.key]) for each in missing]
        cluster.compute(address, function, jobs, cluster.Shared(args, kwargs), shelf.store)

    return tuple(shelf.gather(wanted, order))


def _cluster() -> ModuleType:
    """Return the module that knows Dask, which is an extra and takes a second to import."""
    try:
        from weaver.cache import cluster  # noqa: PLC0415
    except ModuleNotFoundError as missing:
        raise ClusterError(
            f"{VARIABLE}: expected the package {missing.name}, found none: install the extra 'cluster', as"
            f" `make setup {VARIABLE}=…` does, or unset {VARIABLE}"
        ) from None
    return cluster
