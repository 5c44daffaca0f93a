"""What counts of the code of a chunk, which runs in a notebook."""

import ast

import pytest

from weaver.dependencies.chunk_code import read_chunk


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("leaf()", "leaf() + 1"),
        ("x = leaf()\nx", "x = leaf()\nx;"),
        ("'one'", "'two'"),
        ("leaf", "other_leaf"),
        ("def f(x=1):\n    return leaf()", "def f(x=2):\n    return leaf()"),
        ("def f(x: int):\n    return leaf()", "def f(x: float):\n    return leaf()"),
        ("x = 1\ny = 2", "y = 2\nx = 1"),
        ("%matplotlib inline\nleaf()", "%matplotlib agg\nleaf()"),
        ("%time leaf()", "%time other()"),
        ("y = !ls", "y = !pwd"),
        ("y = !ls", "z = !ls"),
        ("!ls\nleaf()", "!pwd\nleaf()"),
        ("%%bash\nls -l", "%%bash\nls"),
        ("leaf?", "other?"),
        ("def f(:", "def g(:"),
        ("if __name__ == '__main__':\n    leaf()", "if __name__ == '__main__':\n    leaf"),
    ],
)
def test_what_code_does_counts(before: str, after: str) -> None:
    """An edit of a chunk that may change its result or what it shows runs it again."""
    assert read_chunk(before).digest != read_chunk(after).digest


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("leaf()", "leaf()  # a comment"),
        ("#| label: fig-a\nleaf()", "#| label: fig-b\n\nleaf()"),
        ("leaf( 1,\n 'x')", 'leaf(1, "x")'),
        ("def f():\n    '''One.'''\n    return leaf()", "def f():\n    '''Two.'''\n    return leaf()"),
        ("%matplotlib inline\nleaf()", "%matplotlib inline\nleaf() # a comment"),
        ("x = 'é'; # a comment\nleaf()", "x = 'é'\nleaf()"),
        ("leaf();", "leaf() ; # not shown"),
    ],
)
def test_layout_does_not(before: str, after: str) -> None:
    """Comments, options, docstrings and layout of a chunk start no kernel."""
    assert read_chunk(before).digest == read_chunk(after).digest


def test_its_statements_are_those_around_the_magics() -> None:
    """What a chunk imports is seen though a line of it is no Python."""
    code = read_chunk("%matplotlib inline\nimport numpy as np\nfiles = !ls\n")
    assert "import numpy as np" in [ast.unparse(one) for one in code.statements]
    assert read_chunk("def f(:").statements == []


@pytest.mark.parametrize(
    ("chunk", "shows"),
    [("leaf.__doc__", "__doc__"), ("leaf?", "getdoc"), ("?leaf", "getdoc"), ("help(leaf)", "getdoc")],
)
def test_it_tells_when_it_may_show_a_docstring(chunk: str, shows: str) -> None:
    """Then the texts of the modules count as well."""
    assert shows in read_chunk(chunk).words
    assert shows not in read_chunk("leaf()").words
