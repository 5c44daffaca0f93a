"""What the report shows; nothing is trained here."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from study.examples import Examples
from study.network import Network, Run, probability

COLOURS = np.array(["#0072b2", "#d55e00"])  # told apart by colour-blind readers too


def boundaries(examples: Examples, runs: Mapping[int, Run]) -> None:
    """Draw the examples over the probabilities of each network, by its number of hidden units."""
    _, panels = plt.subplots(1, len(runs), figsize=(6.5, 2.4), sharey=True, layout="constrained")
    for axes, (hidden, run) in zip(np.atleast_1d(panels), runs.items(), strict=True):
        _shade(axes, run.network, examples)
        axes.scatter(*examples.points.T, c=COLOURS[examples.labels], s=5)
        axes.set_title(f"{hidden} hidden", fontsize=9)
    plt.show()


def _shade(axes: Axes, network: Network, examples: Examples) -> None:
    low, high = examples.points.min(axis=0) - 0.2, examples.points.max(axis=0) + 0.2
    x, y = np.meshgrid(*np.linspace(low, high, 60).T)
    shades = probability(network, np.stack([x.ravel(), y.ravel()], axis=1)).reshape(x.shape)
    axes.contourf(x, y, shades, levels=np.linspace(0, 1, 11), cmap="RdBu_r", alpha=0.4)
