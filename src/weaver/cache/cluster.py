"""Results computed by the workers of a Dask scheduler, which write them to the store that all share.

A task is a group of members, so that stacks of networks still train together. Dask sends it to a worker,
shares the load, and gives the task of a worker that died to another; the lock of each key, held by the worker
that computes it, keeps two clients from computing the same. Nothing comes back but word that a task is done.

Dask pickles tasks and errors, between processes that trust each other. Nothing from the store is unpickled.
"""

import asyncio
import math
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from itertools import cycle
from typing import Any

import dask
from distributed import Client, KilledWorker, get_worker, wait
from distributed.core import rpc
from distributed.security import Security

from weaver import progress
from weaver.cache.argument_key import symbol
from weaver.cache.decorators import CachedFunction
from weaver.cache.mapping import VARIABLE
from weaver.cache.project_store import NotKeptError
from weaver.cache.result_store import ON_A_WORKER, Shelf, Wanted
from weaver.dependencies.counted_code import changes
from weaver.errors import ClusterError
from weaver.storage.store import Store

ANSWER_S = 5.0
"""How long a scheduler may take to answer."""

WORKERS_S = 20.0
"""How long it may be without any worker."""

SAME_CODE = "give it the files and packages of this project, and start it again"


@dataclass(frozen=True, eq=False)
class Job:
    """A result that is wanted, and the member that it is for."""

    wanted: Wanted
    member: object


@dataclass(frozen=True, eq=False)
class Shared:
    """The arguments that all members share."""

    args: tuple[object, ...]
    kwargs: Mapping[str, object]


@dataclass(frozen=True, eq=False)
class Task:
    """What one worker computes in one go; `mark` is in the store that it is to write to."""

    function: str
    jobs: tuple[Job, ...]
    mark: str


def compute(
    address: str, function: CachedFunction[Any], jobs: Sequence[Job], shared: Shared, store: Store
) -> None:
    """Have the workers of the scheduler at an address compute what is missing in a store.

    Raises:
        ClusterError: see `weaver.cache.map`.
    """
    name, mark = symbol(function), f"map-{secrets.token_hex(8)}"
    threads = greet(address)
    store.mark(mark)
    try:
        with _connected(address) as client, progress.runs(name, len(jobs)) as bar:
            size = math.ceil(len(jobs) / max(threads, 1)) if function.together else 1
            groups = [tuple(jobs[start : start + size]) for start in range(0, len(jobs), size)]
            done = 0
            bar.update(done)
            for finished in _run([Task(name, group, mark) for group in groups], shared, client, address):
                done += len(finished.jobs)
                bar.update(done)
    finally:
        store.unmark(mark)


def greet(address: str) -> int:
    """Return how many threads the workers of the scheduler at an address have.

    Raises:
        ClusterError: no scheduler answers there.
    """
    try:
        with ThreadPoolExecutor(1) as pool:  # the caller may be in a kernel, whose loop is running
            found = pool.submit(asyncio.run, _identity(address)).result()
    except OSError:
        raise _no_scheduler(address, "no answer") from None
    except (ValueError, TypeError, MemoryError) as error:  # of strange addresses, and of strange answers
        raise _no_scheduler(address, str(error)) from None
    if found.get("type") != "Scheduler":
        raise _no_scheduler(address, f"a {str(found.get('type')).lower()}")
    return int(found["total_threads"])


async def _identity(address: str) -> dict[str, Any]:
    security = Security().get_connection_args("client")
    async with rpc(address, timeout=ANSWER_S, connection_args=security) as scheduler:
        return dict(await asyncio.wait_for(scheduler.identity(), ANSWER_S))


def _no_scheduler(address: str, found: str) -> ClusterError:
    return ClusterError(
        f"{VARIABLE}={address}: expected the address of a running Dask scheduler, such as"
        f" tcp://127.0.0.1:8786, found {found}: start `dask scheduler` and `dask worker`, or unset {VARIABLE}"
    )


