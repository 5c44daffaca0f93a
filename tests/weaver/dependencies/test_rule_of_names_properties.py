"""Generated projects are edited and run: an edit that changes what happens changes what counts."""

import importlib
import re
import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from weaver.dependencies.first_party import Modules
from weaver.dependencies.module_memory import Memory
from weaver.dependencies.rule_of_names import counted

WIDENING = re.compile(r"getattr|setattr|import_module|import \*|vars|globals|eval|modules|__dict__")
NUMBER = re.compile(r"\b1\d{3}\b")  # the numbers of generated code


@dataclass
class Program:
    """A package `pkg` as it grows: lines of each module, and what each defines."""

    modules: dict[str, list[str]] = field(default_factory=dict)
    names: list[tuple[str, str, str]] = field(default_factory=list)  # module, name, kind
    numbers: int = 1000

    def number(self) -> str:
        """Return a number that occurs nowhere else."""
        self.numbers += 1
        return str(self.numbers)

    def sources(self) -> dict[str, str]:
        """Return the text of each file."""
        return {f"{name}.py": "".join(lines) for name, lines in self.modules.items()}


@dataclass(frozen=True)
class Reference:
    """How a definition uses a name: the import it needs, where, and the expression."""

    at_top: str
    within: str
    name: str


VALUES = {
    "constant": "{name}",
    "function": "{name}()",
    "class": "{name}().m()",
    "record": "{name}().x",
    "state": "sum({name})",
    "table": "{name}['f']()",
}


def reference(
    draw: st.DrawFn, program: Program, module: str, kinds: Sequence[str]
) -> tuple[Reference, str] | None:
    """Draw a use of something defined so far, by any way of importing it, and its kind."""
    known = [one for one in program.names if one[2] in kinds]
    if not known:
        return None
    owner, name, kind = draw(st.sampled_from(known[-6:]))  # the last ones, so that the ways grow long
    if owner == module:
        return Reference(
            "", "", draw(st.sampled_from([name, f"globals()['{name[:-1]}' + '{name[-1]}']"]))
        ), kind
    ways = [
        Reference(f"from .{owner} import {name}\n", "", name),
        Reference(f"from pkg.{owner} import {name} as {name}_x\n", "", f"{name}_x"),
        Reference(f"from . import {owner}\n", "", f"{owner}.{name}"),
        Reference(f"from pkg import {owner} as {owner}_x\n", "", f"{owner}_x.{name}"),
        Reference(f"import pkg.{owner}\n", "", f"pkg.{owner}.{name}"),
        Reference(f"import pkg.{owner} as {owner}_y\n", "", f"{owner}_y.{name}"),
        Reference("", f"from .{owner} import {name} as {name}_y\n", f"{name}_y"),
        Reference("", f"import pkg.{owner}\n", f"pkg.{owner}.{name}"),
        Reference(f"from .{owner} import *\n", "", name),
        Reference(f"from . import {owner}\n", "", f"getattr({owner}, '{name}')"),
        Reference(f"from . import {owner}\n", "", f"getattr({owner}, '{name[:-1]}' + '{name[-1]}')"),
        Reference(f"from . import {owner}\n", "", f"vars({owner})['{name[:-1]}' + '{name[-1]}']"),
        Reference(f"import pkg.{owner}\n", "", f"pkg.{owner}.__dict__['{name[:-1]}' + '{name[-1]}']"),
        Reference(f"from . import {owner}\nTO_{owner} = [{owner}]\n", "", f"vars(TO_{owner}[0])['{name}']"),
        Reference(f"import sys, pkg.{owner}\n", "", f"sys.modules['pkg.' + '{owner}'].{name}"),
        Reference("import importlib\n", "", f"importlib.import_module('pkg.{owner}').{name}"),
    ]
    return draw(st.sampled_from(ways)), kind


def value(draw: st.DrawFn, program: Program, module: str, *, called: bool) -> tuple[str, str, str]:
    """Draw a number's expression; returns what must stand before the definition, and in the function."""
    found = reference(draw, program, module, tuple(VALUES)) if draw(st.integers(0, 3)) else None
    if found is None or (found[0].within and not called):
        return "", "", program.number()
    use, kind = found
    return use.at_top, use.within, f"{VALUES[kind].format(name=use.name)} + {program.number()}"


