"""Warm kernels: what an edit can have changed runs again, and the result is that of a fresh kernel."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import weaver
from weaver import document
from weaver.build import open_judge
from weaver.document import Chunk
from weaver.errors import ExecutionError
from weaver.execute import Surroundings, environment, execute
from weaver.execution import Execution
from weaver.kernels import Stopped
from weaver.progress import Report
from weaver.project import Chapter
from weaver.warm import WarmKernels

MODULE = """
    from functools import lru_cache

    import matplotlib.pyplot as plt

    CALLS = []


    def figure(height: float) -> None:
        plt.plot([0, height])


    def note(word: str) -> int:
        CALLS.append(word)
        return len(CALLS)


    @lru_cache
    def read() -> str:
        return open("data/a.csv").read()
"""


@dataclass
class Heard:
    """A listener that remembers the numbers of the chunks that run."""

    numbers: list[int] = field(default_factory=list)

    def chunk(self, number: int, _chunk: Chunk, /) -> None:
        """Remember a chunk that starts."""
        self.numbers.append(number)

    def training(self, report: Report) -> None:
        """Pass over the progress of a training."""

    def notice(self, text: str) -> None:
        """Pass over what the user should know."""


@dataclass
class Warm:
    """A project of one chapter in `root`, and the kernels that run it."""

    root: Path
    kernels: WarmKernels

    def write(self, path: str, text: str) -> None:
        """Write a file, without the indentation that its lines share."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(dedent(text), encoding="utf-8")

    def chapter(self, *pieces: str) -> Chapter:
        """Write a chapter of chunks, and of prose where a piece begins with `>`."""
        blocks = [
            piece[1:].strip() if piece.startswith(">") else f"```{{python}}\n{piece}\n```" for piece in pieces
        ]
        self.write("a.qmd", "\n\n".join(blocks))
        path = Path("a.qmd")
        return Chapter("a", path, document.expand(document.read(path, root=self.root), root=self.root))

    @property
    def surroundings(self) -> Surroundings:
        """Where kernels run."""
        folders = os.pathsep.join([str(self.root / "src"), str(Path(weaver.__file__).parents[1])])
        return Surroundings(self.root, environment("full", {**os.environ, "PYTHONPATH": folders}))

    def run(self, *pieces: str) -> tuple[Execution, list[int]]:
        """Run a chapter warm; return the execution and the numbers of the chunks that ran."""
        heard = Heard()
        return self.kernels(self.chapter(*pieces), self.surroundings, heard), heard.numbers

    def warm(self, *pieces: str) -> Execution:
        """Run a chapter warm."""
        return self.run(*pieces)[0]

    def fresh(self, *pieces: str) -> Execution:
        """Run a chapter in a fresh kernel."""
        return execute(self.chapter(*pieces), self.surroundings, Heard())

    def edited(self, *pieces: str) -> list[int]:
        """Run a chapter warm, hold it against a fresh run, and return the numbers of the chunks that ran."""
        execution, numbers = self.run(*pieces)
        assert execution == self.fresh(*pieces)
        return numbers

    def failed(self, *pieces: str) -> None:
        """Run a chapter that fails, warm, and hold the error against a fresh run's."""
        with pytest.raises(ExecutionError) as fresh:
            self.fresh(*pieces)
        with pytest.raises(ExecutionError) as found:
            self.run(*pieces)
        assert str(found.value) == str(fresh.value)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warm]:
    """Give kernels that stay for all tests; a chapter that shares nothing with the last one runs whole."""
    root = tmp_path_factory.mktemp("warm")
    yield from _opened(root)


@pytest.fixture
def warm(tmp_path: Path) -> Iterator[Warm]:
    """Give kernels that end with the test."""
    yield from _opened(tmp_path)


def _opened(root: Path) -> Iterator[Warm]:
    kernels = WarmKernels(open_judge(root))
    opened = Warm(root, kernels)
    opened.write("src/lab.py", MODULE)
    opened.write("data/a.csv", "1,2")
    yield opened
    kernels.close()


