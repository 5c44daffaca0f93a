"""What all tests share: fixed seeds and a small report to build."""

import io
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

import weaver
from weaver import paths as places
from weaver.building.builder import Builder, open_builder
from weaver.building.request import Request
from weaver.console import Terminal
from weaver.errors import WeaverError
from weaver.storage.store import Store
from weaver.typesetting.quarto import quarto
from weaver.typesetting.quarto.quarto import Quarto

FILES = {
    "_quarto.yml": """
        project:
          type: default
        title: Two small chapters
        author:
          - name: Ada Lovelace
            email: ada@example.org
            affiliations: [Student number 12345678]
        date: 2025-05-01
        lang: en
        bibliography: report/references.bib
        number-sections: true
        execute:
          echo: false
        assignment: A2
    """,
    "report/references.bib": """
        @book{lovelace1843, author={Ada Lovelace}, title={Notes}, year={1843}, publisher={Taylor}}
    """,
    "report/report.qmd": """
        # Summary {#sec-summary}

        Two chapters follow.

        {{< include q1.qmd >}}

        {{< include q2.qmd >}}
    """,
    "report/q1.qmd": """
        # The sum {#sec-q1}

        ```{python}
        #| label: sum
        from science.numbers import total

        result = total("data/numbers.csv")
        ```

        The sum is `{python} result`.
    """,
    "report/q2.qmd": """
        # The line {#sec-q2}

        ```{python}
        #| label: fig-line
        #| fig-cap: A line.
        #| fig-alt: A line that ascends.
        from science.figures import line

        line(3)
        ```

        It ascends, see @fig-line.
    """,
    "src/science/__init__.py": "",
    "src/science/numbers.py": '''
        from pathlib import Path


        def total(path: str) -> int:
            """Add up the numbers in a file."""
            return sum(int(word) for word in Path(path).read_text().split(","))


        def unreached() -> int:
            return 0
    ''',
    "src/science/figures.py": """
        import matplotlib.pyplot as plt


        def line(slope: float) -> None:
            plt.plot([0, 1], [0, slope])
            plt.show()
    """,
    "data/numbers.csv": "1,2,3",
}
TRAINING = {
    "report/q1.qmd": """
        # The sum {#sec-q1}

        ```{python}
        #| label: train
        from science.training import spread, train

        walks = train([1, 2], 10)
        ```

        They end at `{python} f"{walks[0][-1]:.6f}"` and vary by `{python} f"{spread(8):.6f}"`.
    """,
    "report/q2.qmd": """
        # The line {#sec-q2}

        ```{python}
        #| label: fig-line
        #| fig-cap: A walk.
        #| fig-alt: A line that goes up and down.
        import matplotlib.pyplot as plt
        from science.training import train

        plt.plot(train([3], 10)[0][:50])
        plt.show()
        ```

        It walks, see @fig-line.
    """,
    "src/science/training.py": '''
        from collections.abc import Sequence

        import numpy as np

        from weaver.cache import cached, cached_members, checkpoint


        @cached_members
        def train(members: Sequence[int], epochs: int) -> tuple[np.ndarray, ...]:
            """Walk at random, and keep the state after each epoch."""
            state = checkpoint().load()
            epoch = state.record["epoch"] if state else 0
            walks = state.arrays["walks"] if state else np.zeros((len(members), 100_000))
            with open("trained.log", "a") as log:
                log.writelines(f"{member} from {epoch}\\n" for member in members)
            for now in range(epoch, epochs):
                for k, member in enumerate(members):
                    walks[k] += np.random.default_rng((member, now)).normal(size=walks.shape[1])
                checkpoint().save({"epoch": now + 1}, {"walks": walks})
            return tuple(walks)


        @cached
        def spread(epochs: int) -> float:
            """Train, and measure how far the walks are from each other."""
            return float(np.std(train([1, 3], epochs)))
    ''',
}
# Few examples while one works, each time others; in CI many, and the same for the same commit.
PATIENT = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("dev", max_examples=20, **PATIENT)
settings.register_profile("ci", max_examples=200, derandomize=True, database=None, print_blob=True, **PATIENT)
settings.load_profile("ci" if os.environ.get("CI") else "dev")

INSTALLED = places.quarto_program()  # before the tests are kept from it
RUN = (sys.executable, "-c", "from weaver.cli import main; raise SystemExit(main())")


@dataclass(frozen=True)
class Built:
    """What a build said, line by line."""

    lines: tuple[str, ...]

    @property
    def ran(self) -> list[str]:
        """Name the chapters that a kernel was started for."""
        return [line.partition(":")[0] for line in self.lines if "– runs:" in line]