CODE = {
    "constant": "{top}{name} = {number}\n",
    "function": "{top}def {name}():\n{within}    return {number}\n",
    "default": "{top}def {name}(x={number}):\n    return x\n",
    "decorated": "{top}def {name}_d(f):\n    return lambda: f() + {other}\n"
    "@{name}_d\ndef {name}():\n{within}    return {number}\n",
    "class": "{top}class {name}{base}:\n    k = {other}\n"
    "    def m(self):\n{deep}        return self.k + {number}\n",
    "subclass": "{top}class {name}{base}:\n    k = {other}\n",
    "record": "from dataclasses import dataclass\n{top}@dataclass\nclass {name}:\n    x: int = {number}\n",
    "state": "{top}{name} = [{number}]\n",
    "table": "{top}{name} = {{'f': lambda: {number}}}\n",
    "registry": "{top}{name} = {{}}\nclass {name}_b:\n    def __init_subclass__(cls):\n"
    "        {name}['f'] = cls.m\nclass {name}_c({name}_b):\n    def m():\n{deep}        return {number}\n",
    "named": "{top}class {name}_c:\n    def m(self):\n{deep}        return {number}\n"
    "def {name}():\n    return eval('{name}' + '_c')().m()\n",
}
KINDS = {
    "default": "function",
    "decorated": "function",
    "named": "function",
    "subclass": "class",
    "registry": "table",
}
WITH_BODY = ("function", "decorated", "class", "registry", "named")


def define(draw: st.DrawFn, program: Program, module: str, name: str) -> tuple[str, str]:
    """Draw a definition of any kind; returns its code and its kind."""
    base = reference(draw, program, module, ["class"]) if draw(st.booleans()) else None
    inherits = base is not None and not base[0].within
    kind = draw(st.sampled_from([kind for kind in CODE if inherits or kind != "subclass"]))
    top, within, number = value(draw, program, module, called=kind in WITH_BODY)
    code = CODE[kind].format(
        name=name,
        top=top + (base[0].at_top if base is not None and inherits else ""),
        within=textwrap.indent(within, "    "),
        deep=textwrap.indent(within, " " * 8),
        number=number,
        other=program.number(),
        base=f"({base[0].name})" if base is not None and inherits else "",
    )
    return code, KINDS.get(kind, kind)


CHANGES = {
    "state": ["{it}.append({n})", "{it}[0] = {n}", "more_{n} = {it}\nmore_{n}.append({n})"],
    "table": [
        "{it}['f'] = lambda: {n}",
        "{it}.update(f=lambda: {n})",
        "def put_{n}(f):\n    {it}['f'] = f\n@put_{n}\ndef f_{n}():\n    return {n}",
        "def fill_{n}(table):\n    table['f'] = lambda: {n}\nfill_{n}({it})",
    ],
    "class": [
        "{it}.m = lambda self: {n}",
        "kind_{n} = {it}\nkind_{n}.m = lambda self: {n}",
        "for kind_{n} in [{it}]:\n    kind_{n}.m = lambda self: {n}",
    ],
    "function": ["{it} = lambda: {n}", "setattr({owner}, '{attribute}', lambda: {n})"],
}


def effect(draw: st.DrawFn, program: Program, module: str) -> str:
    """Draw a statement that changes something defined elsewhere, at once or in a function that is called."""
    found = reference(draw, program, module, ["state", "table", "class", "function"])
    if found is None or found[0].within or "import *" in found[0].at_top:
        return ""
    use, kind = found
    number = program.number()
    if kind == "function" and not re.fullmatch(r"\w+(\.\w+)+", use.name):
        return ""  # it would replace the module's own, or what no assignment can
    owner, _, attribute = use.name.rpartition(".")
    change = draw(st.sampled_from(CHANGES[kind])).format(
        it=use.name, n=number, owner=owner, attribute=attribute
    )
    if draw(st.booleans()):
        return f"{use.at_top}{change}\n"
    body = textwrap.indent(change, "    ")
    return f"{use.at_top}def install_{number}():\n{body}\ninstall_{number}()\n"


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """Draw a package of a few modules; the last thing defined is a function `start` in the last module."""
    program = Program({"__init__": []})
    for index in range(draw(st.integers(2, 4))):
        module = f"m{index}"
        lines = program.modules.setdefault(module, [])
        for part in range(draw(st.integers(1, 4))):
            name = f"n{index}{part}"
            code, kind = define(draw, program, module, name)
            lines.append(code)
            program.names.append((module, name, kind))
            if draw(st.integers(0, 3)) == 0:
                lines.append(effect(draw, program, module))
    top, within, number = value(draw, program, module, called=True)
    lines.append(f"{top}def start():\n{textwrap.indent(within, '    ')}    return {number}\n")
    if draw(st.booleans()):
        program.modules["patches"] = [effect(draw, program, "patches") for _ in range(2)]
    return program


@st.composite
def edits(draw: st.DrawFn, sources: dict[str, str]) -> dict[str, str]:
    """Draw an edit: of a number, of the order of two statements, or of one that goes."""
    name = draw(st.sampled_from(sorted(name for name, text in sources.items() if NUMBER.search(text))))
    text = sources[name]
    kind = draw(st.sampled_from(["number", "number", "swap", "remove"]))
    if kind == "number":
        number = draw(st.sampled_from(NUMBER.findall(text)))
        return {**sources, name: text.replace(number, "7")}
    parts = re.split(r"(?m)^(?=\S)", text)[1:]
    index = draw(st.integers(0, len(parts) - 1))
    if kind == "swap" and index:
        parts[index - 1 : index + 1] = [parts[index], parts[index - 1]]
    elif kind == "remove":
        del parts[index]
    return {**sources, name: "".join(parts)}


