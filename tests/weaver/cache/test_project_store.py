"""Cached functions of a project: found by their file, keyed by their code, shared by processes."""

import importlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from weaver.cache import reasons, runs
from weaver.dependencies.project_code import ProjectCode
from weaver.storage.store import Store

TRAINING = '''
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from science import model
from weaver.cache import cached, cached_members, checkpoint

LOG = Path(__file__).with_name("log")


def note(what: object) -> None:
    with LOG.open("a") as file:
        file.write(f"{what}\\n")


@cached
def fit(rate: float) -> float:
    note(rate)
    time.sleep(0.2)
    return model.predict(rate)


@cached
def fit_file(name: str) -> float:
    note(name)
    return float(Path(name).read_text())


@cached
def fit_both(name: str) -> float:
    return fit_file(name) + fit(0.25)


@cached_members
def fit_all(members: Sequence[int], rate: float) -> tuple[float, ...]:
    for member in members:
        note(member)
    time.sleep(0.2)
    return tuple(member * rate for member in members)


@cached
def walk(epochs: int) -> np.ndarray:
    """Train as slowly as the command line says, from the last checkpoint on."""
    place = checkpoint()
    state = place.load()
    random, weights, first = np.random.default_rng(0), np.zeros(3), 0
    if state is not None:
        random.bit_generator.state = state.record["random"]
        weights, first = state.arrays["weights"], state.record["epoch"]
    note(f"from {first}")
    for epoch in range(first, epochs):
        weights = weights + random.normal(size=3)
        place.save({"epoch": epoch + 1, "random": random.bit_generator.state}, {"weights": weights})
        time.sleep(float(sys.argv[1]) if sys.argv[0] == "-c" else 0)
    return weights
'''


@dataclass(frozen=True)
class Project:
    """A project in a folder of its own."""

    root: Path

    @property
    def store(self) -> Store:
        """Where its results are."""
        return Store(self.root / ".cache" / "store")

    @property
    def unfinished(self) -> Path:
        """Where unfinished work is."""
        return self.store.folder / "checkpoints"

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace text in a source file."""
        path = self.root / "src" / "science" / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def log(self) -> list[str]:
        """Return what the trainings noted so far, and forget it."""
        path = self.root / "src" / "science" / "log"
        lines = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return lines

    def start(self, code: str, *, pause: float = 0, **environment: str) -> "subprocess.Popen[str]":
        """Start a process that sees the project's modules."""
        paths = os.pathsep.join([str(self.root / "src"), os.environ.get("PYTHONPATH", "")])
        # A file edited twice in a second would be loaded from the bytecode of its first state.
        given = {"PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1", **environment}
        command = [sys.executable, "-c", f"from science.training import *\n{code}", str(pause)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **given})

    def run(self, code: str, **environment: str) -> str:
        """Run a process to its end and return what it prints."""
        process = self.start(code, **environment)
        output, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        return output.strip()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A small project with a training in it."""
    package = tmp_path / "project" / "src" / "science"
    package.mkdir(parents=True)
    (tmp_path / "project" / "_quarto.yml").write_text("project:\n  type: default\n")
    (package / "__init__.py").write_text("")
    (package / "training.py").write_text(TRAINING)
    (package / "model.py").write_text("def predict(rate):\n    return 2 * rate\n")
    return Project(tmp_path / "project")


@pytest.fixture
def training(project: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The training, loaded into this process."""
    monkeypatch.syspath_prepend(project.root / "src")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield importlib.import_module("science.training")
    for name in [name for name in sys.modules if name.split(".")[0] == "science"]:
        del sys.modules[name]


def test_results_lie_in_the_project_of_the_function(project: Project) -> None:
    """Wherever a process runs, the store is found from the file of the function."""
    assert project.run("print(fit(0.5), fit(0.5))") == "1.0 1.0"
    assert project.log() == ["0.5"]
    assert len(project.store.keys()) == 1
    assert project.run("print(fit(0.5), LOG.parent.joinpath('log').exists())") == "1.0 False"


def test_the_environment_names_another_folder(project: Project, tmp_path: Path) -> None:
    """WEAVER_CACHE moves the store, a relative path is meant from the root of the project."""
    project.run("fit(0.5)", WEAVER_CACHE=str(tmp_path / "elsewhere"))
    project.run("fit(0.5)", WEAVER_CACHE="here")
    assert len(project.log()) == 2
    assert Store(tmp_path / "elsewhere").keys() == Store(project.root / "here").keys() != ()
    assert not (project.root / ".cache" / "store").exists()


def test_a_function_of_no_project_is_simply_called(project: Project) -> None:
    """Without `_quarto.yml` above its file there is no store, and none is made."""
    (project.root / "_quarto.yml").unlink()
    assert project.run("fit(0.5)\nprint(fit(0.5))") == "1.0"
    assert len(project.log()) == 2
    assert list(project.root.iterdir()) == [project.root / "src"]


def test_a_function_of_a_script_or_notebook_is_simply_called(project: Project) -> None:
    """Code without a module of its own cannot be counted."""
    code = "@cached\ndef twice(x: int) -> int:\n    print(x, end=' ')\n    return 2 * x\ntwice(4); twice(4)"
    assert project.run(code) == "4 4"


