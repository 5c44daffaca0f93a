"""A training that was interrupted goes on where it was, and ends as if nothing had happened."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from hw2.networks.batches import Examples, GaussianNoise, ZeroPixels
from hw2.networks.optimisers import SGD, Adam, Updater, updater
from hw2.networks.stacked_mlp import StackedMLP
from hw2.training import checkpoints, experiments, loop
from hw2.training.energy import Footprint, total
from hw2.training.loop import fit
from hw2.training.probes import LiveUnits, Snapshots
from hw2.training.recorder import Ledger
from hw2.training.results import Run
from hw2.training.schedules import Flat, Plateau
from hw2.training.settings import Settings
from weaver.cache import bypass
from weaver.cache.checkpoints import Computation, computing
from weaver.dependencies import inputs
from weaver.dependencies.observer import Observer
from weaver.dependencies.recording import Recording
from weaver.storage.store import Store

RNG = np.random.default_rng(5)
INPUTS = RNG.normal(0, 1, (30, 5)).astype(np.float32)
TRAIN = Examples(INPUTS, RNG.integers(3, size=30))
CLASSIFIER = Settings((5, 6, 3), learning_rate=0.05, epochs=8, batch_size=7)
CODER = replace(CLASSIFIER, widths=(5, 2, 5), loss="squared_error")
PROBES = (Snapshots((0, 2, 5, 8)), LiveUnits(INPUTS))


@pytest.fixture
def _every_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the state after each epoch, whatever it costs."""
    monkeypatch.setattr(checkpoints, "INTERVAL_S", 0.0)
    monkeypatch.setattr(checkpoints, "LARGEST_SHARE", np.inf)


def computation(folder: Path, observer: Observer, recording: Recording) -> Computation:
    """Describe what is computed within a recording."""
    store, today = Store(folder / "store"), partial(inputs.today, folder)
    return Computation(store, lambda: observer.settled(recording).inputs, today, observer.replay)


@contextmanager
def keeping(folder: Path) -> Iterator[None]:
    """Keep unfinished work below a folder, as a cached call does."""
    observer = Observer(folder, folder / "store")
    with observer.recording() as recording, computing(computation(folder, observer, recording)):
        yield


def trained(members: Sequence[Settings]) -> tuple[Run, ...]:
    """Train members, with all that a state has to hold."""
    return fit(members, TRAIN, TRAIN, keep=("final", "lowest held-out loss"), probes=PROBES)


@contextmanager
def watched(until: int = 1000) -> Iterator[list[int]]:
    """Note the epochs that are trained, and interrupt the training in epoch `until`."""
    epochs: list[int] = []
    advance = loop.advance

    def watched_advance(ledger: Ledger, at_work: Updater, task: loop.Task) -> Updater:
        if ledger.epoch + 1 == until:
            raise KeyboardInterrupt
        epochs.append(ledger.epoch + 1)
        return advance(ledger, at_work, task)

    with pytest.MonkeyPatch.context() as patch, suppress(KeyboardInterrupt):
        patch.setattr(loop, "advance", watched_advance)
        yield epochs


def assert_same_bits(a: Run, b: Run) -> None:
    """Compare curves, kept weights and probes to the bit."""
    assert a.ending == b.ending
    for name in ("learning_rate", "train_loss", "train_accuracy", "held_out_loss", "held_out_accuracy"):
        np.testing.assert_array_equal(getattr(a.history, name), getattr(b.history, name))
    for criterion, kept in a.kept.items():
        assert kept.epoch == b.kept[criterion].epoch
        for name, array in kept.weights.items():
            np.testing.assert_array_equal(array, b.kept[criterion].weights[name])
    for name, series in a.probes.items():
        np.testing.assert_array_equal(series.epochs, b.probes[name].epochs)
        np.testing.assert_array_equal(series.values, b.probes[name].values)


@pytest.mark.usefixtures("_every_epoch")
@pytest.mark.parametrize(
    "settings",
    [
        replace(CLASSIFIER, optimiser=SGD(momentum=0.9)),
        replace(CLASSIFIER, optimiser=Adam(), schedule=Plateau(Flat(1, 0.5))),
        replace(CODER, corruption=GaussianNoise(0.2)),
        replace(CODER, corruption=ZeroPixels(0.3), optimiser=SGD(momentum=0.9, weight_decay=1e-3)),
        replace(CODER, corruption=GaussianNoise(0.2), optimiser=Adam(weight_decay=1e-3)),
    ],
    ids=repr,
)
@pytest.mark.parametrize("epoch", [2, 4, 5, 8, *(pytest.param(n, marks=pytest.mark.slow) for n in (3, 6, 7))])
def test_resumed_training_ends_with_the_same_bits(tmp_path: Path, settings: Settings, epoch: int) -> None:
    """Interrupted in any epoch, before or after members have left, a stack ends as without interruption."""
    members = [
        replace(settings, seed=1, batch_seed=1),
        replace(settings, seed=2, epochs=3),
        replace(settings, seed=3, learning_rate=0.02),
    ]
    expected = trained(members)
    with keeping(tmp_path):
        with watched(until=epoch):
            trained(members)
        with watched() as epochs:
            resumed = trained(members)
    assert epochs == list(range(epoch, 9))
    for run, whole in zip(resumed, expected, strict=True):
        assert_same_bits(run, whole)


