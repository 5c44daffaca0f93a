"""Who asks for a file: the code of the report, a library for it, or the interpreter for itself."""

import sys
import sysconfig
from collections.abc import Iterator
from functools import _lru_cache_wrapper, cache
from pathlib import Path
from types import FrameType
from typing import Literal

from weaver.dependencies.counted_code import PACKAGE

Asker = Literal["report", "library", "itself"]

TOOL = f"{Path(__file__).parents[1]}/"
OWN = tuple(
    str(Path(__file__).with_name(f"{name}.py")) for name in ("asking", "hooks", "observer", "programs")
)
IMPORTS = ("<frozen importlib", "<frozen zipimport", "<frozen runpy")
LOOKS_UP = frozenset(
    {"linecache", "inspect", "pkgutil", "importlib.metadata"}
)  # in files that they then open
STANDARD = tuple(sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib"))
INSTALLED = tuple(sysconfig.get_paths()[name] for name in ("purelib", "platlib"))
Kind = Literal["report", "standard", "installed", "tool", "import"]


@cache
def kind(filename: str) -> Kind:
    """Tell by the file of some code whose it is; what has none was made by the standard library."""
    if filename.startswith(IMPORTS):
        return "import"
    if filename.startswith(TOOL):
        return "tool"
    if filename.startswith(INSTALLED):
        return "installed"
    return "standard" if filename.startswith((*STANDARD, "<")) else "report"


def frames() -> Iterator[FrameType]:
    """Yield the frames around what is observed, the innermost first."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename in OWN:
        frame = frame.f_back
    while frame is not None:
        yield frame
        frame = frame.f_back


def asker() -> Asker:
    """Tell who asks: the report also where a library does it for its code, but not where imports do."""
    for frame in frames():
        whose = kind(frame.f_code.co_filename)
        if whose == "report":
            return "report"
        if whose in ("tool", "import"):
            return "itself"
    return "library"


def nearest() -> Kind:
    """Tell whose code asks, the standard library left aside."""
    kinds = (kind(frame.f_code.co_filename) for frame in frames())
    return next((whose for whose in kinds if whose != "standard"), "standard")


def looks_up() -> bool:
    """Whether a file is only looked for whose text may be shown."""
    return next(frames()).f_globals.get("__name__") in LOOKS_UP


def quotes_lines() -> bool:
    """Whether a package wants the text of what leads to its import, as PyTorch does.

    It may quote it to say where it was imported, and computes nothing of it.
    """
    names = set()
    for frame in frames():
        if kind(frame.f_code.co_filename) != "standard":
            break
        names.add(str(frame.f_globals.get("__name__")))
    return not LOOKS_UP.isdisjoint(names) and asker() == "itself"


def keepers() -> Iterator[str]:
    """Yield who may keep in memory what is asked for: files of modules, and packages.

    A module keeps what is asked while it is imported, or by a memoised function of it.
    """
    for frame in frames():
        code, names = frame.f_code, frame.f_globals
        if code.co_name == "<module>" or isinstance(names.get(code.co_name), _lru_cache_wrapper):
            whose = kind(code.co_filename)
            if whose == "report":
                yield code.co_filename
            elif whose == "installed":
                yield f"{PACKAGE}{str(names.get('__name__')).partition('.')[0]}"


def calls() -> Iterator[str]:
    """Name the functions of the standard library through which it is asked, the innermost first."""
    for frame in frames():
        if kind(frame.f_code.co_filename) != "standard":
            return
        yield frame.f_code.co_name
