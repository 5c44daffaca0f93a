"""scikit-learn's perceptrons, where it is installed."""

import time
import warnings

from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor

from benchmarks.workloads import Workload
from hw2.networks.optimisers import Adam


def scikit_learn(workload: Workload) -> float:
    """Train MLPClassifier, or MLPRegressor as an autoencoder; the checks at its start are in the time."""
    settings, examples = workload.settings, workload.examples
    kind = MLPRegressor if examples.labels is None else MLPClassifier
    model = kind(
        hidden_layer_sizes=settings.widths[1:-1],
        solver="adam" if isinstance(settings.optimiser, Adam) else "sgd",
        alpha=0.0,
        batch_size=min(settings.batch_size, len(examples.inputs)),
        learning_rate_init=settings.learning_rate,
        max_iter=settings.epochs,
        momentum=0.0,
        tol=0.0,
        n_iter_no_change=settings.epochs + 1,
        random_state=settings.seed,
    )
    targets = examples.inputs if examples.labels is None else examples.labels
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # it is stopped on purpose
        started = time.perf_counter()
        model.fit(examples.inputs, targets)
        return (time.perf_counter() - started) / settings.epochs