def test_code_that_is_reached_counts(project: Project) -> None:
    """A function edited in another module trains again, comments do not, and taking the edit back reads."""
    project.run("fit(0.5)")
    project.edit("model.py", "return 2 * rate", "return 2 * rate  # twice")
    assert project.run("print(fit(0.5))") == "1.0"
    assert len(project.log()) == 1
    project.edit("model.py", "2 * rate", "3 * rate")
    assert project.run("print(fit(0.5))") == "1.5"
    project.edit("model.py", "3 * rate", "2 * rate")
    assert project.run("print(fit(0.5))") == "1.0"
    assert len(project.log()) == 1


def test_code_that_was_loaded_counts(project: Project, training: ModuleType) -> None:
    """What a file holds by now is for the next process: results stand under the key of the code that ran."""
    project.edit("model.py", "2 * rate", "3 * rate")
    assert [training.fit(0.5), training.fit(0.5)] == [1.0, 1.0]
    assert project.run("print(fit(0.5))") == "1.5"
    project.edit("model.py", "3 * rate", "2 * rate")
    assert project.run("print(fit(0.5))") == "1.0"


def test_a_file_that_is_read_is_an_input(
    project: Project, training: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An edit of it computes again, also what calls the function that reads it; taken back, it is found."""
    monkeypatch.chdir(project.root)
    rates = project.root / "rates.csv"
    rates.write_text("0.5")
    assert [training.fit_both("rates.csv"), training.fit_both("rates.csv")] == [1.0, 1.0]
    rates.write_text("0.7")
    assert [training.fit_file("rates.csv"), training.fit_both("rates.csv")] == [0.7, 1.2]
    assert project.log() == ["rates.csv", "0.25", "rates.csv"]
    rates.write_text("0.5")
    assert training.fit_both("rates.csv") == 1.0
    assert project.log() == []


def test_a_record_names_versions_and_code(project: Project) -> None:
    """The record says which files and packages a result rests on."""
    project.run("walk(1)")
    info = project.store.info(project.store.keys()[0])
    assert info is not None
    assert info.record["provenance"]["versions"]["numpy"] == np.__version__
    files = {file for _, _, file, _ in info.record["basis"]["counted"]["dependencies"]}
    assert "src/science/training.py" in files


def test_processes_at_once_compute_once(project: Project) -> None:
    """Eight processes ask for the same results in different orders, and each is computed once."""
    code = "print(fit(0.5), fit_all([{}], 0.5))"
    orders = [random.Random(number).sample(range(6), 4) for number in range(8)]  # noqa: S311
    started = [project.start(code.format(", ".join(map(str, order)))) for order in orders]
    outputs = [process.communicate(timeout=120)[0].strip() for process in started]
    wanted = [f"1.0 {tuple(member * 0.5 for member in order)}" for order in orders]
    assert outputs == wanted
    asked = {str(member) for order in orders for member in order}
    assert sorted(project.log()) == sorted([*asked, "0.5"])


def test_a_killed_training_goes_on_where_it_was(project: Project) -> None:
    """After `kill -9` at any epoch it resumes, ends with the same bits, and cleans up behind itself."""
    seeded = random.Random(3179)  # noqa: S311
    code = "walk(40)"
    for _ in range(4):
        known = _states(project.unfinished)
        with project.start(code, pause=0.2) as process:  # it would take 8 s: it is killed before its end
            _wait(lambda known=known: _states(project.unfinished) - known)
            time.sleep(seeded.uniform(0, 0.3))
            process.send_signal(signal.SIGKILL)
        assert process.returncode == -signal.SIGKILL
    interrupted = project.run(f"print({code}.tolist())")
    starts = [int(line.removeprefix("from ")) for line in project.log()]
    assert len(starts) == 5
    assert all(before < after for before, after in pairwise(starts))
    assert list(project.unfinished.iterdir()) == []
    assert project.run(f"print({code}.tolist())", WEAVER_CACHE="other") == interrupted
    assert project.log() == ["from 0"]


def test_runs_are_listed_with_what_makes_them_stale(project: Project, training: ModuleType) -> None:
    """Every kept result shows its settings, age and size, and the edit that made it stale."""
    training.fit(0.5)
    training.fit_all([1, 2], 0.5)
    prints = ProjectCode(project.root)
    kept = {run.function: run for run in runs(project.store, prints)}
    assert kept.keys() == {"science.training:fit", "science.training:fit_all"}
    fit = kept["science.training:fit"]
    assert fit.settings == {"rate": 0.5}
    assert fit.provenance.duration_s >= 0.2
    assert fit.size > 0
    assert fit.reasons == ()
    assert reasons(fit.key, project.store, prints) == ()
    project.edit("model.py", "2 * rate", "3 * rate")
    prints.refresh()
    (stale,) = reasons(fit.key, project.store, prints)
    assert "model" in stale
    assert "changed" in stale
    project.edit("training.py", "def fit(", "def fit_one(")
    prints.refresh()
    assert "science.training.fit is gone" in reasons(fit.key, project.store, prints)
    project.store.remove(fit.key)
    assert reasons(fit.key, project.store, prints) == ("its entry is missing",)


def _states(unfinished: Path) -> set[str]:
    """Return the names of the states that were saved whole, in whichever computation."""
    return {key for folder in unfinished.glob("*") for key in Store(folder).keys()}  # noqa: SIM118


def _wait(condition: Callable[[], object]) -> None:
    """Wait for a condition, however busy the machine is, up to a minute."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
