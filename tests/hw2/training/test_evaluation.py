"""What networks give, from their weights as arrays."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from hw2.networks.batches import Examples
from hw2.networks.stacked_mlp import StackedMLP
from hw2.training.evaluation import evaluate, outputs, predict

STACK = StackedMLP.initialised((7, 300, 4), [3])
WEIGHTS = STACK.arrays(0)
RNG = np.random.default_rng(0)
INPUTS = RNG.normal(0, 1, (9000, 7)).astype(np.float32)  # more than one chunk
LABELS = RNG.integers(4, size=len(INPUTS))


def expected_outputs() -> torch.Tensor:
    """Return the outputs of the same network as an nn.Sequential."""
    with torch.no_grad():
        expected: torch.Tensor = STACK.member(0)(torch.from_numpy(INPUTS))
    return expected


def test_outputs_and_predictions() -> None:
    """Outputs are those of the plain network, predictions the largest of them."""
    assert len(list(STACK.chunks(len(INPUTS)))) > 1
    np.testing.assert_allclose(outputs(WEIGHTS, INPUTS), expected_outputs(), atol=1e-5)
    np.testing.assert_array_equal(predict(WEIGHTS, INPUTS), expected_outputs().argmax(1))


def test_evaluation_of_a_classifier() -> None:
    """Loss and accuracy are torch's, over all examples."""
    found = evaluate(WEIGHTS, Examples(INPUTS, LABELS))
    expected = expected_outputs()
    labels = torch.from_numpy(LABELS)
    assert found.loss == pytest.approx(functional.cross_entropy(expected, labels).item(), rel=1e-5)
    assert found.accuracy == pytest.approx((expected.argmax(1) == labels).double().mean().item())


def test_evaluation_of_an_autoencoder() -> None:
    """The squared error is a mean over pixels and images; there is no accuracy."""
    stack = StackedMLP.initialised((7, 3, 7), [3])
    found = evaluate(stack.arrays(0), Examples(INPUTS), "squared_error")
    reconstructions = outputs(stack.arrays(0), INPUTS)
    assert found.loss == pytest.approx(((reconstructions - INPUTS) ** 2).mean(), rel=1e-5)
    assert found.accuracy is None