def test_an_edited_chunk_runs_alone(kept: Warm) -> None:
    """What stands above is retained; what stands below is, as long as it finds the same."""
    pieces = [
        "import matplotlib.pyplot as plt\nx = [1, 2]",
        "print(x)",
        "plt.plot(x)",
        "x[0] + 1",
        "> `{python} len(x)`",
    ]
    assert kept.edited(*pieces) == [1, 2, 3, 4]
    assert kept.edited(*pieces[:2], "plt.plot(x, x)", *pieces[3:]) == [3]
    assert kept.edited(pieces[0].replace("2]", "3]"), *pieces[1:]) == [1, 2, 3, 4]
    assert kept.edited(*pieces[:3], pieces[3], "> `{python} len(x) + 1`") == [1, 2, 3, 4]
    assert kept.edited(*pieces[:4], "> `{python} len(x) + 2`") == []


def test_a_chunk_that_comes_goes_moves_or_rests(kept: Warm) -> None:
    """Only what finds another state runs again."""
    assert kept.edited("a = 1", "print('b')", "print(a)", "a + 3") == [1, 2, 3, 4]
    assert kept.edited("a = 1", "print(a)", "a + 3") == []
    assert kept.edited("a = 1", "print('new')", "print(a)", "a + 3") == [2]
    assert kept.edited("a = 1", "print(a)", "print('new')", "a + 3") == [2, 3]
    assert kept.edited("a = 1", "#| eval: false\nprint(a)", "print('new')", "a + 3") == []


MUTATIONS = [
    ("x = [1]", "x.append(2)\nprint(x)"),
    ("x = {'a': [1]}", "y = x['a']\ny.append(1)\nprint(x)"),
    ("import numpy as np\nx = np.zeros(3)", "x[1] += 1\nprint(x)"),
    ("import random\nrandom.seed(3)", "print(random.random())"),
    ("import numpy as np\nnp.random.seed(3)", "print(np.random.rand())"),
    ("import matplotlib.pyplot as plt", "plt.plot([1]); plt.rcParams['lines.linewidth'] *= 2"),
    ("import os", "os.environ['X'] = os.environ.get('X', '') + 'x'\nprint(os.environ['X'])"),
    ("import lab", "print(lab.note('x'))"),
    ("import lab", "print(lab.read())"),
    ("import sys, os", "print(os.getcwd() in sys.path)\nsys.path.append(os.getcwd())"),
    (
        "import warnings\nwarnings.showwarning = lambda message, *_, **__: print(message)",
        "warnings.warn('once')",
    ),
    ("class A:\n    n = 0\na = A()", "A.n += 1\nprint(a.n)"),
    ("def f(n=[]):\n    n.append(1)\n    return len(n)", "print(f())"),
    ("total = 0\ndef f():\n    global total\n    total += 1\n    return total", "print(f())"),
    ("it = iter(range(9))", "print(next(it))"),
    ("it = (n for n in range(9))", "print(next(it))"),
    ("import numpy as np", "np.set_printoptions(precision=2)\nprint(np.pi * np.ones(1))"),
    ("import decimal", "decimal.getcontext().prec += 1\nprint(decimal.getcontext().prec)"),
    ("import logging", "print(logging.getLogger('x').level)\nlogging.getLogger('x').setLevel(10)"),
    ("open('log', 'w').close()", "print('a', file=open('log', 'a'))\nprint(open('log').read())"),
    ("x = 1", "%precision 2\nprint('a' in globals())\na = x"),
    ("x = 1\nx", "print(_)\n_ = 3"),
    ("import torch\nx = torch.zeros(2)\ntorch.manual_seed(1)", "x.add_(torch.rand(2))\nprint(x)"),
]


SOME, MORE = MUTATIONS[:6], [pytest.param(*each, marks=pytest.mark.slow) for each in MUTATIONS[6:]]


