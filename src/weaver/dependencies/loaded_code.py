"""The first-party modules that this process has loaded, with the source that it loaded.

What runs is what was loaded, which a file need not hold any more a moment later. So the source is recorded as
it is compiled, and compiled code that lies beside it is neither read nor written.
"""

import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, FrameType, ModuleType

from weaver.dependencies.first_party import RECORDER, Module, find_spec, is_first_party, of_spec
from weaver.dependencies.module_code import TOOL
from weaver.dependencies.module_memory import Memory
from weaver.errors import ProjectError
from weaver.paths import find_root


class LoadedCode(MetaPathFinder):
    """Records what is imported from now on; what was before counts as its files are now.

    `loaded`, `importers` and `absent` grow: the modules by name; the first-party module that asked for each,
    empty for a chunk; and the names that first-party code asked for, and that none of ours has.
    `before_import` are called with each module when it is about to run, `after_import` as soon as it has.
    """

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.loaded: dict[str, Module] = {}
        self.importers: dict[str, str] = {}
        self.absent: set[str] = set()
        self.before_import: list[Callable[[ModuleType], None]] = []
        self.after_import: list[Callable[[ModuleType], None]] = []
        self.version = 0  # of `loaded`
        for name, module in list(sys.modules.items()):
            spec = getattr(module, "__spec__", None)
            found = of_spec(spec, memory) if isinstance(spec, ModuleSpec) and spec.has_location else None
            if found and name != "__main__":
                self.loaded[name] = found

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module as without the recorder, and make sure that its source is recorded."""
        if fullname.partition(".")[0] == TOOL:
            return None
        spec = find_spec(fullname, path, [RECORDER])
        importer, is_direct = self._asked_by(sys._getframe(1))
        if spec and type(spec.loader) is SourceFileLoader and is_first_party(spec.loader.path):
            spec.loader = RecordingLoader(spec, importer, self)
        elif found := of_spec(spec, self.memory) if spec else None:
            self.record(found, importer)
        elif is_direct:  # a module of ours may come to stand in the way of a library's
            self.absent.add(fullname)
        return spec

    def record(self, module: Module, importer: str) -> None:
        """Take down a module as it is loaded."""
        self.loaded[module.name] = module
        self.importers[module.name] = importer
        self.absent.discard(module.name)
        self.version += 1

    def ways(self) -> dict[str, tuple[str, ...]]:
        """Return with each module those that led to it: which asked for which, from a chunk on."""
        found: dict[str, tuple[str, ...]] = {"": ()}
        for name in self.loaded:  # an importer was there before
            importer = self.importers.get(name, "")
            found[name] = (*found.get(importer, ()), importer) if importer else ()
        return {name: way for name, way in found.items() if name}

    def foreign(self, root: Path) -> dict[str, Path]:
        """Return the modules that belong to another project, with its folder."""
        found: dict[str, Path] = {}
        for name, module in self.loaded.items():
            file = module.file
            with suppress(ProjectError):
                other = find_root(file.parent) if file and not file.is_relative_to(root) else root
                found |= {} if other.samefile(root) else {name: other}
        return found

    def _asked_by(self, frame: FrameType | None) -> tuple[str, bool]:
        """Return the first-party module that asks for an import, and whether no library does so for it."""
        while frame and frame.f_code.co_filename.startswith("<frozen importlib"):
            frame = frame.f_back
        first = frame
        while frame:
            name = str(frame.f_globals.get("__name__"))
            if name in self.loaded or name == "__main__":
                return name if name in self.loaded else "", frame is first
            frame = frame.f_back
        return "", False


class RecordingLoader(SourceFileLoader):
    """Compiles a module from its source and records this source."""

    def __init__(self, spec: ModuleSpec, importer: str, code: LoadedCode) -> None:
        super().__init__(spec.name, str(spec.origin))
        locations = spec.submodule_search_locations
        self._locations = None if locations is None else tuple(locations)
        self._importer = importer
        self._code = code

    def get_code(self, fullname: str) -> CodeType:
        """Return the code of a module, compiled from the source that is recorded with it."""
        source = Path(self.path).read_bytes()
        found = Module(fullname, Path(self.path), self._code.memory.of_source(source), self._locations)
        self._code.record(found, self._importer)
        code: CodeType = self.source_to_code(source, self.path)
        return code

    def exec_module(self, module: ModuleType) -> None:
        """Run a module and tell those who want to know."""
        for tell in self._code.before_import:
            tell(module)
        sys.audit(IMPORT)
        IMPORTING[threading.get_ident()] = (*importing(), module.__name__)
        try:
            super().exec_module(module)
        finally:
            sys.audit(IMPORT)
            IMPORTING[threading.get_ident()] = importing()[:-1]
        for tell in self._code.after_import:
            tell(module)


IMPORT = "weaver.import"  # the audit event of a module that is about to run, or has run
IMPORTING: dict[int, tuple[str, ...]] = {}  # by the number of the thread


def importing() -> tuple[str, ...]:
    """Return the first-party modules that this thread is importing, the outermost first."""
    return IMPORTING.get(threading.get_ident(), ())


def files_importing() -> set[str]:
    """Return the files of the modules that any thread is importing."""
    names = {name for each in tuple(IMPORTING.values()) for name in each}
    return {str(sys.modules[name].__file__) for name in names & sys.modules.keys()}


def start(memory: Memory) -> LoadedCode:
    """Record what this process loads from now on; a second start returns the recorder of the first."""
    known = current()
    if known is None:
        known = LoadedCode(memory)
        sys.meta_path.insert(0, known)
    return known


def current() -> LoadedCode | None:
    """Return the recorder of this process, if there is one."""
    return next((finder for finder in sys.meta_path if isinstance(finder, LoadedCode)), None)
