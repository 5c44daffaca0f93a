"""A training that is cached: found by its settings, examples and code, checked and read."""

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from benchmarks import workloads
from benchmarks.comparison import Comparison, Target
from benchmarks.projects import ROOT
from benchmarks.timing import Effort, in_turns, timed
from benchmarks.workloads import Workload
from hw2.questions.q2_q3.perceptrons import SHALLOW, at_rate
from hw2.training.experiments import train
from hw2.training.probes import Snapshots
from weaver.cache import Home, keep_in
from weaver.cache.argument_key import know, sha256
from weaver.dependencies.project_code import of_process

TITLE = "Cached trainings: looked up, checked and read"
OURS, FLOOR = "ours", "SHA-256 of examples and entry"
FEW = 128  # images
LARGE = 32  # autoencoders


@dataclass(frozen=True, eq=False)
class Kept:
    """Trainings whose results lie in a store."""

    workload: Workload
    members: int
    probes: tuple[Snapshots, ...] = ()
    is_passed_on: bool = False

    def pass_on(self) -> "Kept":
        """Take the images for what another cached call has returned: read-only, and known by content."""
        images = self.workload.examples.inputs
        images.flags.writeable = False
        know(images, sha256(images))
        return replace(self, is_passed_on=True)

    def call(self) -> None:
        """Ask for the trained networks, as a chapter does."""
        train(self.workload.members(self.members), self.workload.examples, probes=self.probes)


def run(effort: Effort) -> Iterator[Comparison]:
    """Measure a small entry, where looking up counts, with few and with all images; then large ones."""
    for images in (FEW,) if effort.is_quick else (FEW, workloads.IMAGES):
        small = Kept(workloads.classifier(at_rate(SHALLOW, 0.1), 1, images), 1)
        case = f"one {small.workload.name}, {images:,} images"
        yield compare(case, small, effort, Target("ours", 0.01))
        passed = f"{case}, passed on by another call"
        yield compare(passed, small.pass_on(), effort, Target("ours", 0.003))
    large = Kept(workloads.autoencoder(64, 1), 2 if effort.is_quick else LARGE, (Snapshots((0, 1)),))
    yield rate(f"{large.members} of {large.workload.name}", large, effort)


def compare(case: str, kept: Kept, effort: Effort, target: Target) -> Comparison:
    """Measure the time of a call that finds its results."""
    samples, size = _samples(kept, effort)
    return Comparison(f"{case}, {size / 1e6:.1f} MB", "s", samples[OURS], FLOOR, samples[FLOOR], target)


def rate(case: str, kept: Kept, effort: Effort) -> Comparison:
    """Measure the bytes a second of a call that finds its results."""
    samples, size = _samples(kept, effort)
    ours, theirs = (tuple(size / each for each in samples[name]) for name in (OURS, FLOOR))
    target = Target("ours", 1e9)
    return Comparison(f"{case}, {size / 1e6:.0f} MB", "B/s", ours, FLOOR, theirs, target)


def _samples(kept: Kept, effort: Effort) -> tuple[dict[str, tuple[float, ...]], int]:
    """Train once into a new store, then take the samples; also return the bytes of the entries."""
    with tempfile.TemporaryDirectory(prefix="weaver-bench-") as folder:
        store = Path(folder) / "store"
        with keep_in(Home(ROOT, store, of_process(ROOT))):
            kept.call()
            files = [path for path in store.glob("entries-*/*/*") if path.is_file()]
            examples = b"" if kept.is_passed_on else kept.workload.examples.inputs.data
            least = partial(_read, files, examples)
            contestants = {OURS: timed(kept.call), FLOOR: timed(least)}
            return in_turns(contestants, effort), sum(path.stat().st_size for path in files)


def _read(files: Sequence[Path], examples: bytes | memoryview) -> None:
    """Do what cannot be left out: examples are found by content, entries are checked when read."""
    hashlib.sha256(examples).digest()
    for path in files:
        hashlib.sha256(path.read_bytes()).digest()
