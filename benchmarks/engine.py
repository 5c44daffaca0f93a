"""Training: an epoch of one network, ours in stacks of K, beside five other ways and two limits."""

import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from statistics import median

import torch

from benchmarks import workloads
from benchmarks.comparison import Comparison, Target
from benchmarks.rivals.loops import starter_loop, tensor_loop
from benchmarks.rivals.products import products_alone
from benchmarks.rivals.vectorised import vmap_loop
from benchmarks.timing import Effort, Sample, in_turns, timed
from benchmarks.workloads import Workload
from hw2.training.loop import fit
from hw2.training.stacking import chosen_device

TITLE = "Training: an epoch of one network in a stack of K"
STACKS = (1, 4, 16, 64)
SWEEP = 16
PRODUCT_FLOPS = 2**32  # for one sample of it
SIDES = (512, 1024, 2048)  # of the square matrices whose product shows the machine's limit

STARTER, TENSORS, VMAP = "starter loop", "tensor loop", "torch.func.vmap"
SCIKIT, LIGHTNING, PRODUCTS = "scikit-learn MLP", "PyTorch Lightning", "torch.mm"
FLOOR = "its products alone"
ONE_A_STACK = (VMAP, FLOOR)  # these have a figure for each K; others train networks one after the other
TARGETS = {
    ("784-32-10", 16, STARTER): 8.5,
    ("784-128-64-128-10", 16, STARTER): 3.7,
    ("784-128-64-128-10", 16, PRODUCTS): 0.85,
    ("784-32-10", 16, LIGHTNING): 8.5,
    ("784-32-10", 16, SCIKIT): 8.5,
}

Samples = Mapping[str, tuple[float, ...]]


def run(effort: Effort) -> Iterator[Comparison]:
    """Measure every workload with every number of networks."""
    device = chosen_device()
    chosen = workloads.quick() if effort.is_quick else workloads.full()
    for workload in chosen:
        yield from compare(workload, STACKS[:2] if effort.is_quick else STACKS, device, effort)


def compare(
    workload: Workload, stacks: Sequence[int], device: torch.device, effort: Effort
) -> Iterator[Comparison]:
    """Measure one workload, everything in turns, and set ours beside each rival."""
    yield from lines(workload, stacks, in_turns(contestants(workload, stacks, device, effort), effort))


def lines(workload: Workload, stacks: Sequence[int], samples: Samples) -> Iterator[Comparison]:
    """Set the samples of ours beside those of each rival, for every number of networks and for a search."""
    for members in stacks:
        yield from _lines(workload, f"{workload.name}, K = {members}", members, samples)
    sweep = f"{workload.name}, K = {_sweep(stacks)}, rates of one search"
    yield from _lines(workload, sweep, _sweep(stacks), samples, sweep=True)


def contestants(
    workload: Workload, stacks: Sequence[int], device: torch.device, effort: Effort
) -> dict[str, Sample]:
    """Return everything that is measured on a workload, by name."""
    alone = _installed(workload, device)
    stacked = {f"{VMAP} {k}": partial(vmap_loop, workload, k, device) for k in stacks}
    floors = {f"{FLOOR} {k}": partial(products_alone, workload, k, device) for k in stacks}
    ours = {f"ours {k}": partial(stacked_epoch, workload, k) for k in stacks}
    sweep = {"sweep": partial(stacked_epoch, workload, _sweep(stacks), sweep=True)}
    sides = SIDES[:1] if effort.is_quick else SIDES
    products = {f"{PRODUCTS} {side}": partial(product_rate, side, device) for side in sides}
    return {**alone, **products, **stacked, **floors, **ours, **sweep}


def stacked_epoch(workload: Workload, members: int, *, sweep: bool = False) -> float:
    """Train networks with `hw2.training.loop.fit`; its own records tell the seconds of all epochs."""
    runs = fit(workload.members(members, sweep=sweep), workload.examples)
    return sum(each.duration_s for each in runs) / sum(each.epochs for each in runs)


def product_rate(side: int, device: torch.device) -> float:
    """Return the rate of a product of square matrices in floating-point operations a second."""
    matrix, out = torch.rand(2, side, side, device=device)
    repetitions = max(1, PRODUCT_FLOPS // (2 * side**3))

    def multiply() -> None:
        for _ in range(repetitions):
            torch.mm(matrix, matrix, out=out)
        out[0, 0].item()  # waits for a GPU

    multiply()
    return repetitions * 2 * side**3 / timed(multiply)()


def _installed(workload: Workload, device: torch.device) -> dict[str, Sample]:
    """Return the rivals that train one network after the other, those that are installed."""
    found: dict[str, Sample] = {
        STARTER: partial(starter_loop, workload, device),
        TENSORS: partial(tensor_loop, workload, device),
    }
    if importlib.util.find_spec("sklearn"):
        from benchmarks.rivals.scikit import scikit_learn  # noqa: PLC0415

        found[SCIKIT] = partial(scikit_learn, workload)
    if importlib.util.find_spec("lightning"):
        from benchmarks.rivals.lightning_loop import lightning_loop  # noqa: PLC0415

        found[LIGHTNING] = partial(lightning_loop, workload, device)
    return found


def _lines(
    workload: Workload, case: str, members: int, samples: Samples, *, sweep: bool = False
) -> Iterator[Comparison]:
    """Set one of our figures beside each rival's; a rival that trains networks singly has one for all K."""
    ours = samples["sweep" if sweep else f"ours {members}"]
    for rival in (STARTER, TENSORS, VMAP, SCIKIT, LIGHTNING, *(() if sweep else (FLOOR,))):
        theirs = samples.get(f"{rival} {members}" if rival in ONE_A_STACK else rival, ())
        note = "" if theirs else "not installed"
        yield Comparison(case, "s", ours, rival, theirs, _target(workload, members, rival, sweep), note)
    rates = tuple(workload.flops / seconds for seconds in ours)
    target = _target(workload, members, PRODUCTS, sweep)
    yield Comparison(case, "FLOP/s", rates, PRODUCTS, _limit(samples), target)


def _limit(samples: Samples) -> tuple[float, ...]:
    """Return the samples of the size of matrices that has the highest rate."""
    return max((taken for name, taken in samples.items() if name.startswith(PRODUCTS)), key=median)


def _target(workload: Workload, members: int, rival: str, sweep: bool) -> Target | None:
    if members == 1 and rival == TENSORS and not sweep:
        return Target("ratio", 1.0)
    bound = None if sweep else TARGETS.get((workload.name, members, rival))
    return None if bound is None else Target("ratio", bound)


def _sweep(stacks: Sequence[int]) -> int:
    return SWEEP if SWEEP in stacks else max(stacks)
