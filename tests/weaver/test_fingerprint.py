"""Which edits of a project change the fingerprint of a function, and what is told where there is none.

The edits stand in the folder beside this file. A case is a package `pkg`, of which the fingerprint of `start`
in the module `a` is taken; `«old|new»` marks the edit. Every package has the module `b` with the function
`leaf`, and where nothing is marked, that is what is edited.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from weaver.errors import FingerprintError
from weaver.fingerprint import Fingerprint, Sources

CASES = Path(__file__).with_name("test_fingerprint_cases")
EDIT = re.compile(r"«([^|»]*)\|([^»]*)»")
LEAF = "def leaf():\n    return 1\n"
EDITED_LEAF = "def leaf():\n    return «1|2»\n"


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


def write(root: Path, modules: dict[str, str]) -> Sources:
    """Write modules of a package `pkg` and return its sources."""
    for name, text in modules.items():
        file = root / "src" / "pkg" / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return Sources(root / "src")


def fingerprint(root: Path, modules: dict[str, str]) -> Fingerprint:
    """Return the fingerprint of `start` in the module `a`."""
    return write(root, modules).of_symbol("pkg.a", "start")


def both(root: Path, case: str) -> tuple[Fingerprint, Fingerprint]:
    """Return the fingerprints before and after the edit of a case."""
    before, after = (
        {name: EDIT.sub(rf"\{side}", text) for name, text in files(case).items()} for side in (1, 2)
    )
    assert before != after
    return fingerprint(root, before), fingerprint(root, after)


CHANGING = cases("changes")
KEEPING = cases("keeps")


@pytest.mark.parametrize("name", CHANGING)
def test_an_edit_that_may_change_behaviour_changes_the_key(name: str, tmp_path: Path) -> None:
    """Nothing stale: whatever the function reaches counts, and where that is uncertain, more."""
    before, after = both(tmp_path, CHANGING[name])
    assert before.digest != after.digest


@pytest.mark.parametrize("name", KEEPING)
def test_an_edit_that_changes_nothing_keeps_the_key(name: str, tmp_path: Path) -> None:
    """Nothing runs that need not: what behaves alike, or is not reached, has the same key."""
    before, after = both(tmp_path, KEEPING[name])
    assert before.digest == after.digest


def test_the_same_code_has_the_same_key_in_every_process(tmp_path: Path) -> None:
    """Python's sets have another order in every process; no key may depend on it."""
    for index, case in enumerate(CHANGING.values()):
        write(tmp_path / str(index), {name: EDIT.sub(r"\1", text) for name, text in files(case).items()})
    code = (
        "import sys; from pathlib import Path; from weaver.fingerprint import Sources\n"
        f"for i in range({len(CHANGING)}):\n"
        "    print(Sources(Path(sys.argv[1], str(i), 'src')).of_symbol('pkg.a', 'start'))\n"
    )
    first, second = (
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    )
    assert first == second


def test_a_method_has_the_fingerprint_of_its_class(tmp_path: Path) -> None:
    """Classes count whole, so asking for a method asks for the class."""
    sources = write(tmp_path, {"a": "class C:\n    def m(self):\n        return 1\n"})
    assert sources.of_symbol("pkg.a", "C.m") == sources.of_symbol("pkg.a", "C")


def test_a_re_exported_symbol_has_the_fingerprint_of_its_definition(tmp_path: Path) -> None:
    """Where a function is asked for does not change what it is."""
    sources = write(tmp_path, {"__init__": "from .b import leaf\n", "b": LEAF})
    names = [one.name for one in sources.of_symbol("pkg", "leaf").dependencies]
    assert names == ["pkg.b.leaf", "Python"]


def test_an_edit_taken_back_gives_the_old_key_to_the_same_sources(tmp_path: Path) -> None:
    """One object serves a long session: it sees each state of the files as a new one would."""
    sources = write(tmp_path, {"__init__": "", "b": LEAF})
    first = sources.of_symbol("pkg.b", "leaf")
    write(tmp_path, {"b": "def leaf():\n    return 2\n"})
    assert sources.of_symbol("pkg.b", "leaf") != first
    write(tmp_path, {"__init__": "", "b": LEAF})
    assert sources.of_symbol("pkg.b", "leaf") == first


