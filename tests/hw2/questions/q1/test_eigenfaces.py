"""Principal components of faces, and how far they fit known pixels and other spans."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw2.networks.stacked_mlp import StackedMLP
from hw2.questions.q1 import eigenfaces, faces, learned_codes


def images(seed: int, count: int = 12, pixels: int = 30) -> eigenfaces.Images:
    """Draw images with a few strong directions."""
    generator = np.random.default_rng(seed)
    base = generator.random((count, 3)) @ generator.random((3, pixels))
    return (base + 0.05 * generator.random((count, pixels))).astype(np.float32)


@given(seed=st.integers(0, 1000), count=st.integers(0, 11))
def test_error_is_that_of_the_projection(seed: int, count: int) -> None:
    """The error read off the spectrum is the one that rebuilding the faces has."""
    data = images(seed)
    eigen = eigenfaces.eigenfaces(data)
    rebuilt = eigen.rebuilt(data, count)
    assert eigen.error(count) == pytest.approx(((rebuilt - data) ** 2).mean(), rel=1e-3, abs=1e-9)


def test_components_are_orthonormal_and_explain_ever_more() -> None:
    """The eigenfaces are a basis, sorted by what they explain."""
    eigen = eigenfaces.eigenfaces(images(0))
    np.testing.assert_allclose(eigen.components @ eigen.components.T, np.eye(11), atol=1e-5)
    assert (np.diff(eigen.explained) >= 0).all()
    assert eigen.explained[-1] == pytest.approx(1)


def test_known_pixels_suffice_where_the_face_is_in_the_span() -> None:
    """Least squares over the known pixels finds a face of the span exactly; zeros in its place would not."""
    data = images(1)
    eigen = eigenfaces.eigenfaces(data)
    inside = eigen.rebuilt(data, 3)
    known = np.random.default_rng(0).random(inside.shape) > 0.5
    np.testing.assert_allclose(eigen.rebuilt_from_known(inside, known, 3), inside, atol=1e-3)


def test_angles_tell_equal_from_orthogonal_spans() -> None:
    """Rows that span the same have angles of zero, whatever their basis; orthogonal ones of 90°."""
    rows = np.eye(4)[:2]
    mixed = np.array([[1.0, 2.0], [3.0, -1.0]]) @ rows
    np.testing.assert_allclose(eigenfaces.principal_angles(rows, mixed), 0, atol=1e-5)
    np.testing.assert_allclose(eigenfaces.principal_angles(rows, np.eye(4)[2:]), 90)
    assert eigenfaces.share_in_span(np.eye(4), rows) == pytest.approx(0.5)


def test_no_code_beats_the_best_one_for_its_decoder_nor_that_pca() -> None:
    """Error ≥ error of the best code for fc2 ≥ error of PCA: the bound that the chapter rests on."""
    data = faces.data(images(2, count=20, pixels=16))
    eigen = eigenfaces.eigenfaces(data.images)
    weights = StackedMLP.initialised((16, 4, 16), [0]).arrays(0)
    code = learned_codes.code(weights, data.centred.inputs, eigen)
    assert code.error >= code.span_error >= eigen.error(4) * (1 - 1e-6)
    assert code.live == int((code.active > 0).sum())


def test_the_inert_part_of_the_weights_changes_nothing_for_the_faces() -> None:
    """What fc1 holds outside the span of the faces moves no output for them."""
    data = faces.data(images(3, count=6, pixels=16))
    eigen = eigenfaces.eigenfaces(data.images)
    weights = StackedMLP.initialised((16, 4, 16), [0]).arrays(0)
    without = learned_codes.without_inert_part(weights, eigen)
    assert not np.allclose(without["fc1.weight"], weights["fc1.weight"])
    inputs = data.centred.inputs
    np.testing.assert_allclose(
        learned_codes.sums(without, inputs), learned_codes.sums(weights, inputs), atol=1e-5
    )
