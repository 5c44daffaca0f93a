"""Wrong labels, put in on purpose."""

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int64]


def mislabel(
    labels: NDArray[np.integer], share: float = 0.4, *, classes: int = 10, seed: int
) -> tuple[Labels, NDArray[np.bool_]]:
    """Replace a share of the labels by other classes; return the labels and which are wrong, (N,) each.

    Exactly round(share × N) labels, chosen at random, are replaced, each by one of the other classes with
    equal probability: symmetric label noise, the term of B. van Rooyen, A. K. Menon and R. C. Williamson,
    "Learning with Symmetric Label Noise: The Importance of Being Unhinged", NeurIPS 2015.

    Raises:
        ValueError: The share is not in 0–1, or there is no other class.
    """
    if not 0 <= share <= 1 or classes < 2:
        raise ValueError(f"expected a share in 0–1 of at least 2 classes, found {share} of {classes}")
    rng = np.random.default_rng(seed)
    wrong = np.zeros(len(labels), np.bool_)
    wrong[rng.permutation(len(labels))[: round(share * len(labels))]] = True
    noisy = labels.astype(np.int64)
    noisy[wrong] = (noisy[wrong] + rng.integers(1, classes, np.count_nonzero(wrong))) % classes
    return noisy, wrong