@pytest.mark.parametrize(("above", "below"), [*SOME, *MORE])
def test_what_a_chunk_changed_it_does_not_find_changed(kept: Warm, above: str, below: str) -> None:
    """Run again and again, with a chunk after it that reads what it left behind."""
    pytest.importorskip("torch" if "torch" in above else "numpy")
    last = "print('the end')"
    for number in (1, 2):
        kept.run(above, f"{below}\nprint({number})", last)
    kept.edited(above, f"{below}\nprint(3)", last)


def test_edited_modules_are_loaded_anew(warm: Warm) -> None:
    """With all that holds something of them; the packages stay loaded."""
    pieces = [
        "from lab import figure\nkept = [figure]",
        "figure(2)",
        "kept[0](3)",
        "print(3)",
    ]
    assert warm.edited(*pieces) == [1, 2, 3, 4]
    pid = warm.run("import os\nprint(os.getpid())")[0]
    warm.write("src/lab.py", dedent(MODULE).replace("[0, height]", "[1, height, 2]"))
    assert warm.edited(*pieces) == [1, 2, 3, 4]
    warm.write("src/other.py", "A = 1")
    assert warm.edited(*pieces[:1], "figure(4)", *pieces[2:]) == [2]
    assert warm.run("import os\nprint(os.getpid())")[0] == pid


LAB = """
    import functools

    import matplotlib.pyplot as plt

    from weaver.cache import cached


    def drawn(function):
        @functools.wraps(function)
        def wrapper(height):
            return function(height)

        return wrapper


    @drawn
    def figure(height: float) -> None:
        plt.plot([0, height])


    def factor() -> int:
        return 2


    def fails() -> None:
        raise ValueError("at line 17, or further down")


    @functools.lru_cache
    def known(n: int) -> int:
        return n * factor()


    @cached
    def slow(n: int) -> int:
        print("computed")
        return n * factor()


    class Thing:
        def say(self) -> str:
            return "one"


    def make() -> object:
        return lambda: factor()
"""
HIGHER = ("plt.plot([0, height])", "height += 1\n        plt.plot([1, height, 2])")
FIGURE = "lab.figure(2)"


@pytest.fixture
def lab(warm: Warm) -> Warm:
    """Give a module whose functions are edited, and one that uses it."""
    warm.write("src/lab.py", LAB)
    warm.write("src/user.py", "import lab\n\n\ndef use():\n    return lab.factor()\n")
    return warm


@pytest.mark.parametrize(
    ("pieces", "edit", "expected"),
    [
        pytest.param(["print(1)", FIGURE, "print(3)"], HIGHER, [3], id="alone"),
        pytest.param(
            [FIGURE, "print(2)", FIGURE, "print(4)"],
            HIGHER,
            [2, 3, 4],
            id="to the last",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            ["print(1)", "#| eval: false\n" + FIGURE], HIGHER, [], id="none that runs", marks=pytest.mark.slow
        ),
        pytest.param(
            ["print(1)", "x = lab.slow(3)", "print(x)", FIGURE],
            HIGHER,
            [5],
            id="no training",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            ["print(1)", "x = lab.slow(3)", "print(x)"], ("return 2", "return 5"), [3, 4], id="a training"
        ),
        pytest.param(
            ["x = lab.slow(3)", "print(x)"],
            ("return n * factor()\n\n\n    class", "return n + factor()\n\n\n    class"),
            [2, 3],
            id="it",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            ["print(1)", "print(lab.known(3))"],
            ("return 2", "return 5"),
            [1, 2, 3],
            id="remembered",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            ["f = [user.use]", "print(f[0]())", "print(3)"],
            ("return 2", "return 5"),
            [2, 3],
            id="held",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            ["t = lab.Thing()", "print(t.say())", "print(3)"], ('"one"', '"two"'), [2, 3], id="an object"
        ),
        pytest.param(
            ["f = lab.make()", "print(f())", "print(3)"],
            ("return 2", "return 7"),
            [2, 3],
            id="a closure",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            ["f = lab.make()", "print(f())"], ("lambda: factor()", "lambda: 8"), [1, 2, 3], id="made by it"
        ),
        pytest.param(
            ["print(1)", FIGURE],
            ("height: float)", "height: int)"),
            [1, 2, 3],
            id="a signature",
            marks=pytest.mark.slow,
        ),
        pytest.param(["print(1)", FIGURE], ("def make", "def more"), [1, 2, 3], id="a name"),
    ],
)
def test_an_edited_function_runs_what_reaches_it(
    lab: Warm, pieces: list[str], edit: tuple[str, str], expected: list[int]
) -> None:
    """Wherever its body alone was edited; after anything else the modules are loaded anew."""
    top = "import lab, user"
    lab.edited(top, *pieces)
    lab.write("src/lab.py", LAB.replace(*edit))
    assert lab.edited(top, *pieces) == expected
    assert lab.edited(top, *pieces) == []


