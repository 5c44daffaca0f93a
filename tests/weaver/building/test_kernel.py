"""Chapters in real kernels."""

import base64
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np
import psutil
import pytest

from weaver import chunk_options, qmd
from weaver.building.execution import Execution
from weaver.building.kernel import Surroundings, execute
from weaver.building.kernel_environment import of_kernels
from weaver.errors import ExecutionError
from weaver.progress import Report
from weaver.project import Chapter
from weaver.qmd import Chunk

CHAPTER = """
    # Chapter `{python} 1`

    ```{python}
    #| label: streams
    import sys
    from IPython.display import Markdown
    print("one", end=" ", flush=True)
    print("two", flush=True)
    print("careful", file=sys.stderr, flush=True)
    print("50 %\\r100 %", flush=True)
    ```

    ```{python}
    #| label: fig-line
    import matplotlib.pyplot as plt
    print("before")
    plt.plot([0, 1], [0, 1], label="$x^2$")
    plt.legend()
    plt.show()
    print("after")
    6 * 7
    ```

    ```{python}
    #| eval: false
    raise ValueError("this never runs")
    ```

    ```{python}
    #| label: files
    from pathlib import Path
    import numpy as np
    Path("data/text.csv").read_text()
    np.load("data/array.npy")
    np.load("data/arrays.npz")["a"]
    for name in ("data/missing.npy", "build/page.txt", ".cache/entry"):
        try:
            open(name)
        except FileNotFoundError:
            pass
    !cat data/shell.txt
    Path("data/text.csv").write_text("edited while the chapter runs")
    ```

    ```{python}
    #| label: training
    from weaver import progress
    with progress.epochs("autoencoder", 3) as bar:
        for epoch in (1, 2, 3):
            bar.update(epoch, loss=1 / epoch)
    ```

    ```{python}
    #| label: surroundings
    import json, os, psutil
    from ipykernel.connect import get_connection_file
    me = psutil.Process()
    about = {
        "cwd": os.getcwd(),
        "profile": os.environ["PROFILE"],
        "pid": os.getpid(),
        "connection": json.loads(Path(get_connection_file()).read_text()),
        "mode": Path(get_connection_file()).parent.stat().st_mode & 0o777,
        "listening": [c.laddr.ip for c in me.net_connections("inet") if c.status == psutil.CONN_LISTEN],
    }
    Path("build/about.json").write_text(json.dumps(about));
    ```

    ```{python}
    #| label: kept
    import logging
    from weaver.cache.usage_events import tell
    logging.disable()
    tell("hit", "lab:fit", "b", ["a"])
    ```

    ```{python}
    #| label: fig-bare
    from matplotlib.figure import Figure
    figure = Figure(figsize=(2, 1))
    figure.subplots().plot([0, 1])
    figure
    ```

    ```{python}
    #| label: addresses
    print([object()])
    object()
    ```

    ```{python}
    #| label: magic

    %%capture
    print("for nobody")
    ```

    ```{python}
    #| label: fails
    #| error: true
    import sys; sys.path.insert(0, "src")
    import deep, decimal
    deep.warn()
    deep.invert("x", numpy=True)
    ```

    ```{python}
    # | label: values
    display(deep, decimal)
    deep.__spec__
    ```

    Values: `{python} f"{np.pi:.2f}"`, `{python} 2 + 2`, `{python} "a_b*"`,
    `{python} Markdown("**bold**")`, `{python} "it's"`,
    `{python} type("T", (), {"__repr__": lambda _: "'x' or"})()`.
"""

DEEP = """\
import warnings

import numpy as np


def warn():
    warnings.warn("careful")


def invert(text, numpy):
    return np.linalg.inv(np.zeros((2, 2)))
"""


@dataclass
class Heard:
    """A listener that remembers."""

    chunks: list[tuple[int, str]] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def chunk(self, number: int, chunk: Chunk) -> None:
        """Remember a chunk that starts."""
        self.chunks.append((number, chunk.name))

    def training(self, report: Report) -> None:
        """Remember how far a training is."""
        self.reports.append(report)

    def notice(self, text: str) -> None:
        """Remember what the weaver in the kernel warned of."""
        self.notices.append(text)


