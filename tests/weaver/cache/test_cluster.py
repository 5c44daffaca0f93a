"""Missing results are computed by the workers of a real Dask scheduler, each once, as they would be here."""

import importlib
import io
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from weaver import cache, progress
from weaver.building.builder import open_builder
from weaver.building.request import Request
from weaver.console import Terminal
from weaver.errors import ClusterError
from weaver.progress import Report
from weaver.storage.store import Store

pytest.importorskip("distributed", reason="the extra 'cluster' is not installed")

TRAINING = '''
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from science import model
from weaver import cache
from weaver.cache import cached, cached_members, checkpoint

LOG = Path(__file__).parents[2] / "log"


@dataclass(frozen=True)
class Settings:
    rate: float
    epochs: int = 1
    pause_s: float = 0.0


def note(what: object) -> None:
    with LOG.open("a") as file:
        file.write(f"{os.getpid()} {what}\\n")


@cached_members
def fit_all(members: Sequence[Settings], data: np.ndarray) -> tuple[np.ndarray, ...]:
    """Train from the last checkpoint on, and say from which epoch."""
    place = checkpoint()
    state = place.load()
    first = state.record["epoch"] if state else 0
    for member in members:
        note(f"{member.rate} from {first}")
    for epoch in range(first, members[0].epochs):
        place.save({"epoch": epoch + 1}, {})
        time.sleep(members[0].pause_s)
    return tuple(model.predict(member.rate) * data for member in members)


@cached
def fit(rate: float, factor: float) -> float:
    note(rate)
    if rate < 0:
        raise ValueError(f"expected a rate above 0, found {rate}")
    return rate * factor


@cached
def choose(rates: tuple[float, ...]) -> float:
    return max(cache.map(fit, rates, 2.0))


@cached
def die(number: int) -> int:
    os._exit(number)
'''

CHAPTER = """
# A chapter

```{python}
from science.training import fit
from weaver import cache

found = cache.map(fit, [2.1, 2.2], 1.0)
```

It is `{python} list(found)`.
"""


@dataclass(frozen=True)
class Member:
    """A process of the cluster, and the file that it writes to."""

    process: "subprocess.Popen[str]"
    log: Path

    def said(self, what: str) -> None:
        """Wait until it has said something."""
        wait(lambda: what in self.log.read_text() or self.process.poll() is not None)
        assert self.process.poll() is None, self.log.read_text()

    def end(self) -> None:
        """End it, if it has not ended."""
        self.process.terminate()
        self.process.wait(timeout=20)


@dataclass
class Cluster:
    """A scheduler and its workers, on the loopback interface, and the project that they have in common."""

    root: Path
    address: str
    scheduler: Member | None = None
    workers: list[Member] = field(default_factory=list)

    def start(self, *arguments: str, awaited: str, **environment: str) -> Member:
        """Start a process of Dask's command line and wait until it says that it is ready."""
        log = self.root / f"dask-{time.monotonic_ns()}.log"
        given = {"PYTHONPATH": f"{self.root / 'src'}:{os.environ.get('PYTHONPATH', '')}", **environment}
        with log.open("w") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *arguments, "--no-dashboard"],
                stdout=file,
                stderr=file,
                text=True,
                env={**os.environ, **given},
            )
        member = Member(process, log)
        member.said(awaited)
        return member

    def worker(self, **environment: str) -> Member:
        """Start a worker that computes one task at a time."""
        options = ("--no-nanny", "--nthreads", "1", "--host", "127.0.0.1")
        return self.start("worker", self.address, *options, awaited="Registered to", **environment)

    @property
    def store(self) -> Store:
        """The store of the project."""
        return Store(self.root / ".cache" / "store")

    def lines(self) -> list[tuple[int, str]]:
        """Return what the trainings noted since the last time: the process, and what it did."""
        log = self.root / "log"
        lines = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return [(int(line.partition(" ")[0]), line.partition(" ")[2]) for line in lines]


