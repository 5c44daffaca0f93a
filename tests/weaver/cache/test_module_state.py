"""What is noticed of a module that holds something else than after its import."""

import importlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from weaver.cache.module_state import Changed, ModuleState
from weaver.cache.value_content import is_fixed
from weaver.dependencies import loaded_code
from weaver.dependencies.module_memory import Memory

Chunk = Callable[[str], None]

MODULES = {
    "__init__": "",
    "conf": """
        import random
        from dataclasses import dataclass
        import numpy as np
        import torch
        EPOCHS = 5
        NAME = "adam"
        SIZES = [1, 2]
        TABLE = {"a": 1}
        SEEN = set()
        WEIGHTS = np.zeros(3)
        NET = torch.nn.Linear(2, 1)
        DRAWS = random.Random(1)
        @dataclass(frozen=True)
        class Plan:
            steps: list
            rate: float = 0.1
            def __post_init__(self):
                if self.rate > 1:
                    object.__setattr__(self, "seen", {})
        PLAN = Plan([1])
        FAST = Plan((1,), 2.0)
        ROWS = np.random.default_rng(1)
        class Net:
            width = 3
            rates = [0.1]
            def run(self):
                return self.width
        MODEL = Net()
        HOOKS = []
        def on(function):
            HOOKS.append(function)
        class Base:
            known = []
            def __init_subclass__(cls):
                Base.known.append(cls)
        class Flow:
            steps = []
            def __rshift__(self, step):
                self.steps.append(step)
        def make():
            inner = {}
            def act(x):
                return inner.setdefault(x, x)
            return act
        act = make()
        def count(n, seen=[]):
            global EPOCHS
            EPOCHS = n
        def kept(x, known={}):
            known[x] = x
    """,
    "show": """
        from functools import lru_cache, singledispatch
        @singledispatch
        def show(x):
            return "any"
        @lru_cache
        def slow(x):
            return x
    """,
    "k": """
        import random, math
        from random import Random
        from lab import conf, show
        def run():
            return random.random() + math.pi + Random().random() + conf.EPOCHS
    """,
    "hook": "from lab.conf import HOOKS\nHOOKS.append(len)\n",
    "parts": """
        from lab import other
        from lab.conf import Base, Flow, on
        class Part(Base):
            pass
        undo = on(other.helper)
        pipe = Flow() >> 1
    """,
    "other": "def helper():\n    return 1\n",
}
COUNTING = ("lab", "lab.k", "lab.conf", "lab.show")


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleState]:
    """Watch a package `lab`, of which `lab.k` is imported."""
    for name, text in MODULES.items():
        (tmp_path / "lab").mkdir(exist_ok=True)
        lines = [line.removeprefix("        ") for line in text.splitlines()]
        (tmp_path / "lab" / f"{name}.py").write_text("\n".join(lines) + "\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    code = loaded_code.start(Memory())
    code.loaded.clear()
    state = ModuleState(code)
    importlib.import_module("lab.k")
    yield state
    for name in [name for name in sys.modules if name.partition(".")[0] == "lab"]:
        del sys.modules[name]


@pytest.fixture
def chunk() -> Chunk:
    """Run code as a chunk does."""
    namespace: dict[str, object] = {"__name__": "__main__"}
    return lambda code: exec(code, namespace)  # noqa: S102


def test_nothing_changes_by_itself(state: ModuleState, chunk: Chunk) -> None:
    """Neither by a look, nor by calls that remember what they gave, nor by another import."""
    chunk("from lab import show\nshow.slow(1)\nshow.show(1)\nimport lab.other")
    assert state.since_import(COUNTING) == state.since_import(COUNTING) == Changed()


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("import lab.conf\nlab.conf.EPOCHS = 10", "lab.conf.EPOCHS"),
        ("from lab import conf\nconf.count(10)", "lab.conf.EPOCHS"),
        ("from lab import conf\nconf.NEW = 1", "lab.conf.NEW"),
        ("from lab import conf\ndel conf.NAME", "lab.conf.NAME"),
        ("from lab import conf\nconf.SIZES = [1, 2]", "lab.conf.SIZES"),
        ("from lab import conf\nconf.on = print", "lab.conf.on"),
        ("from lab import conf\nconf.Net.width = 4", "lab.conf.Net.width"),
        ("from lab import conf\nconf.Net.run = lambda self: 1", "lab.conf.Net.run"),
        ("from lab import conf\nconf.Net.__add__ = lambda self, x: x", "lab.conf.Net.__add__"),
        ("from lab import conf\nconf.__getattr__ = lambda name: 1", "lab.conf.__getattr__"),
        ("import random\nrandom.random = lambda: 0.5", "random.random"),
        ("import random\nrandom.Random.random = lambda self: 0.5", "random.Random.random"),
    ],
)
def test_a_name_that_means_something_else_is_told(
    code: str, name: str, state: ModuleState, chunk: Chunk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a module or a class in it, and of a package that the module uses, where it is code of ours now."""
    import random  # noqa: PLC0415

    monkeypatch.setattr(random, "random", random.random)
    monkeypatch.setattr(random.Random, "random", random.Random.random, raising=False)
    chunk(code)
    assert state.since_import(COUNTING).rebound == (name,)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("conf.SIZES.append(3)", "SIZES"),
        ("conf.TABLE['b'] = 2", "TABLE"),
        ("conf.SEEN.add(1)", "SEEN"),
        ("conf.WEIGHTS += 1", "WEIGHTS"),
        ("conf.NET.weight.data.fill_(2)", "NET"),
        ("conf.DRAWS.random()", "DRAWS"),
        ("conf.ROWS.random()", "ROWS"),
        ("conf.MODEL.width = 4", "MODEL"),
        ("conf.Net.rates.append(1)", "Net.rates"),
        ("conf.act(1)", "act"),
        ("conf.kept(1)", "kept"),
        ("conf.PLAN.steps.append(2)", "PLAN"),
        ("conf.FAST.seen[1] = 2", "FAST"),
    ],
)
def test_a_value_that_holds_something_else_is_told(
    code: str, name: str, state: ModuleState, chunk: Chunk
) -> None:
    """With a digest of what it holds, so that the same state is known again."""
    chunk(f"from lab import conf\n{code}")
    changed = state.since_import(COUNTING)
    assert (set(changed.state), changed.rebound) == ({f"lab.conf.{name}"}, ())
    assert state.since_import(COUNTING) == changed
    chunk(code)
    assert (state.since_import(COUNTING).state == changed.state) == (
        name in ("TABLE", "SEEN", "NET", "MODEL", "act", "kept", "FAST")
    )


def test_what_cannot_change_is_not_looked_into() -> None:
    """A dataclass writes itself out by a function that remembers whom it is writing; that is no state."""
    assert is_fixed(Fixed((1, Fixed(())))) and is_fixed(Fixed.__repr__)
    assert not is_fixed(Fixed(([],))) and not is_fixed(Changing())


@dataclass(frozen=True)
class Fixed:
    """Holds what it was made of."""

    values: tuple[object, ...]


@dataclass
class Changing:
    """May hold another number tomorrow."""

    value: int = 0


def test_a_change_taken_back_is_none(state: ModuleState, chunk: Chunk) -> None:
    """What is as it was is as it was."""
    chunk("from lab import conf\nconf.EPOCHS = 10\nconf.SIZES.append(3)")
    assert state.since_import(COUNTING) != Changed()
    chunk("conf.EPOCHS = 5\nconf.SIZES.pop()")
    assert state.since_import(COUNTING) == Changed()


def test_the_functions_in_a_state_are_told(state: ModuleState, chunk: Chunk) -> None:
    """Those of modules count whole; those of a chunk nobody can count."""
    chunk("from lab import conf, other\nconf.on(other.helper)")
    assert state.since_import(COUNTING).whole == {"lab.other"}
    chunk("conf.on(lambda: 1)")
    changed = state.since_import(COUNTING)
    assert changed.of_chunk == ("lab.conf.HOOKS",)
    chunk("conf.HOOKS[-1] = lambda: 2")
    assert state.since_import(COUNTING).state != changed.state


def test_what_is_loaded_by_its_path_is_told(state: ModuleState, chunk: Chunk, tmp_path: Path) -> None:
    """Its code is in no record, whatever it is called and wherever it is kept; that of a module is."""
    (tmp_path / "plug.py").write_text("def work():\n    return 1\n")
    chunk(
        f"from importlib.util import *\nspec = spec_from_file_location('plug', {str(tmp_path / 'plug.py')!r})"
    )
    chunk("plug = module_from_spec(spec)\nspec.loader.exec_module(plug)\nfrom lab import conf, other")
    chunk("conf.HOOKS.append(other)")
    assert state.since_import(COUNTING).whole == {"lab.other"}
    for held in ("plug", "plug.work"):
        chunk(f"conf.HOOKS[0] = {held}")
        assert state.since_import(COUNTING).of_chunk == ("lab.conf.HOOKS",)


def test_an_implementation_of_a_dispatch_is_told(state: ModuleState, chunk: Chunk) -> None:
    """It hides in what the function closes over."""
    chunk("from lab.show import show\n@show.register\ndef _(x: int):\n    return 'int'")
    assert "lab.show.show" in state.since_import(COUNTING).of_chunk


def test_what_an_import_changes_counts_by_its_module(state: ModuleState, chunk: Chunk) -> None:
    """Where the code of that module counts, nothing else need be said."""
    chunk("import lab.hook")
    assert set(state.since_import(COUNTING).state) == {"lab.conf.HOOKS"}
    assert state.since_import((*COUNTING, "lab.hook")) == Changed()
    chunk("lab.conf.HOOKS.append(max)")
    assert "lab.conf.HOOKS" in state.since_import((*COUNTING, "lab.hook")).state


def test_what_another_module_has_registered_is_told(state: ModuleState, chunk: Chunk) -> None:
    """By a base, a call, an operator: what is in a registry counts, with the modules that it comes from."""
    chunk("import lab.parts")
    changed = state.since_import(COUNTING)
    assert set(changed.state) == {f"lab.conf.{name}" for name in ("HOOKS", "Base.known", "Flow.steps")}
    assert changed.whole == {"lab.parts", "lab.other"}


def test_what_a_chunk_did_before_an_import_is_no_part_of_it(state: ModuleState, chunk: Chunk) -> None:
    """An import in between does not make a change by a chunk one of the import's."""
    chunk("from lab import conf\nconf.SIZES.append(3)\nimport lab.hook")
    assert set(state.since_import((*COUNTING, "lab.hook")).state) == {"lab.conf.SIZES"}
