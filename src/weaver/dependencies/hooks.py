"""The interpreter's hooks: who opens, lists, looks at, runs or reads what in this process."""

import _posixsubprocess
import functools
import os
import sys
import threading
from collections.abc import Callable, KeysView, Mapping
from functools import cache, wraps
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any

from weaver.dependencies import programs
from weaver.dependencies.asking import MEMOISED, kind
from weaver.dependencies.loaded_code import IMPORT
from weaver.dependencies.observer import BUSY, Observer, busy

USED = "weaver.cache.used"  # the cache's audit event: keys of entries that are used
LOOKED, VARIABLE = "weaver.looked", "weaver.variable"  # those of functions that have none
LONGEST = 255  # a longer text is not a name: IPython asks of any text to show whether it is one
OBSERVERS: list[Observer] = []
Place = tuple[CodeType, int]  # an instruction
STARTED = threading.Lock()
Hear = Callable[..., None]
OPENS: Mapping[str, Hear] = {
    "open": Observer.opened,
    "os.listdir": Observer.listed,
    "os.scandir": Observer.listed,
}
ON_PATHS: Mapping[str, Hear] = {**OPENS, LOOKED: Observer.looked, "os.mkdir": Observer.makes_folder}
HEARD: Mapping[str, Hear] = {
    **ON_PATHS,
    USED: Observer.used,
    IMPORT: Observer.hear_all,
    VARIABLE: Observer.read_variable,
    "os.putenv": Observer.set_variable,
    "os.unsetenv": Observer.set_variable,
    "pickle.find_class": Observer.unpickled,
    "socket.connect": Observer.connected,
    "sqlite3.connect": Observer.connected_to_database,
    **dict.fromkeys(programs.EVENTS, Observer.ran),
}
"""Who takes down which of the interpreter's audit events, with the arguments of each."""


def observe(root: Path, store: Path) -> Observer:
    """Return what observes for a project in this process, and let it begin where it has not."""
    for each in OBSERVERS:
        if each.root == root and each.process == os.getpid():
            return each
    with STARTED, busy():
        _hook()
        observer = Observer(root, store)
        OBSERVERS.append(observer)
    return observer


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    """Take one of the interpreter's audit events."""
    tell = HEARD.get(event)
    if tell is None or not OBSERVERS or (BUSY.is_on and event not in OPENS):
        return
    if event in ON_PATHS:
        arguments = (_path(arguments[0]), *arguments[1:])
        if not arguments[0]:
            return
    for each in OBSERVERS:
        if event in OPENS:
            each.counts_as_own(arguments[0])
        if not BUSY.is_on:
            with busy():
                tell(each, *arguments)


def _path(asked: Any) -> str:  # noqa: ANN401
    """Return what is asked for as an absolute path, links as they are; nothing for a file that is open."""
    if asked is None:
        return os.getcwd()  # noqa: PTH109 - quicker, and no other text
    if not isinstance(asked, str | bytes | os.PathLike):
        return ""
    path = os.path.abspath(os.fsdecode(asked))  # noqa: PTH100
    return path if max(map(len, path.split("/"))) <= LONGEST else ""


@cache
def _hook() -> None:
    """Begin to listen; audit hooks stay for the life of a process."""
    for name in ("stat", "lstat", "access", "readlink"):
        _listen_to(os, name, LOOKED)
    _listen_to(_posixsubprocess, "fork_exec", programs.WORKER)
    functools.update_wrapper = _noting(functools.update_wrapper)
    for each in (os.environ, os.environb):
        each.__class__ = _Environment
    sys.addaudithook(_hear)


def _listen_to(owner: ModuleType, name: str, event: str) -> None:
    """Put a function in place of one that tells of itself, with its first argument; no audit event does."""
    original: Callable[..., Any] = getattr(owner, name)

    @wraps(original)
    def told(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        if not BUSY.is_on and kwargs.get("dir_fd") is None:
            sys.audit(event, args[0] if args else kwargs["path"])
        return original(*args, **kwargs)

    for where in (os.supports_dir_fd, os.supports_effective_ids, os.supports_fd, os.supports_follow_symlinks):
        if original in where:
            where.add(told)
    setattr(owner, name, told)


def _noting(original: Callable[..., Any]) -> Callable[..., Any]:
    """Let `functools.update_wrapper`, which all memos call once, note which functions remember."""

    @wraps(original)
    def update_wrapper(wrapper: Any, wrapped: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        if isinstance(wrapper, functools._lru_cache_wrapper) and hasattr(wrapped, "__code__"):
            MEMOISED[id(wrapped.__code__)] = wrapped.__code__
        return original(wrapper, wrapped, *args, **kwargs)

    return update_wrapper


class _Environment(os._Environ[Any]):
    """The environment, which tells who of the report reads which variable.

    A copy, `{**os.environ}`, asks for the names and then for each value from one and the same place.
    """

    copied_at: Place | None = None

    def keys(self) -> KeysView[Any]:
        self.copied_at = _place(sys._getframe(1))
        return super().keys()

    def __getitem__(self, key: Any) -> Any:  # noqa: ANN401 - text, or bytes
        frame = sys._getframe(1)
        if kind(frame.f_code.co_filename) != "tool":  # which copies them around each cached call
            sys.audit(VARIABLE, os.fsdecode(key), _place(frame) == self.copied_at)
        return super().__getitem__(key)


def _place(frame: FrameType) -> Place:
    return frame.f_code, frame.f_lasti


def kernel_root() -> Path | None:
    """Return the project whose chapter this process runs, if it is a kernel."""
    kernels = (each for each in OBSERVERS if any(one.is_process for one in each.recordings))
    return next((each.root for each in kernels), None)


def stop(observer: Observer) -> None:
    """Let an observer end."""
    OBSERVERS.remove(observer)
    observer.close()
