"""What is said of the code that counts, and of the differences between two states of it."""

import json
from pathlib import Path
from typing import Any

import pytest

from weaver.dependencies.counted_code import Change, CountedCode, Dependency, changes
from weaver.dependencies.first_party import Modules
from weaver.dependencies.module_memory import Memory
from weaver.dependencies.rule_of_names import counted, whole

FILES = {
    "__init__": "",
    "sweeps": "from .training import fit\n\n\ndef learning_rate():\n    return fit()\n",
    "training": "import math\n\nRATE = 1\n\n\ndef fit():\n    return epoch()\n\n\n"
    "def epoch():\n    return math.pi * RATE\n",
}


def write(root: Path, **files: str) -> Modules:
    """Write the package `hw`."""
    for name, text in {**FILES, **files}.items():
        file = root / "src" / "hw" / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return Modules(root, Memory(), [str(root / "src")])


def sweep(root: Path, **files: str) -> CountedCode:
    """Return what counts for the sweep of the package `hw`."""
    return counted(write(root, **files), [("hw.sweeps", "learning_rate")])


def edited(old: str, new: str) -> str:
    """Return the training with an edit."""
    assert old in FILES["training"]
    return FILES["training"].replace(old, new)


@pytest.mark.parametrize(
    ("training", "told"),
    [
        (
            edited("math.pi", "math.e"),
            ["hw.training.epoch changed (src/hw/training.py:10), reached through hw.sweeps"],
        ),
        (
            edited("RATE = 1", "RATE = 2"),
            ["hw.training.RATE changed (src/hw/training.py:3), reached through hw.sweeps"],
        ),
        (
            edited("RATE = 1", "RATE = 1\nmath.pi = 3"),
            ["hw.training changed (src/hw/training.py:1), reached through hw.sweeps"],
        ),
        (
            edited("return epoch()", "return step()") + "\n\ndef step():\n    pass\n",
            [
                "hw.training.fit changed (src/hw/training.py:6), reached through hw.sweeps",
                "hw.training.step is newly reached (src/hw/training.py:14) through hw.sweeps",
                "hw.training.epoch is no longer reached (src/hw/training.py:10)",
            ],
        ),
        ("# moved\n\n" + FILES["training"], []),
    ],
    ids=["function", "constant", "import", "callee", "layout"],
)
def test_a_change_is_told_in_words(training: str, told: list[str], tmp_path: Path) -> None:
    """Name, file, line, and the chain of imports; changes first, then what they brought and took away."""
    before = sweep(tmp_path)
    assert [str(one) for one in changes(before, sweep(tmp_path, training=training))] == told


def test_of_a_module_that_comes_or_goes_the_parts_are_not_told(tmp_path: Path) -> None:
    """One line says it."""
    alone = sweep(tmp_path, sweeps="def learning_rate():\n    return 1\n")
    both = sweep(tmp_path)
    assert [str(one) for one in changes(alone, both)] == [
        "hw.sweeps.learning_rate changed (src/hw/sweeps.py:4)",
        "hw.training is newly reached (src/hw/training.py:1) through hw.sweeps",
    ]
    assert str(changes(both, alone)[-1]) == "hw.training is no longer reached (src/hw/training.py:1)"


def test_a_chapter_tells_what_changed_within_a_module(tmp_path: Path) -> None:
    """It counts whole, but its reader wants to know where."""
    ways = {"hw.sweeps": (), "hw.training": ("hw.sweeps",)}
    before = whole(write(tmp_path), ways)
    after = whole(write(tmp_path, training=edited("math.pi", "math.e")), before.modules)
    assert [str(one) for one in changes(before, after)] == [
        "hw.training.epoch changed (src/hw/training.py:10), reached through hw.sweeps"
    ]


def test_code_that_is_no_python_counts_by_its_text(tmp_path: Path) -> None:
    """What runs will say what is wrong with it; once mended, it is another state."""
    ways = {"hw.training": ()}
    texts = ["def f(:\n", "def f(:\n", "def f():\n"]
    first, second, third = (whole(write(tmp_path, training=text), ways) for text in texts)
    assert first.digest == second.digest != third.digest


def test_a_version_is_told_with_the_one_before() -> None:
    """Whoever wants other words than the text's has the parts."""
    before = CountedCode({}, (Dependency("package torch", "2.1"),))
    after = CountedCode({}, (Dependency("package torch", "2.2"),))
    (change,) = changes(before, after)
    assert change == Change("changed", after.dependencies[0], (), before.dependencies[0])
    assert str(change) == "package torch changed (2.1 → 2.2)"


def test_it_survives_json(tmp_path: Path) -> None:
    """It is kept in entries as plain JSON."""
    code = sweep(tmp_path)
    assert CountedCode.from_json(json.loads(json.dumps(code.to_json()))) == code


@pytest.mark.parametrize("record", [{}, {"modules": {}}, {"modules": {}, "dependencies": [[]]}])
def test_what_describes_none_is_refused(record: dict[str, Any]) -> None:
    """A damaged record is found out when it is read."""
    with pytest.raises((KeyError, TypeError)):
        CountedCode.from_json(record)