@dataclass(frozen=True)
class Report:
    """The sources of a report below `root`."""

    root: Path

    @property
    def pdf(self) -> Path:
        """The whole report."""
        return self.root / "build" / "report.pdf"

    @property
    def store(self) -> Store:
        """Where its trained runs and executions are, unless the environment says otherwise."""
        return Store(self.root / ".cache" / "store")

    def start(self, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
        """Start the tool in a process of its own, as the Makefile does."""
        folders = os.pathsep.join(map(str, (self.root / "src", Path(weaver.__file__).parents[1])))
        variables = {**os.environ, "PYTHONPATH": folders, "ENGINE": "builtin", **environment}
        command = [*RUN, *arguments]
        return subprocess.Popen(command, cwd=self.root, env=variables, stderr=subprocess.PIPE, text=True)

    def weave(self, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Run the tool to its end."""
        with self.start(*arguments, **environment) as process:
            _, told = process.communicate(timeout=300)
        return subprocess.CompletedProcess(process.args, process.returncode, "", told)

    def printed(self) -> dict[str, bytes]:
        """Return the bytes of the pages and notebooks, by name."""
        paths = sorted((self.root / "build").rglob("[!.]*.*"))
        return {path.name: path.read_bytes() for path in paths}

    def forget(self) -> None:
        """Remove everything that was generated."""
        for folder in ("build", ".cache"):
            shutil.rmtree(self.root / folder, ignore_errors=True)
        (self.root / "trained.log").unlink(missing_ok=True)

    def write(self, path: str, text: str) -> None:
        """Write a file, without the indentation that its lines share."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(dedent(text).lstrip("\n"), encoding="utf-8")

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace a text that stands exactly once in a file."""
        text = (self.root / path).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{path} holds {old!r} {text.count(old)} times"
        (self.root / path).write_text(text.replace(old, new), encoding="utf-8")

    def prepare(self, patch: pytest.MonkeyPatch, *beside: Path) -> None:
        """Let kernels find the report's code, packages beside it, and the weaver that is tested."""
        forget_settings(patch)
        folders = (self.root / "src", *beside, Path(weaver.__file__).parents[1])
        patch.setenv("PYTHONPATH", os.pathsep.join(map(str, folders)))
        for folder in beside:
            patch.syspath_prepend(folder)  # where the versions of packages are read

    def open(self) -> Builder:
        """Open the report as a command does."""
        return open_builder(self.root, Terminal(io.StringIO()))

    def build(self, chapter: str | None = None, profile: str = "full", form: str = "pdf") -> Built:
        """Build pages as a command does, without Quarto."""
        stream = io.StringIO()
        try:
            open_builder(self.root, Terminal(stream)).pages(Request(profile, "builtin", chapter, form))
        except WeaverError as error:
            error.add_note(stream.getvalue())
            raise
        return Built(tuple(stream.getvalue().splitlines()))

    def trainings(self) -> list[str]:
        """Return what the trainings of the report have noted since the last time."""
        path = self.root / "log"
        lines = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return lines


@pytest.fixture(autouse=True)
def seed() -> Iterator[None]:
    """Start every test from the same state of the global generators."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 - what libraries may draw from
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)
    yield


def write_report(root: Path, files: Mapping[str, str] = FILES) -> Report:
    """Write the sources of a report, by default one of two chapters that import `science` from `src`."""
    written = Report(root)
    for path, text in files.items():
        written.write(path, text)
    return written


@pytest.fixture(scope="session")
def make_report() -> Callable[[Path, Mapping[str, str]], Report]:
    """Give what writes the sources of a report of one's own."""
    return write_report


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what the caller's environment says about builds."""
    forget_settings(monkeypatch)


def forget_settings(patch: pytest.MonkeyPatch) -> None:
    """Unset the variables that builds listen to."""
    patch.setenv("QUARTO_PATH", str(Path(__file__).parent / "no-quarto"))  # whatever is installed here
    for variable in (
        "PROFILE",
        "ENGINE",
        "FORMAT",
        "CLUSTER",
        "WEAVER_CACHE",
        "SOURCE_DATE_EPOCH",
        "QUARTO_PROFILE",
    ):
        patch.delenv(variable, raising=False)


@pytest.fixture
def real_quarto(monkeypatch: pytest.MonkeyPatch) -> Quarto:
    """Give the Quarto that is installed here; the test skips where there is none."""
    if INSTALLED is None:
        pytest.skip("no Quarto on the PATH, beside Python or in QUARTO_PATH")
    monkeypatch.setenv("QUARTO_PATH", INSTALLED)
    found = quarto.find()
    assert found is not None
    return found


@pytest.fixture
def report(tmp_path: Path) -> Report:
    """Give a report of two chapters, never built, which import the package `science` from its `src`."""
    return write_report(tmp_path / "report of mine", FILES)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a disk of three megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk is refused here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.fixture(scope="session")
def training_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the small report with chapters that train, and return its folder, which nobody changes."""
    small = write_report(tmp_path_factory.mktemp("trained"), {**FILES, **TRAINING})
    with pytest.MonkeyPatch.context() as patch:
        forget_settings(patch)
        result = small.weave("build")
    assert result.returncode == 0, result.stderr
    return small.root


@pytest.fixture
def trained(training_once: Path, tmp_path: Path) -> Report:
    """Give a copy of the small report whose chapters train, after its first build."""
    root = tmp_path / "trained report"
    shutil.copytree(training_once, root)
    return Report(root)


@pytest.fixture(scope="session")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the small report, whose kernels find its code, and return its folder, which nobody changes."""
    small = write_report(tmp_path_factory.mktemp("built"), FILES)
    with pytest.MonkeyPatch.context() as patch:
        small.prepare(patch)
        small.build()
    return small.root


@pytest.fixture
def built(built_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Report:
    """Give a copy of the small report after its first build."""
    copy = Report(tmp_path / "built report")
    shutil.copytree(built_once, copy.root)
    copy.prepare(monkeypatch)
    return copy
