"""What modules hold beside their code, against what they held when they were imported.

A result may rest on a setting that a chunk has put into a module, on a network there that it has trained, on
a function that it has replaced. What the import of a module did to another is known by that module's code;
all else is a change.
"""

import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from operator import is_
from types import FunctionType, ModuleType
from typing import Any

from weaver.cache.value_content import FIXED, content, is_fixed
from weaver.dependencies.first_party import is_first_party
from weaver.dependencies.loaded_code import LoadedCode, importing
from weaver.dependencies.module_code import TOOL

CHUNK = "__main__"


@dataclass(frozen=True)
class Changed:
    """What some modules hold that they did not hold after their import.

    `rebound` are names that mean something else now. `state` has, for those that mean the same, a digest of
    what they hold now; `whole` are the first-party modules of functions and classes in there, `of_chunk` the
    names of what holds code of a chunk, or of a file that was loaded by its path.
    """

    rebound: tuple[str, ...] = ()
    state: Mapping[str, str] = field(default_factory=dict)
    whole: frozenset[str] = frozenset()
    of_chunk: tuple[str, ...] = ()


class NameState:
    """What a name meant after the import of its module, and held; what it does now; and who changed it."""

    def __init__(self, value: object) -> None:
        self.value = self.now = value
        self.by: set[str] = set()
        self.holds = content(value)
        self.held = self.holds.digest
        self.is_fixed = is_fixed(value)

    def look(self, value: object, by: str) -> None:
        """Note what the name means and holds now."""
        if value is self.now and self.is_fixed:
            return
        holds = content(value)
        if not _are_equal(value, self.now) or holds.digest != self.holds.digest:
            self.by.add(by)
        self.now, self.holds, self.is_fixed = value, holds, is_fixed(value)


class Glance:
    """What the names of a module and of its classes meant, to see quickly whether they still do.

    The values stay alive, or others could come to be at their places. `unfixed` are those that may hold
    something else without a name that means something else.
    """

    def __init__(self, module: ModuleType | None, held: Mapping[str, NameState]) -> None:
        self._module = module
        self._spaces = [(space, list(space), list(space.values())) for _, space in _spaces(module)]
        self.unfixed = [one for one in held.values() if not one.is_fixed]

    def still_holds(self, module: ModuleType | None) -> bool:
        """Whether each name is there, means the same, and no other has come."""
        return module is self._module and all(
            list(space) == names and all(map(is_, space.values(), values))
            for space, names, values in self._spaces
        )


