"""Drawing in portable arithmetic: shapes do what they say, and nothing else is used."""

import ast
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from hw2.data import synthetic
from hw2.data.synthetic.portable_arithmetic import (
    bell,
    develop,
    edge,
    grain,
    mix,
    path,
    smooth,
    square_grid,
    turn,
    wave,
)

SOURCES = sorted(Path(synthetic.__path__[0]).glob("*.py"))
LINE = np.linspace(-3, 3, 601, dtype=np.float32)
EXACT = {
    "abs", "arange", "array", "bool_", "clip", "count_nonzero", "empty", "flatnonzero", "float32", "floor",
    "full_like", "int64", "integer", "intp", "isin", "maximum", "minimum", "pad", "random", "sqrt", "uint8",
    "unique", "where", "zeros", "zeros_like",
}  # fmt: skip
DRAWS = {"integers", "permutation", "random"}


def single(values: list[Any]) -> NDArray[np.float32]:
    """Return values in single precision."""
    return np.array(values, np.float32)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_only_portable_arithmetic_is_used(source: Path) -> None:
    """No function of NumPy whose last digit depends on the machine draws a picture, and no power or sum."""
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        assert not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.MatMult)
        assert (
            not isinstance(node, ast.BinOp)
            or not isinstance(node.op, ast.Pow)
            or ast.unparse(node) == "2 ** 63"
        )
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert node.value.id != "np" or node.attr in EXACT
            assert node.value.id != "rng" or node.attr in DRAWS


def test_edge_rises_within_its_width() -> None:
    """An edge is 0 before, 1 after, ½ at the distance 0, and never falls."""
    values = edge(LINE, 0.5)
    assert np.all(values[LINE <= -0.5] == 0)
    assert np.all(values[LINE >= 0.5] == 1)
    assert values[300] == 0.5
    assert np.all(np.diff(values) >= 0)


def test_bell_is_nearly_a_gaussian() -> None:
    """A bell keeps within 0.08 of exp(−x²/2) and ends."""
    assert np.abs(bell(LINE) - np.exp(-LINE * LINE / 2)).max() < 0.08
    assert np.all(bell(LINE)[np.abs(LINE) > np.sqrt(8)] == 0)


def test_path_meets_its_knots() -> None:
    """A path has its values at its knots and stays as it is beyond them."""
    values = path(LINE, (-1.0, 0.0, 2.0), (single([5]), single([3]), single([4])))
    assert values[[0, 200, 300, 500, 600]] == pytest.approx([5, 5, 3, 4, 4], abs=1e-5)


def test_wave_has_period_one() -> None:
    """A wave is 1 at whole numbers and 0 between them."""
    assert wave(single([-1, -0.5, 0, 0.25, 0.5, 2])) == pytest.approx([1, 0, 1, 0.5, 0, 1])


def test_turn_returns_cosine_and_sine() -> None:
    """The angle whose half has the tangent t is 2·atan(t)."""
    cosine, sine = turn(LINE)
    assert np.allclose(cosine, np.cos(2 * np.arctan(LINE)), atol=1e-6)
    assert np.allclose(sine, np.sin(2 * np.arctan(LINE)), atol=1e-6)


def test_square_grid_is_centred() -> None:
    """Pixel centres lie symmetrically within −1 to 1, one pixel apart."""
    x, y = square_grid(4)
    assert x.shape == (1, 1, 4)
    assert y.shape == (1, 4, 1)
    assert x.ravel() == pytest.approx([-0.75, -0.25, 0.25, 0.75])


def test_smooth_keeps_an_even_picture_and_the_mean_of_a_spot() -> None:
    """Blurring changes no even tone and spreads a spot over its neighbours."""
    assert np.array_equal(smooth(np.ones((1, 5, 5), np.float32)), np.ones((1, 5, 5)))
    spot = np.zeros((1, 5, 5), np.float32)
    spot[0, 2, 2] = 1
    assert smooth(spot)[0, 2, 1:4] == pytest.approx([0.125, 0.25, 0.125])


@pytest.mark.parametrize(("cells", "side"), [(22, 64), (10, 28), (7, 28)])
def test_grain_fills_the_picture(cells: int, side: int) -> None:
    """Noise has the size asked for, stays in ±1 and is not even."""
    noise = grain(np.random.default_rng(0), 3, cells, side)
    assert noise.shape == (3, side, side)
    assert noise.dtype == np.float32
    assert np.abs(noise).max() <= 1
    assert noise.std() > 0.1


def test_develop_rounds_and_clips() -> None:
    """Tones become the nearest of 256 grey values; what is beyond black and white is cut."""
    picture = single([[[-1, 0, 0.5, 1, 2]]])
    assert develop(np.random.default_rng(0), picture, 0.0).tolist() == [[[0, 0, 128, 255, 255]]]


def test_mix_lays_over() -> None:
    """Nothing covered leaves the tone below, everything covered the tone above."""
    assert mix(0.2, 0.8, single([0, 0.5, 1])) == pytest.approx([0.2, 0.5, 0.8])
