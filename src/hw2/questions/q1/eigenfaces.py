"""Eigenfaces: the principal components of faces, by the singular value decomposition.

Turk and Pentland (1991), doi:10.1162/jocn.1991.3.1.71. With the faces, less their mean, as the columns of X
(D, N), X = U Σ Vᵀ; the columns of U are the eigenvectors of the covariance X Xᵀ / N, with eigenvalues σ² / N.
The SVD finds them from an array of 4096 × 400 instead of a covariance of 4096 × 4096.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from weaver.cache import cached

Images = NDArray[np.float32]  # (N, D)
Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Eigenfaces:
    """The principal components of N faces, as many as there can be: the smaller of N − 1 and D."""

    mean: Images  # (D,)
    components: Images  # (R, D), orthonormal rows, by falling singular value
    singular_values: Values  # (R,)
    faces: int

    @property
    def variance(self) -> float:
        """The mean squared distance of a pixel from its mean."""
        return self.error(0)

    @property
    def explained(self) -> Values:
        """The share of the variance (R,) that the first 1, 2, … R components explain."""
        squares = self.singular_values**2
        explained: Values = np.cumsum(squares) / squares.sum()
        return explained

    def error(self, count: int) -> float:
        """Return the mean squared error per pixel of these faces, rebuilt from the first `count` components.

        No other affine subspace of that dimension has a smaller one (Eckart and Young 1936,
        doi:10.1007/BF02288367).
        """
        left_out = self.singular_values[count:] ** 2
        return float(left_out.sum()) / (self.faces * len(self.mean))

    def rebuilt(self, images: Images, count: int) -> Images:
        """Project images (M, D) onto the mean plus the span of the first `count` components."""
        basis = self.components[:count]
        codes = (images - self.mean) @ basis.T  # (M, n)
        return (self.mean + codes @ basis).astype(np.float32)

    def rebuilt_from_known(self, images: Images, known: NDArray[np.bool_], count: int) -> Images:
        """Fit the coefficients to the known pixels alone, by least squares, and return whole images (M, D).

        Everson and Sirovich (1995), doi:10.1364/JOSAA.12.001657.
        """
        basis = self.components[:count]  # (n, D)
        given = (images - self.mean) * known  # (M, D)
        first, second = np.triu_indices(len(basis))
        products = basis[first] * basis[second]  # (n (n + 1) / 2, D)
        grams = np.empty((len(images), len(basis), len(basis)))
        grams[:, first, second] = grams[:, second, first] = known.astype(np.float32) @ products.T
        codes = np.linalg.solve(grams, (given @ basis.T)[..., None])[..., 0]  # (M, n)
        rebuilt = self.mean + codes @ basis
        return rebuilt.astype(np.float32)


@cached
def eigenfaces(images: Images) -> Eigenfaces:
    """Return the eigenfaces of images (N, D).

    Of a component's two signs, that of a positive sum of cubes is taken.
    """
    mean = images.mean(axis=0, dtype=np.float64)
    columns = (images - mean).T  # (D, N), each column a face
    left, singular_values, _ = np.linalg.svd(columns, full_matrices=False)
    rank = min(len(images) - 1, len(mean))  # the columns sum to zero
    components = left.T[:rank]
    signs = np.where((components**3).sum(axis=1, keepdims=True) < 0, -1, 1)
    return Eigenfaces(
        mean.astype(np.float32),
        (signs * components).astype(np.float32),
        singular_values[:rank],
        len(images),
    )


@cached
def first_uncentred(images: Images) -> Images:
    """Return the first singular direction (D,) of images with their mean, its sum positive."""
    gram = images @ images.T  # (N, N)
    _, vectors = np.linalg.eigh(gram.astype(np.float64))
    direction = vectors[:, -1] @ images
    direction *= np.sign(direction.sum()) / np.linalg.norm(direction)
    return direction.astype(np.float32)


def orthonormal(vectors: NDArray[np.floating]) -> Values:
    """Return orthonormal rows (n, D) with the span of n independent rows."""
    basis, _ = np.linalg.qr(vectors.T.astype(np.float64))
    return basis.T


def principal_angles(first: NDArray[np.floating], second: NDArray[np.floating]) -> Values:
    """Return the angles in degrees, ascending, between the spans of the rows of two arrays (n, D).

    Their cosines are the singular values of the product of orthonormal bases (Björck and Golub 1973,
    doi:10.2307/2005662).
    """
    cosines = np.linalg.svd(orthonormal(first) @ orthonormal(second).T, compute_uv=False)
    angles: Values = np.degrees(np.arccos(np.clip(cosines, 0, 1)))
    return angles


def share_in_span(vectors: NDArray[np.floating], basis: NDArray[np.floating]) -> float:
    """Return the share of the squared length of rows (n, D) in the span of orthonormal rows (R, D)."""
    return float(((vectors @ basis.T) ** 2).sum() / (vectors**2).sum())
