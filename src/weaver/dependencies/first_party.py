"""Which modules are the project's own, and where one is found that is not loaded yet.

First-party is whatever comes neither with Python nor in an installed wheel, wherever it lies: below `src`,
beside it, behind a link, in a folder that an editable install names.
"""

import os
import sys
from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

from weaver.dependencies.module_code import TOOL, Alias, ModuleCode, unread
from weaver.dependencies.module_memory import Memory

STANDARD = Path(os.__file__).parent
NOT_OURS = tuple(f"{place}{os.sep}" for place in (STANDARD, STANDARD.resolve(), Path(__file__).parents[1]))
WHEELS = frozenset({"site-packages", "dist-packages"})
RECORDER = "LoadedCode"
KNOWN = ("PathFinder", "BuiltinImporter", "FrozenImporter", RECORDER)  # finders that need not be asked


@dataclass(frozen=True)
class Module:
    """A first-party module; a folder without `__init__.py` has no file."""

    name: str
    file: Path | None
    code: ModuleCode
    locations: tuple[str, ...] | None  # where the modules of a package lie

    @cached_property
    def imports(self) -> Sequence[tuple[str, Alias]]:
        """All that it imports, with the full names of the modules."""
        is_package = self.locations is not None
        return [(one.target(self.name, is_package=is_package), one) for one in self.code.aliases]

    @cached_property
    def values(self) -> Set[str]:
        """The names of what may be a module among all that it imports, itself and not only from it."""
        names = (
            ({f"{target}.{one.name}"} if one.name else {target, one.bound}) for target, one in self.imports
        )
        return {name for each in names for name in each}

    @cached_property
    def words(self) -> Set[str]:
        """All words and marks in it."""
        return {word for one in self.code.statements for word in one.words}


@cache
def is_first_party(file: str) -> bool:
    """Whether a file of code is neither Python's, nor the tool's, nor that of an installed wheel."""
    path = Path(file)
    wheels = next((place for place in path.parents if place.name in WHEELS), None)
    if wheels:
        return (wheels / path.relative_to(wheels).parts[0]).is_symlink()
    return path.is_absolute() and not file.startswith(NOT_OURS)


def of_spec(spec: ModuleSpec, memory: Memory) -> Module | None:
    """Return the module that a spec describes, read from its file now; None if it is not first-party."""
    where = spec.submodule_search_locations
    locations = None if where is None else tuple(where)
    if not any(
        map(is_first_party, [spec.origin] if spec.origin else [f"{place}{os.sep}x" for place in where or ()])
    ):
        return None
    file = Path(spec.origin) if spec.origin else None
    return Module(spec.name, file, read_code(file, memory) if file else unread(b""), locations)


def read_code(file: Path, memory: Memory) -> ModuleCode:
    """Read the code in a file: source as such, anything else, and what is in an archive, by its bytes."""
    place = next((one for one in (file, *file.parents) if one.is_file()), None)
    data = place.read_bytes() if place else b""
    return memory.of_source(data) if place == file and file.suffix == ".py" else unread(data)


class Modules:
    """The first-party modules of a project: as `loaded`, else as an interpreter with this path finds them."""

    def __init__(
        self,
        root: Path,
        memory: Memory,
        path: Sequence[str] | None = None,
        loaded: Mapping[str, Module] | None = None,
    ) -> None:
        self._root = root
        self._memory = memory
        self._path = sys.path if path is None else path
        self._found: dict[str, Module | None] = dict(loaded or {})
        self._loaded = frozenset(self._found)

    def shown(self, module: Module) -> str | None:
        """Return the file of a module as messages name it: relative to the project where it lies inside."""
        if module.file is None or not module.file.is_relative_to(self._root):
            return None if module.file is None else str(module.file)
        return module.file.relative_to(self._root).as_posix()

    def find(self, name: str) -> Module | None:
        """Return a module by its full name, None where there is none or it is not first-party."""
        if name not in self._found:
            self._found[name] = self._search(name)
        return self._found[name]

    def are_edited(self) -> bool:
        """Whether any that was found in a file and not loaded would be found otherwise now."""
        found = [one for name, one in self._found.items() if one and name not in self._loaded]
        now = Modules(self._root, self._memory, self._path)
        return any((again := now.find(one.name)) is None or again.code.text != one.code.text for one in found)

    def __getitem__(self, name: str) -> Module:
        """Return a module that is there."""
        found = self.find(name)
        if found is None:
            raise KeyError(name)
        return found

    def _search(self, name: str) -> Module | None:
        above, _, last = name.rpartition(".")
        package = self.find(above) if above else None
        if not last or name == TOOL or (above and (package is None or package.locations is None)):
            return None
        # By its last name: of a dotted one, Python wants the modules above to be loaded.
        spec = PathFinder.find_spec(last, self._path if package is None else package.locations)
        spec = spec or (None if above else find_spec(name, None, KNOWN))
        found = of_spec(spec, self._memory) if spec else None
        return found and replace(found, name=name)


def find_spec(name: str, places: Sequence[str] | None, but: Collection[str]) -> ModuleSpec | None:
    """Ask the finders of this process for a module, but for those of some names."""
    asked = (one for one in sys.meta_path if getattr(one, "__name__", type(one).__name__) not in but)
    specs = (one.find_spec(name, places) for one in asked if hasattr(one, "find_spec"))
    return next(filter(None, specs), None)
