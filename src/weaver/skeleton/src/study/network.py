"""A network with one hidden layer, in numpy. Trained once for the same code, examples and settings."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from study.examples import Examples
from weaver.cache import cached
from weaver.progress import epochs

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Settings:
    """How a network is made and trained."""

    hidden: int
    epochs: int = 1000
    rate: float = 1.0


@dataclass(frozen=True)
class Network:
    """Weights; the last row of each layer is its bias."""

    inner: Array  # (3, H)
    outer: Array  # (H + 1,)


@dataclass(frozen=True)
class Run:
    """A trained network, and its loss before each epoch."""

    network: Network
    losses: Array  # (epochs,)


@cached  # any change of this function, or of what it calls, trains again; nothing else does
def fit(examples: Examples, settings: Settings, seed: int) -> Run:
    """Train a network by gradient descent on all examples at once."""
    rng = np.random.default_rng(seed)
    network = Network(rng.normal(size=(3, settings.hidden)), rng.normal(size=settings.hidden + 1))
    losses = np.empty(settings.epochs)
    with epochs(f"network, {settings.hidden} hidden", settings.epochs) as progress:
        for epoch in range(settings.epochs):
            losses[epoch], network = step(network, examples, settings.rate)
            progress.update(epoch + 1, float(losses[epoch]))
    return Run(network, losses)


def step(network: Network, examples: Examples, rate: float) -> tuple[float, Network]:
    """Return the cross-entropy and the network after one step of gradient descent."""
    hidden, logits = forward(network, examples.points)
    error = (sigmoid(logits) - examples.labels) / len(logits)  # (N,)
    back = np.outer(error, network.outer[:-1]) * (1 - hidden**2)  # (N, H)
    inner = network.inner - rate * with_bias(examples.points).T @ back
    outer = network.outer - rate * with_bias(hidden).T @ error
    loss = np.logaddexp(0, np.where(examples.labels == 1, -logits, logits)).mean()
    return float(loss), Network(inner, outer)


def forward(network: Network, points: Array) -> tuple[Array, Array]:
    """Return the hidden units' activations and the logits."""
    hidden = np.tanh(with_bias(points) @ network.inner)  # (N, H)
    return hidden, with_bias(hidden) @ network.outer  # (N,)


def probability(network: Network, points: Array) -> Array:
    """Return the probability of class 1 at each point."""
    return sigmoid(forward(network, points)[1])


def accuracy(network: Network, examples: Examples) -> float:
    """Return the share of examples that are classified correctly."""
    return float(((probability(network, examples.points) > 0.5) == examples.labels).mean())


def sigmoid(logits: Array) -> Array:
    """Return the logistic function, without overflow."""
    return 0.5 * (1 + np.tanh(logits / 2))


def with_bias(points: Array) -> Array:
    """Append a column of ones."""
    return np.column_stack([points, np.ones(len(points))])
