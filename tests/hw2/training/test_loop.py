"""The engine against plain torch: a stack trains each of its networks as that network trains alone."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from hw2.networks.batches import Batches, Examples, GaussianNoise, Tensors, ZeroPixels
from hw2.networks.optimisers import SGD, Adam, updater
from hw2.networks.stacked_mlp import StackedMLP, Weights
from hw2.training import loop, plain_torch
from hw2.training.evaluation import evaluate, evaluation
from hw2.training.loop import fit
from hw2.training.probes import Agreement, LiveUnits, Snapshots
from hw2.training.results import Criterion, Run
from hw2.training.schedules import Constant, Cosine, Flat, Plateau, Steps
from hw2.training.settings import Settings, TrainingError
from hw2.training.stacking import memory_bytes

CRITERIA: tuple[Criterion, ...] = (
    "final",
    "lowest train loss",
    "lowest held-out loss",
    "highest held-out accuracy",
)


def clusters(examples: int, width: int, classes: int, seed: int = 0) -> Examples:
    """Draw labelled points around one centre for each class."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(99).normal(0, 1, (classes, width))
    labels = rng.integers(classes, size=examples)
    return Examples((centres[labels] + rng.normal(0, 1, (examples, width))).astype(np.float32), labels)


TRAIN, HELD_OUT = clusters(45, 6, 3), clusters(30, 6, 3, seed=1)
CLASSIFIER = Settings((6, 8, 3), learning_rate=0.1, epochs=4, batch_size=10)
AUTOENCODER = Settings((6, 3, 6), learning_rate=0.05, epochs=4, batch_size=10, loss="squared_error")


def assert_close(weights: Weights, network: nn.Sequential, tolerance: float = 1e-4) -> None:
    """Compare kept weights with a plain network."""
    for i, linear in enumerate(list(network)[::2], start=1):
        expected = {"weight": linear.weight, "bias": linear.bias}
        for name, parameter in expected.items():
            found = torch.from_numpy(weights[f"fc{i}.{name}"])
            torch.testing.assert_close(found, parameter.detach(), atol=tolerance, rtol=tolerance)


def same_bits(a: Run, b: Run) -> bool:
    """Whether two runs have the same curves and kept weights to the bit."""
    curves = [
        (getattr(a.history, name), getattr(b.history, name))
        for name in ("learning_rate", "train_loss", "train_accuracy", "held_out_loss", "held_out_accuracy")
    ]
    weights = [
        (a.kept[criterion].weights[name], b.kept[criterion].weights[name])
        for criterion in a.kept
        for name in a.kept[criterion].weights
    ]
    series = [(a.probes[name].values, b.probes[name].values) for name in a.probes]
    return a.kept.keys() == b.kept.keys() and all(
        (x is None and y is None) or np.array_equal(x, y, equal_nan=True)
        for x, y in curves + weights + series
    )


VARIANTS = [
    CLASSIFIER,
    replace(CLASSIFIER, widths=(6, 5, 4, 3)),
    replace(CLASSIFIER, widths=(6, 3)),
    replace(CLASSIFIER, optimiser=SGD(momentum=0.9, weight_decay=0.01)),
    replace(CLASSIFIER, optimiser=Adam(), learning_rate=0.01),
    replace(CLASSIFIER, schedule=Steps((1, 3))),
    replace(CLASSIFIER, schedule=Cosine(4)),
    replace(CLASSIFIER, schedule=Plateau(Flat(1, 0.5))),
    AUTOENCODER,
    replace(AUTOENCODER, optimiser=Adam(), schedule=Cosine(3, 0.1)),
    replace(AUTOENCODER, corruption=ZeroPixels(0.7)),
    replace(AUTOENCODER, corruption=GaussianNoise(0.3), optimiser=SGD(momentum=0.5)),
]


@pytest.mark.parametrize("settings", VARIANTS, ids=repr)
@pytest.mark.parametrize("own_batches", [False, True], ids=["shared", "own"])
def test_members_equal_plain_training(settings: Settings, own_batches: bool) -> None:
    """History and weights of each member equal those of a plain loop over nn.Sequential and torch.optim."""
    members = [
        replace(settings, seed=k, learning_rate=settings.learning_rate / (1 + k), batch_seed=k * own_batches)
        for k in range(3)
    ]
    runs = fit(members, TRAIN)
    for member, run in zip(members, runs, strict=True):
        network, losses, rates = plain_torch.train(member, TRAIN)
        assert run.settings == member
        np.testing.assert_allclose(run.history.learning_rate, rates, rtol=1e-6)
        np.testing.assert_allclose(run.history.train_loss, losses, rtol=1e-4)
        assert_close(run.final, network)


