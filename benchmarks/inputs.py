"""Inputs: what hearing of them costs a training, and what it takes to look at all of a report's again."""

import hashlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks import workloads
from benchmarks.comparison import Comparison, Target
from benchmarks.projects import ROOT
from benchmarks.timing import Effort, Sample, in_turns, timed
from benchmarks.workloads import Workload
from hw2.questions.q2_q3.perceptrons import SHALLOW, at_rate
from hw2.training.loop import fit
from weaver.dependencies import inputs, traces
from weaver.dependencies.hooks import OBSERVERS, observe, stop
from weaver.dependencies.inputs import CODE
from weaver.dependencies.project_code import ProjectCode
from weaver.storage.store import Store, default_folder

TITLE = "Inputs: observed, and looked at again"
OURS, FLOOR, DEAF = "ours", "SHA-256 of the files", "not observed"
EPOCHS, FEW = 20, 128


def run(effort: Effort) -> Iterator[Comparison]:
    """Measure a training of question 2, then the traces of what this project keeps."""
    images = FEW if effort.is_quick else workloads.IMAGES
    yield observed(workloads.classifier(at_rate(SHALLOW, 0.1), EPOCHS, images), effort)
    yield looked_at(ROOT, effort)


def observed(workload: Workload, effort: Effort) -> Comparison:
    """Measure a training that is observed, as in a kernel, and one in a process that hears nothing."""
    train = timed(partial(fit, workload.members(1), workload.examples))
    samples = in_turns({OURS: partial(_while_observed, train), DEAF: partial(_while_deaf, train)}, effort)
    case = f"{workload.settings.epochs} epochs of {workload.name}, {len(workload.examples.inputs):,} images"
    return Comparison(case, "s", samples[OURS], DEAF, samples[DEAF], Target("ratio", 0.99))


def _while_observed(sample: Sample) -> float:
    with observe(ROOT, default_folder(ROOT)).recording():
        return sample()


def _while_deaf(sample: Sample) -> float:
    for each in tuple(OBSERVERS):
        stop(each)
    return sample()


def looked_at(root: Path, effort: Effort) -> Comparison:
    """Measure how long a new process takes to find out what all inputs in a project's traces are today."""
    names = traced(root)
    files = [path for name in names if inputs.path_of(name) == name and (path := root / name).is_file()]
    samples = in_turns(
        {OURS: timed(partial(today, root, names)), FLOOR: timed(partial(_hash, files))}, effort
    )
    note = "" if names else "nothing is kept here: build the report first"
    case = f"all traces of the report, {len(names):,} inputs, {len(files)} of them files"
    return Comparison(case, "s", samples[OURS], FLOOR, samples[FLOOR], Target("ours", 0.05), note)


def traced(root: Path) -> list[str]:
    """Return the names of all inputs in the traces of a project."""
    store = Store(default_folder(root))
    infos = filter(None, map(store.info, store.keys()))
    return sorted({name for info in infos for name in traces.named(info.record) or ()})


def today(root: Path, names: list[str]) -> dict[str, str | None]:
    """Find out what inputs are, of which this process knows nothing yet."""
    inputs.FOUND.clear()
    named = [name for name in names if name.startswith(CODE)]
    code = ProjectCode(root)
    found = {**inputs.today(root, set(names) - set(named)), **code.today(named)}
    code.refresh()  # keeps what it has read, as a build does, for the next
    return found


def _hash(files: list[Path]) -> None:
    for path in files:
        hashlib.sha256(path.read_bytes()).digest()
