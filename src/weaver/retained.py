"""In a warm kernel: the state after each piece of a chapter, so that the chapter can go on from there.

A state is the namespace as it was bound then, with evidence of what the bound values held: they themselves
are not copied. Before the chapter goes on, the evidence is held against the values as they are now; where
they differ, or where nobody can say, the chapter goes on from further above. At the very top nothing is
retained but the packages, which take seconds to import.
"""

import importlib
import io
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from weaver import process_state, touched
from weaver.evidence import DoubtError, Moment
from weaver.exchange import exchange
from weaver.observe import Observer
from weaver.outside import TOOL
from weaver.process_state import States
from weaver.touched import Stamp, Touched

# Names that IPython binds by itself.
HISTORY = re.compile(r"_+|_i+|_i?\d+|In|Out|_ih|_oh|_dh|exit|quit|get_ipython|__\w+__")
NONE = ""  # in place of a reason why not


@dataclass(frozen=True)
class Boundary:
    """The state after a piece of a chapter; evidence is None of what is in doubt."""

    names: Mapping[str, object]
    digests: Mapping[str, str | None]
    modules: Mapping[str, ModuleType]
    module_digests: Mapping[str, str | None]
    states: States
    states_digest: str | None
    files: Mapping[str, Stamp]
    processes: int
    warned: Mapping[str, object]
    threads: frozenset[str]
    figures: bool  # whether pyplot had open ones