def wait(condition: Callable[[], object]) -> None:
    """Wait for a condition, however busy the machine is, up to half a minute."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def free_port() -> int:
    """Return a port that nobody listens to."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Give a project and a scheduler for all tests of this module."""
    root = tmp_path_factory.mktemp("project")
    package = root / "src" / "science"
    package.mkdir(parents=True)
    (root / "_quarto.yml").write_text("project:\n  type: default\n")
    (package / "__init__.py").write_text("")
    (package / "training.py").write_text(TRAINING)
    (package / "model.py").write_text("def predict(rate):\n    return 2 * rate\n")
    found = Cluster(root, f"tcp://127.0.0.1:{free_port()}")
    port = found.address.rpartition(":")[2]
    arguments = ("scheduler", "--host", "127.0.0.1", "--port", port)
    failures = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}
    found.scheduler = found.start(*arguments, awaited="Scheduler at", **failures)
    yield found
    for member in (*found.workers, found.scheduler):
        member.end()


@pytest.fixture
def workers(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> list[Member]:
    """Give the two workers, those that have died replaced, and tell this process of the cluster."""
    monkeypatch.setenv("CLUSTER", cluster.address)
    cluster.workers = [member for member in cluster.workers if member.process.poll() is None]
    cluster.workers += [cluster.worker() for _ in range(2 - len(cluster.workers))]
    cluster.lines()
    return cluster.workers


@pytest.fixture
def training(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The training, loaded into this process."""
    monkeypatch.syspath_prepend(cluster.root / "src")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield importlib.import_module("science.training")
    for name in [name for name in sys.modules if name.split(".")[0] == "science"]:
        del sys.modules[name]


@pytest.fixture
def reports(monkeypatch: pytest.MonkeyPatch) -> list[Report]:
    """Collect what would be sent to a terminal."""
    found: list[Report] = []

    class Channel:
        def send(self, data: dict[str, object]) -> None:
            found.append(Report.from_message(data))

        def close(self) -> None:
            pass

    monkeypatch.setattr(progress, "_open_channel", Channel)
    return found


def start_client(cluster: Cluster, code: str, **environment: str) -> "subprocess.Popen[str]":
    """Start a process that asks for results."""
    given = {"PYTHONPATH": f"{cluster.root / 'src'}:{os.environ.get('PYTHONPATH', '')}", **environment}
    return subprocess.Popen(
        [sys.executable, "-c", f"from science.training import *\n{code}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **given},
    )


def test_workers_compute_what_is_missing_as_it_would_be_computed_here(
    cluster: Cluster,
    workers: list[Member],
    training: ModuleType,
    reports: list[Report],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each member trains once, in groups, on both workers; the results are those of a call here."""
    data = np.arange(4.0)
    members = [training.Settings(rate / 10) for rate in range(1, 8)]
    monkeypatch.delenv("CLUSTER")
    training.fit_all(members[:1], data)  # kept already
    monkeypatch.setenv("CLUSTER", cluster.address)
    cluster.lines()
    found = cache.map(training.fit_all, [*members, members[3]], data)
    done = cluster.lines()
    assert sorted(what for _, what in done) == [f"{member.rate} from 0" for member in members[1:]]
    assert {process for process, _ in done} == {member.process.pid for member in workers}
    groups = {process: [what for pid, what in done if pid == process] for process, _ in done}
    assert sorted(groups.values())[0] == [f"{member.rate} from 0" for member in members[1:4]]
    expected = training.fit_all.uncached([*members, members[3]], data)
    assert all(np.array_equal(one, other) for one, other in zip(found, expected, strict=True))
    counted = [(each.unit, each.done, each.total) for each in reports]
    assert (counted[0], counted[-1]) == (("run", 0, 6), ("run", 6, 6))
    assert reports[0].description == "science.training:fit_all"
    cluster.lines()
    cache.map(training.fit_all, members, data)
    assert cluster.lines() == []
    assert list((cluster.store.folder / "marks").iterdir()) == []


def test_a_function_of_one_is_mapped_too(
    cluster: Cluster, workers: list[Member], training: ModuleType
) -> None:
    """A cached function is called once for each, and what a worker maps in turn is computed there."""
    assert cache.map(training.fit, [0.1, 0.2, 0.3], factor=2.0) == (0.2, 0.4, 0.6)
    assert cache.map(training.choose, [(0.5, 0.4), (0.7, 0.5)]) == (1.0, 1.4)
    assert sorted(what for _, what in cluster.lines()) == ["0.1", "0.2", "0.3", "0.4", "0.5", "0.7"]
    assert cluster.store.read(training.fit.key(0.1, 2.0)) is not None
    assert len(workers) == 2


def test_two_clients_at_once_train_once(
    cluster: Cluster, workers: list[Member], training: ModuleType
) -> None:
    """While one worker trains what another is asked for too, the other waits for it and reads."""
    long, short = training.Settings(0.21, epochs=20, pause_s=0.1), training.Settings(0.22)
    code = "print([float(each[0]) for each in cache.map(fit_all, [Settings(.21, 20, .1)], np.ones(2))])"
    client = start_client(cluster, code)
    wait((cluster.root / "log").exists)  # the first worker is at it
    found = cache.map(training.fit_all, [short, long], np.ones(2))
    assert [each[0] for each in found] == [0.44, 0.42]
    assert client.communicate(timeout=60)[0].strip() == "[0.42]"
    assert sorted(what for _, what in cluster.lines()) == ["0.21 from 0", "0.22 from 0"]
    assert len(workers) == 2


def test_the_run_of_a_killed_worker_is_done_by_another(cluster: Cluster, workers: list[Member]) -> None:
    """After `kill -9` in the middle another worker goes on from the checkpoint."""
    code = "print([float(each[0]) for each in cache.map(fit_all, [Settings(.31, 20, .1)], np.ones(2))])"
    client = start_client(cluster, code)
    unfinished = cluster.store.folder / "checkpoints"
    wait(lambda: unfinished.exists() and [key for f in unfinished.glob("*") for key in Store(f).keys()])  # noqa: SIM118
    ((killed, _),) = cluster.lines()
    (victim,) = (member for member in workers if member.process.pid == killed)
    victim.process.send_signal(signal.SIGKILL)
    assert client.communicate(timeout=60)[0].strip() == "[0.62]"
    ((other, what),) = cluster.lines()
    assert other != killed
    assert int(what.removeprefix("0.31 from ")) > 0
    assert list(unfinished.iterdir()) == []


def test_an_error_of_a_training_is_its_own(
    cluster: Cluster, workers: list[Member], training: ModuleType
) -> None:
    """What goes wrong on a worker is raised here, type and message, and what went well is kept."""
    with pytest.raises(ValueError, match=r"^expected a rate above 0, found -1\.0$"):
        cache.map(training.fit, [-1.0], 3.0)
    assert cache.map(training.fit, [0.9], 1.0) == (0.9,)
    assert cluster.store.read(training.fit.key(-1.0, 3.0)) is None
    assert len(workers) == 2


def test_workers_of_another_state_are_refused(
    cluster: Cluster, workers: list[Member], tmp_path: Path
) -> None:
    """Other code, another store: each is told before anything is trained."""
    copy = Cluster(tmp_path / "copy", cluster.address)
    shutil.copytree(cluster.root / "src", copy.root / "src")
    shutil.copy(cluster.root / "_quarto.yml", copy.root)
    (copy.root / "src" / "science" / "model.py").write_text("def predict(rate):\n    return 3 * rate\n")
    code = "cache.map(fit_all, [Settings(.41)], np.ones(2))"
    errors = [
        start_client(copy, code, WEAVER_CACHE=str(cluster.store.folder)),
        start_client(cluster, code, WEAVER_CACHE=str(tmp_path / "elsewhere")),
    ]
    other, elsewhere = (client.communicate(timeout=60)[1] for client in errors)
    assert re.search(
        r"ClusterError: the worker tcp://127.0.0.1:\d+ has other code: science.model.predict changed"
        r" \(src/science/model.py:1\), reached through science.training: give it the files and packages",
        other,
    )
    assert (
        f"keeps results in {cluster.store.folder}, where others do not see them: let WEAVER_CACHE"
        in elsewhere
    )
    assert cluster.lines() == []
    assert len(workers) == 2


def test_a_build_goes_through_the_cluster(
    cluster: Cluster, workers: list[Member], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernels find the cluster, the terminal counts its runs, and Dask prints nothing into the report."""
    (cluster.root / "report").mkdir()
    (cluster.root / "_quarto.yml").write_text("project:\n  type: default\ntitle: One chapter\n")
    (cluster.root / "report" / "report.qmd").write_text(CHAPTER)
    monkeypatch.setenv("PYTHONPATH", f"{cluster.root / 'src'}:{os.environ.get('PYTHONPATH', '')}")
    said = io.StringIO()
    execution = open_builder(cluster.root, Terminal(said)).executions(Request())["report"]
    assert execution.values == (r"\[2.1, 2.2\]",)
    assert execution.outputs == ((),)
    assert "report: science.training:fit, run 2 of 2\n" in said.getvalue()
    assert {process for process, _ in cluster.lines()} <= {member.process.pid for member in workers}


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("tcp://127.0.0.1:9", "no answer"),
        ("tcp://nowhere.invalid:8786", "no answer"),
        ("8786", "missing port number"),
        ("tls://127.0.0.1:8786", "TLS expects"),
        ("http://127.0.0.1:8786", "unknown address scheme"),
    ],
)
def test_a_wrong_address_is_told_at_once(
    cluster: Cluster, training: ModuleType, monkeypatch: pytest.MonkeyPatch, address: str, found: str
) -> None:
    """One message names the variable, what was expected and found; nothing is trained here instead."""
    monkeypatch.setenv("CLUSTER", address)
    monkeypatch.setattr("weaver.cache.cluster.ANSWER_S", 1.0)
    cluster.lines()
    with pytest.raises(
        ClusterError, match=rf"^CLUSTER={address}: expected the address of .*found .*{found}.*unset"
    ):
        cache.map(training.fit, [0.8], 5.0)
    assert cluster.lines() == []


def test_the_address_of_a_worker_is_not_that_of_a_scheduler(
    workers: list[Member], training: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both stand in the logs, and both answer; the message says which it is."""
    address = re.findall(r"Start worker at: +(\S+)", workers[0].log.read_text())[0]
    monkeypatch.setenv("CLUSTER", address)
    with pytest.raises(ClusterError, match="found a worker: start `dask scheduler`"):
        cache.map(training.fit, [0.8], 5.0)


def test_without_the_extra_the_message_says_what_to_install(
    training: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dask is needed only where CLUSTER is set, and then its absence is told."""
    monkeypatch.delitem(sys.modules, "weaver.cache.cluster", raising=False)
    monkeypatch.delattr("weaver.cache.cluster", raising=False)
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.setenv("CLUSTER", "tcp://127.0.0.1:8786")
    with pytest.raises(ClusterError, match="CLUSTER: expected the package distributed, found none: install"):
        cache.map(training.fit, [0.8], 5.0)


def test_workers_that_all_die_are_told(
    cluster: Cluster, workers: list[Member], training: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What kills every worker is given up, and so is a scheduler that has no worker left, or is lost."""
    with pytest.raises(ClusterError, match="2 workers died while they computed the same"):
        cache.map(training.die, [7])
    assert [member.process.wait(timeout=20) for member in workers] == [7, 7]
    monkeypatch.setattr("weaver.cache.cluster.WORKERS_S", 0.5)
    with pytest.raises(
        ClusterError, match=f"expected workers, found none for .*: start `dask worker {cluster.address}"
    ):
        cache.map(training.fit, [0.8], 5.0)


def test_machines_without_a_common_folder_share_an_address(
    cluster: Cluster, training: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What a worker computes in a folder of its own is sent, also what it had kept before, and fetched."""
    elsewhere = Cluster(tmp_path / "copy", cluster.address)
    shutil.copytree(cluster.root / "src", elsewhere.root / "src")
    shutil.copy(cluster.root / "_quarto.yml", elsewhere.root)
    start_client(elsewhere, "fit(2.5, 1.0)").communicate(timeout=60)
    monkeypatch.setenv("CLUSTER", cluster.address)
    monkeypatch.setenv("WEAVER_CACHE", f"file://{tmp_path}/bucket")
    worker = elsewhere.worker()
    assert cache.map(training.fit, [2.5, 2.6], 1.0) == (2.5, 2.6)
    worker.end()
    assert sorted(what for _, what in elsewhere.lines()) == ["2.5", "2.6"]
    assert cluster.lines() == []
    assert cache.map(training.fit, [2.5, 2.6], 1.0) == (2.5, 2.6)  # read, for there is no worker any more


def test_a_lost_scheduler_is_told(
    cluster: Cluster, training: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scheduler that is killed ends the wait."""
    monkeypatch.setenv("CLUSTER", cluster.address)
    assert cluster.scheduler is not None
    timer = threading.Timer(1.5, cluster.scheduler.process.kill)
    timer.start()
    with pytest.raises(ClusterError, match="the scheduler was lost"):
        cache.map(training.fit, [0.8], 5.0)
    timer.join()
