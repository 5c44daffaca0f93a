"""The interpreter's hooks: who opens, lists, looks at, runs or reads what in this process."""

import os
import sys
import threading
from collections.abc import Callable, KeysView
from functools import cache, wraps
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from weaver.dependencies import asking, programs
from weaver.dependencies.observer import BUSY, Observer, busy

FINDS = "pickle.find_class"
USED = "weaver.cache.used"  # the cache's audit event: keys of entries that are used
LONGEST = 255  # a longer text is not a name: IPython asks of any text to show whether it is one
FILES = frozenset({"open", "os.listdir", "os.scandir"})
HEARD = FILES | {USED, "os.mkdir", "socket.connect", "sqlite3.connect", FINDS, *programs.EVENTS}
NO_FOLDER = -1  # the path does not start from an open folder
OBSERVERS: list[Observer] = []
Place = tuple[CodeType, int]  # an instruction
STARTED = threading.Lock()


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
    if not OBSERVERS or event not in HEARD:
        return
    path = _path(arguments[0]) if event in FILES else ""
    for each in OBSERVERS:
        if path:
            each.counts_as_own(path)
        if not BUSY.is_on:
            with busy():
                _tell(each, event, path, arguments)


def _tell(observer: Observer, event: str, path: str, arguments: tuple[Any, ...]) -> None:
    if event == "open":
        if path:
            observer.opened(path, arguments[2])
    elif event in FILES:
        if path:
            observer.listed(path)
    elif event == "os.mkdir":
        made = _path(arguments[0])
        if made and arguments[2] == NO_FOLDER:
            observer.makes_folder(made)
    elif event == USED:
        observer.used(tuple(arguments[0]))
    elif event == FINDS:
        observer.unpickled(str(arguments[0]))
    elif event == "socket.connect":
        observer.connected(arguments[1])
    elif event == "sqlite3.connect":
        observer.connected_to_database("" if arguments[0] == ":memory:" else _path(arguments[0]))
    else:
        observer.ran(event, arguments)


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
    for name in ("stat", "lstat", "access"):
        _listen_to(name)
    programs.listen_to_workers(_spawned)
    os.environ.__class__ = _Environment
    sys.addaudithook(_hear)


def _listen_to(name: str) -> None:
    """Put a function in place of one of `os` that tells of itself; no audit event does."""
    original: Callable[..., Any] = getattr(os, name)

    @wraps(original)
    def told(path: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        if OBSERVERS and not BUSY.is_on and kwargs.get("dir_fd") is None:
            with busy():
                asked = _path(path)
                for each in OBSERVERS if asked else ():
                    each.looked(asked)
        return original(path, *args, **kwargs)

    for where in (os.supports_dir_fd, os.supports_effective_ids, os.supports_fd, os.supports_follow_symlinks):
        if original in where:
            where.add(told)
    setattr(os, name, told)


def _spawned(arguments: tuple[Any, ...]) -> None:
    """Take down that a worker starts."""
    if not BUSY.is_on:
        with busy():
            for each in OBSERVERS:
                each.ran("spawn", arguments)


class _Environment(os._Environ[str]):
    """The environment, which tells who of the report reads which variable.

    A copy, `{**os.environ}`, asks for the names and then for each value from one and the same place.
    """

    copied_at: Place | None = None

    def keys(self) -> KeysView[str]:
        self.copied_at = _place(sys._getframe(1))
        return super().keys()

    def __getitem__(self, key: str) -> str:
        if OBSERVERS and not BUSY.is_on and asking.nearest() == "report":
            with_all = _place(sys._getframe(1)) == self.copied_at
            with busy():
                for each in OBSERVERS:
                    each.read_variable(key, with_all=with_all)
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