@contextmanager
def _connected(address: str) -> Iterator[Client]:
    """Be a client of a scheduler, and tell its failures in the terms of this module."""
    # Dask warns of large arguments. They travel as a task, which is done again where its worker has died.
    with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TiB"}):
        client = Client(address, timeout=ANSWER_S, set_as_default=False)
    try:
        with client.as_current():
            yield client
    except KilledWorker as death:
        raise ClusterError(
            f"{VARIABLE}={address}: {death.allowed_failures + 1} workers died while they computed the same:"
            " perhaps their memory did not suffice; see what they wrote"
        ) from None
    except CancelledError as lost:
        raise ClusterError(f"{VARIABLE}={address}: the scheduler was lost ({lost}): start it again") from None
    finally:
        client.close()


def _run(tasks: Sequence[Task], shared: Shared, client: Client, address: str) -> Iterator[Task]:
    """Have tasks run, and give out each when it is done."""
    sent = client.submit(_itself, shared, pure=False)
    pending = {
        client.submit(_work, task, sent, workers=place, allow_other_workers=bool(place), pure=False): task
        for task, place in zip(tasks, _places(client), strict=False)
    }
    seen = time.monotonic()
    while pending:
        try:
            ended = wait(list(pending), timeout=1, return_when="FIRST_COMPLETED").done
        except TimeoutError:
            seen = _last_seen(client, address, seen)
            continue
        for future in ended:
            future.result()
            yield pending.pop(future)


def _places(client: Client) -> Iterator[str | None]:
    """Name the workers in turn, without end, or None where there are none yet.

    By itself Dask would send all tasks to the one worker that has got the shared arguments first.
    """
    threads: Mapping[str, int] = client.nthreads()
    return cycle([place for place, count in threads.items() for _ in range(count)] or [None])


def _last_seen(client: Client, address: str, before: float) -> float:
    """Return when there was a worker, the last time."""
    try:
        if client.nthreads():
            return time.monotonic()
    except OSError as error:
        raise CancelledError(error) from None
    if time.monotonic() - before > WORKERS_S:
        raise ClusterError(
            f"{VARIABLE}={address}: expected workers, found none for {WORKERS_S:.0f} s:"
            f" start `dask worker {address}` where this project is installed"
        )
    return before


def _itself(shared: Shared) -> Shared:
    """Be the task that brings the shared arguments to the workers."""
    return shared


def _work(task: Task, shared: Shared) -> None:
    """Compute on a worker what a client wants, and write it to the store."""
    token = ON_A_WORKER.set(True)
    try:
        function, shelf = _found(task, shared)
        function.each([job.member for job in task.jobs], *shared.args, **shared.kwargs)
        # also what was kept here before
        shelf.store.share(place for job in task.jobs for place in shelf.places(job.wanted.key))
    finally:
        ON_A_WORKER.reset(token)


def _found(task: Task, shared: Shared) -> tuple[CachedFunction[Any], Shelf]:
    """Return the function of a task, which is the client's, and its store, where the client looks.

    Raises:
        ClusterError: it is not, or does not.
    """
    worker = f"the worker {get_worker().address}"
    module, name = task.function.split(":")
    function = getattr(import_module(module), name, None)
    if not isinstance(function, CachedFunction):
        raise ClusterError(f"{worker} has no {module}.{name} whose results are kept: {SAME_CODE}")
    members = [job.member for job in task.jobs]
    try:
        shelf, found = function.find_each(members, *shared.args, **shared.kwargs)
    except NotKeptError as reason:
        raise ClusterError(f"{worker}: {reason}") from None
    for expected, here in zip(task.jobs, found, strict=True):
        if expected.wanted.key != here.key:
            raise ClusterError(f"{worker} has other code: {_difference(expected.wanted, here)}: {SAME_CODE}")
    if not shelf.store.is_marked(task.mark):
        raise ClusterError(
            f"{worker} keeps results in {shelf.store}, where others do not see them:"
            " let WEAVER_CACHE name one folder, or address, for all processes"
        )
    return function, shelf


def _difference(expected: Wanted, found: Wanted) -> str:
    """Say in what the code behind two keys differs."""
    changed = [str(change) for change in changes(expected.basis.counted, found.basis.counted)]
    return changed[0] if changed else "it takes the arguments or the result for something else"
