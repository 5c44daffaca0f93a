"""The plain rule of what counts for a function.

Of the modules that its own module imports, wherever the import stands, all counts that runs at import. Of
their functions and classes those count whose names occur in what counts already, as identifiers or as words
in strings. No scopes, no types: a name that merely looks alike costs a run, never a stale result.
"""

import sys
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping

from weaver.dependencies.counted_code import PACKAGE, CountedCode, Dependency, of_module
from weaver.dependencies.first_party import Module, Modules
from weaver.dependencies.installed_packages import Installed
from weaver.dependencies.module_code import (
    ACTS,
    TOOL,
    WORD,
    Statement,
)
from weaver.errors import FingerprintError

MAKING = {
    *("getattr()", "globals()", "locals()", "vars()"),
    *WORD.findall("__dict__ __getattribute__ attrgetter methodcaller getmembers"),
}
"""Words of what may get at any name of its own module, or of one that is imported as such."""
OF_SYS = "sys.modules"
REACHING = {
    *(OF_SYS, "eval()", "exec()"),
    *WORD.findall("import_module __import__ pkgutil runpy builtins __builtins__ __subclasses__ __globals__"),
    *WORD.findall("f_globals getmodule currentframe _getframe find_spec module_from_spec load_module"),
    *WORD.findall("resolve_name entry_points get_objects get_referrers dictConfig instantiate _target_"),
    *WORD.findall("run_path run_module exec_module SourceFileLoader spec_from_file_location"),
}
"""Words of what may get at any module that is loaded, and at any name in it."""
READS_TEXT = set(
    WORD.findall("__doc__ getdoc getcomments docopt pydoc doctest lineno co_firstlineno f_lineno")
)
"""Words of what may show docstrings or lines, and opens no file that would be heard."""
AS_TEXT = " (as text)"
LISTED = "__all__"


def counted(
    modules: Modules,
    starts: Iterable[tuple[str, str]],
    installed: Installed,
    *,
    whole: Collection[str] = (),
    beside: Collection[str] = (),
) -> CountedCode:
    """Return what counts for functions and classes, each given by its module and its name.

    `whole` are modules that count whole in addition. `beside` are all that are loaded: of these those count
    that may have acted on others as they were imported, and all where code finds modules by names it makes.

    Raises:
        FingerprintError: one of `starts` is not there.
    """
    found = _Count(modules, sorted(beside))
    for module, name in starts:
        found.start(module, name)
    for name in whole:
        found.add_whole(name, ())
    found.settle()
    return found.result(installed)


def whole(
    modules: Modules, ways: Mapping[str, tuple[str, ...]], *, chunks: Collection[str] = ()
) -> CountedCode:
    """Return the code of modules that count whole; `ways` tells how each is reached."""
    found = [module for name in ways if (module := modules.find(name))]
    as_text = not READS_TEXT.isdisjoint({*chunks, *(word for one in found for word in one.words)})
    parts = [
        part
        for one in found
        for part in _parts(modules, one, dict(enumerate(one.code.statements)), is_whole=True, as_text=as_text)
    ]
    return CountedCode({one.name: ways[one.name] for one in found}, tuple(parts))


def _parts(
    modules: Modules, module: Module, counted: Mapping[int, Statement], *, is_whole: bool, as_text: bool
) -> Iterator[Dependency]:
    file = modules.shown(module)
    yield from of_module(module.name, file, module.code, counted, is_whole=is_whole)
    if as_text:
        yield Dependency(f"{module.name}{AS_TEXT}", module.code.text, file, 1)


