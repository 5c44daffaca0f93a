"""A kept result follows from its key: from what it was given, what it asked for, and nothing else."""

import builtins
import importlib
import os
import random
import socket
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import ModuleType

import matplotlib as mpl
import numpy as np
import pytest
from safetensors.numpy import save_file

from weaver import cache
from weaver.dependencies import loaded_code
from weaver.dependencies.hooks import observe
from weaver.errors import StoreError

Lay = Callable[..., ModuleType]
COUNTED = """
import pathlib
import random
from weaver import cache
from weaver.dependencies import loaded_code
from weaver.dependencies.hooks import observe
from lab import calls

@cache.cached
def kept(*given: object) -> str:
    calls.count()
    return str(value(*given))
"""


@pytest.fixture
def lay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lay]:
    """Lay a project whose module `lab.m` keeps what its function `value` gives, and import that."""
    root = tmp_path / "room"
    (root / "src/lab").mkdir(parents=True)
    (root / "data").mkdir()
    (root / "_quarto.yml").touch()
    (root / "src/lab/__init__.py").touch()
    (root / "src/lab/calls.py").write_text(
        "import pathlib\ndef count():\n    with open(pathlib.Path(__file__).with_name('log'), 'a') as file:\n"
        "        file.write('.')\n"
    )
    monkeypatch.chdir(root)
    monkeypatch.syspath_prepend(root / "src")
    observe(root, root / ".cache/store")

    def laid(code: str, **others: str) -> ModuleType:
        for name, text in {"m": COUNTED + code, **others}.items():
            (root / f"src/lab/{name}.py").write_text(text)
        return again()

    yield laid
    forget()


def forget() -> None:
    """Unload the modules of the project."""
    process = loaded_code.current()
    assert process
    for name in [name for name in sys.modules if name.partition(".")[0] in ("lab", "lab_nets")]:
        del sys.modules[name]
        process.loaded.pop(name, None)


def again() -> ModuleType:
    """Import the module as a new process would."""
    forget()
    importlib.invalidate_caches()
    return importlib.import_module("lab.m")


def computed() -> int:
    """Return how often something was computed since the last time."""
    log = Path("src/lab/log")
    times = len(log.read_text()) if log.exists() else 0
    log.unlink(missing_ok=True)
    return times


PICKLED = "import pickle\nfrom lab import plug\ndef value(): return pickle.loads(b'clab.plug\\nwork\\n.')()"
INPUTS = {
    "a file": (
        "def value(): return pathlib.Path('data/x.txt').read_text()",
        lambda: Path("data/x.txt").write_text("2"),
    ),
    "a file that is looked for": (
        "import os\ndef value(): return os.path.exists('data/y.txt')",
        lambda: Path("data/y.txt").write_text("2"),
    ),
    "where a link leads": (
        "def value(): return pathlib.Path('data/newest').resolve().name",
        lambda: link("y.txt"),
    ),
    "what a link says": (
        "import os\ndef value(): return os.readlink('data/newest')",
        lambda: link("y.txt"),
    ),
    "a folder": (
        "import os\ndef value(): return sorted(os.listdir('data'))",
        lambda: Path("data/y.txt").touch(),
    ),
    "the size of a file": (
        "import os\ndef value(): return os.path.getsize('data/x.txt')",
        lambda: Path("data/x.txt").write_text("22"),
    ),
    "a variable": (
        "import os\ndef value(): return os.environ.get('LAB_RATE')",
        lambda: os.environ.__setitem__("LAB_RATE", "2"),
    ),
    "a file that is read at import": (
        "TEXT = pathlib.Path('data/x.txt').read_text()\ndef value(): return TEXT",
        lambda: Path("data/x.txt").write_text("2"),
    ),
    "a variable that is read at import": (
        "import os\nRATE = os.environ.get('LAB_RATE')\ndef value(): return RATE",
        lambda: os.environ.__setitem__("LAB_RATE", "2"),
    ),
    "a file that another module of the call has read": (
        "from lab import more\ndef value(): return more.TEXT",
        lambda: Path("data/x.txt").write_text("2"),
    ),
    "a module that is loaded by name": (
        "import importlib\nload = importlib\ndef value(): return load.import_module('lab.' + 'plug').X",
        lambda: Path("src/lab/plug.py").write_text("X = 2"),
    ),
    "a function whose name a pickle holds": (
        PICKLED,
        lambda: Path("src/lab/plug.py").write_text("def work(): return 2"),
    ),
    "a function that one from a pickle calls": (
        PICKLED,
        lambda: Path("src/lab/more.py").write_text("X = 2"),
    ),
    "a function that the import of a module has found in a pickle": (
        PICKLED.replace("def value(): return", "work =").removesuffix("()") + "\ndef value(): return work()",
        lambda: Path("src/lab/more.py").write_text("X = 2"),
    ),
    "a file that keeps size and second": (
        "def value(): return pathlib.Path('data/x.txt').read_text()",
        lambda: write_in_the_same_second("data/x.txt", "2"),
    ),
    "a table": (
        "import sqlite3\n"
        "def value(): return sqlite3.connect('data/runs.db').execute('select * from run').fetchall()",
        lambda: write_table(2),
    ),
    "what a native library reads": (
        "from safetensors.numpy import load_file\ndef value(): return load_file('data/w.safetensors')['w']",
        lambda: save_file({"w": np.full(1, 2)}, "data/w.safetensors"),
    ),
    "what a native library has read at import": (
        "from safetensors.numpy import load_file\n"
        "W = load_file('data/w.safetensors')['w']\ndef value(): return W",
        lambda: save_file({"w": np.full(1, 2)}, "data/w.safetensors"),
    ),
    "what a program has read at import": (
        "import subprocess\nX = subprocess.check_output('cat data/*.txt', shell=True)\ndef value(): return X",
        lambda: Path("data/x.txt").write_text("2"),
    ),
    "what a thread has read at import": (
        "import threading\nfound = []\ndef read(): found.append(pathlib.Path('data/x.txt').read_text())\n"
        "thread = threading.Thread(target=read)\nthread.start()\nthread.join()\ndel thread\n"
        "def value(): return found",
        lambda: Path("data/x.txt").write_text("2"),
    ),
    "a script": (
        "import runpy\ndef value(): return runpy.run_path('src/lab/script.py')['X']",
        lambda: Path("src/lab/script.py").write_text("X = 2"),
    ),
}


