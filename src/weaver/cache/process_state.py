"""What a computation finds around it, and leaves as it was: global generators, settings, warnings, variables.

So a result follows from its key, and what comes after a call is the same whether the result was computed or
read. Libraries that are not loaded have no state.
"""

import decimal
import os
import random
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from weaver.cache.argument_key import JSON

Restore = Callable[[], object]
TORCH: list[JSON] = ["torch.float32", "cpu", False, "highest", True]  # as it is loaded


def settings() -> Mapping[str, JSON]:
    """Describe what changes how libraries compute and print; a result depends on it."""
    decimals = decimal.getcontext()
    found: dict[str, JSON] = {
        "decimal": [decimals.prec, decimals.rounding, repr(decimals.traps)],
        "numpy.errors": {name: str(value) for name, value in np.geterr().items()},
        "numpy.printing": {name: repr(value) for name, value in np.get_printoptions().items()},
    }
    torch: Any = sys.modules.get("torch")
    of_torch: list[JSON] = (
        TORCH
        if torch is None
        else [
            str(torch.get_default_dtype()),
            str(torch.get_default_device()),
            torch.are_deterministic_algorithms_enabled(),
            torch.get_float32_matmul_precision(),
            torch.is_grad_enabled(),
        ]
    )
    return {**found, "torch": of_torch}


@contextmanager
def put_back() -> Iterator[None]:
    """Put all of it back afterwards."""
    restores = [restore for kept in (_python(), _numpy(), _torch(), _matplotlib()) for restore in kept]
    with warnings.catch_warnings():  # for each call again, or it would depend on earlier calls
        try:
            yield
        finally:
            for restore in restores:
                restore()


def seed(text: str) -> None:
    """Let the global generators begin with what follows from a text."""
    random.seed(text)
    number = random.Random(text).getrandbits(63)  # noqa: S311 - no secret
    np.random.seed(number % 2**32)  # noqa: NPY002 - those who use the old generator
    torch: Any = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(number)


def drawn() -> tuple[object, ...]:
    """Return the state of the global generators: where it changed, someone has drawn from them."""
    torch: Any = sys.modules.get("torch")
    numpy: Any = np.random.get_state()  # noqa: NPY002
    state = (random.getstate(), numpy[1].tobytes(), *numpy[2:])
    return state if torch is None else (*state, torch.get_rng_state().numpy().tobytes())


def _python() -> Iterator[Restore]:
    state, context = random.getstate(), decimal.getcontext().copy()
    variables, folder = dict(os.environ), os.getcwd()  # noqa: PTH109
    yield lambda: random.setstate(state)
    yield lambda: decimal.setcontext(context)
    yield lambda: os.chdir(folder)

    def restore_variables() -> None:
        now = dict(os.environ)
        for name in now.keys() - variables.keys():
            del os.environ[name]
        os.environ.update({name: value for name, value in variables.items() if now.get(name) != value})

    yield restore_variables


def _numpy() -> Iterator[Restore]:
    state, errors, printing = np.random.get_state(), np.geterr(), np.get_printoptions()  # noqa: NPY002
    yield lambda: np.random.set_state(state)  # noqa: NPY002
    yield lambda: np.seterr(**errors)
    yield lambda: np.set_printoptions(**printing)


def _torch() -> Iterator[Restore]:
    torch: Any = sys.modules.get("torch")
    if torch is None:
        return
    state, dtype = torch.get_rng_state(), torch.get_default_dtype()
    grad, precision = torch.is_grad_enabled(), torch.get_float32_matmul_precision()
    strict = torch.are_deterministic_algorithms_enabled()
    on_gpu = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else None
    yield lambda: torch.set_rng_state(state)
    yield lambda: torch.set_default_dtype(dtype)
    yield lambda: torch.set_grad_enabled(grad)
    yield lambda: torch.set_float32_matmul_precision(precision)
    # To set it imports torch's compiler, which takes seconds.
    is_strict = torch.are_deterministic_algorithms_enabled
    yield lambda: is_strict() == strict or torch.use_deterministic_algorithms(strict)
    if on_gpu is not None:
        yield lambda: torch.cuda.set_rng_state_all(on_gpu)


def _matplotlib() -> Iterator[Restore]:
    matplotlib: Any = sys.modules.get("matplotlib")
    if matplotlib is not None:
        parameters = dict.copy(matplotlib.rcParams)
        yield lambda: dict.update(matplotlib.rcParams, parameters)
