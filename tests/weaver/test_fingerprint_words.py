"""What a fingerprint says of its dependencies and of the differences to another; versions of packages."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from weaver.fingerprint import Change, Dependency, Fingerprint, Sources, changes

FILES = {
    "__init__": "",
    "sweeps": "from .training import fit\n\n\ndef learning_rate():\n    return fit()\n",
    "training": "import numpy as np\n\n\ndef fit():\n    return epoch()\n\n\n"
    "def epoch():\n    return np.ones(1)\n",
}


def sources(root: Path, **files: str) -> Sources:
    """Write the package `hw` and return its sources."""
    for name, text in {**FILES, **files}.items():
        file = root / "src" / "hw" / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return Sources(root / "src")


def install(root: Path, name: str, version: str, *, module: str, record: bool = True) -> None:
    """Make a package look installed in a folder."""
    (root / module).mkdir(parents=True, exist_ok=True)
    for old in root.glob(f"{name}-*.dist-info"):
        old.rename(root / "gone")
    info = root / f"{name}-{version}.dist-info"
    info.mkdir()
    if record:
        (info / "RECORD").write_text(f"{module}/__init__.py,sha256=x,0\n{info.name}/RECORD,,\n")


def find(fingerprint: Fingerprint, name: str) -> Dependency:
    """Return a dependency by its name."""
    return next(one for one in fingerprint.dependencies if one.name == name)


def test_a_dependency_tells_where_it_is_and_how_it_is_reached(tmp_path: Path) -> None:
    """The shortest way from the start, the start first; the file as seen from the project."""
    found = find(sources(tmp_path).of_symbol("hw.sweeps", "learning_rate"), "hw.training.epoch")
    assert (found.file, found.line) == (Path("src/hw/training.py"), 8)
    assert found.through == ("hw.sweeps.learning_rate", "hw.training.fit")


def test_a_changed_function_is_told_in_words(tmp_path: Path) -> None:
    """Name, file, line, and the way to it."""
    before = sources(tmp_path).of_code("from hw.sweeps import learning_rate\nlearning_rate()")
    after = sources(tmp_path, training=FILES["training"].replace("ones(1)", "ones(2)")).of_code(
        "from hw.sweeps import learning_rate\nlearning_rate()"
    )
    assert [str(change) for change in changes(before, after)] == [
        "hw.training.epoch changed (src/hw/training.py:8), "
        "reached through hw.sweeps.learning_rate → hw.training.fit"
    ]


def test_what_comes_and_goes_is_told_after_what_changed(tmp_path: Path) -> None:
    """A function that calls another than before has changed; the rest follows from that."""
    before = sources(tmp_path).of_symbol("hw.training", "fit")
    after = sources(
        tmp_path,
        training=FILES["training"].replace("return epoch()", "return step()") + "def step():\n    pass\n",
    ).of_symbol("hw.training", "fit")
    told = [str(change) for change in changes(before, after)]
    assert told == [
        "hw.training.fit changed (src/hw/training.py:4)",
        "hw.training.step is newly reached (src/hw/training.py:10) through hw.training.fit",
        "hw.training.epoch is no longer reached (src/hw/training.py:8)",
        "package numpy is no longer reached",
    ]


def test_nothing_is_told_of_the_same(tmp_path: Path) -> None:
    """Equal fingerprints have no differences, even where lines have moved."""
    before = sources(tmp_path).of_symbol("hw.training", "fit")
    after = sources(tmp_path, training="# moved\n\n" + FILES["training"]).of_symbol("hw.training", "fit")
    assert before.digest == after.digest
    assert changes(before, after) == ()


def test_what_a_module_does_on_import_is_told(tmp_path: Path) -> None:
    """An effect has the name of its module, and the line of the first."""
    effect = "import numpy as np\n\nnp.seterr({})\n"
    before, after = (
        sources(tmp_path, __init__=effect.format(value)).of_symbol("hw.training", "fit") for value in (1, 2)
    )
    assert [str(change) for change in changes(before, after)] == [
        "hw (on import) changed (src/hw/__init__.py:3), reached through hw.training.fit"
    ]


def test_a_fingerprint_survives_json(tmp_path: Path) -> None:
    """It is kept in entries as plain JSON."""
    fingerprint = sources(tmp_path).of_symbol("hw.sweeps", "learning_rate")
    assert Fingerprint.from_json(json.loads(json.dumps(fingerprint.to_json()))) == fingerprint


@pytest.mark.parametrize("record", [{}, {"digest": "x"}, {"digest": "x", "dependencies": [{}]}])
def test_what_is_no_fingerprint_is_refused(record: dict[str, Any]) -> None:
    """A damaged ledger is found out when it is read."""
    with pytest.raises(KeyError):
        Fingerprint.from_json(record)


def test_a_package_counts_by_its_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another version of a package that is reached is another key, told with both versions."""
    place = tmp_path / "site"
    monkeypatch.syspath_prepend(str(place))
    files = {"training": "import gears\ndef fit():\n    return gears.turn()\ndef epoch():\n    return 1\n"}
    install(place, "gears", "1.0", module="gears")
    before = sources(tmp_path, **files)
    old, beside = before.of_symbol("hw.training", "fit"), before.of_symbol("hw.training", "epoch")
    install(place, "gears", "1.1+cpu", module="gears")
    after = sources(tmp_path, **files)
    assert [str(change) for change in changes(old, after.of_symbol("hw.training", "fit"))] == [
        "package gears changed (1.0 → 1.1+cpu), reached through hw.training.fit"
    ]
    assert after.of_symbol("hw.training", "epoch") == beside


