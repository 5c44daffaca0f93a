"""In a warm kernel: what belongs to the process and not to a name, read and put back.

Random states, and the settings that chapters change: Matplotlib's, NumPy's, PyTorch's, the environment, the
folder, the search path, the filters of warnings.
"""

import os
import random
import sys
import threading
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

States: TypeAlias = Mapping[str, object]
REGISTRY = "__warningregistry__"


@dataclass(frozen=True)
class Kind:
    """A part of the state: of a package, which may not be loaded, how it is read, and how it is put back."""

    package: str
    read: Callable[[Any], object]
    write: Callable[[Any, Any], None]


def read() -> States:
    """Return the state as it is now, of the packages that are loaded."""
    return {name: kind.read(sys.modules[kind.package]) for name, kind in KINDS.items() if _is_there(kind)}


def write(states: States) -> None:
    """Put back what `read` returned."""
    for name, state in states.items():
        KINDS[name].write(sys.modules[KINDS[name].package], state)


def warned() -> dict[str, object]:
    """Return where warnings were given that are given once: by module, with their texts and lines."""
    registries = {name: vars(module).get(REGISTRY) for name, module in list(sys.modules.items()) if module}
    return {
        name: sorted(str(key) for key in registry if key != "version")
        for name, registry in registries.items()
        if registry and registry.keys() != {"version"}
    }


def threads() -> frozenset[str]:
    """Return which threads run, apart from the kernel's own and from those that Python did not start."""
    return frozenset(
        f"{thread.name} ({thread.ident})"
        for thread in threading.enumerate()
        if type(thread).__module__ == "threading" and not isinstance(thread, threading._DummyThread)
    )


def _is_there(kind: Kind) -> bool:
    module = sys.modules.get(kind.package)
    return module is not None and not getattr(getattr(module, "__spec__", None), "_initializing", False)


def _set_environment(_os: Any, values: Mapping[str, str]) -> None:  # noqa: ANN401
    if dict(os.environ) != values:
        os.environ.clear()
        os.environ.update(values)


def _set_filters(_warnings: Any, filters: list[Any]) -> None:  # noqa: ANN401
    if warnings.filters != filters:
        with warnings.catch_warnings():
            pass  # so that what is known of the filters before is forgotten
        warnings.filters[:] = filters  # type: ignore[index]


def _set_path(_sys: Any, path: list[str]) -> None:  # noqa: ANN401
    sys.path[:] = path


def _settings(matplotlib: Any) -> dict[str, object]:  # noqa: ANN401
    return dict(dict.items(matplotlib.rcParams))  # passing by its own access, which warns and sets


def _set_settings(matplotlib: Any, settings: Mapping[str, object]) -> None:  # noqa: ANN401
    dict.update(matplotlib.rcParams, settings)


def _torch(torch: Any) -> dict[str, object]:  # noqa: ANN401
    on_devices = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else None
    return {
        "random": torch.get_rng_state(),
        "devices": on_devices,
        "dtype": torch.get_default_dtype(),
        "threads": torch.get_num_threads(),
        "gradients": torch.is_grad_enabled(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "precision": torch.get_float32_matmul_precision(),
    }


def _set_torch(torch: Any, state: Mapping[str, Any]) -> None:  # noqa: ANN401
    torch.set_rng_state(state["random"])
    if state["devices"] is not None:
        torch.cuda.set_rng_state_all(state["devices"])
    now = _torch(torch)
    for name, put in TORCH_SETTERS.items():
        if now[name] != state[name]:  # to set what is set already may take seconds
            getattr(torch, put)(state[name])


def _numpy(numpy: Any) -> dict[str, object]:  # noqa: ANN401
    return {
        "random": numpy.random.get_state(legacy=False),
        "print": numpy.get_printoptions(),
        "errors": numpy.geterr(),
    }


def _set_numpy(numpy: Any, state: Mapping[str, Any]) -> None:  # noqa: ANN401
    numpy.random.set_state(state["random"])
    numpy.set_printoptions(**state["print"])
    numpy.seterr(**state["errors"])


TORCH_SETTERS = {
    "dtype": "set_default_dtype",
    "threads": "set_num_threads",
    "gradients": "set_grad_enabled",
    "deterministic": "use_deterministic_algorithms",
    "precision": "set_float32_matmul_precision",
}
KINDS: Mapping[str, Kind] = {
    "random": Kind("random", lambda _: random.getstate(), lambda _, state: random.setstate(state)),
    "environment": Kind("os", lambda _: dict(os.environ), _set_environment),
    "folder": Kind("os", lambda _: os.getcwd(), lambda _, folder: os.chdir(folder)),  # noqa: PTH109
    "path": Kind("sys", lambda _: list(sys.path), _set_path),
    "filters": Kind("warnings", lambda _: list(warnings.filters), _set_filters),
    "matplotlib": Kind("matplotlib", _settings, _set_settings),
    "numpy": Kind("numpy", _numpy, _set_numpy),
    "torch": Kind("torch", _torch, _set_torch),
}
