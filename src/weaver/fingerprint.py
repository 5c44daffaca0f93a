"""What a piece of code depends on, found without running it.

The fingerprint of a function covers its definition and that of everything in the project that it reaches, and
the versions of the packages outside; that of code without a name covers the code as well. Two states of the
project with the same fingerprint compute the same. Where the analysis cannot be sure it takes more in.
"""

import gc
import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from weaver.analyses import Analyses, state_of
from weaver.errors import FingerprintError
from weaver.installed import Installed
from weaver.modules import Module, read_module, read_script
from weaver.normal_form import digest
from weaver.reach import Dependency, Graph
from weaver.resolution import Tree
from weaver.script import read_chunks
from weaver.source_files import INIT, File, read_files

__all__ = ["Change", "Dependency", "Fingerprint", "Sources", "changes"]


@dataclass(frozen=True)
class Fingerprint:
    """A digest of code and all that it depends on; the dependencies are there to explain it."""

    digest: str
    dependencies: tuple[Dependency, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the fingerprint as plain JSON."""
        return {"digest": self.digest, "dependencies": [_to_json(one) for one in self.dependencies]}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> "Fingerprint":
        """Return the fingerprint that `to_json` described.

        Raises:
            KeyError, TypeError: `record` describes none.
        """
        return cls(str(record["digest"]), tuple(_from_json(one) for one in record["dependencies"]))


@dataclass(frozen=True)
class Change:
    """A difference between two fingerprints; as text, what happened to what and through what it counts."""

    kind: Literal["changed", "added", "removed"]
    dependency: Dependency  # as it is now; as it was if it is removed
    before: str | None = None  # the digest or version

    def __str__(self) -> str:
        found = self.dependency
        place = f" ({found.file.as_posix()}:{found.line})" if found.file is not None else ""
        way = f", reached through {' → '.join(found.through)}" if found.through else ""
        match self.kind:
            case "removed":
                return f"{found.name} is no longer reached{place}"
            case "added":
                return f"{found.name} is newly reached{place}{way.removeprefix(', reached')}"
        return f"{found.name} changed{place or f' ({self.before} → {found.digest})'}{way}"


def changes(old: Fingerprint, new: Fingerprint) -> tuple[Change, ...]:
    """Return the differences in what is depended on: changes first, then what they brought and took away.

    The code of `of_code` itself is no dependency: it may differ without a change here.
    """
    before = {one.name: one for one in old.dependencies}
    after = {one.name: one for one in new.dependencies}
    found = [
        *(
            Change("changed", one, before[name].digest)
            for name, one in after.items()
            if name in before and before[name].digest != one.digest
        ),
        *(Change("added", one) for name, one in after.items() if name not in before),
        *(Change("removed", one) for name, one in before.items() if name not in after),
    ]
    return tuple(found)


class Sources:
    """The code of a project below a folder, as it is whenever it is asked for; files are parsed once.

    With `analyses`, what was found before in the same files is taken from there, and nothing is parsed.
    """

    def __init__(
        self, root: Path, *, packages: Collection[str] | None = None, analyses: Analyses | None = None
    ) -> None:
        self._root = root
        self._packages = packages
        self._analyses = analyses
        self._installed = Installed()
        self._files: dict[str, File] = {}
        self._state = ""  # a digest of the files
        self._modules: dict[str, tuple[File, Module | FingerprintError]] = {}
        self._analysed: tuple[Tree, Graph] | None = None
        self._found: dict[str, Fingerprint] = {}

    def of_symbol(self, module: str, qualname: str) -> Fingerprint:
        """Return the fingerprint of a function, class or constant; a method's is that of its class.

        Raises:
            FingerprintError: the module or the symbol is not there, or a module that it reaches is no Python.
        """
        name = qualname.partition(".")[0]
        return self._answer(json.dumps(["symbol", module, name]), lambda: self._of_symbol(module, name))

    def of_code(self, *chunks: str) -> Fingerprint:
        """Return the fingerprint of the code of a document's chunks, which run one after the other.

        Raises:
            FingerprintError: a module that it reaches is no Python.
        """
        return self._answer(json.dumps(["code", *chunks]), lambda: self._of_code(chunks))

    def _answer(self, question: str, find: Callable[[], Fingerprint]) -> Fingerprint:
        self._refresh()
        if question not in self._found:
            self._found[question] = self._remembered(question) or self._worked_out(question, find)
        return self._found[question]

    def _remembered(self, question: str) -> Fingerprint | None:
        """Return what was found in the same files before, with packages of the same versions."""
        record = self._analyses.read(self._state, question) if self._analyses else None
        try:
            found = Fingerprint.from_json(record) if record else None
        except (KeyError, TypeError, ValueError):
            return None
        return found if found and all(map(self._is_current, found.dependencies)) else None

    def _worked_out(self, question: str, find: Callable[[], Fingerprint]) -> Fingerprint:
        found = find()
        if self._analyses:
            self._analyses.write(self._state, question, found.to_json())
        return found

    def _is_current(self, dependency: Dependency) -> bool:
        package = dependency.package
        return package is None or self._installed.version(package) == dependency.digest

    def _of_code(self, chunks: tuple[str, ...]) -> Fingerprint:
        _, graph = self._analysis()
        read = read_chunks(chunks)
        script = read_script(read.statements)
        code = digest(read.text, graph.meaning(script, script.statements))
        starts = [node for one in script.statements for node in graph.used_by(script, one)]
        return _fingerprint(graph.dependencies(starts), code)

    def _of_symbol(self, module: str, name: str) -> Fingerprint:
        tree, graph = self._analysis()
        if module not in tree:
            raise FingerprintError(
                f"expected a module below {self._root.name}/, found none of the name {module}"
            )
        nodes = [node for node in tree.resolve(tree[module], (name,)) if node.kind != "outside"]
        if name not in tree[module].bindings or not nodes:
            raise FingerprintError(f"{tree[module].file}: expected a definition of {name}, found none")
        return _fingerprint(graph.dependencies(nodes))

    def _refresh(self) -> None:
        """Take up what has changed in the files since the last time."""
        files = read_files(self._root, self._packages)
        if files != self._files or not self._state:
            self._files, self._state = files, state_of(files)
            self._analysed, self._found = None, {}

    def _analysis(self) -> tuple[Tree, Graph]:
        """Parse what has changed since the last time, and lay out what leads to what."""
        if self._analysed is None:
            with _uncollected():
                self._modules = {name: self._parsed(name, file) for name, file in self._files.items()}
            tree = Tree({name: module for name, (_, module) in self._modules.items()})
            self._analysed = tree, Graph(tree, self._installed)
        return self._analysed

    def _parsed(self, name: str, file: File) -> tuple[File, Module | FingerprintError]:
        known = self._modules.get(name)
        return known if known and known[0] == file else (file, _module(name, file))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Within, collect no garbage: syntax trees are none, and searching them takes a third of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.freeze()
            gc.unfreeze()  # all that was made is now old, and not searched at the next occasion
            gc.enable()


def _module(name: str, file: File) -> Module | FingerprintError:
    try:
        return read_module(name, file.place, file.source or b"", is_package=file.place.name == INIT)
    except FingerprintError as error:
        return error  # it counts once something reaches the module


def _fingerprint(dependencies: tuple[Dependency, ...], code: str | None = None) -> Fingerprint:
    content = [code, sorted((one.name, one.digest) for one in dependencies)]
    return Fingerprint(hashlib.sha256(json.dumps(content).encode()).hexdigest(), dependencies)


def _to_json(dependency: Dependency) -> dict[str, Any]:
    return {
        "name": dependency.name,
        "digest": dependency.digest,
        "file": None if dependency.file is None else dependency.file.as_posix(),
        "line": dependency.line,
        "through": list(dependency.through),
    }


def _from_json(record: Mapping[str, Any]) -> Dependency:
    file = record["file"]
    through = tuple(str(name) for name in record["through"])
    line = None if record["line"] is None else int(record["line"])
    place = None if file is None else Path(str(file))
    return Dependency(str(record["name"]), str(record["digest"]), place, line, through)
