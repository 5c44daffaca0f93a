"""The code of a project: as this process has loaded it, else as its files are."""

import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path

from weaver.dependencies import loaded_code, rule_of_names
from weaver.dependencies.counted_code import CountedCode
from weaver.dependencies.first_party import Modules
from weaver.dependencies.inputs import CODE
from weaver.dependencies.loaded_code import LoadedCode
from weaver.dependencies.module_memory import Memory
from weaver.paths import CODE_MEMORY, SOURCES
from weaver.storage.hashing import Digests

Start = tuple[str, str]
"""A function or class: its module and its name."""


class ProjectCode:
    """Answers what counts, with `loaded` as it was loaded; each question about the same `modules` once.

    Without it, code is what lies in the files, until `refresh`; `more` tells of folders to search in.
    """

    def __init__(
        self, root: Path, loaded: LoadedCode | None = None, more: Callable[[], Iterable[str]] = tuple
    ) -> None:
        self._root = root
        self._more = more
        self._loaded = loaded
        self._memory = loaded.memory if loaded else Memory(root / CODE_MEMORY)
        self.refresh()

    def refresh(self) -> None:
        """Take up what has changed in the files."""
        self._memory.save()
        own = [str(self._root / name) for name in (SOURCES, ".", *self._more())]
        path = None if self._loaded else [*own, *sys.path]
        known = self._loaded.loaded if self._loaded else None
        self._version = self._loaded.version if self._loaded else 0
        self.modules = Modules(self._root, self._memory, path, known)
        self._counted: dict[object, CountedCode] = {}

    def counted(
        self, starts: Iterable[Start], whole: Collection[str] = (), beside: Collection[str] = ()
    ) -> CountedCode:
        """Return what counts for functions and classes, see `rule_of_names`.

        Raises:
            FingerprintError: one of them is not there.
        """
        self._look()
        question = (tuple(starts), tuple(sorted(whole)), tuple(sorted(beside)))
        if question not in self._counted:
            self._counted[question] = rule_of_names.counted(self.modules, *question)
        return self._counted[question]

    def whole(self, ways: Mapping[str, tuple[str, ...]]) -> CountedCode:
        """Return the code of modules that count whole."""
        self._look()
        return rule_of_names.whole(self.modules, ways)

    def today(self, names: Iterable[str]) -> Digests:
        """Return the digests of modules that are inputs."""
        self._look()
        found = {name: self.modules.find(name.removeprefix(CODE)) for name in names}
        return {name: module.code.digest if module else None for name, module in found.items()}

    def _look(self) -> None:
        """Start again where this process has loaded more, or a module that it has not loaded was edited."""
        if self._loaded and (self._version != self._loaded.version or self.modules.are_edited()):
            self.refresh()


def of_process(root: Path) -> ProjectCode:
    """Return the code of a project as this process loads it, from now on at the latest."""
    return ProjectCode(root, loaded_code.start(Memory(root / CODE_MEMORY)))