class Retained:
    """The boundaries of a chapter, by number; its methods answer in JSON."""

    def __init__(self, observer: Observer, shell: Any) -> None:  # noqa: ANN401 - IPython's
        root = observer.root
        self._source = root / "src"
        self._shell = shell
        self._namespace: dict[str, object] = shell.user_ns
        self._observer = observer
        self._touched = Touched(root)
        self._touched.start()
        self._boundaries: dict[int, Boundary] = {}
        self._packages: frozenset[str] = frozenset()
        self._edits: Counter[str] = Counter()  # of modules
        self._last: Boundary | None = None
        self._number = self._current = 0  # the newest, and the one that holds

    def preload(self, packages: Iterable[str]) -> str:
        """Import packages that the chapter will import; return why that would show in it, if it would."""
        warned, told = process_state.warned(), io.StringIO()
        with redirect_stdout(told), redirect_stderr(told):
            for package in packages:
                with suppress(ImportError):  # the chapter will say so
                    importlib.import_module(package)
        silent = not told.getvalue() and process_state.warned() == warned
        return json.dumps(NONE if silent else "a package has something to say when it is imported")

    def keep(self, only_read: bool = False) -> str:
        """Keep the state as it is now; return its number, and what was observed since the last time.

        Code that `only_read` is trusted not to change values in depth, and where it has bound nothing either,
        the state is the last one. Should it have changed them, the evidence will say so.
        """
        observed = self._observed()
        if not (only_read and self._last and self._is_like(self._last)):
            self._last = self._boundary(self._last.files if self._last else {})
            self._number += 1
            self._current = self._number
            self._boundaries[self._number] = self._last
        return json.dumps({"number": self._current, "modules": sorted(self._last.modules), **observed})

    def hold(self, numbers: Iterable[int]) -> str:
        """Let go of all other states, and of what only they hold."""
        self._boundaries = {number: self._boundaries[number] for number in numbers}
        return json.dumps(NONE)

    def exchange(
        self, sources: Mapping[str, tuple[bytes, bytes]], touched: Iterable[str], moment: float
    ) -> str:
        """Exchange the bodies of loaded functions; return the reason why not, if so.

        `touched` are the modules whose functions and classes may do something else from then on; the sources
        were read at a `moment`, as `time.time` tells it.
        """
        reason = exchange(sources)
        if not reason:
            self._edits.update(touched)
            self._count_as_loaded(moment)
        return json.dumps(reason)

    def resume(self, number: int, used: Iterable[str] | None, count: int) -> str:
        """Put a state back, for code that uses these names or, None, any; return the reason why not, if so.

        The next chunk will be number `count` of the kernel's.
        """
        kept = self._boundaries[number]
        reason = self._difference(kept, kept.names, used) or self._module_difference(kept)
        if not reason:
            self._put_back(kept, count)
            self._current = number
        return json.dumps(reason)

    def agrees(self, number: int, used: Iterable[str] | None, files_of: int) -> str:
        """Return why the state now differs from a kept one, for code that uses these names, if it does.

        No file may have changed since the state `files_of` either.
        """
        kept = self._boundaries[number]
        reason = (
            self._difference(kept, dict(self._namespace), used)
            or ("other modules are loaded" if self._loaded().keys() != kept.modules.keys() else NONE)
            or ("figures are open" if _has_figures() else NONE)
            or self._state_difference(kept)
            or self._module_difference(kept)
            or _file_difference(self._boundaries[files_of])
        )
        return json.dumps(reason)

    def _observed(self) -> dict[str, Any]:
        """Return what was observed since the last time."""
        told: dict[str, Any] = json.loads(self._observer.told())
        self._observer.opened, self._observer.used = {}, set()
        return told

    # evidence

    def _boundary(self, files: Mapping[str, Stamp]) -> Boundary:
        names, states, modules = dict(self._namespace), process_state.read(), self._loaded()
        moment = self._moment(names)
        of_modules = Moment({}, self._is_own, contents=moment.contents)
        asked = {name: value for name, value in names.items() if not HISTORY.fullmatch(name)}
        return Boundary(
            names=names,
            digests={name: _told(moment.of, value) for name, value in asked.items()},
            modules=modules,
            module_digests={name: _told(of_modules.of_module, module) for name, module in modules.items()},
            states=states,
            states_digest=_told(of_modules.of, states),
            files=self._touched.stamps(files),
            processes=self._touched.processes,
            warned=process_state.warned(),
            threads=process_state.threads(),
            figures=_has_figures(),
        )

    def _moment(self, names: Mapping[str, object]) -> Moment:
        return Moment(names, self._is_own, self._edits)

    def _loaded(self) -> dict[str, ModuleType]:
        """Return the project's modules that are loaded, by name."""
        self._packages = _packages(self._source)
        return {name: module for name, module in list(sys.modules.items()) if self._is_own(name)}

    def _is_own(self, module: str | None) -> bool:
        return (module or "").partition(".")[0] in self._packages

    def _is_like(self, kept: Boundary) -> bool:
        """Whether the state is a kept one, apart from what values hold."""
        names = {name: id(value) for name, value in self._namespace.items() if not HISTORY.fullmatch(name)}
        before = {name: id(value) for name, value in kept.names.items() if not HISTORY.fullmatch(name)}
        same = names == before and self._loaded() == kept.modules and _has_figures() == kept.figures
        return same and not (self._state_difference(kept) or self._event_difference(kept))

    # differences, as reasons

    def _difference(self, kept: Boundary, names: Mapping[str, object], used: Iterable[str] | None) -> str:
        """Return what, apart from modules, keeps code that uses some names from going on at a boundary."""
        if kept.figures:
            return "a figure was left open"
        return self._event_difference(kept) or self._name_difference(kept, names, used)

    def _event_difference(self, kept: Boundary) -> str:
        if self._touched.processes != kept.processes:
            return "a process was started"
        if threads := process_state.threads() - kept.threads:
            return f"a thread was started: {', '.join(sorted(threads))}"
        if process_state.warned() != kept.warned:
            return "a warning was given, which is given once"
        if process_state.read().keys() != kept.states.keys():
            return "a package was loaded that has a state of its own"
        return _file_difference(kept)

    def _name_difference(
        self, kept: Boundary, names: Mapping[str, object], used: Iterable[str] | None
    ) -> str:
        moment = self._moment(names)
        bound = kept.names.keys() | names.keys()
        every = bound - {name for name in names if HISTORY.fullmatch(name)}
        for name in sorted(every if used is None else bound & set(used)):
            digest = kept.digests.get(name)
            if name not in names or digest is None or _told(moment.of, names[name]) != digest:
                return f"{name} has changed or is in doubt"
        return NONE

    def _module_difference(self, kept: Boundary) -> str:
        moment = Moment({}, self._is_own)
        for name, module in kept.modules.items():
            digest = kept.module_digests[name]
            same = sys.modules.get(name) is module and digest == _told(moment.of_module, module)
            if digest is None or not same:
                return f"the module {name} has changed or is in doubt"
        return NONE

    def _state_difference(self, kept: Boundary) -> str:
        now = _told(Moment({}, self._is_own).of, process_state.read())
        return NONE if now is not None and now == kept.states_digest else "settings differ"

    def _count_as_loaded(self, moment: float) -> None:
        """Tell functions whose results are kept that what is loaded is what was in the files then."""
        kept = getattr(sys.modules.get("weaver.cache.decorators"), "Kept", ())
        for module in self._loaded().values():
            for value in vars(module).values():
                if isinstance(value, kept):
                    value.count_as_loaded(moment)

    # going back

    def _put_back(self, kept: Boundary, count: int) -> None:
        _close_figures()
        self._drop(self._loaded().keys() - kept.modules.keys())
        self._namespace.clear()
        self._namespace.update(kept.names)
        process_state.write(kept.states)
        self._rewind_history(kept, count)
        self._observed()
        self._touched.stamps({})
        self._last = kept

    def _drop(self, names: Iterable[str]) -> None:
        """Let modules be loaded anew, from the files as they are now."""
        for name in names:
            module = sys.modules.pop(name)
            package, _, attribute = name.rpartition(".")
            if package in sys.modules and vars(sys.modules[package]).get(attribute) is module:
                delattr(sys.modules[package], attribute)
        importlib.invalidate_caches()

    def _rewind_history(self, kept: Boundary, count: int) -> None:
        """Let IPython count, and remember, as if nothing had run since."""
        self._shell.execution_count = count
        for name in ("_", "__", "___"):
            setattr(self._shell.displayhook, name, kept.names.get(name, ""))
        outputs, inputs = self._namespace.get("_oh"), self._namespace.get("_ih")
        if isinstance(outputs, dict):
            for number in [one for one in outputs if one >= count]:
                del outputs[number]
        if isinstance(inputs, list):
            del inputs[count:]


def _told(digest: Callable[[Any], str], value: object) -> str | None:
    """Return a digest, or None where there is doubt."""
    try:
        return digest(value)
    except DoubtError:
        return None


def _packages(source: Path) -> frozenset[str]:
    """Return the names of the project's packages and modules at the top."""
    names = os.listdir(source) if source.is_dir() else []  # noqa: PTH208 - called after every chunk
    return frozenset(name.removesuffix(".py") for name in names) - {TOOL}


def _file_difference(kept: Boundary) -> str:
    now = touched.stamps(kept.files)
    return next((f"{path} has changed" for path in now if now[path] != kept.files[path]), NONE)


def _has_figures() -> bool:
    pyplot = sys.modules.get("matplotlib.pyplot")
    return bool(pyplot and pyplot.get_fignums())


def _close_figures() -> None:
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot:
        pyplot.close("all")