@dataclass(frozen=True)
class Run:
    """What executing a chapter in `root` gave."""

    root: Path
    heard: Heard
    execution: Execution


def chapter(text: str) -> Chapter:
    """Read a chapter from a text."""
    path = Path("report/q1.qmd")
    return Chapter("q1", path, qmd.parse(dedent(text).lstrip("\n"), path).blocks)


def run(root: Path, text: str, **variables: str) -> Run:
    """Execute a chapter in a folder, with some variables in its environment."""
    heard = Heard()
    surroundings = Surroundings(root, of_kernels("quick", {**os.environ, **variables}))
    return Run(root, heard, execute(chapter(text), surroundings, heard))


def run_in_a_new_folder(factory: pytest.TempPathFactory) -> Run:
    """Execute the chapter above beside data of its own."""
    root = factory.mktemp("project")
    for folder in ("data", "build", ".cache", "home/profile_default/startup"):
        (root / folder).mkdir(parents=True)
    (root / "home/profile_default/startup/mine.py").write_text("print = None")
    (root / "data/text.csv").write_text("1,2,3")
    (root / "data/shell.txt").touch()
    (root / "build/page.txt").touch()
    (root / "src").mkdir()
    (root / "src/deep.py").write_text(DEEP)
    np.save(root / "data/array.npy", np.arange(3))
    np.savez(root / "data/arrays.npz", a=np.arange(3))
    return run(root, CHAPTER, IPYTHONDIR=str(root / "home"))


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Run]:
    """Execute the chapter twice, in two folders."""
    return run_in_a_new_folder(tmp_path_factory), run_in_a_new_folder(tmp_path_factory)


def kinds(run: Run, chunk: int) -> list[str]:
    """Name the outputs of a chunk, counted from 1, in order."""
    return [output.get("name", output["output_type"]) for output in run.execution.outputs[chunk - 1]]


def test_streams_arrive_whole(runs: tuple[Run, Run]) -> None:
    """However the kernel cuts them, each stream is one output, and overwritten text is gone."""
    out, err = runs[0].execution.outputs[0]
    assert (out["name"], out["text"]) == ("stdout", "one two\n100 %\n")
    assert (err["name"], err["text"]) == ("stderr", "careful\n")


def test_outputs_keep_their_order(runs: tuple[Run, Run]) -> None:
    """What is printed before and after a figure stays before and after it."""
    assert kinds(runs[0], 2) == ["stdout", "display_data", "stdout", "execute_result"]
    assert runs[0].execution.outputs[1][3]["data"] == {"text/plain": "42"}


def size(output: Mapping[str, Any]) -> tuple[float, float]:
    """Return width and height in inches of a figure in SVG."""
    found = re.search(r'width="([\d.]+)pt" height="([\d.]+)pt"', output["data"]["image/svg+xml"])
    assert found
    return float(found[1]) / 72, float(found[2]) / 72


def test_figures_are_svg_as_jupyter_shows_them(runs: tuple[Run, Run]) -> None:
    """5.5 × 3.5 inches, less the empty rims, and nothing in the drawing tells when it was made."""
    output = runs[0].execution.outputs[1][1]
    assert size(output) == pytest.approx((4.8, 3.1), abs=0.2)
    assert "<dc:date>" not in output["data"]["image/svg+xml"]


def test_a_figure_is_shown_that_pyplot_did_not_make(runs: tuple[Run, Run]) -> None:
    """Functions that return figures need no global state."""
    (output,) = runs[0].execution.outputs[7]
    assert size(output) == pytest.approx((2, 1), abs=0.3)


FIGURES = """
    ```{python}
    from matplotlib import pyplot as plt
    def draw(*, outside=False):
        plt.plot([0, 1], label="learning rate 0.1, momentum 0.9")
        plt.legend(bbox_to_anchor=(1.02, 1) if outside else None, loc="upper left")
        plt.show()
    draw(outside=True)
    ```

    ```{python}
    #| fig-width: 8
    #| fig-asp: 0.25
    draw()
    ```

    ```{python}
    plt.rcParams["figure.figsize"] = (3, 3)
    draw()
    ```

    ```{python}
    #| fig-format: retina
    #| fig-dpi: 50
    draw()
    ```

    ```{python}
    #| fig-format: jpeg
    draw()
    ```

    ```{python}
    draw()
    ```
"""


