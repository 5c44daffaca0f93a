"""What a trained autoencoder of faces does, seen beside their eigenfaces."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hw2.networks.stacked_mlp import Weights
from hw2.questions.q1.eigenfaces import Eigenfaces, orthonormal, principal_angles, share_in_span
from hw2.training.evaluation import outputs
from weaver.cache import cached

Rows = NDArray[np.float32]  # (N, D)
Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Code:
    """The code of one network 4096-n-4096, trained and judged on the same centred faces.

    The output is in a subspace of n dimensions, moved by a bias: `error` ≥ `span_error` ≥ PCA's error.
    """

    error: float  # mean squared error per pixel
    span_error: float  # that of the faces' projections onto the span of fc2's columns: the best code for it
    active: Values  # (n,), share of the faces at which each hidden unit is positive
    angles: Values  # (n,), degrees, ascending, between the span of fc2's columns and that of n eigenfaces
    encoder_in_span: float  # share of fc1's squared weights in the span of the faces
    nearest: float  # largest |cosine| of a column of fc2 and one of the n eigenfaces
    opposed: float  # lowest cosine of two columns of fc2; −1 where two units share a direction

    @property
    def overlap(self) -> float:
        """The share of the eigenfaces' space that is found: tr(P₁P₂)/n, the mean squared cosine of angles.

        From 0 for orthogonal spaces to 1 for equal ones (Davis and Kahan 1970, doi:10.1137/0707001).
        """
        return float((np.cos(np.radians(self.angles)) ** 2).mean())

    @property
    def nearly_linear(self) -> int:
        """The number of units that are active for at least 95 % of the faces: hardly a ReLU any more."""
        return int((self.active >= 0.95).sum())

    @property
    def live(self) -> int:
        """The number of units that are positive for at least one face."""
        return int((self.active > 0).sum())


@cached
def codes_of(networks: tuple[Weights, ...], centred: Rows, eigen: Eigenfaces) -> tuple[Code, ...]:
    """Look at networks and the centred faces that they were trained on (N, D)."""
    return tuple(code(weights, centred, eigen) for weights in networks)


def code(weights: Weights, centred: Rows, eigen: Eigenfaces) -> Code:
    """Look at a network and the centred faces that it was trained on (N, D)."""
    decoder = weights["fc2.weight"].T  # (n, D)
    basis = orthonormal(decoder)
    columns = decoder / np.linalg.norm(decoder, axis=1, keepdims=True)
    own = eigen.components[: len(decoder)]
    between = columns @ columns.T  # (n, n)
    return Code(
        error=float(((outputs(weights, centred) - centred) ** 2).mean(dtype=np.float64)),
        span_error=float(((centred @ basis.T @ basis - centred) ** 2).mean()),
        active=activity(weights, centred),
        angles=principal_angles(decoder, own),
        encoder_in_span=share_in_span(weights["fc1.weight"], eigen.components),
        nearest=float(np.abs(columns @ own.T).max()),
        opposed=float(between.min()),
    )


def activity(weights: Weights, inputs: Rows) -> Values:
    """Return the share of inputs (N, D) at which each hidden unit (n,) is positive."""
    shares: Values = (sums(weights, inputs) > 0).mean(axis=0)
    return shares


def sums(weights: Weights, inputs: Rows) -> Rows:
    """Return what each hidden unit receives (N, n) before its ReLU."""
    return inputs @ weights["fc1.weight"].T + weights["fc1.bias"]


def patterns(weights: Weights, inputs: Rows) -> Rows:
    """Return how inputs (N, D) differ where a unit receives one standard deviation more (n, D).

    Weights say how a unit measures, and may hold anything that cancels over the inputs; patterns say what it
    measures. Haufe et al. (2014), doi:10.1016/j.neuroimage.2013.10.067.
    """
    received = sums(weights, inputs)
    standard = (received - received.mean(axis=0)) / received.std(axis=0)
    found: Rows = standard.T @ inputs / np.float32(len(inputs))
    return found


def by_importance(weights: Weights, inputs: Rows) -> NDArray[np.int64]:
    """Order units by how far they move the output, falling: deviation × length of fc2's column."""
    hidden = np.maximum(sums(weights, inputs), 0)
    moved = hidden.std(axis=0) * np.linalg.norm(weights["fc2.weight"], axis=0)
    return np.argsort(-moved)


def inside(rows: Rows, eigen: Eigenfaces) -> Rows:
    """Project rows (n, D) onto the span of the faces: the part that acts on them."""
    projected: Rows = (rows @ eigen.components.T @ eigen.components).astype(np.float32)
    return projected


def kept_of_grain(first: Rows, last: Rows, eigen: Eigenfaces) -> float:
    """Return the cosine of first and last weights (n, D) outside of the span of the faces."""
    before, after = first - inside(first, eigen), last - inside(last, eigen)
    return float((before * after).sum() / (np.linalg.norm(before) * np.linalg.norm(after)))


def without_inert_part(weights: Weights, eigen: Eigenfaces) -> Weights:
    """Return the network with fc1's rows projected onto the span of its faces; its outputs for them stay."""
    return {**weights, "fc1.weight": inside(weights["fc1.weight"], eigen)}