BODIES = [("return 2", "return 3"), ('"one"', '"two"'), ("lambda: factor()", "lambda: 5"), HIGHER]
USES = [
    *(
        "t.append(lab.Thing())",
        "print([x.say() for x in t])",
        "f = lab.make()",
        "print(f())",
        "print(user.use())",
    ),
    *("g = user.use", "print(g())", "lab.figure(1)", "print(lab.slow(len(t)))", "f = g", "t = []"),
]


@pytest.mark.slow
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(
    pieces=st.lists(st.sampled_from(USES), min_size=2, max_size=5),
    edits=st.lists(st.sets(st.sampled_from(BODIES)), min_size=1, max_size=3),
)
def test_functions_however_edited_give_what_they_give_fresh(
    lab: Warm, pieces: list[str], edits: list[set[tuple[str, str]]]
) -> None:
    """Objects, functions and closures that were made before an edit are those of a fresh kernel after it."""
    top = "import lab, user\nt, g = [lab.Thing()], user.use\nf = lab.make()"
    for edit in ({*()}, *edits):
        text = LAB
        for old, new in edit:
            text = text.replace(old, new)
        lab.write("src/lab.py", text)
        found = _outcome(lab.warm, top, *pieces)
    assert found == _outcome(lab.fresh, top, *pieces)


def test_an_error_below_an_edited_function_has_its_line(lab: Warm) -> None:
    """Of the file as it is, though this function was loaded from the file as it was."""
    lab.run("import lab", "print(1)")
    lab.write("src/lab.py", LAB.replace(*HIGHER))
    bad = ["import lab", "print(1)", "lab.fails()"]
    lab.failed(*bad)
    lab.write("src/lab.py", LAB.replace("raise ValueError", "str"))
    assert lab.edited(*bad) == [3]


@pytest.mark.slow
def test_edits_that_follow_each_other(lab: Warm) -> None:
    """There and back, and one of more than bodies between."""
    pieces = ["import lab", "print(lab.factor())", "print(lab.Thing().say())"]
    lab.edited(*pieces)
    for old, new, expected in [
        ("return 2", "return 3", [2]),
        ("return 2", "return 2", [2]),
        ('"one"', '"three"', [2 + 1]),
        ("def make", "def other", [1, 2, 3]),
        ("return 2", "return 4", [1, 2, 3]),
    ]:
        lab.write("src/lab.py", LAB.replace(old, new))
        assert lab.edited(*pieces) == expected


def test_what_was_read_counts(warm: Warm) -> None:
    """An edited file is read again by whoever read it, and the record lists all that a whole run opens."""
    pieces = ["text = open('data/a.csv').read()", "print(1)", "print(text)"]
    execution, _ = warm.run(*pieces)
    warm.edited(pieces[0], "print(2)", pieces[2])
    assert warm.run(*pieces)[0].opened == execution.opened != {}
    warm.write("data/a.csv", "3,4")
    assert warm.edited(*pieces) == [1, 2, 3]