class _Count:
    def __init__(self, modules: Modules, beside: list[str]) -> None:
        self._modules = modules
        self._beside = beside
        self._through: dict[str, tuple[str, ...]] = {}
        self._counted: dict[str, dict[int, Statement]] = {}
        self._named: dict[str, list[tuple[str, int, Statement]]] = {}
        self._pending: deque[tuple[str, int, Statement]] = deque()
        self._words: set[str] = set()
        self._whole: set[str] = set()
        self._packages: set[str] = set()

    def start(self, module: str, qualname: str) -> None:
        """Count a function or class; a method stands for its class.

        Raises:
            FingerprintError: there is no such module in the project, or no such definition in it.
        """
        name = qualname.partition(".")[0]
        found = self._modules.find(module)
        if found is None:
            raise FingerprintError(f"expected a module of the project, found none of the name {module}")
        self._add(module, ())
        definitions = [one for one in self._named.get(name, ()) if one[0] == module]
        if not definitions:
            raise FingerprintError(f"{found.file}: expected a definition of {name}, found none")
        self._pending += definitions

    def add_whole(self, name: str, through: tuple[str, ...]) -> None:
        """Count a module whole, and of a package all below it that is known."""
        module = self._modules.find(name)
        if module is None or name in self._whole:
            return
        self._whole.add(name)
        self._add(name, through)
        self._pending += ((name, index, one) for index, one in enumerate(module.code.statements))
        for below in [one for one in (*self._through, *self._beside) if one.startswith(f"{name}.")]:
            self.add_whole(below, (*through, name))

    def settle(self) -> None:
        """Follow the names until nothing new counts."""
        while self._pending:
            name, index, statement = self._pending.popleft()
            if index not in self._counted[name]:
                self._counted[name][index] = statement
                self._follow(name, statement)
            if not self._pending:
                for one in list(self._below()):
                    self._add(one, ())
                for one in list(self._not_named()):
                    self.add_whole(one, ())

    def result(self, installed: Installed) -> CountedCode:
        """Return all that counts."""
        as_text = not self._words.isdisjoint(READS_TEXT)
        found = [
            part
            for name, counted in self._counted.items()
            for part in _parts(
                self._modules, self._modules[name], counted, is_whole=name in self._whole, as_text=as_text
            )
        ]
        python = ".".join(map(str, sys.version_info[:2]))
        versions = [(f"{PACKAGE}{name}", installed.version(name)) for name in sorted(self._packages)]
        packages = [Dependency(name, version) for name, version in [*versions, ("Python", python)]]
        return CountedCode(self._through, (*found, *packages))

    def _add(self, name: str, through: tuple[str, ...]) -> None:
        """Let a module count, with those that it imports."""
        waiting = deque([(name, through)])
        while waiting:
            name, through = waiting.popleft()
            module = self._modules.find(name)
            if module is None or name in self._through:
                continue
            self._through[name], self._counted[name] = through, {}
            waiting += ((one, (*through, name)) for one in dict.fromkeys(self._imports(module)))
            for index, one in enumerate(module.code.statements):
                self._named.setdefault(one.name, []).append((name, index, one))
                if one.stays or one.name in self._words:
                    self._pending.append((name, index, one))
            for target, alias in module.imports:
                self._look_behind(name, target.partition(".")[0])
                if alias.name == "*":  # it may stand for any name
                    self.add_whole(target, (*through, name))

    def _imports(self, module: Module) -> Iterator[str]:
        """Yield the names of what a module imports, the packages above it first."""
        yield module.name.rpartition(".")[0]
        for target, alias in module.imports:
            yield from (target[:end] for end, letter in enumerate(target) if letter == ".")
            yield from (target, f"{target}.{alias.name}")

    def _look_behind(self, name: str, top: str) -> None:
        """Take down a package that a module imports; one of ours with a name of Python's is not harmless."""
        is_ours, is_pythons = self._modules.find(top) is not None, top in sys.stdlib_module_names
        if is_ours and is_pythons:
            self.add_whole(name, self._through[name])
        elif not is_ours and not is_pythons and top != TOOL:
            self._packages.add(top)

    def _follow(self, name: str, statement: Statement) -> None:
        """Let count what a statement of a module names."""
        if statement.name == LISTED:  # it lists names and calls none of them
            return
        if not MAKING.isdisjoint(statement.words):
            self.add_whole(name, self._through[name])
        new = set(statement.words) - self._words
        if "modules" in statement.words and any(target == "sys" for target, _ in self._modules[name].imports):
            new.add(OF_SYS)
        self._words |= new
        for word in new:
            self._pending += self._named.get(word, ())

    def _not_named(self) -> Iterator[str]:
        """Yield the modules that do something as they are imported, and those that code may find."""
        beside = ((name, self._modules.find(name)) for name in self._beside if name not in self._through)
        yield from (name for name, module in beside if module and ACTS in module.words)
        if not self._words.isdisjoint(MAKING):
            yield from (one for name in self._through for one in self._modules[name].values)
        if not self._words.isdisjoint(REACHING):
            yield from (*self._through, *self._beside)

    def _below(self) -> Iterator[str]:
        """Yield the modules that somebody else has loaded, and that are asked for as attributes."""
        bound = {one for name in self._through for one in self._modules[name].values}
        for name in self._beside:
            above, _, last = name.rpartition(".")
            if above in bound and last in self._words:
                yield name