def test_figures_have_the_sizes_that_are_wanted(tmp_path: Path) -> None:
    """What is drawn beside the axes is whole; a chunk's own options hold for it alone."""
    found = replace(chapter(FIGURES), figures=chunk_options.Figures(width=4, height=2))
    blocks = [block.under({"fig-width": 4, "fig-height": 2}) for block in found.chunks]
    surroundings = Surroundings(tmp_path, of_kernels("quick", os.environ))
    execution = execute(replace(found, blocks=tuple(blocks)), surroundings, Heard())
    wide, asked, said, pixels, photo, again = (outputs[0] for outputs in execution.outputs)
    assert size(wide)[0] > 5
    assert size(asked) == pytest.approx((7, 2), abs=0.6)
    assert size(said) == size(again) == pytest.approx((3, 3), abs=0.6)
    assert "image/jpeg" in photo["data"]
    png = base64.b64decode(pixels["data"]["image/png"])
    assert int.from_bytes(png[16:20]) == pytest.approx(2 * 50 * 3, abs=60)


def test_two_executions_are_equal_to_the_byte(runs: tuple[Run, Run]) -> None:
    """Also in another folder: no identifier by chance, no path, no count, no time."""
    first, second = (json.dumps(run.execution.to_json()) for run in runs)
    assert first == second


def test_no_address_is_printed(runs: tuple[Run, Run]) -> None:
    """Where in the memory an object lay is chance; the rest of its text stays."""
    printed, value = runs[0].execution.outputs[8]
    assert printed["text"] == "[<object object at 0x…>]\n"
    assert value["data"] == {"text/plain": "<object at 0x…>"}


def test_a_chunk_that_is_switched_off_does_not_run(runs: tuple[Run, Run]) -> None:
    """It keeps its place among the outputs, and the listener does not hear of it."""
    assert runs[0].execution.outputs[2] == ()
    heard = [
        (1, "streams"),
        (2, "fig-line"),
        (4, "files"),
        (5, "training"),
        (6, "surroundings"),
        (7, "kept"),
        (8, "fig-bare"),
        (9, "addresses"),
        (10, "magic"),
        (11, "fails"),
        (12, "values"),
    ]
    assert runs[0].heard.chunks == heard


def test_a_magic_for_a_whole_cell_stands_below_its_options(runs: tuple[Run, Run]) -> None:
    """IPython wants it on the first line of what runs, as Quarto gives it."""
    assert runs[0].execution.outputs[9] == ()


def test_an_error_that_may_stand_is_shown_and_the_chapter_goes_on(runs: tuple[Run, Run]) -> None:
    """Its traceback names the project's files from its root and a library's from where it is installed."""
    warned, error = runs[0].execution.outputs[10]
    assert warned["text"].startswith("src/deep.py:7: UserWarning: careful\n")
    shown = "\n".join(error["traceback"])
    assert error["ename"] == "LinAlgError"
    assert "File src/deep.py:11, in invert(text, numpy)" in shown
    assert re.search(r"^File numpy/linalg/\w+\.py:\d+, in inv", shown, re.M)
    assert "\x1b" not in shown
    assert not re.search(r"(?<!\w)[/~]", shown.replace(" / ", ""))


def test_what_ipython_calls_a_thing_has_no_folder_in_it(runs: tuple[Run, Run]) -> None:
    """A module of the project is named from its root, one of Python's from Python's own folder."""
    shown = [output["data"]["text/plain"] for output in runs[0].execution.outputs[11]]
    assert shown[0] == "<module 'deep' from 'src/deep.py'>"
    assert shown[1] == "<module 'decimal' from 'decimal.py'>"
    assert "origin='src/deep.py'" in shown[2]


def test_inline_values_are_markdown(runs: tuple[Run, Run]) -> None:
    """Text is escaped so that it prints as it is; Markdown is taken as it is."""
    assert runs[0].execution.values == ("1", "3.14", "4", r"a\_b\*", "**bold**", r"it\'s", r"\'x\' or")


