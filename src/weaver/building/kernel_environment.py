"""The variables of the environment that kernels get."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path


def of_kernels(profile: str, inherited: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the kernels: the caller's, the profile, and Python's own settings."""
    return {
        # Threads of GNU OpenMP spin while they wait. On a busy machine that starves the one they wait for.
        "GOMP_SPINCOUNT": "1000",
        **inherited,
        "PROFILE": profile,
        "PYTHONHASHSEED": "0",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # ipykernel's debugger warns otherwise
        "JUPYTER_PLATFORM_DIRS": "1",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{inherited.get('PATH', '')}",
    }