@given(
    st.lists(st.integers(1, 6), max_size=2).map(tuple),
    st.lists(st.tuples(st.integers(0, 99), st.integers(0, 1)), min_size=1, max_size=4),
    st.integers(1, 50),
    st.sampled_from([SGD(), SGD(momentum=0.9), Adam()]),
)
def test_alone_and_in_a_stack_are_the_same(
    hidden: tuple[int, ...], seeds: list[tuple[int, int]], batch_size: int, optimiser: SGD | Adam
) -> None:
    """For any shape, number of members and batch size, a member's run does not depend on its neighbours."""
    widths = (6, *hidden, 3)
    members = [
        Settings(
            widths, 0.02, 2, optimiser=optimiser, batch_size=batch_size, seed=seed, batch_seed=batch_seed
        )
        for seed, batch_seed in seeds
    ]
    for together, member in zip(fit(members, TRAIN, HELD_OUT), members, strict=True):
        (alone,) = fit([member], TRAIN, HELD_OUT)
        for name in ("train_loss", "held_out_loss"):
            found, expected = getattr(together.history, name), getattr(alone.history, name)
            np.testing.assert_allclose(found, expected, rtol=1e-4)
        for name, array in together.final.items():
            np.testing.assert_allclose(array, alone.final[name], atol=1e-4, rtol=1e-4)


flats = st.builds(Flat, window=st.integers(1, 2), tolerance=st.sampled_from([0.05, 0.5]))
schedules = st.one_of(
    st.just(Constant()),
    st.builds(Steps, st.lists(st.integers(1, 4), max_size=2, unique=True).map(tuple), st.just(0.3)),
    st.builds(Plateau, flats, factor=st.just(0.5), drops=st.integers(1, 3)),
    st.builds(Cosine, st.integers(1, 6), final=st.sampled_from([0.0, 0.2])),
)
decays = st.sampled_from([0.0, 0.05])
optimisers = st.one_of(
    st.builds(SGD, momentum=st.sampled_from([0.0, 0.5, 0.9]), weight_decay=decays),
    st.builds(Adam, betas=st.sampled_from([(0.9, 0.999), (0.7, 0.9)]), weight_decay=decays),
)


@st.composite
def any_stack(draw: st.DrawFn) -> list[Settings]:
    """Draw the members of a stack: one architecture and optimiser, each with a rate, schedule and end."""
    kind = draw(st.sampled_from([CLASSIFIER, AUTOENCODER]))
    hidden = tuple(draw(st.lists(st.integers(1, 6), max_size=2)))
    optimiser = draw(optimisers)
    # Adam divides by the size of the gradient, which for one image may be zero but for rounding.
    smallest = 4 if isinstance(optimiser, Adam) else 1
    common = replace(
        kind,
        widths=(kind.widths[0], *hidden, kind.widths[-1]),
        optimiser=optimiser,
        batch_size=draw(st.integers(smallest, 50)),
    )
    return [
        replace(
            common,
            learning_rate=draw(st.sampled_from([0.003, 0.01, 0.03])),
            epochs=draw(st.integers(1, 5)),
            schedule=draw(schedules),
            seed=draw(st.integers(0, 99)),
            batch_seed=draw(st.integers(0, 1)),
        )
        for _ in range(draw(st.integers(1, 4)))
    ]


@given(any_stack())
def test_any_stack_trains_as_torch_would_train_its_members(members: list[Settings]) -> None:
    """For any shape, K, batch size, odd last batch, optimiser and schedule, autograd and torch agree."""
    for member, run in zip(members, fit(members, TRAIN), strict=True):
        network, losses, _ = plain_torch.train(member, TRAIN)
        np.testing.assert_allclose(run.history.train_loss, losses, rtol=1e-4)
        assert_close(run.final, network, tolerance=5e-4)


WAITS = ("_local_scalar_dense", "nonzero", "masked_select", "unique", "equal", "is_nonzero")


class Recorder(TorchDispatchMode):
    """Notes the names of all operations that torch is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        del types
        self.names.append(func.__name__.partition(".")[0])
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize(
    "settings",
    [
        CLASSIFIER,
        replace(CLASSIFIER, optimiser=Adam()),
        replace(AUTOENCODER, optimiser=SGD(momentum=0.9), corruption=GaussianNoise(0.1)),
        replace(AUTOENCODER, corruption=ZeroPixels(0.5)),
    ],
    ids=repr,
)
def test_nothing_within_an_epoch_waits_for_the_device(settings: Settings) -> None:
    """No operation's result is looked at by the host, in the steps or in the evaluation."""
    stack = StackedMLP.initialised(settings.widths, [0, 1])
    at_work = updater(settings.optimiser, stack)
    at_work.set_rates([0.1, 0.2])
    data = Tensors.on(torch.device("cpu"), TRAIN)
    batches = Batches(data, (0, 1), settings.batch_size, settings.corruption).of_epoch(1)
    first = next(batches)  # the order of the epoch is drawn on the host, before its first batch
    with torch.no_grad(), Recorder() as operations:
        loop.train_epoch(at_work, chain([first], batches), settings.loss)
        evaluation(stack, data, settings.loss)
    assert "baddbmm" in operations.names
    assert not set(operations.names) & set(WAITS)