def test_an_error_is_mended_where_it_stands(kept: Warm) -> None:
    """It reads as from a fresh kernel, and neither what stands above nor what stands below runs for it."""
    good = ["a = 1", "a + 1", "a + 2"]
    kept.edited(*good)
    bad = ["a = 1", "a + b", "a + 2"]
    kept.failed(*bad)
    assert kept.edited("a = 1", "a + 3", "a + 2") == [2]


def test_a_kernel_that_was_killed_is_replaced(warm: Warm) -> None:
    """Between two edits, and while it runs."""
    warm.run("import os\nprint(1)", "open('pid', 'w').write(str(os.getpid()))")
    psutil.Process(int((warm.root / "pid").read_text())).kill()
    assert warm.edited("import os\nprint(1)", "print(2)") == [1, 2]
    with pytest.raises(ExecutionError, match="the kernel died"):
        warm.run("import os\nprint(1)", "os.kill(os.getpid(), 9)")
    assert warm.edited("import os\nprint(1)", "print(3)")[-1] == 2


def test_what_runs_is_stopped_with_its_kernel(warm: Warm) -> None:
    """In a first run and in a later one, however often it is told; afterwards chapters run as ever."""
    slow = "import os, time\nopen('pid', 'w').write(str(os.getpid()))\ntime.sleep(60)"
    for pieces in (["print(1)", slow], ["print(1)", f"{slow}\nprint(2)"]):
        (warm.root / "pid").unlink(missing_ok=True)
        thread = threading.Thread(target=_stop, args=[warm])
        thread.start()
        with pytest.raises(Stopped):
            warm.run(*pieces)
        thread.join()
        assert not psutil.pid_exists(int((warm.root / "pid").read_text()))
        with pytest.raises(Stopped):
            warm.run("print(1)")
        warm.kernels.renew()
        warm.run("print(1)", "print(2)")


def _stop(warm: Warm) -> None:
    pid = warm.root / "pid"
    while not (pid.is_file() and pid.read_text()):
        time.sleep(0.05)
    for _ in range(5):
        warm.kernels.stop()
        time.sleep(0.01)


def test_its_end_leaves_no_kernel(warm: Warm) -> None:
    """Twice is once."""
    warm.run("import os\nopen('pid', 'w').write(str(os.getpid()))")
    warm.kernels.close()
    warm.kernels.close()
    assert not psutil.pid_exists(int((warm.root / "pid").read_text()))


STATEMENTS = [
    *("x = [1]", "x.append(len(x))", "y = x", "y = list(x)", "print(x, y)", "z = {'x': x}", "z['y'] = 1"),
    *("print(sorted(z))", "a = np.arange(3.0)", "a += 1", "print(a)", "x[0] += 1", "print(random.random())"),
    *("random.seed(1)", "np.random.seed(2)", "print(np.random.rand())", "plt.plot(x)", "del y"),
    *("print(lab.note('a'))", "def f(): return x[-1]", "print(f())", "lab.CALLS.clear()", "1 / len(y)"),
    "plt.rcParams['lines.linewidth'] += 1",
]
TOP = """import lab, random
import matplotlib.pyplot as plt
import numpy as np
random.seed(0)
np.random.seed(0)
x, y, z, a = [0], [0], {}, np.zeros(2)"""
PIECES = st.lists(st.sampled_from(STATEMENTS), min_size=1, max_size=5)


@pytest.mark.slow
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(chapters=st.lists(PIECES, min_size=2, max_size=4), cut=st.integers(0, 4))
def test_a_chapter_however_edited_gives_what_it_gives_fresh(
    kept: Warm, chapters: list[list[str]], cut: int
) -> None:
    """Little chapters that begin alike: their outputs, or their errors, are those of a fresh kernel."""
    shared = chapters[0][:cut]
    outcomes = [_outcome(kept.warm, TOP, *shared, *pieces) for pieces in chapters]
    assert outcomes[-1] == _outcome(kept.fresh, TOP, *shared, *chapters[-1])


def _outcome(run: Callable[..., Execution], *pieces: str) -> object:
    try:
        return run(*pieces)
    except ExecutionError as error:
        return str(error)
