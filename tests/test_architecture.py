"""The arrows of the design: who may import whom, and how much a module may hold."""

import ast
import importlib
import pkgutil
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "src"
PACKAGES = ("hw2", "weaver")
MODULES = sorted(path for package in PACKAGES for path in (SOURCES / package).rglob("*.py"))
FROM_WEAVER = ("weaver.cache", "weaver.claims", "weaver.progress")
LONGEST = 400
COME_ALONG = {
    "comm",
    "dask",
    "ipython",
    "jupyter-client",
    "matplotlib-inline",
}  # with ipykernel and distributed


def name(path: Path) -> str:
    """Return a path as it is named in the project."""
    return path.relative_to(SOURCES).as_posix()


def modules(package: str) -> list[Path]:
    """List a package's modules."""
    return [path for path in MODULES if path.is_relative_to(SOURCES / package)]


def imports(path: Path) -> Iterator[str]:
    """Yield what a module imports, wherever in it, by its full name."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name(path)}:{node.lineno}: imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def below(imported: str, *these: str) -> bool:
    """Whether a name is one of some modules or of what they hold."""
    return any(f"{imported}.".startswith(f"{module}.") for module in these)


def offences(paths: list[Path], refused: Callable[[str], bool]) -> list[str]:
    """List the imports that a rule refuses."""
    return [f"{name(path)} imports {each}" for path in paths for each in imports(path) if refused(each)]


def test_the_science_knows_no_documents() -> None:
    """Of the weaver, `hw2` uses the cache, claims and the progress of trainings, nothing else."""
    assert (
        offences(modules("hw2"), lambda each: below(each, "weaver") and not below(each, *FROM_WEAVER)) == []
    )


def test_the_tool_knows_no_networks() -> None:
    """The weaver serves any report: it imports neither `hw2` nor torch."""
    assert offences(modules("weaver"), lambda each: below(each, "hw2", "torch")) == []


def test_neither_knows_of_the_benchmarks() -> None:
    """What they measure does not depend on being measured."""
    assert offences(MODULES, lambda each: below(each, "benchmarks")) == []


def test_nothing_that_is_read_can_execute() -> None:
    """No module reads a format that holds code."""
    assert offences(MODULES, lambda each: below(each, "pickle", "shelve", "marshal", "dill", "joblib")) == []


def test_no_module_holds_two_ideas() -> None:
    """A module of more than 400 lines is to be divided."""
    lengths = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {path: length for path, length in lengths.items() if length > LONGEST} == {}


def test_every_class_has_a_name_of_its_own() -> None:
    """Whoever reads or searches for one name finds one thing."""
    places: dict[str, list[str]] = {}
    for path in modules("weaver"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and "skeleton" not in path.parts:
                places.setdefault(node.name, []).append(name(path))
    assert {each: found for each, found in places.items() if len(found) > 1} == {}


def test_a_build_without_changes_loads_nothing_heavy() -> None:
    """The command line is there at once: what runs, trains or draws is imported where it is needed."""
    heavy = (
        "torch",
        "matplotlib",
        "nbclient",
        "nbformat",
        "numpy",
        "IPython",
        "yaml",
        "weaver.building.builder",
    )
    code = f"import sys, weaver.cli; print([name for name in {heavy!r} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def public_packages() -> list[str]:
    """List the packages, those inside of others too."""
    walked = pkgutil.walk_packages([str(SOURCES)])
    return [found.name for found in walked if found.ispkg and found.name.partition(".")[0] in PACKAGES]


@pytest.mark.parametrize("package", public_packages())
def test_the_init_of_a_package_is_its_public_face(package: str) -> None:
    """It says what the package is for, and what it exports exists and is explained."""
    module = importlib.import_module(package)
    assert module.__doc__
    exported = getattr(module, "__all__", [])
    assert sorted(set(exported)) == sorted(exported)
    for each in exported:
        assert getattr(module, each).__doc__, f"{package}.{each} has no docstring"


def normalised(distribution: str) -> str:
    """Return the name of a distribution as an index compares it."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


@pytest.mark.parametrize(("package", "extra"), [("weaver", "cluster"), ("hw2", "report")])
def test_what_is_imported_is_declared(package: str, extra: str) -> None:
    """The tool installs without the packages of this report, and each has what it imports."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {*project["dependencies"], *project["optional-dependencies"][extra]}
    names = {normalised(re.split(r"[ ;<>=~]", one)[0]) for one in declared} | COME_ALONG
    own = {path for path in modules(package) if "skeleton" not in path.parts}
    tops = {imported.partition(".")[0] for path in own for imported in imports(path)}
    owners = packages_distributions()
    foreign = {
        top: owners.get(top, ["nothing installed"]) for top in tops - {*PACKAGES, *sys.stdlib_module_names}
    }
    undeclared = {top for top, found in foreign.items() if not names & set(map(normalised, found))}
    assert undeclared == set()