def test_runs_come_back_in_the_order_asked() -> None:
    """Members of different architectures, losses and rates are sorted into stacks and back again."""
    members = [
        replace(CLASSIFIER, learning_rate=0.2),
        AUTOENCODER,
        replace(CLASSIFIER, widths=(6, 3)),
        replace(CLASSIFIER, learning_rate=0.1),
        replace(AUTOENCODER, corruption=GaussianNoise(0.1)),
    ]
    runs = fit(members, TRAIN)
    assert [run.settings for run in runs] == members
    assert [run.members_in_stack for run in runs] == [2, 1, 1, 2, 1]


def test_the_second_call_gives_the_same_bits() -> None:
    """On a CPU a call repeated gives equal curves, weights and probes to the bit."""
    members = [replace(CLASSIFIER, seed=k, batch_seed=k) for k in range(3)]
    probes = (LiveUnits(TRAIN.inputs),)
    first, second = (fit(members, TRAIN, HELD_OUT, keep=CRITERIA, probes=probes) for _ in range(2))
    assert all(same_bits(a, b) for a, b in zip(first, second, strict=True))


def test_curves_are_means_of_what_the_network_showed() -> None:
    """With one batch an epoch, an epoch's training values are those of the weights before it."""
    settings = replace(CLASSIFIER, batch_size=45)
    (run,) = fit([settings], TRAIN, HELD_OUT, probes=(Agreement(TRAIN.inputs, TRAIN.labels[None]),))
    before = StackedMLP.initialised(settings.widths, [settings.seed]).arrays(0)
    start = evaluate(before, TRAIN)
    history = run.history
    assert history.train_loss[0] == pytest.approx(start.loss, rel=1e-5)
    assert history.train_accuracy[0] == pytest.approx(start.accuracy)
    np.testing.assert_allclose(history.train_accuracy, run.probes["agreement"].values[:-1, 0], rtol=1e-6)
    end = evaluate(run.final, HELD_OUT)
    assert history.held_out_loss[-1] == pytest.approx(end.loss, rel=1e-5)
    assert history.held_out_accuracy[-1] == pytest.approx(end.accuracy)


def test_what_was_not_measured_is_none() -> None:
    """Without held-out examples there are no held-out curves; an autoencoder has no accuracy."""
    (run,) = fit([AUTOENCODER], TRAIN)
    history = run.history
    assert (history.train_accuracy, history.held_out_loss, history.held_out_accuracy) == (None, None, None)
    assert fit([AUTOENCODER], TRAIN, HELD_OUT)[0].history.held_out_loss is not None


def test_diverged_members_stop_and_are_marked() -> None:
    """A rate that is far too high ends that member, with its history up to there; its neighbours go on."""
    members = [replace(AUTOENCODER, learning_rate=rate, epochs=6) for rate in (0.05, 1e6, 0.1)]
    runs = fit(members, TRAIN, HELD_OUT, keep=CRITERIA[:3])
    assert [run.ending for run in runs] == ["all epochs", "diverged", "all epochs"]
    bad = runs[1]
    assert bad.diverged
    assert bad.epochs < 6
    assert np.isfinite(bad.history.train_loss[:-1]).all()
    assert not np.isfinite([bad.history.train_loss[-1], bad.history.held_out_loss[-1]]).all()
    alone = fit([members[0], members[2]], TRAIN, HELD_OUT)
    for run, expected in zip((runs[0], runs[2]), alone, strict=True):
        np.testing.assert_allclose(run.history.train_loss, expected.history.train_loss, rtol=1e-5)


def test_a_member_that_diverges_at_once_keeps_no_best_weights() -> None:
    """Without a single finite score there is no best epoch, only a final one."""
    bad = replace(CLASSIFIER, learning_rate=float("inf"), batch_size=45)
    (run,) = fit([bad], TRAIN, HELD_OUT, keep=CRITERIA)
    assert run.diverged
    assert "lowest held-out loss" not in run.kept


