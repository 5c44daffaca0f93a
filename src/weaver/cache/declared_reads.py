"""Inputs that cannot be observed, declared by those who know them.

with cache.reads("data/runs.db"):          # what a server or a program makes of this file
    table = query("select * from runs")
with cache.reads():                        # nothing that a result depends on
    announce()
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from weaver.dependencies.hooks import OBSERVERS
from weaver.errors import StoreError


@contextmanager
def reads(*paths: str | os.PathLike[str]) -> Iterator[None]:
    """Within, what cannot be observed depends on these files and folders alone, and results are kept.

    Raises:
        StoreError: one of them is not there.
    """
    named = [Path(os.path.abspath(path)) for path in paths]  # noqa: PTH100 - links stay
    for path in named:
        if not path.exists():
            raise StoreError(f"cache.reads: expected a file or folder {path}, found none")
    for observer in OBSERVERS:
        observer.declare(named)
    try:
        yield
    finally:
        for observer in OBSERVERS:
            observer.declared = max(0, observer.declared - 1)
