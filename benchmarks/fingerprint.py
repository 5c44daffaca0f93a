"""Fingerprints: what the code of the report depends on, found from files that were never looked at before."""

import ast
import tempfile
from collections.abc import Collection, Iterator
from functools import partial
from pathlib import Path

from benchmarks import trees
from benchmarks.comparison import Comparison, Target
from benchmarks.projects import ROOT
from benchmarks.timing import Effort, in_turns, timed
from weaver.fingerprint import Sources
from weaver.source_files import read_files

TITLE = "Fingerprints: all code that is reached, cold"
OURS, FLOOR = "ours", "ast.parse alone"
SIZES = (10, 100, 1000)  # modules
PACKAGES = ("hw2", "weaver")


def run(effort: Effort) -> Iterator[Comparison]:
    """Measure the project's own code, then generated code of growing size."""
    source = ROOT / "src"
    yield compare("the whole of src/", source, PACKAGES, _everything(source), effort, Target("ours", 0.1))
    for modules in SIZES[:1] if effort.is_quick else SIZES:
        with tempfile.TemporaryDirectory(prefix="weaver-bench-") as folder:
            root = Path(folder) / "src"
            trees.write(root, modules)
            case = f"generated, {modules // SIZES[0]}×"
            yield compare(case, root, None, trees.code(modules), effort)


def compare(
    case: str,
    root: Path,
    packages: Collection[str] | None,
    code: str,
    effort: Effort,
    target: Target | None = None,
) -> Comparison:
    """Measure the fingerprint of code over a folder of sources; parsing the same files is the floor."""
    lines = sum((file.source or b"").count(b"\n") for file in read_files(root, packages).values())
    samples = in_turns(
        {
            OURS: timed(lambda: Sources(root, packages=packages).of_code(code)),
            FLOOR: timed(partial(_parse, root, packages)),
        },
        effort,
    )
    return Comparison(f"{case}: {lines:,} lines", "s", samples[OURS], FLOOR, samples[FLOOR], target)


def _parse(root: Path, packages: Collection[str] | None) -> None:
    for file in read_files(root, packages).values():
        ast.parse(file.source or b"")


def _everything(root: Path) -> str:
    """Return code that uses every module of the project as a whole."""
    names = sorted(read_files(root, PACKAGES))
    return "\n".join(f"import {name}\nvars({name})" for name in names)
