"""Who asks for a file: the code of the report, a library for it, or the interpreter for itself."""

import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Literal

from weaver.dependencies.counted_code import PACKAGE
from weaver.dependencies.first_party import WHEELS, is_first_party

TOOL = f"{Path(__file__).parents[1]}/"
OWN = tuple(
    str(Path(__file__).with_name(f"{name}.py")) for name in ("asking", "hooks", "observer", "programs")
)
IMPORTS = ("<frozen importlib", "<frozen zipimport", "<frozen runpy")
LOOKS_UP = frozenset({"linecache", "inspect", "pkgutil", "importlib.metadata"})
"""Modules that look for files whose text may be shown, and that they then open."""
Kind = Literal["report", "standard", "installed", "tool", "import"]
MEMOISED: dict[int, CodeType] = {}  # of functions that remember, by its id: a hash takes long
ITSELF = ("tool", "import")  # the interpreter and the tool, for themselves


@cache
def kind(filename: str) -> Kind:
    """Tell by the file of some code whose it is; what has none was made by the standard library."""
    if filename.startswith(IMPORTS):
        return "import"
    if filename.startswith(TOOL):
        return "tool"
    if not filename.startswith("<") and is_first_party(os.path.abspath(filename)):  # noqa: PTH100
        return "report"
    return "standard" if WHEELS.isdisjoint(Path(filename).parts) else "installed"


def frames() -> Iterator[FrameType]:
    """Yield the frames around what is observed, the innermost first."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename in OWN:
        frame = frame.f_back
    while frame is not None:
        yield frame
        frame = frame.f_back


def asker(*libraries: Kind) -> Kind:
    """Tell whose code asks, where some libraries may do it for others, the standard one always."""
    kinds = (kind(frame.f_code.co_filename) for frame in frames())
    return next((whose for whose in kinds if whose not in ("standard", *libraries)), "standard")


def standard() -> Iterator[tuple[str, str]]:
    """Name the functions of the standard library through which it is asked, with the module of each."""
    for frame in frames():
        if kind(frame.f_code.co_filename) != "standard":
            return
        yield str(frame.f_globals.get("__name__")), frame.f_code.co_name


def looks_up() -> bool:
    """Whether a file is only looked for, or opened, whose text may be shown."""
    return not LOOKS_UP.isdisjoint(module for module, _ in standard())


def keepers() -> Iterator[str]:
    """Yield who may keep in memory what is asked for: files of modules, and packages.

    A module keeps what is asked while it is imported, or by a memoised function of it.
    """
    for frame in frames():
        code = frame.f_code
        if code.co_name == "<module>" or id(code) in MEMOISED:
            whose = kind(code.co_filename)
            if whose == "report":
                yield code.co_filename
            elif whose == "installed":
                yield f"{PACKAGE}{str(frame.f_globals.get('__name__')).partition('.')[0]}"


def memoising() -> Iterator[str]:
    """Yield the files of the report's functions that remember."""
    files = {code.co_filename for code in MEMOISED.values()}
    yield from (file for file in files if kind(file) == "report")