class ModuleState:
    """Looks at all first-party modules before and after each import; a process has one."""

    def __init__(self, code: LoadedCode) -> None:
        self._code = code
        self._held: dict[str, dict[str, NameState]] = {}
        self._glances: dict[str, Glance] = {}
        self._outside: tuple[object, list[tuple[Mapping[str, Any], str, str]]] = (None, [])
        code.before_import.append(lambda _: self._look())
        code.after_import.append(self._imported)

    def since_import(self, modules: Collection[str]) -> Changed:
        """Return what changed in modules other than by the import of one of them."""
        self._look(modules)
        wanted = set(modules)
        changed = {
            f"{module}.{name}": one
            for module in modules
            for name, one in self._held.get(module, {}).items()
            if not one.by <= wanted
        }
        rebound = [name for name, one in changed.items() if not _are_equal(one.now, one.value)]
        state = {name: one.holds for name, one in changed.items() if one.holds.digest != one.held}
        met = {module for one in state.values() for module in one.modules}
        return Changed(
            (*rebound, *self._replaced(modules)),
            {name: one.digest for name, one in state.items() if name not in rebound},
            frozenset(met & self._code.loaded.keys()),
            tuple(name for name, one in state.items() if any(map(self._is_unknown, one.modules))),
        )

    def _is_unknown(self, name: str) -> bool:
        """Whether the code of a module was not recorded: that of a chunk, or what was loaded by a path."""
        file = getattr(sys.modules.get(name), "__file__", None) or ""
        is_loaded = name in sys.modules and (name in self._code.loaded or not is_first_party(file))
        return name == CHUNK or not is_loaded

    def _look(self, modules: Collection[str] | None = None, by: str = "") -> None:
        """Look at modules, or at all; what is new is due to whose import is on its way, or to a chunk."""
        due = by or (importing() or (CHUNK,))[-1]
        for name in self._held if modules is None else modules:
            if name in self._held:
                self._look_at(name, due)

    def _look_at(self, name: str, due: str) -> None:
        held, module, glance = self._held[name], sys.modules.get(name), self._glances[name]
        if glance.still_holds(module):
            for one in glance.unfixed:
                one.look(one.now, due)
            return
        names = dict(_names(module))
        for each in held.keys() | names.keys():
            known = held.get(each) or held.setdefault(each, NameState(None))
            known.look(names.get(each), due)
        self._glances[name] = Glance(module, held)

    def _imported(self, module: ModuleType) -> None:
        """Look at all others after an import, and at the module itself for the first time."""
        self._held.pop(module.__name__, None)
        self._look(by=module.__name__)
        held = {name: NameState(value) for name, value in _names(module)}
        self._held[module.__name__], self._glances[module.__name__] = held, Glance(module, held)

    def _replaced(self, modules: Collection[str]) -> Iterator[str]:
        """Yield the names outside of the project that these modules use and that mean code of ours now."""
        asked = (frozenset(modules), self._code.version)
        if self._outside[0] != asked:
            self._outside = asked, list(self._used_outside(modules))
        ours = self._code.loaded.keys() | {CHUNK}
        for namespace, name, shown in self._outside[1]:
            value = namespace.get(name)
            if isinstance(value, FunctionType | type) and value.__module__ in ours:
                yield shown

    def _used_outside(self, modules: Collection[str]) -> Iterator[tuple[Mapping[str, Any], str, str]]:
        """Yield the names in packages and in their classes that occur in these modules."""
        loaded = [name for name in modules if name in self._code.loaded and name in sys.modules]
        words = {word for name in loaded for word in self._code.loaded[name].words}
        spaces = [vars(sys.modules[name]) for name in loaded]
        pending = [value for space in spaces for value in space.values() if self._is_outside(value)]
        pending = list({id(value): value for value in pending}.values())
        seen = set(map(id, pending))
        for place in pending:  # grows as it goes
            top = _name(place).partition(".")[0]
            for name in words & vars(place).keys():
                yield vars(place), name, f"{_name(place)}.{name}"
                value = vars(place)[name]
                if (
                    id(value) not in seen
                    and self._is_outside(value)
                    and _name(value).partition(".")[0] == top
                ):
                    seen.add(id(value))
                    pending.append(value)

    def _is_outside(self, value: object) -> bool:
        if not isinstance(value, ModuleType | type):
            return False
        module = value.__name__ if isinstance(value, ModuleType) else value.__module__
        return module not in self._code.loaded and module.partition(".")[0] not in (TOOL, CHUNK, "builtins")


def _name(value: ModuleType | type) -> str:
    return value.__name__ if isinstance(value, ModuleType) else f"{value.__module__}.{value.__qualname__}"


def _spaces(module: ModuleType | None) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the names of a module, and of each of its classes under what stands before them."""
    if module is None:
        return
    yield "", vars(module)
    for name, value in list(vars(module).items()):
        if isinstance(value, type) and (value.__module__, value.__name__) == (module.__name__, name):
            yield f"{name}.", vars(value)


def _names(module: ModuleType | None) -> Iterator[tuple[str, object]]:
    """Yield the names of a module and of its classes, without those that Python itself puts there."""
    own = module.__name__ if module else ""
    for start, space in _spaces(module):
        for name, value in list(space.items()):
            is_submodule = not start and getattr(value, "__name__", None) == f"{own}.{name}"
            if not _is_pythons(name, value) and not is_submodule:
                yield f"{start}{name}", value


def _is_pythons(name: str, value: object) -> bool:
    """Whether Python itself sets a name in modules or classes; what it calls by one, `__add__`, is code."""
    is_code = callable(value) or isinstance(value, classmethod | property)
    return name.startswith("_abc_") or (name.startswith("__") and not is_code)


def _are_equal(first: object, second: object) -> bool:
    """Whether two values are one, or numbers or texts that are the same."""
    return first is second or (
        type(first) is type(second) and isinstance(first, FIXED) and repr(first) == repr(second)
    )