def test_a_package_of_another_name_than_its_distribution_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`import yaml` is PyYAML: the files of each distribution tell."""
    place = tmp_path / "site"
    monkeypatch.syspath_prepend(str(place))
    install(place, "Py_Gears", "3.2", module="gears")
    files = {"training": "from gears.big import turn\ndef fit():\n    return turn()\n"}
    found = sources(tmp_path, **files).of_symbol("hw.training", "fit")
    assert find(found, "package gears").digest == "3.2"


def test_versions_are_those_that_the_interpreter_tells(tmp_path: Path) -> None:
    """Reading the folders' names is a short cut, not another answer."""
    from importlib.metadata import version  # noqa: PLC0415 - slow, which is why the code does without

    code = "import numpy, yaml, torch\nnumpy.x, numpy.y.z, yaml.x, torch.x"
    found = sources(tmp_path).of_code(code)
    wanted = {
        "package numpy": version("numpy"),
        "package yaml": version("PyYAML"),
        "package torch": version("torch"),
    }
    assert {name: find(found, name).digest for name in wanted} == wanted


def test_what_is_not_installed_says_so(tmp_path: Path) -> None:
    """An optional package that appears later is a change."""
    found = sources(tmp_path).of_code("import no_such_package\nno_such_package.f()")
    assert find(found, "package no_such_package").digest == "not installed"


def test_python_and_nothing_of_its_library_counts(tmp_path: Path) -> None:
    """The interpreter counts once, by major and minor version."""
    found = sources(tmp_path).of_code(
        "import json, math\nfrom weaver.cache import cached\njson.dumps(math.pi), cached"
    )
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert found.dependencies == (Dependency("Python", version, None, None),)


def test_a_package_that_only_an_annotation_names_does_not_count(tmp_path: Path) -> None:
    """Nor does one that another function of the module uses."""
    text = "import numpy as np\ndef fit(x: np.ndarray):\n    return x\ndef g():\n    return np.pi\n"
    found = sources(tmp_path, training=text).of_symbol("hw.training", "fit")
    assert "package numpy" not in {one.name for one in found.dependencies}


def test_a_change_is_a_plain_record() -> None:
    """Whoever wants other words than the text's has the parts."""
    before = Fingerprint("x", (Dependency("Python", "3.11", None, None),))
    after = Fingerprint("y", (Dependency("Python", "3.12", None, None),))
    assert changes(before, after) == (Change("changed", after.dependencies[0], "3.11"),)
    assert str(changes(before, after)[0]) == "Python changed (3.11 → 3.12)"


def test_importing_it_imports_nothing_heavy() -> None:
    """A build with nothing to do has 0.3 s for the whole process."""
    code = "import sys, weaver.fingerprint; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"numpy", "torch", "matplotlib", "nbclient", "importlib_metadata", "email"} & set(loaded)
