"""Each way to train, on the smallest of networks: it runs, and takes a time."""

from collections.abc import Callable, Mapping

import pytest
import torch

from benchmarks import engine, workloads
from benchmarks.timing import QUICK
from benchmarks.workloads import Workload

CPU = torch.device("cpu")


def scikit(workload: Workload) -> float:
    """Train with scikit-learn, where it is installed."""
    pytest.importorskip("sklearn", reason="scikit-learn is installed for benchmarks only")
    from benchmarks.rivals.scikit import scikit_learn  # noqa: PLC0415

    return scikit_learn(workload)


def lightning(workload: Workload) -> float:
    """Train with PyTorch Lightning, where it is installed."""
    pytest.importorskip("lightning", reason="PyTorch Lightning is installed for benchmarks only")
    from benchmarks.rivals.lightning_loop import lightning_loop  # noqa: PLC0415

    return lightning_loop(workload, CPU)


WAYS: Mapping[str, Callable[[Workload], float]] = {
    "ours": lambda workload: engine.stacked_epoch(workload, 2),
    "ours, a search": lambda workload: engine.stacked_epoch(workload, 2, sweep=True),
    "starter loop": lambda workload: engine.starter_loop(workload, CPU),
    "tensor loop": lambda workload: engine.tensor_loop(workload, CPU),
    "its products alone": lambda workload: engine.products_alone(workload, 2, CPU),
    "vmap": lambda workload: engine.vmap_loop(workload, 2, CPU),
    "scikit-learn": scikit,
    "lightning": lightning,
}


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.parametrize("workload", workloads.quick(), ids=lambda workload: workload.name)
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_every_way_trains(way: Callable[[Workload], float], workload: Workload) -> None:
    """A classifier and an autoencoder, an epoch each."""
    assert 0 < way(workload) < 60


def test_a_product_of_matrices_has_a_rate() -> None:
    """The machine's limit is above what any processor did in 1990."""
    assert engine.product_rate(64, CPU) > 1e6


def test_every_case_stands_beside_every_rival() -> None:
    """Also beside those that are not installed, which have no figure."""
    rivals = [engine.STARTER, engine.TENSORS, engine.VMAP, engine.SCIKIT, engine.LIGHTNING]
    workload = workloads.quick()[0]
    names = ("ours 1", "ours 16", "sweep", f"{engine.VMAP} 1", f"{engine.VMAP} 16", engine.STARTER)
    floors = (f"{engine.FLOOR} 1", f"{engine.FLOOR} 16")
    samples = dict.fromkeys((*names, *floors, engine.TENSORS), (1.0,)) | {f"{engine.PRODUCTS} 64": (1e9,)}
    lines = list(engine.lines(workload, (1, 16), samples))
    stack, sweep = [*rivals, engine.FLOOR, engine.PRODUCTS], [*rivals, engine.PRODUCTS]
    assert [line.rival for line in lines] == [*stack, *stack, *sweep]
    assert {line.rival for line in lines if not line.theirs} == {engine.SCIKIT, engine.LIGHTNING}
    goals = {(line.case, line.rival): line.target.bound for line in lines if line.target}
    assert goals == {
        ("784-32-10, K = 1", engine.TENSORS): 1.0,
        **{("784-32-10, K = 16", rival): 8.5 for rival in (engine.STARTER, engine.SCIKIT, engine.LIGHTNING)},
    }


def test_what_is_not_installed_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest is measured all the same."""
    monkeypatch.setattr(engine.importlib.util, "find_spec", lambda _: None)
    found = engine.contestants(workloads.quick()[0], (1,), CPU, QUICK)
    assert engine.SCIKIT not in found
    assert engine.LIGHTNING not in found
    assert {engine.STARTER, engine.TENSORS, f"{engine.VMAP} 1", "ours 1", "sweep"} <= found.keys()