def write_in_the_same_second(name: str, text: str) -> None:
    """Write a file that looks as it did before."""
    before = Path(name).stat()
    Path(name).write_text(text)
    os.utime(name, ns=(before.st_atime_ns, before.st_mtime_ns))


def link(name: str) -> None:
    """Let the newest data be those of a file, and take care that it is there."""
    Path("data", name).touch()
    Path("data/newest").unlink(missing_ok=True)
    Path("data/newest").symlink_to(name)


def write_table(loss: int) -> None:
    """Write a table of one run."""
    with closing(sqlite3.connect("data/runs.db")) as base, base:
        base.execute("create table if not exists run (loss)")
        base.execute("delete from run")
        base.execute("insert into run values (?)", [loss])


@pytest.mark.parametrize(("code", "edit"), INPUTS.values(), ids=INPUTS.keys())
def test_what_a_call_asks_for_is_an_input(
    lay: Lay, monkeypatch: pytest.MonkeyPatch, code: str, edit: Callable[[], object]
) -> None:
    """Another state of it computes again, the same one does not, and the first one is still there."""
    monkeypatch.setenv("LAB_RATE", "1")
    Path("data/x.txt").write_text("1")
    write_table(1)
    link("x.txt")
    save_file({"w": np.full(1, 1)}, "data/w.safetensors")
    first = lay(
        code,
        more="import pathlib\nX = 1\nTEXT = pathlib.Path('data/x.txt').read_text()\n",
        plug="from lab import more\nX = 1\ndef work(): return more.X\n",
        script="X = 1",
    ).kept()
    assert again().kept() == first
    assert computed() == 1
    edit()
    second = again().kept()
    assert second != first
    assert again().kept() == second
    assert computed() == 1


def test_a_module_keeps_nothing_that_was_opened_before_it_ran(lay: Lay) -> None:
    """However late the system's word comes: else a result would not be kept where the file has changed."""
    lay("def value(): return 1")
    for loss in range(20):
        forget()
        write_table(loss)
        importlib.import_module("lab.m")
    modules = [f"src/lab/{name}.py" for name in ("__init__", "calls", "m")]
    kept = observe(Path.cwd(), Path(".cache/store")).earlier(modules)
    assert "data/runs.db" not in {name for name, _ in kept}


