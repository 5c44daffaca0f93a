"""Probes against recomputation."""

from dataclasses import replace

import numpy as np
import pytest

from hw2.networks.batches import Examples
from hw2.networks.stacked_mlp import StackedMLP
from hw2.training.evaluation import predict
from hw2.training.loop import fit
from hw2.training.probes import Agreement, LiveUnits, Snapshots
from hw2.training.settings import Settings

RNG = np.random.default_rng(3)
INPUTS = RNG.normal(0, 1, (40, 5)).astype(np.float32)
LABELS = RNG.integers(3, size=40)
TRAIN = Examples(INPUTS, LABELS)
SETTINGS = Settings((5, 6, 4, 3), learning_rate=0.1, epochs=6, batch_size=16)
MEMBERS = [replace(SETTINGS, seed=0), replace(SETTINGS, seed=1, epochs=3)]


def test_snapshots_at_the_epochs_asked_for() -> None:
    """Snapshots start with the initialisation, end with the member and hold the weights of the layer."""
    runs = fit(MEMBERS, TRAIN, probes=(Snapshots((0, 2, 6), layer=1),))
    for member, run, epochs in zip(MEMBERS, runs, ([0, 2, 6], [0, 2]), strict=True):
        series = run.probes["weights"]
        assert series.epochs.tolist() == epochs
        start = StackedMLP.initialised(member.widths, [member.seed]).arrays(0)
        np.testing.assert_array_equal(series.values[0], start["fc2.weight"])
        shorter = fit([replace(member, epochs=2)], TRAIN)[0].final
        np.testing.assert_allclose(series.values[1], shorter["fc2.weight"], atol=1e-6)
    np.testing.assert_array_equal(runs[0].probes["weights"].values[-1], runs[0].final["fc2.weight"])


@pytest.mark.parametrize("layer", [0, 1])
def test_live_units(layer: int) -> None:
    """A unit counts when it is positive for any input, at the epochs that are multiples of `every`."""
    (run, _) = fit(MEMBERS, TRAIN, probes=(LiveUnits(INPUTS[:2], layer, every=2),))
    series = run.probes["live units"]
    assert series.epochs.tolist() == [0, 2, 4, 6]
    hidden = INPUTS[:2]
    for i in range(layer + 1):
        sums = np.maximum(hidden, 0) if i else hidden
        hidden = sums @ run.final[f"fc{i + 1}.weight"].T + run.final[f"fc{i + 1}.bias"]
    assert series.values[-1] == (hidden > 0).any(0).sum()


def test_dead_units_are_counted_as_dead() -> None:
    """Inputs that push every unit below zero leave none alive."""
    model = StackedMLP.zeros((5, 6, 3), 2)
    model.biases[0][0] = -1.0
    model.biases[0][1, 0, :2] = 1.0
    counts = LiveUnits(INPUTS).on(model.device)(model)
    assert counts.tolist() == [0, 2]


def test_agreement_with_several_labels() -> None:
    """The shares are those of predictions that equal each of the labels, from epoch 0 on."""
    others = np.roll(LABELS, 1)
    for run in fit(MEMBERS, TRAIN, probes=(Agreement(INPUTS, np.stack([LABELS, others])),)):
        series = run.probes["agreement"]
        assert series.epochs.tolist() == list(range(run.epochs + 1))
        predicted = predict(run.final, INPUTS)
        expected = [(predicted == LABELS).mean(), (predicted == others).mean()]
        np.testing.assert_allclose(series.values[-1], expected, rtol=1e-6)