def test_files_that_were_read_are_known_as_they_were(runs: tuple[Run, Run]) -> None:
    """Also those read by NumPy and those that were not there, but nothing of the weaver's own folders."""
    root, opened = runs[0].root, runs[0].execution.opened
    assert {name: one for name, one in opened.items() if ":" not in name} == {
        "data/array.npy": sha256((root / "data/array.npy").read_bytes()).hexdigest(),
        "data/arrays.npz": sha256((root / "data/arrays.npz").read_bytes()).hexdigest(),
        "data/missing.npy": None,
        "data/shell.txt": sha256(b"").hexdigest(),
        "data/text.csv": sha256(b"1,2,3").hexdigest(),
        "src/deep.py": sha256((root / "src/deep.py").read_bytes()).hexdigest(),  # the traceback shows lines
    }


def test_packages_count_that_the_chapter_loads(runs: tuple[Run, Run], tmp_path: Path) -> None:
    """Those of its code, with what they load in turn, and what the tool has read and writes out values by."""
    loaded = {name for name in runs[0].execution.opened if name.startswith("package:")}
    assert {"package:numpy", "package:matplotlib", "package:kiwisolver", "package:safetensors"} < loaded
    (tmp_path / "src").mkdir()
    opened = run(tmp_path, "```{python}\n1 + 1\n```\n").execution.opened
    assert {"package:IPython", "package:numpy"} < opened.keys()
    assert not {"package:ipykernel", "package:torch"} & opened.keys()


def test_the_files_of_modules_count_where_chunks_may_show_docstrings(tmp_path: Path) -> None:
    """A docstring is no code, but a page may print it."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src/lab.py").write_text('"""The text."""\n')
    plain, shown = (
        run(tmp_path, f"```{{python}}\nimport lab\n{code}\n```\n").execution.opened
        for code in ("lab.__name__", "lab.__doc__")
    )
    assert "src/lab.py" not in plain
    assert shown["src/lab.py"] == sha256((tmp_path / "src/lab.py").read_bytes()).hexdigest()


def test_kept_results_that_were_used_are_known(runs: tuple[Run, Run]) -> None:
    """Whatever the chapter does to its logging, and with what they used in turn."""
    assert runs[0].execution.used == ("a", "b")


def test_progress_reaches_the_listener(runs: tuple[Run, Run]) -> None:
    """A training's reports leave the kernel, the last one always."""
    reports = runs[0].heard.reports
    assert (reports[0].description, reports[0].done, reports[0].total) == ("autoencoder", 1, 3)
    assert (reports[-1].done, reports[-1].loss) == (3, pytest.approx(1 / 3))


def test_the_kernels_surroundings(runs: tuple[Run, Run]) -> None:
    """It works in the project's root, knows the profile, and nobody else can talk to it or finds it later."""
    for each in runs:
        about = json.loads((each.root / "build/about.json").read_text())
        assert about["cwd"] == str(each.root)
        assert about["profile"] == "quick"
        assert about["connection"]["transport"] == "ipc"
        assert about["mode"] == 0o700
        assert set(about["listening"]) <= {"127.0.0.1"}  # ipykernel's own, for what child processes print
        assert not psutil.pid_exists(about["pid"])
        assert not Path(about["connection"]["ip"]).parent.exists()
        assert sorted(path.name for path in each.root.iterdir()) == [".cache", "build", "data", "home", "src"]


def test_a_warning_names_no_process(tmp_path: Path) -> None:
    """What Python warns of in a chunk is the same text in every run."""
    text = "import warnings\nwarnings.warn('old', FutureWarning)"
    outputs = run(tmp_path, f"```{{python}}\n{text}\n```").execution.outputs[0]
    assert outputs[0]["text"].startswith("<chunk>:2: FutureWarning: old")


WARNS = """
    ```{python}
    import logging
    logging.basicConfig()
    warn = logging.getLogger("weaver.store").warning
    warn("the entry %s is damaged", "ab")
    ```

    Value: `{python} warn("and another")`.

    ```{python}
    warn("the last")
    raise ValueError
    ```
"""


