"""What a reader must know of the machine, and nothing that tells whose it is."""

import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path

import torch

from hw2.training.stacking import chosen_device

CPU_NAME = re.compile(r"^model name\s*:\s*(?P<name>.+)$", re.M)


@dataclass(frozen=True)
class Machine:
    """Processor, cores that this process may use, versions, and the device that networks train on."""

    cpu: str
    cores: int
    memory_gb: float
    system: str
    python: str
    torch: str
    device: str


def facts() -> Machine:
    """Return the facts of this machine."""
    return Machine(
        cpu=_cpu(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory_gb=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        system=platform.system(),
        python=platform.python_version(),
        torch=torch.__version__,
        device=_device(),
    )


def _cpu() -> str:
    listing = Path("/proc/cpuinfo")
    match = CPU_NAME.search(listing.read_text(encoding="utf-8")) if listing.is_file() else None
    return match["name"] if match else platform.processor() or platform.machine()


def _device() -> str:
    device = chosen_device()
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
