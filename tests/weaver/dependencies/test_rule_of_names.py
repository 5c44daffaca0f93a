"""Which edits of a project change what counts for a function, by the plain rule of names.

The edits stand in the folder beside this file. A case is a package `pkg`, of which `start` in the module `a`
is asked for; `«old|new»` marks the edit. Every package has the module `b` with the function `leaf`, and where
nothing is marked, that is what is edited.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from weaver.dependencies import installed_packages
from weaver.dependencies.counted_code import CountedCode
from weaver.dependencies.first_party import Modules
from weaver.dependencies.module_memory import Memory
from weaver.dependencies.rule_of_names import counted, whole
from weaver.errors import FingerprintError

CASES = Path(__file__).with_name("names_cases")
EDIT = re.compile(r"«([^|»]*)\|([^»]*)»")
LEAF = "def leaf():\n    return 1\n"
EDITED_LEAF = "def leaf():\n    return «1|2»\n"
INSTALLED = installed_packages.current()


def cases(kind: str) -> dict[str, str]:
    """Return the cases of all files of a kind by name."""
    texts = [file.read_text(encoding="utf-8") for file in sorted(CASES.glob(f"{kind}*.txt"))]
    parts = [part.partition("\n") for text in texts for part in re.split(r"(?m)^== ", text)[1:]]
    return {name: case for name, _, case in parts}


def files(case: str) -> dict[str, str]:
    """Return the text of each module of a case."""
    first, *others = re.split(r"(?m)^-- ", case)
    named = [other.partition("\n") for other in others]
    return {"__init__": "", "b": LEAF if EDIT.search(case) else EDITED_LEAF, "a": first} | {
        name: text for name, _, text in named
    }


def write(root: Path, modules: dict[str, str]) -> Modules:
    """Write modules of a package `pkg`."""
    for name, text in modules.items():
        file = root / "src" / "pkg" / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return Modules(root, Memory(), [str(root / "src")])


def found(root: Path, modules: dict[str, str]) -> CountedCode:
    """Return what counts for `start` in the module `a`, where all modules are loaded."""
    names = [f"pkg.{name.replace('/', '.')}".removesuffix(".__init__") for name in modules]
    return counted(write(root, modules), [("pkg.a", "start")], beside=names)


def names(code: CountedCode) -> set[str]:
    """Return the names of what counts."""
    return {one.name for one in code.dependencies}


def both(root: Path, case: str) -> tuple[CountedCode, CountedCode]:
    """Return what counts before and after the edit of a case."""
    before, after = (
        {name: EDIT.sub(rf"\{side}", text) for name, text in files(case).items()} for side in (1, 2)
    )
    assert before != after
    return found(root / "1", before), found(root / "2", after)


CHANGING = cases("changes")
KEEPING = cases("keeps")


@pytest.mark.parametrize("name", CHANGING)
def test_an_edit_that_may_change_the_result_changes_the_key(name: str, tmp_path: Path) -> None:
    """Nothing stale: what runs at import counts, what is named counts, and where names are made, more."""
    before, after = both(tmp_path, CHANGING[name])
    assert before.digest != after.digest


@pytest.mark.parametrize("name", KEEPING)
def test_an_edit_that_changes_nothing_keeps_the_key(name: str, tmp_path: Path) -> None:
    """Nothing runs that need not: layout does not count, nor a function that nothing names."""
    before, after = both(tmp_path, KEEPING[name])
    assert before.digest == after.digest


def test_the_same_code_has_the_same_key_in_every_process(tmp_path: Path) -> None:
    """Python's sets have another order in every process; no key may depend on it."""
    write(
        tmp_path,
        {name: EDIT.sub(r"\1", text) for name, text in files(CHANGING["a table of functions"]).items()},
    )
    code = (
        "import sys; from pathlib import Path\n"
        "from weaver.dependencies.first_party import Modules\n"
        "from weaver.dependencies.module_memory import Memory\n"
        "from weaver.dependencies.rule_of_names import counted\n"
        "root = Path(sys.argv[1])\n"
        "print(counted(Modules(root, Memory(), [f'{root}/src']), [('pkg.a', 'start')]))\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    first, second = (
        subprocess.run(
            command, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    )
    assert first == second


def test_several_starts_count_together(tmp_path: Path) -> None:
    """A function counts with the classes of its arguments, wherever these are."""
    modules = write(
        tmp_path, {"a": "def start(x):\n    return x\n", "c": "class C:\n    pass\nclass D:\n    pass\n"}
    )
    code = counted(modules, [("pkg.a", "start"), ("pkg.c", "C.m")])
    assert names(code) == {"pkg", "pkg.a", "pkg.a.start", "pkg.c", "pkg.c.C", "Python"}


def test_a_module_counts_whole_where_it_is_said(tmp_path: Path) -> None:
    """What a plugin's loader found counts, with what it imports."""
    plugin = {"plug": "from .b import leaf\ndef f():\n    return leaf()\ndef g():\n    return 2\n"}
    modules = write(tmp_path, {"__init__": "", "b": LEAF, "a": "def start():\n    return 1\n", **plugin})
    code = counted(modules, [("pkg.a", "start")], whole=["pkg.plug"])
    assert {"pkg.plug.f", "pkg.plug.g", "pkg.b.leaf"} <= names(code)


@pytest.mark.parametrize(
    ("hook", "counts"),
    [
        ("from .conf import on\non(lambda: 1)\n", True),
        ("from .conf import TABLE\nTABLE |= {}\n", True),
        ("from . import conf\nconf.x = 1\n", True),
        ("import numpy as np\nfor name in ('all',):\n    np.seterr(**{name: 'ignore'})\n", True),
        ("from .conf import on\nN = 1\ndef use():\n    on(1)\n", False),
        ("from dataclasses import dataclass\n@dataclass\nclass More:\n    pass\n", False),
        ("def main():\n    pass\nif __name__ == '__main__':\n    main()\n", False),
    ],
)
def test_of_other_modules_those_count_that_do_something_as_they_are_imported(
    hook: str, counts: bool, tmp_path: Path
) -> None:
    """A chunk may import what sets something for all; to define names is no matter."""
    modules = {
        "a": "def start():\n    return 1\n",
        "conf": "TABLE = {}\ndef on(f):\n    pass\n",
        "hook": hook,
    }
    assert ("pkg.hook" in found(tmp_path, modules).modules) == counts


def test_what_is_imported_from_elsewhere_counts_by_its_version(tmp_path: Path) -> None:
    """A package counts, the standard library and the tool do not."""
    text = "import json, numpy as np\nfrom weaver.cache import cached\ndef start():\n    return np, json\n"
    code = found(tmp_path, {"a": text})
    versions = {one.name: one.digest for one in code.dependencies if " " in one.name or one.name == "Python"}
    assert versions == {
        "package numpy": INSTALLED.version("numpy"),
        "Python": f"{sys.version_info.major}.{sys.version_info.minor}",
    }


def test_the_place_of_the_project_does_not_count(tmp_path: Path) -> None:
    """The same code in another folder is the same code."""
    modules = {"a": "from .b import leaf\ndef start():\n    return leaf()\n", "b": LEAF}
    here, there = (found(tmp_path / name, modules) for name in ("here", "there"))
    assert here == there


def test_a_chapter_counts_all_of_its_modules(tmp_path: Path) -> None:
    """Also what only runs in a program, and no layout."""
    guard = "if __name__ == '__main__':\n    print({})\n"
    first, second, third = (
        whole(write(tmp_path / str(n), {"__init__": "", "c": LEAF + text}), {"pkg.c": ()}).digest
        for n, text in enumerate((guard.format(1), guard.format(2), guard.format(1) + "# a comment\n"))
    )
    assert first != second
    assert first == third


@pytest.mark.parametrize(
    ("module", "name", "message"),
    [("pkg.z", "start", "none of the name pkg.z"), ("pkg.a", "begin", r"src/pkg/a\.py.*begin")],
)
def test_what_is_not_there_is_told(module: str, name: str, message: str, tmp_path: Path) -> None:
    """A wrong name ends in an error that names it, not in a key of nothing."""
    modules = write(tmp_path, {"__init__": "", "a": "def start():\n    return 1\n"})
    with pytest.raises(FingerprintError, match=message):
        counted(modules, [(module, name)])


@pytest.mark.parametrize(
    "body",
    [
        "    return " + " + ".join(["leaf()"] * 900),
        "    if x: pass\n" + "".join(f"    elif x == {n}: leaf()\n" for n in range(900)),
        "    return x" + "".join(f".m{n}()" for n in range(900)) + ".m(leaf)",
    ],
    ids=["a sum", "a choice", "a chain of calls"],
)
def test_deep_nesting_is_read(body: str, tmp_path: Path) -> None:
    """Long code can be a deep tree; its depth must not end the reading."""
    code = found(tmp_path, {"a": f"from .b import leaf\ndef start(x):\n{body}\n", "b": LEAF})
    assert "pkg.b.leaf" in names(code)


def test_a_module_hides_a_folder_of_its_name(tmp_path: Path) -> None:
    """As in Python: a package before a module, a module before a folder without `__init__`."""
    modules = {
        "a": "from .b import leaf\nfrom .c import f\ndef start():\n    return leaf(), f()\n",
        "b": LEAF,
    }
    hidden = {"b/other": "", "c": "", "c/__init__": "def f():\n    return 1\n"}
    code = counted(write(tmp_path, modules | hidden), [("pkg.a", "start")])
    assert {"pkg.b.leaf", "pkg.c.f"} < names(code)
    assert "pkg.b.other" not in code.modules