def test_what_the_weaver_warns_of_is_told_and_not_printed(tmp_path: Path) -> None:
    """A damaged entry is news for whoever builds, also of one that fails, and nothing for readers."""
    heard = Heard()
    surroundings = Surroundings(tmp_path, of_kernels("quick", os.environ))
    with pytest.raises(ExecutionError, match="ValueError"):
        execute(chapter(WARNS), surroundings, heard)
    assert heard.notices == ["the entry ab is damaged", "and another", "the last"]
    execution = execute(chapter(WARNS.replace("raise ValueError", "")), surroundings, Heard())
    assert execution.outputs == ((), ())


def failure(root: Path, text: str) -> str:
    """Execute a chapter that fails and return the message."""
    with pytest.raises(ExecutionError) as caught:
        run(root, text)
    return str(caught.value)


def test_an_error_names_the_line_and_shows_chunk_and_traceback(tmp_path: Path) -> None:
    """The line is the chunk's, also where the statement that failed is a function in another file."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src/deep.py").write_text("def invert(x):\n    return 1 / x\n")
    message = failure(
        tmp_path,
        """
        # Title

        ```{python}
        def again(x):
            from deep import invert
            return invert(x)
        ```

        ```{python}
        #| label: fails
        import sys; sys.path.insert(0, "src")

        again(1)
        again(0)  # here
        ```
        """,
    )
    first, *rest = message.splitlines()
    assert first == "report/q1.qmd:14: chunk 'fails': ZeroDivisionError: division by zero"
    assert "  >   14  again(0)  # here" in rest
    assert "      10  #| label: fails" in rest
    assert "File src/deep.py:2, in invert(x)" in message
    assert str(tmp_path) not in message
    assert "\x1b" not in message


def test_an_error_of_the_weaver_needs_no_traceback(tmp_path: Path) -> None:
    """Where it was raised is no news for whoever has a full disk; which line of the chunk it was, is."""
    code = "from weaver.errors import StoreError\nraise StoreError('the disk is full')"
    assert failure(tmp_path, f"```{{python}}\n{code}\n```\n").splitlines() == [
        "report/q1.qmd:3: chunk 'line 1': StoreError: the disk is full",
        "",
        "       2  from weaver.errors import StoreError",
        "  >    3  raise StoreError('the disk is full')",
    ]


def test_what_cannot_be_shown_is_an_error(tmp_path: Path) -> None:
    """Jupyter goes on without it, and its traceback would be printed in its place."""
    code = "class Shy:\n    def _repr_html_(self):\n        raise ValueError('not me')\nShy()"
    message = failure(tmp_path, f"```{{python}}\n{code}\n```\n")
    assert message.startswith("report/q1.qmd:4: chunk 'line 1': ValueError: not me")


def test_a_syntax_error_names_its_line(tmp_path: Path) -> None:
    """Python's own message for a chunk that is no Python."""
    message = failure(tmp_path, "Text\n\n```{python}\nx = 1\ny = = 2\n```\n")
    assert message.startswith("report/q1.qmd:5: chunk 'line 3': SyntaxError: invalid syntax")
    assert "  >    5  y = = 2" in message


def test_an_error_in_an_inline_expression(tmp_path: Path) -> None:
    """It names the expression and its own line, not that of the paragraph."""
    message = failure(tmp_path, "Value `{python} 1`\n\nand `{python} unknown.name`.\n")
    expected = "report/q1.qmd:3: inline expression `unknown.name`: NameError: name 'unknown' is not defined"
    assert message == expected


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("```{python}\nimport os\nos._exit(1)\n```\n", "report/q1.qmd:1: chunk 'line 1': the kernel died"),
        ("Value `{python} __import__('os')._exit(1)`.\n", "report/q1.qmd:1: inline expressions"),
    ],
)
def test_the_death_of_a_kernel_is_told_at_once(tmp_path: Path, text: str, place: str) -> None:
    """Code that ends the process, or is ended for want of memory, is an error like any other."""
    assert failure(tmp_path, text).startswith(place)


def test_a_kernel_that_cannot_start(tmp_path: Path) -> None:
    """The message says so, instead of a wait without end."""
    broken = Surroundings(tmp_path, {**of_kernels("quick", os.environ), "PYTHONHOME": "/nonexistent"})
    with pytest.raises(ExecutionError, match="the kernel did not start"):
        execute(chapter("```{python}\n1\n```\n"), broken, Heard())