class FromText(MetaPathFinder, Loader):
    """Imports a package from texts."""

    def __init__(self, sources: dict[str, str]) -> None:
        self._texts = {f"pkg.{name.removesuffix('.py')}": text for name, text in sources.items()}
        self._texts["pkg"] = self._texts.pop("pkg.__init__")

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        """Find a module of the package."""
        return spec_from_loader(name, self, is_package=name == "pkg") if name in self._texts else None

    def exec_module(self, module: ModuleType) -> None:
        """Run a module's text."""
        exec(self._texts[module.__name__], module.__dict__)  # noqa: S102


@contextmanager
def importable(sources: dict[str, str]) -> Iterator[None]:
    """Within, `pkg` is the package of these texts."""
    finder = FromText(sources)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if name.partition(".")[0] == "pkg"]:
            del sys.modules[name]


def imports(sources: dict[str, str], names: Sequence[str]) -> bool:
    """Whether modules can be imported: code that cannot has no results, so none of them can be stale."""
    with importable(sources):
        try:
            for name in names:
                importlib.import_module(f"pkg.{name}")
        except Exception:  # noqa: BLE001 - whatever the edited code does
            return False
    return True


def behaviour(sources: dict[str, str], names: Sequence[str]) -> tuple[object, list[str]]:
    """Run `start` of the last of some modules, where failing is a behaviour too; then tell what is loaded."""
    with importable(sources):
        for name in names:
            importlib.import_module(f"pkg.{name}")
        try:
            result: object = sys.modules[f"pkg.{names[-1]}"].start()
        except Exception as error:  # noqa: BLE001 - whatever the edited code does
            result = type(error).__name__
        return result, [name for name in sys.modules if name.partition(".")[0] == "pkg"]


def key(sources: dict[str, str], module: str, loaded: Sequence[str]) -> str:
    """Return the digest of what counts for `start` of a module, where other modules are loaded."""
    with TemporaryDirectory() as folder:
        package = Path(folder) / "src" / "pkg"
        package.mkdir(parents=True)
        for file, text in sources.items():
            (package / file).write_text(text, encoding="utf-8")
        modules = Modules(Path(folder), Memory(), [str(package.parent)])
        return counted(modules, [(f"pkg.{module}", "start")], beside=loaded).digest


def last(program: Program) -> str:
    """Return the module of `start`."""
    return max(name for name in program.modules if name.startswith("m"))


@given(data=st.data(), program=programs())
def test_an_edit_that_changes_what_happens_changes_the_key(data: st.DataObject, program: Program) -> None:
    """Nothing stale: judged by running both states, with and without the rest of the package imported."""
    before = program.sources()
    module = last(program)
    every = [name for name in program.modules if name != "__init__"]
    names = [*data.draw(st.sampled_from([[], every, every[::-1]])), module]
    assume(imports(before, every) and imports(before, names))
    expected, loaded = behaviour(before, names)
    known = key(before, module, loaded)
    for after in data.draw(st.lists(edits(before), min_size=4, max_size=8)):
        if imports(after, every) and imports(after, names) and "def start" in after[f"{module}.py"]:
            changed = behaviour(after, names)[0] != expected
            event(f"the edit changes what happens: {changed}")
            assert not changed or key(after, module, loaded) != known


@given(data=st.data(), program=programs())
def test_comments_docstrings_and_layout_never_change_the_key(data: st.DataObject, program: Program) -> None:
    """Nothing runs that need not: text that does nothing does not count, wherever it stands."""
    before = program.sources()
    after = dict(before)
    noise = {
        r"(?m)^(?=\S)": "# a comment\n\n",
        r"(?m)^((?:def|class) .*:)\n": '\\1\n    """A docstring."""\n',
        r"(?m)^(    return) (.*)$": r"\1 (\n        \2  # layout\n    )",
        r"(?m)(\S)$": r"\1  # a comment",
        r"\A": '"""A docstring."""\n',
    }
    for pattern in data.draw(st.lists(st.sampled_from(sorted(noise)), min_size=1, unique=True)):
        name = data.draw(st.sampled_from(sorted(after)))
        after[name] = re.sub(pattern, noise[pattern], after[name])
    module = last(program)
    assert key(before, module, []) == key(after, module, [])


@settings(suppress_health_check=[HealthCheck.filter_too_much])  # many programs make a module count whole
@given(program=programs(), data=st.data())
def test_an_edit_of_an_unnamed_function_never_changes_the_key(program: Program, data: st.DataObject) -> None:
    """Only what is named counts: a function that nothing names may stand anywhere, and change."""
    texts = program.sources()
    module = data.draw(st.sampled_from(sorted(program.modules)))
    assume(not WIDENING.search("".join(texts.values())))
    first, second = (
        {**texts, f"{module}.py": texts[f"{module}.py"] + f"def alone():\n    return {n}\n"} for n in (1, 2)
    )
    assert key(first, last(program), []) == key(second, last(program), [])
