"""Other programs and workers that this process starts: when, with which files, and whether they run still."""

import os
import shlex
from collections.abc import Iterator
from contextlib import suppress

WORKER = "weaver.worker"  # of those that `multiprocessing` spawns: the interpreter has no event
EVENTS = (
    *("subprocess.Popen", "os.system", "os.posix_spawn", "os.fork", "os.forkpty", "os.exec", "os.spawn"),
    *("pty.spawn", WORKER),
)


def named(command: object) -> Iterator[str]:
    """Yield the files that a command line names."""
    if isinstance(command, tuple | list):
        for part in command:
            yield from named(part)
    elif isinstance(command, str | bytes | os.PathLike):
        text = os.fsdecode(command)
        words = [text, *(shlex.split(text) if text.count('"') % 2 == text.count("'") % 2 == 0 else ())]
        yield from (path for word in words if os.path.isfile(path := os.path.abspath(word)))  # noqa: PTH100, PTH113


def are_running() -> bool:
    """Whether other processes run that this one has started; where the system cannot tell, they may."""
    if not hasattr(os, "waitid"):  # macOS before Python 3.13
        return True
    with suppress(ChildProcessError):  # the system's word for none
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return True
    return False