@pytest.mark.parametrize("place", ["linked", "installed"])
def test_code_counts_wherever_it_lies(
    lay: Lay, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A package behind a link, or in a folder that an editable install puts on the path."""
    package = tmp_path / "elsewhere/lab_nets"
    package.mkdir(parents=True)
    (package / "net.py").write_text("X = 1  # one\n")
    if place == "linked":
        Path("src/lab/nets").symlink_to(package)
    else:
        monkeypatch.syspath_prepend(tmp_path / "elsewhere")
    name = "lab.nets" if place == "linked" else "lab_nets"
    told = [lay(f"from {name} import net\ndef value(): return net.X\n").kept()]
    for text in ("X = 1\n", "X = 2\n"):
        (package / "net.py").write_text(text)
        told.append(again().kept())
    assert told == ["1", "1", "2"]
    assert computed() == 2


def test_a_module_that_is_saved_as_it_is_imported_counts_as_it_runs(lay: Lay) -> None:
    """The file says something else by the time that anyone looks."""
    saved = "X = 1\nimport pathlib\npathlib.Path(__file__).write_text('X = 2')\n"
    module = lay("from lab import more\ndef value(): return more.X\n", more=saved)
    assert [module.kept(), again().kept()] == ["1", "2"]
    Path("src/lab/more.py").write_text(saved)
    assert again().kept() == "1"
    assert computed() == 2


LOAD = "def read(*_): return pathlib.Path('data/x.txt').read_text()\n"
MEMOISED = {
    "by another name": f"from functools import cache as once\n@once\n{LOAD}load = read\n",
    "by an assignment": f"import functools\n{LOAD}load = functools.lru_cache(read)\n",
    "with a size": f"import functools\n@functools.lru_cache(maxsize=2)\n{LOAD}load = read\n",
    "as a method": (
        f"import functools\nclass Data:\n    @functools.cache\n    {LOAD}data = Data()\nload = data.read\n"
    ),
    "within a function": (
        f"import functools\ndef make():\n    @functools.cache\n    {LOAD}    return read\nload = make()\n"
    ),
    "by a native library": (
        "import functools\nfrom safetensors.numpy import load_file\n"
        "@functools.cache\ndef load(): return int(load_file('data/w.safetensors')['w'][0])\n"
    ),
}


@pytest.mark.parametrize("code", MEMOISED.values(), ids=MEMOISED.keys())
def test_a_file_in_a_memoised_function_is_an_input(lay: Lay, code: str) -> None:
    """Whoever has asked first, what is remembered is of the file as it was."""
    Path("data/x.txt").write_text("1")
    save_file({"w": np.full(1, 1)}, "data/w.safetensors")
    module = lay(f"{code}def value(): return load()")
    module.load()
    assert module.kept() == "1"
    Path("data/x.txt").write_text("2")
    save_file({"w": np.full(1, 2)}, "data/w.safetensors")
    assert again().kept() == "2"


def test_what_is_remembered_is_computed_with_and_not_kept(lay: Lay) -> None:
    """A process that holds what a file no longer says reads and leaves no results; the next one does."""
    Path("data/x.txt").write_text("1")
    module = lay("TEXT = pathlib.Path('data/x.txt').read_text()\ndef value(): return TEXT\n")
    Path("data/x.txt").write_text("2")
    assert [module.kept(), module.kept()] == ["1", "1"]
    assert computed() == 2
    assert [again().kept(), again().kept()] == ["2", "2"]
    assert computed() == 1


def test_what_is_remembered_and_asked_again_counts_twice(lay: Lay) -> None:
    """The file as it is now is an input, too, where the call looks for itself."""
    Path("data/x.txt").write_text("1")
    module = lay(
        "def read(): return pathlib.Path('data/x.txt').read_text()\n"
        "TEXT = read()\ndef value(): return TEXT + read()\n"
    )
    told = []
    for text in ("1", "2", "3", "2", "1"):
        Path("data/x.txt").write_text(text)
        told.append(module.kept())
    assert told == ["11", "12", "13", "12", "11"]
    assert computed() == 4


def test_a_variable_that_an_import_sets_is_that_of_the_next_process_too(lay: Lay) -> None:
    """It asks whether the variable is there, and each process sets it."""
    code = "import os\nos.environ.setdefault('LAB_SEED', '1')\ndef value(): return os.environ['LAB_SEED']\n"
    for _ in range(2):
        os.environ.pop("LAB_SEED", None)
        assert lay(code).kept() == "1"
    assert computed() == 1
    os.environ["LAB_SEED"] = "2"
    assert again().kept() == "2"
    del os.environ["LAB_SEED"]


MADE = {
    "what is missing": """
def table():
    place = pathlib.Path('data/table.txt')
    if not place.exists():
        place.write_text('7')
    return place.read_text()
""",
    "what is missing, by another name": """
def table():
    place = pathlib.Path('data/table.txt')
    try:
        return place.read_text()
    except FileNotFoundError:
        place.with_name('new.txt').write_text('7')
        place.with_name('new.txt').rename(place)
    return '7'
""",
}


@pytest.mark.parametrize("code", MADE.values(), ids=MADE.keys())
def test_what_a_memoised_function_makes_is_no_input_of_the_next_process(lay: Lay, code: str) -> None:
    """It asks for a file in vain and makes it, which the next process finds."""
    module = lay(f"import functools\n@functools.cache{code}\ndef value(_): return table()\n")
    module.table()
    assert module.kept(1) == "7"
    later = again()
    later.table()
    assert [later.kept(1), later.kept(1)] == ["7", "7"]
    assert computed() == 2


def test_a_file_that_an_import_makes_and_removes_is_no_input(lay: Lay) -> None:
    """The next process makes one of another name, and finds the result of the first."""
    code = (
        "import tempfile\nwith tempfile.TemporaryDirectory(dir='data') as folder:\n"
        "    place = pathlib.Path(folder, 'x.txt')\n    place.write_text('1')\n"
        "    TEXT = place.read_text()\ndel folder, place\ndef value(): return TEXT\n"
    )
    assert [lay(code).kept(), again().kept()] == ["1", "1"]
    assert computed() == 1


PASSING = {
    "a folder": (
        "    with tempfile.TemporaryDirectory({where}) as folder:\n        return len(os.listdir(folder))\n"
    ),
    "a file": (
        "    with tempfile.NamedTemporaryFile('w', {where}) as file:\n        file.write('1')\n"
        "        return os.path.exists(file.name)\n"
    ),
}


@pytest.mark.parametrize("where", ["", "dir='data'"], ids=["elsewhere", "in the project"])
@pytest.mark.parametrize("code", PASSING.values(), ids=PASSING.keys())
def test_what_a_call_makes_and_removes_is_no_input(lay: Lay, code: str, where: str) -> None:
    """Each call makes one of another name."""
    module = lay(f"import os, tempfile\ndef value():\n{code.format(where=where)}")
    assert module.kept() == module.kept()
    assert computed() == 1


def test_what_is_forgotten_is_computed_with_anew(lay: Lay) -> None:
    """A memoised function whose results are cleared reads the file as it is now."""
    Path("data/x.txt").write_text("1")
    load = "@functools.cache\ndef load(): return pathlib.Path('data/x.txt').read_text()\n"
    module = lay(f"import functools\n{load}def value(): return load()\n")
    told = [module.kept()]
    Path("data/x.txt").write_text("2")
    told += [module.kept(), module.kept()]
    module.load.cache_clear()
    told.append(module.kept())
    assert told == ["1", "1", "1", "2"]


STATES = """
def value():
    place = cache.checkpoint()
    state = place.load()
    if state is None:
        plug = cache and __import__("lab." + "plug", fromlist=["X"])
        place.save({"half": more.TEXT + str(plug.X)}, {})
        raise KeyboardInterrupt
    return state.record["half"]
"""


@pytest.mark.parametrize(
    ("name", "text"), [("data/x.txt", "2"), ("src/lab/plug.py", "X = 2\n")], ids=["a file", "a module"]
)
def test_a_state_holds_what_was_asked_for(lay: Lay, name: str, text: str) -> None:
    """What a module read as it was imported, or was loaded on the way, is in the state: it begins anew."""
    Path("data/x.txt").write_text("1")
    read = "import pathlib\nTEXT = pathlib.Path('data/x.txt').read_text()\n"
    module = lay(f"from lab import more\n{STATES}", more=read, plug="X = 1\n")
    with pytest.raises(KeyboardInterrupt):
        module.kept()
    before = Path(name).read_text()
    Path(name).write_text(text)
    with pytest.raises(KeyboardInterrupt):
        again().kept()
    Path(name).write_text(before)
    with pytest.raises(KeyboardInterrupt):
        again().kept()
    assert again().kept() == "11"


def test_generators_begin_with_the_key_and_are_put_back(lay: Lay) -> None:
    """What comes after a call is the same, computed or read, and so is the call whatever came before."""
    module = lay("import numpy as np\ndef value(*_): return (random.random(), np.random.rand())")
    after = []
    for _ in ("computed", "read"):
        random.seed(1)
        np.random.seed(1)  # noqa: NPY002
        first = module.kept()
        after.append((random.random(), np.random.rand()))  # noqa: NPY002, S311
    assert after[0] == after[1]
    assert module.kept.uncached() != first
    assert module.kept(1) != first
    with cache.keep_in(None):
        assert module.kept() != first


def test_what_is_printed_is_printed_again(lay: Lay, capsys: pytest.CaptureFixture[str]) -> None:
    """On both streams, in its order."""
    module = lay("import sys\ndef value():\n    print('loss', 1)\n    print('careful', file=sys.stderr)")
    shown = []
    for _ in ("computed", "read"):
        module.kept()
        shown.append(capsys.readouterr())
    assert computed() == 1
    assert shown[0] == shown[1] == ("loss 1\n", "careful\n")


def test_what_members_print_together_is_printed_again_once(
    lay: Lay, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody can tell whose it is, so each keeps it; one that is computed later has its own."""
    lay(
        "",
        more="""
from collections.abc import Sequence
from weaver.cache import cached_members
@cached_members
def squares(members: Sequence[int]) -> tuple[int, ...]:
    print("squares of", *members)
    return tuple(member**2 for member in members)
""",
    )
    squares = importlib.import_module("lab.more").squares
    shown = []
    for asked in ((1, 2), (1, 2), (2,), (1, 2, 3), (1, 2, 3)):
        assert squares(asked) == tuple(each**2 for each in asked)
        shown.append(capsys.readouterr().out.splitlines())
    together, third = "squares of 1 2", "squares of 3"
    assert shown == [[together], [together], [together], [together, third], [together, third]]


REFUSED = {
    "an argument": ("def value(x): x.append(1)", "changes its argument given"),
    "a module": ("SEEN = []\ndef value(x): SEEN.append(1)", r"it changes lab\.m\.SEEN"),
    "a figure": (
        "import matplotlib.pyplot as plt\ndef value(x): plt.figure()",
        "draws with pyplot",
    ),
}


@pytest.mark.parametrize(("code", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_a_hit_would_not_do_again_is_refused(lay: Lay, code: str, message: str) -> None:
    """An error with the remedy, and nothing is kept."""
    mpl.use("agg")
    with pytest.raises(StoreError, match=message):
        lay(code).kept([])
    assert not list(Path().glob(".cache/store/entries-*/*"))


@pytest.mark.parametrize(
    ("name", "value"), [("RATE", 2), ("scale", lambda: 2)], ids=["a constant", "a function"]
)
def test_a_name_that_was_set_from_outside_is_refused(lay: Lay, name: str, value: object) -> None:
    """No key would show it."""
    module = lay(
        "from lab import conf\ndef value(): return conf.RATE * conf.scale()",
        conf="RATE = 1\ndef scale(): return 1\n",
    )
    assert module.kept() == "1"
    setattr(sys.modules["lab.conf"], name, value)
    with pytest.raises(StoreError, match=rf"lab\.conf\.{name} was set after the import of its module"):
        module.kept()


def test_what_a_module_holds_by_now_is_part_of_the_key(lay: Lay) -> None:
    """A list that a chunk has filled, a number of an array that it has changed."""
    code = "import numpy as np\nROWS, W = [], np.zeros(2)\ndef value(): return (len(ROWS), W.sum())"
    module = lay(code)
    assert module.kept() == str((0, np.float64(0.0)))
    module.ROWS.append(1)
    module.W[0] = 2
    assert module.kept() == str((1, np.float64(2.0)))


def test_settings_are_part_of_the_key(lay: Lay) -> None:
    """How numbers are printed shows in what is kept."""
    module = lay("import numpy as np\ndef value(): return np.array([1 / 3])")
    with np.printoptions(precision=3):
        assert module.kept() == "[0.333]"
    with np.printoptions(precision=5):
        assert module.kept() == "[0.33333]"


def test_what_cannot_be_seen_is_not_kept_unless_it_is_declared(
    lay: Lay, caplog: pytest.LogCaptureFixture
) -> None:
    """The result is used; one line says why it is not kept, and how to have it kept."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        asked = f"import socket\ndef ask(): socket.create_connection(('127.0.0.1', {port})).close()\n"
        module = lay(f"{asked}def value():\n    ask()\n    return 1")
        assert [module.kept(), module.kept()] == ["1", "1"]
        assert computed() == 2
        assert (
            "results are not kept: lab.m:kept: it asks 127.0.0.1 over the network: let `with" in caplog.text
        )
        declared = lay(f"{asked}def value():\n    with cache.reads('data'):\n        ask()\n    return 1")
        assert [declared.kept(), declared.kept()] == ["1", "1"]
        assert computed() == 1
        Path("data/new.txt").touch()
        assert declared.kept() == "1"
        assert computed() == 1


def test_a_function_of_a_chunk_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """It used to be called each time without a word."""
    monkeypatch.setattr(builtins, "get_ipython", lambda: None, raising=False)
    space: dict[str, object] = {"__name__": "__main__", "cached": cache.cached}
    with pytest.raises(StoreError, match=r"found one in a chunk: .* put it into a module below src/"):
        exec("@cached\ndef fit() -> int:\n    return 1", space)  # noqa: S102