@pytest.mark.usefixtures("_every_epoch")
@pytest.mark.parametrize(
    ("settings", "train", "held_out"),
    [
        (replace(CLASSIFIER, seed=9), TRAIN, TRAIN),
        (CLASSIFIER, Examples(INPUTS[::-1], TRAIN.labels), TRAIN),
        (CLASSIFIER, TRAIN, None),
    ],
    ids=["settings", "training examples", "held-out examples"],
)
def test_the_state_of_another_training_is_not_taken_up(
    tmp_path: Path, settings: Settings, train: Examples, held_out: Examples | None
) -> None:
    """A function that trains twice leaves two states; each is found by its own training alone."""
    with keeping(tmp_path):
        with watched(until=4):
            fit([CLASSIFIER], TRAIN, TRAIN)
        with watched() as epochs:
            fit([settings], train, held_out)
        with watched() as resumed:
            fit([CLASSIFIER], TRAIN, TRAIN)
    assert epochs == list(range(1, 9))
    assert resumed == [4, 5, 6, 7, 8]


@pytest.mark.parametrize(("measured_s", "shared_s"), [(1e-6, None), (1000.0, 1000.0)])
def test_the_energy_before_a_kill_counts(
    monkeypatch: pytest.MonkeyPatch, measured_s: float, shared_s: float | None
) -> None:
    """Measured is the last attempt alone; the carbon footprint is that of all epochs, and never too small."""
    measured = Footprint(measured_s, 2 * measured_s, 0.0, 3 * measured_s, 5 * measured_s, (), ())
    monkeypatch.setattr(experiments.energy, "measure", lambda function: (function(), measured))
    with bypass():
        trained = experiments.train([CLASSIFIER, replace(CLASSIFIER, seed=1)], TRAIN)
    whole = total(each.footprint for each in trained)
    trained_s = sum(each.run.duration_s for each in trained)
    assert whole.duration_s == pytest.approx(shared_s or trained_s)
    assert whole.energy_kwh == pytest.approx(3 * whole.duration_s)
    assert trained[0].footprint.duration_s == pytest.approx(whole.duration_s / 2)


KILLED = """\
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np

from hw2.training import checkpoints
from hw2.networks.batches import Examples, GaussianNoise
from hw2.networks.optimisers import SGD, Adam
from hw2.training.settings import Settings
from hw2.training.loop import fit
from weaver.cache.checkpoints import Computation, computing
from weaver.storage.store import Store

checkpoints.INTERVAL_S, checkpoints.LARGEST_SHARE = 0.0, np.inf
inputs = np.random.default_rng(5).normal(0, 1, (2000, 20)).astype(np.float32)
common = {"loss": "squared_error", "batch_size": 50, "corruption": GaussianNoise(0.2)}
coder = Settings((20, 64, 20), learning_rate=1e-3, epochs=40, **common)
folder = Path(sys.argv[1])
with computing(Computation(Store(folder / "store"), dict, lambda _: {}, lambda _: None)):
    for optimiser in (SGD(momentum=0.9), Adam()):
        own = replace(coder, optimiser=optimiser)
        members = [replace(own, seed=k, batch_seed=k, epochs=40 - 15 * k) for k in (0, 1)]
        digest = sha256()
        for run in fit(members, Examples(inputs)):
            digest.update(run.history.train_loss.tobytes())
            for name, weights in sorted(run.kept["final"].weights.items()):
                digest.update(weights.tobytes())
        print(digest.hexdigest(), flush=True)
"""


@pytest.mark.slow
def test_a_training_that_is_killed_ends_with_the_same_bits(tmp_path: Path) -> None:
    """With `kill -9`, again and again, between epochs or within one: weights and curves are the same."""
    chance, folder = random.Random(9), tmp_path / "killed"  # noqa: S311
    whole = killable(tmp_path / "whole").communicate()[0]
    for _ in range(5):
        known = Store(folder / "store").keys()
        with killable(folder) as process:
            while Store(folder / "store").keys() == known and process.poll() is None:
                time.sleep(0.001)
            time.sleep(chance.uniform(0, 0.2))
            process.kill()
            assert process.wait() == -signal.SIGKILL
    assert killable(folder).communicate()[0] == whole != b""


def killable(folder: Path) -> "subprocess.Popen[bytes]":
    """Start the training of two stacks, whose states are kept in a folder."""
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
    }  # threads would wait for each other on a busy machine
    return subprocess.Popen(
        [sys.executable, "-c", KILLED, str(folder)], stdout=subprocess.PIPE, env=environment
    )


class Clock:
    """A time, in seconds, that passes only when something takes it."""

    now_s = 0.0

    def __call__(self) -> float:
        """Return the time as `monotonic` does."""
        return self.now_s


@pytest.mark.parametrize("write_s", [0.0001, 0.01, 0.5, 10.0])
def test_checkpoints_are_rare_and_cheap(monkeypatch: pytest.MonkeyPatch, write_s: float) -> None:
    """No two within five seconds, and under two percent of the time, however slow the disk is."""
    clock, saved = Clock(), []
    monkeypatch.setattr(checkpoints, "monotonic", clock)

    class Place:
        def save(self, *_: object) -> None:
            saved.append(clock.now_s)
            clock.now_s += write_s

    due = checkpoints.Checkpoints(Place())  # type: ignore[arg-type]
    model = StackedMLP.initialised(CLASSIFIER.widths, [0])
    ledger, at_work = Ledger.empty([CLASSIFIER], {}), updater(CLASSIFIER.optimiser, model)
    while clock.now_s < 20_000:
        clock.now_s += 0.3
        due.save_if_due(ledger, at_work)
    assert len(saved) > 20
    assert min(b - a for a, b in pairwise([0.0, *saved])) >= 5
    assert len(saved) * write_s < 0.02 * clock.now_s


def test_short_trainings_leave_no_state(tmp_path: Path) -> None:
    """What is over before the first checkpoint is due writes nothing."""
    with keeping(tmp_path):
        trained([CLASSIFIER])
    assert list(Store(tmp_path / "store").keys()) == []