def test_the_place_of_the_project_does_not_count(tmp_path: Path) -> None:
    """The same code in another folder, or by another object, is the same code."""
    modules = {"a": "from .b import leaf\ndef start():\n    return leaf()\n", "b": LEAF}
    here, there = (fingerprint(tmp_path / name, modules) for name in ("here", "there"))
    assert here == there


def test_a_syntax_error_is_told_with_file_and_line(tmp_path: Path) -> None:
    """Code that is no Python cannot be analysed, and the reader wants to mend it."""
    modules = {"a": "from .b import leaf\ndef start():\n    return leaf()\n", "b": "x = 1\ndef leaf(:\n"}
    with pytest.raises(FingerprintError, match=r"src/pkg/b\.py:2: .*syntax error"):
        fingerprint(tmp_path, modules)


def test_a_syntax_error_in_an_unreached_module_does_no_harm(tmp_path: Path) -> None:
    """A draft beside the report stops nothing."""
    modules = {"a": "def start():\n    return 1\n", "c": "from .b import leaf\nx = leaf()\n"}
    clean = fingerprint(tmp_path / "clean", modules)
    assert fingerprint(tmp_path / "draft", {**modules, "b": "def leaf(:\n"}).digest == clean.digest


@pytest.mark.parametrize(
    ("module", "name", "message"),
    [("pkg.z", "start", "no.* pkg.z|none of the name pkg.z"), ("pkg.a", "begin", r"src/pkg/a\.py.*begin")],
)
def test_what_is_not_there_is_told(module: str, name: str, message: str, tmp_path: Path) -> None:
    """A wrong name ends in an error that names it, not in a key of nothing."""
    sources = write(tmp_path, {"a": "def start():\n    return 1\n"})
    with pytest.raises(FingerprintError, match=message):
        sources.of_symbol(module, name)


def test_only_the_packages_asked_for_are_first_party(tmp_path: Path) -> None:
    """The tool, or a package left out, is not part of what is fingerprinted."""
    for package in ("weaver", "pkg", "other"):
        folder = tmp_path / "src" / package
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text("def f():\n    return 1\n", encoding="utf-8")
    (tmp_path / "src" / "single.py").write_text(
        "import weaver, other\ndef f():\n    return weaver.f(), other.f()\n"
    )
    whole = Sources(tmp_path / "src").of_symbol("single", "f")
    assert {one.name for one in whole.dependencies} == {"single.f", "other.f", "Python"}
    part = Sources(tmp_path / "src", packages=["single"]).of_symbol("single", "f")
    assert {one.name for one in part.dependencies} == {"single.f", "package other", "Python"}


@pytest.mark.parametrize(
    "body",
    [
        "    return " + " + ".join(["leaf()"] * 900),
        "    if x: pass\n" + "".join(f"    elif x == {n}: leaf()\n" for n in range(900)),
        "    return x" + "".join(f".m{n}()" for n in range(900)) + ".m(leaf)",
    ],
    ids=["a sum", "a choice", "a chain of calls"],
)
def test_deep_nesting_is_analysed(body: str, tmp_path: Path) -> None:
    """Long code can be a deep tree; its depth must not end the analysis."""
    found = fingerprint(tmp_path, {"a": f"from .b import leaf\ndef start(x):\n{body}\n", "b": LEAF})
    assert "pkg.b.leaf" in {one.name for one in found.dependencies}


def test_a_module_hides_a_folder_of_its_name(tmp_path: Path) -> None:
    """As in Python: a package before a module, a module before a folder without `__init__`."""
    modules = {
        "a": "from .b import leaf\nfrom .c import f\ndef start():\n    return leaf(), f()\n",
        "b": LEAF,
    }
    hidden = {"b/other": "", "c": "", "c/__init__": "def f():\n    return 1\n"}
    found = fingerprint(tmp_path, modules | hidden)
    assert {one.name for one in found.dependencies} == {"pkg.a.start", "pkg.b.leaf", "pkg.c.f", "Python"}
