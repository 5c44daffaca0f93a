"""The plain rule of what counts for a function.

Of the modules that its own module imports, wherever the import stands, all counts that runs at import. Of
their functions and classes those count whose names occur in what counts already, as identifiers or as words
in strings. No scopes, no types: a name that merely looks alike costs a run, never a stale result.
"""

import sys
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

from weaver.dependencies import installed_packages
from weaver.dependencies.counted_code import PACKAGE, CountedCode, Dependency, of_module
from weaver.dependencies.first_party import Module, Modules
from weaver.dependencies.module_code import ACTS, PYTHONS, TOOL, WORD, Statement
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
    *WORD.findall("locate run_path run_module exec_module SourceFileLoader spec_from_file_location"),
}
"""Words of what may get at any module that is loaded, and at any name in it."""
READS_TEXT = set(
    WORD.findall("__doc__ getdoc getcomments docopt pydoc doctest lineno co_firstlineno f_lineno")
)
"""Words of what may show docstrings or lines, and opens no file that would be heard."""
LISTED = "__all__"


def counted(
    modules: Modules,
    starts: Iterable[tuple[str, str]],
    whole: Collection[str] = (),
    beside: Collection[str] = (),
) -> CountedCode:
    """Return what counts for functions and classes, each given by its module and its name.

    `whole` are modules that count whole in addition. `beside` are all that are loaded: of these those count
    that may have acted on others as they were imported, and all where code finds modules by names it makes.

    Raises:
        FingerprintError: one of `starts` is not there.
    """
    begun = frozenset((module, name.partition(".")[0]) for module, name in starts)
    for module, name in begun:
        _require(modules, module, name)
    found = _Count(modules, begun, sorted(beside), dict.fromkeys(whole))
    found.settle()
    return found.result()


def whole(modules: Modules, ways: Mapping[str, tuple[str, ...]]) -> CountedCode:
    """Return the code of modules that count whole; `ways` tells how each is reached."""
    counted = {name: dict(enumerate(one.code.statements)) for name in ways if (one := modules.find(name))}
    return CountedCode({name: ways[name] for name in counted}, _parts(modules, counted))


def _parts(
    modules: Modules, counted: Mapping[str, Mapping[int, Statement]], words: Collection[str] = ()
) -> tuple[Dependency, ...]:
    """Return the parts of modules, with their texts where these words may show them."""
    found: list[Dependency] = []
    for name, statements in counted.items():
        module = modules[name]
        text = "" if READS_TEXT.isdisjoint(words) else module.code.text
        found += of_module(name, modules.shown(module), module.code, statements, text)
    return tuple(found)


def _require(modules: Modules, module: str, name: str) -> None:
    found = modules.find(module)
    if found is None:
        raise FingerprintError(f"expected a module of the project, found none of the name {module}")
    if all(one.name != name for one in found.code.statements):
        raise FingerprintError(f"{found.file}: expected a definition of {name}, found none")


@dataclass
class _Count:
    """What counts so far: `through` has the modules with the way to each, `whole` those that count whole."""

    modules: Modules
    starts: Set[tuple[str, str]]
    beside: Sequence[str]
    whole: dict[str, None]
    through: dict[str, tuple[str, ...]] = field(default_factory=dict)
    counted: dict[str, dict[int, Statement]] = field(default_factory=dict)
    words: set[str] = field(default_factory=set)

    def settle(self) -> None:
        """Follow imports and names until nothing new counts."""
        size = None
        while size != self._size():
            size = self._size()
            for name in (*sorted(module for module, _ in self.starts), *self.whole, *self._below()):
                self._load(name)
            for name in self.through:
                self._count(self.modules[name])
            self.whole |= dict.fromkeys(self._more())

    def result(self) -> CountedCode:
        """Return all that counts."""
        installed = installed_packages.current()
        targets = {target for name in self.through for target, _ in self.modules[name].imports}
        tops = {target.partition(".")[0] for target in targets} - sys.stdlib_module_names - {TOOL}
        packages = [name for name in sorted(tops) if self.modules.find(name) is None]
        versions = [Dependency(f"{PACKAGE}{name}", installed.version(name)) for name in packages]
        python = Dependency("Python", ".".join(map(str, sys.version_info[:2])))
        parts = _parts(self.modules, self.counted, self.words)
        return CountedCode(self.through, (*parts, *versions, python))

    def _size(self) -> tuple[int, int, int]:
        return len(self.through), len(self.whole), len(self.words)

    def _load(self, name: str) -> None:
        """Let a module count, with those that it imports."""
        waiting: deque[tuple[str, tuple[str, ...]]] = deque([(name, ())])
        while waiting:
            name, way = waiting.popleft()
            module = self.modules.find(name)
            if module is None or name in self.through:
                continue
            self.through[name], self.counted[name] = way, {}
            waiting += ((one, (*way, name)) for one in dict.fromkeys(_imports(module)))

    def _count(self, module: Module) -> None:
        """Let count the statements of a module that are named by now, and take down what they name."""
        counted, is_whole = self.counted[module.name], module.name in self.whole
        for alias in module.code.aliases:
            if is_whole or alias.bound in self.words or PYTHONS.fullmatch(alias.bound):
                self.words.add(alias.name or alias.bound)
        for index, one in enumerate(module.code.statements):
            is_named = one.name in self.words or (module.name, one.name) in self.starts
            if index in counted or not (one.stays or is_named or is_whole):
                continue
            counted[index] = one
            if one.name == LISTED:  # it lists names and calls none of them
                continue
            self.words.update(one.words)
            if "modules" in one.words and any(target == "sys" for target, _ in module.imports):
                self.words.add(OF_SYS)
            if not MAKING.isdisjoint(one.words):
                self.whole[module.name] = None

    def _more(self) -> Iterator[str]:
        """Yield modules that count whole: they act as they are imported, or code may find them."""
        known = (*self.through, *self.beside)
        beside = ((name, self.modules.find(name)) for name in self.beside if name not in self.through)
        yield from (name for name, module in beside if module and ACTS in module.words)
        if not self.words.isdisjoint(MAKING):
            yield from (one for name in self.through for one in self.modules[name].values)
        if not self.words.isdisjoint(REACHING):
            yield from known
        within = tuple(f"{name}." for name in self.whole)
        yield from (one for one in known if one.startswith(within))
        for name in self.through:
            for target, alias in self.modules[name].imports:
                if alias.name == "*":
                    yield target
                top = target.partition(".")[0]
                if top in sys.stdlib_module_names and self.modules.find(top):
                    yield name  # what seems to come from the standard library is not harmless

    def _below(self) -> Iterator[str]:
        """Yield the modules that somebody else has loaded, and that are asked for as attributes."""
        bound = {one for name in self.through for one in self.modules[name].values}
        for name in self.beside:
            above, _, last = name.rpartition(".")
            if above in bound and last in self.words:
                yield name


def _imports(module: Module) -> Iterator[str]:
    """Yield the names of what a module imports, the packages above it first."""
    yield module.name.rpartition(".")[0]
    for target, alias in module.imports:
        yield from (target[:end] for end, letter in enumerate(target) if letter == ".")
        yield from (target, f"{target}.{alias.name}")
