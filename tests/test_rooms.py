"""The map of the house: which room imports which. A room is a folder, or a module that lies beside folders.

Each line may use the rooms that it names, all of which stand above it: so there is no circle. What no line
says is refused, and what a line says and nothing does is taken out.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[1] / "src"

HW2 = """
data.synthetic
data               data.synthetic
networks
training           networks
figures            training
statistics
tables
profile
questions.q1       data networks training figures statistics tables profile
questions.q2_q3    data networks training figures statistics tables profile
questions.q4       data networks training figures statistics profile
questions          data training figures statistics profile questions.q1 questions.q2_q3 questions.q4
"""

WEAVER = """
errors
progress
revision
matplotlib_figures
paths                  errors
chunk_options          errors
yaml_reader            errors
storage                errors paths
qmd                    errors chunk_options yaml_reader
metadata               errors chunk_options yaml_reader storage qmd
project                errors chunk_options paths qmd metadata
console                progress qmd project
dependencies           errors paths storage
cache                  errors paths progress revision storage dependencies matplotlib_figures
typesetting            errors paths storage
typesetting.markdown   errors chunk_options yaml_reader qmd typesetting
claims                 errors chunk_options yaml_reader paths progress qmd project typesetting.markdown
typesetting.formulas   errors typesetting typesetting.markdown
typesetting.tree       errors chunk_options storage qmd metadata typesetting typesetting.markdown typesetting.formulas
typesetting.pdf        errors chunk_options paths storage typesetting typesetting.markdown typesetting.formulas typesetting.tree
typesetting.html       errors paths storage typesetting typesetting.markdown typesetting.formulas typesetting.tree
typesetting.quarto     errors chunk_options paths storage typesetting typesetting.markdown typesetting.formulas typesetting.tree
checking               errors chunk_options qmd project dependencies claims typesetting typesetting.markdown typesetting.tree typesetting.pdf
building               errors progress revision matplotlib_figures paths chunk_options storage qmd project console dependencies cache claims checking typesetting typesetting.markdown typesetting.pdf typesetting.html typesetting.quarto
preview                errors progress paths chunk_options qmd project console dependencies building
commands               errors paths yaml_reader storage project console dependencies cache checking typesetting.pdf building
cli                    errors paths storage console claims building preview commands
"""  # noqa: E501 - a line is a room


def allowed(table: str) -> dict[str, set[str]]:
    """Return the rooms that each room may use, in the order of the map."""
    return {room: set(below) for room, *below in map(str.split, table.strip().splitlines())}


def room(package: str, path: Path) -> str:
    """Return the room of a module: its folder, or its own name where that is the package's."""
    inside = path.relative_to(SOURCES / package)
    return ".".join(inside.parent.parts) or inside.stem


def arrows(package: str) -> Iterator[tuple[str, str]]:
    """Yield each import from one room of a package into another, wherever it stands."""
    paths = [path for path in (SOURCES / package).rglob("*.py") if "skeleton" not in path.parts]
    modules = {".".join(path.relative_to(SOURCES).with_suffix("").parts): path for path in paths}
    packages = {name.removesuffix(".__init__"): path for name, path in modules.items()}
    for path in paths:
        for name in imported(path):
            module = packages.get(name) or packages.get(name.rpartition(".")[0])
            if module and room(package, module) not in ("__init__", room(package, path)):
                yield room(package, path), room(package, module)


def imported(path: Path) -> Iterator[str]:
    """Yield the full name of all that a module imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize(("package", "table"), [("hw2", HW2), ("weaver", WEAVER)])
def test_rooms_import_as_the_map_says(package: str, table: str) -> None:
    """No arrow is missing from the map, and the map has none that no import needs."""
    found: dict[str, set[str]] = {room: set() for room in allowed(table)}
    for one, other in arrows(package):
        found.setdefault(one, set()).add(other)
    assert {one: sorted(below) for one, below in found.items() if one != "__init__"} == {
        one: sorted(below) for one, below in allowed(table).items()
    }


@pytest.mark.parametrize("table", [HW2, WEAVER])
def test_the_map_has_no_circle(table: str) -> None:
    """A room uses only rooms that stand above it in the map."""
    seen: set[str] = set()
    for one, below in allowed(table).items():
        assert below <= seen, f"{one} stands above {sorted(below - seen)}"
        seen.add(one)
