"""In a chapter's kernel: the packages that its code loads, and how they are loaded ahead of it.

What a package is may depend on the variables of the environment when it is loaded. So a kernel that has
loaded some ahead ends itself when the chapter sets one, and of a chapter that sets any, no package is listed.
"""

import json
import os
import site
import sys
import sysconfig
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType, ModuleType
from typing import Any

PACKAGES = tuple(
    f"{folder}{os.sep}"
    for folder in {*map(sysconfig.get_path, ("purelib", "platlib")), site.getusersitepackages()}
)
PYTHON = (f"{sysconfig.get_path('stdlib')}{os.sep}", "<frozen ")
VARIABLES = frozenset({"os.putenv", "os.unsetenv"})
TOO_LATE = 86  # the exit code of a kernel in which a variable was set after packages were loaded


class Packages:
    """Knows the packages of this process, and whether their variables are those that it started with."""

    def __init__(self) -> None:
        self._are_ahead = False
        self._were_set = False

    def start(self) -> None:
        """Begin to listen; the interpreter offers no way to stop an audit hook."""
        sys.addaudithook(self.hear)

    def hear(self, event: str, _arguments: tuple[Any, ...]) -> None:
        """Take one of the interpreter's audit events: a variable is set."""
        if event in VARIABLES and not _is_set_by_import(sys._getframe(1)):
            if self._are_ahead:
                os._exit(TOO_LATE)
            self._were_set = True

    def load(self, statements: Sequence[str]) -> None:
        """Import packages ahead of a chapter, in a namespace that is not the chapter's."""
        namespace = {"__name__": "__main__"}
        for statement in statements:
            with suppress(ImportError):  # the code that needs it will say so
                exec(statement, namespace)  # noqa: S102 - it stands in the chapter's code
        self._are_ahead = bool(statements)

    def loaded(self) -> str:
        """Return as JSON the names of the packages that are loaded, unless a variable was set."""
        modules = [] if self._were_set else [*sys.modules.items()]
        found = {name.partition(".")[0] for name, module in modules if _is_package(module)}
        return json.dumps(sorted(found))


def _is_package(module: ModuleType) -> bool:
    file = getattr(module, "__file__", None)
    return isinstance(file, str) and file.startswith(PACKAGES)


def _is_set_by_import(frame: FrameType | None) -> bool:
    """Whether a package sets a variable while it is imported, whatever first-party code imports it."""
    while frame is not None:
        file = frame.f_code.co_filename
        is_package = file.startswith(PACKAGES)
        if is_package and frame.f_code.co_name == "<module>":
            return True
        if not is_package and not file.startswith(PYTHON):
            return False
        frame = frame.f_back
    return True  # no code of the chapter has a part in it: ipykernel, or a thread of a package