@pytest.mark.parametrize("optimiser", [SGD(), SGD(momentum=0.9), Adam()], ids=repr)
def test_members_that_end_early_leave_the_others_alone(optimiser: SGD | Adam) -> None:
    """Flat members leave the stack; those that go on, with their moments, end as they would alone."""
    lasting = replace(CLASSIFIER, optimiser=optimiser, learning_rate=0.01, epochs=7)
    flat = Flat(window=1, tolerance=0.9)  # flat unless the loss falls to a tenth
    members = [
        replace(lasting, seed=1),
        replace(lasting, seed=2, stop=flat),
        replace(lasting, seed=3, epochs=4),
        replace(lasting, seed=4, schedule=Plateau(flat), stop=flat),
    ]
    runs = fit(members, TRAIN)
    assert [run.ending for run in runs] == ["all epochs", "flat", "all epochs", "flat"]
    assert [run.epochs for run in runs] == [7, 2, 4, 4]
    for run, member in zip(runs, members, strict=True):
        network, losses, _ = plain_torch.train(replace(member, epochs=run.epochs), TRAIN)
        np.testing.assert_allclose(run.history.train_loss, losses, rtol=1e-4)
        assert_close(run.final, network)


def test_kept_weights_are_those_of_the_best_epochs() -> None:
    """Each criterion keeps the weights of its first best epoch, as snapshots and the curves confirm."""
    epochs = 12
    members = [replace(CLASSIFIER, epochs=epochs, seed=k, learning_rate=0.8) for k in range(3)]
    every = Snapshots(tuple(range(epochs + 1)))
    for run in fit(members, TRAIN, HELD_OUT, keep=CRITERIA, probes=(every,)):
        history = run.history
        best = {
            "final": epochs,
            "lowest train loss": history.train_loss.argmin() + 1,
            "lowest held-out loss": history.held_out_loss.argmin() + 1,
            "highest held-out accuracy": history.held_out_accuracy.argmax() + 1,
        }
        assert {criterion: kept.epoch for criterion, kept in run.kept.items()} == best
        for kept in run.kept.values():
            snapshot = run.probes["weights"].values[kept.epoch]
            np.testing.assert_array_equal(kept.weights["fc1.weight"], snapshot)
        found = evaluate(run.kept["highest held-out accuracy"].weights, HELD_OUT)
        assert found.accuracy == pytest.approx(history.held_out_accuracy.max())


def test_without_keep_no_weights_are_kept() -> None:
    """A sweep that wants the curves alone gets no weights."""
    (run,) = fit([CLASSIFIER], TRAIN, keep=())
    assert run.kept == {}


def test_durations_are_shares_of_the_stack_s() -> None:
    """The members' shares add up to the time of the stack; who ends earlier has a smaller one."""
    members = [CLASSIFIER, replace(CLASSIFIER, epochs=1)]
    long, short = fit(members, TRAIN)
    assert long.duration_s > short.duration_s > 0
    assert long.duration_s + short.duration_s == pytest.approx(long.stack_duration_s)


def test_a_split_stack_gives_the_same_results(monkeypatch: pytest.MonkeyPatch) -> None:
    """With too little memory for one stack there are several, and the runs are the same to tolerance."""
    members = [replace(CLASSIFIER, seed=k, batch_seed=k) for k in range(5)]
    whole = fit(members, TRAIN)
    budget = memory_bytes(CLASSIFIER, 2, keep=1)
    monkeypatch.setattr(loop, "memory_budget", lambda _device: budget)
    split = fit(members, TRAIN)
    assert [run.members_in_stack for run in split] == [2, 2, 2, 2, 1]
    for a, b in zip(whole, split, strict=True):
        np.testing.assert_allclose(a.history.train_loss, b.history.train_loss, rtol=1e-5)
        for name, array in a.final.items():
            np.testing.assert_allclose(b.final[name], array, atol=1e-6)


WRONG: list[tuple[Callable[[], Sequence[Run]], str]] = [
    (lambda: fit([replace(CLASSIFIER, widths=(5, 3))], TRAIN), r"inputs of shape \(N, 5\).*found \(45, 6\)"),
    (lambda: fit([CLASSIFIER], Examples(TRAIN.inputs)), "expected 45 labels from 0 to 2, found none"),
    (lambda: fit([CLASSIFIER], Examples(TRAIN.inputs, TRAIN.labels + 1)), "found shape .*1 to 3"),
    (lambda: fit([replace(AUTOENCODER, widths=(6, 2))], TRAIN), r"expected an autoencoder.*\(6, 2\)"),
    (lambda: fit([CLASSIFIER], TRAIN, keep=("lowest held-out loss",)), "expected held-out examples"),
    (lambda: fit([CLASSIFIER], TRAIN, Examples(TRAIN.inputs[:0], TRAIN.labels[:0])), r"found \(0, 6\)"),
    (
        lambda: fit([CLASSIFIER], TRAIN, probes=(Snapshots((1,)), Snapshots((2,)))),
        "probes of different names",
    ),
]


@pytest.mark.parametrize(("call", "message"), WRONG)
def test_examples_that_do_not_fit_are_refused(call: Callable[[], Sequence[Run]], message: str) -> None:
    """What cannot be trained is refused before it begins, with what was expected and what was found."""
    with pytest.raises(TrainingError, match=message):
        call()
