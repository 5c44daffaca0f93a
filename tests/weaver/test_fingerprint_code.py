"""The fingerprint of a document's code: chunks that run one after the other, in a notebook."""

from pathlib import Path

import pytest

from weaver.errors import FingerprintError
from weaver.fingerprint import Sources

MODULE = """
def leaf():
    return 1
def other():
    return 3
"""
IMPORT = "from pkg.b import leaf\n"


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    """A package `pkg` whose module `b` has two functions."""
    folder = tmp_path / "src" / "pkg"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "b.py").write_text(MODULE)
    return Sources(tmp_path / "src")


def edited(tmp_path: Path, old: str, new: str) -> Sources:
    """Edit the module `b`."""
    (tmp_path / "src" / "pkg" / "b.py").write_text(MODULE.replace(old, new))
    return Sources(tmp_path / "src")


def names(sources: Sources, *chunks: str) -> set[str]:
    """Return what the code depends on, by name, apart from Python."""
    return {one.name for one in sources.of_code(*chunks).dependencies} - {"Python"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("leaf()", "leaf() + 1"),
        ("x = leaf()\nx", "x = leaf()\nx;"),
        ("'one'", "'two'"),
        ("leaf", "other_leaf"),
        ("def f(x=1):\n    return leaf()", "def f(x=2):\n    return leaf()"),
        ("x = 1\ny = 2", "y = 2\nx = 1"),
        ("%matplotlib inline\nleaf()", "%matplotlib agg\nleaf()"),
        ("!ls\nleaf()", "!pwd\nleaf()"),
        ("%%bash\nls -l", "%%bash\nls"),
        ("if __name__ == '__main__':\n    leaf()", "if __name__ == '__main__':\n    leaf"),
    ],
)
def test_what_code_does_counts(before: str, after: str, sources: Sources) -> None:
    """An edit of a chunk that may change its result or what it shows runs it again."""
    assert sources.of_code(IMPORT + before).digest != sources.of_code(IMPORT + after).digest


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("leaf()", "leaf()  # a comment"),
        ("#| label: fig-a\nleaf()", "#| label: fig-b\n\nleaf()"),
        ("leaf( 1,\n 'x')", 'leaf(1, "x")'),
        ("def f():\n    '''One.'''\n    return leaf()", "def f():\n    '''Two.'''\n    return leaf()"),
        ("def f(x: int):\n    return leaf()", "def f(x: float):\n    return leaf()"),
        ("%matplotlib inline\nleaf()", "%matplotlib inline\nleaf() # a comment"),
        ("x = 1;\nleaf()", "x = 1\nleaf()"),
    ],
)
def test_layout_does_not(before: str, after: str, sources: Sources) -> None:
    """Comments, options, docstrings and layout of a chunk start no kernel."""
    assert sources.of_code(IMPORT + before).digest == sources.of_code(IMPORT + after).digest


def test_what_the_code_reaches_counts_and_nothing_else(sources: Sources, tmp_path: Path) -> None:
    """A chunk depends on the functions it names, not on their neighbours."""
    code = IMPORT + "leaf()"
    first = sources.of_code(code)
    assert edited(tmp_path, "return 3", "return 4").of_code(code) == first
    assert edited(tmp_path, "return 1", "return 2").of_code(code) != first


def test_chunks_are_one_program(sources: Sources) -> None:
    """What one chunk imports another may use, also within a function that it defines."""
    assert names(sources, "import pkg.b as b", "def f():\n    return b.leaf()", "f()") == {"pkg.b.leaf"}


def test_code_that_is_cut_differently_is_different(sources: Sources) -> None:
    """The end of a chunk shows a value, so it matters which statement stands there."""
    assert sources.of_code("x = 1\nx", "x").digest != sources.of_code("x = 1", "x\nx").digest


def test_the_code_is_no_dependency_of_itself(sources: Sources) -> None:
    """Chunks are explained by their places in the document, by whoever knows these."""
    assert names(sources, "1 + 1") == set()


@pytest.mark.parametrize(
    "code", ["%time leaf()", "%timeit x = leaf()", "y = %time leaf()", "%matplotlib inline\nleaf()"]
)
def test_a_magic_uses_the_names_in_it(code: str, sources: Sources) -> None:
    """A timed call is a call."""
    assert names(sources, f"{IMPORT}{code}") == {"pkg.b.leaf"}


@pytest.mark.parametrize(
    "code",
    [
        "!python -m pkg.b",
        "%run script.py",
        "%%bash\nfor x in *; do python -m pkg.b; done",
        "files = !ls",
        "def f(:",
    ],
)
def test_what_is_no_python_may_reach_everything(code: str, sources: Sources) -> None:
    """A shell can run any module, and so can what cannot be read."""
    assert {"pkg.b", "pkg.b.leaf", "pkg.b.other"} <= names(sources, "x = 1", code)


def test_the_namespace_of_a_notebook_may_be_searched(sources: Sources) -> None:
    """A computed name in the notebook's own namespace may be any that it has imported."""
    assert "pkg.b.other" in names(sources, "from pkg import b\nname = 'b'\nglobals()[name].other()")


def test_a_syntax_error_in_a_module_that_a_chunk_reaches_is_told(sources: Sources, tmp_path: Path) -> None:
    """The chunk would fail; its reader learns where."""
    (tmp_path / "src" / "pkg" / "b.py").write_text("def leaf(:\n")
    with pytest.raises(FingerprintError, match=r"src/pkg/b\.py:1"):
        sources.of_code(IMPORT)


def test_a_patch_within_the_code_counts_as_code(sources: Sources) -> None:
    """A chunk that replaces a function is different code, and the function still counts."""
    code = "from pkg import b\nb.leaf = lambda: {}\nb.leaf()"
    assert names(sources, code.format(1)) == {"pkg.b.leaf"}
    assert sources.of_code(code.format(1)).digest != sources.of_code(code.format(2)).digest
