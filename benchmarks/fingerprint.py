"""Fingerprints: what the code of the report depends on, found from files that were never looked at before."""

import ast
import tempfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Code:
    """Code over a folder of sources, of all packages in it or of some; the tool's own count only if named."""

    root: Path
    chunk: str
    packages: Collection[str] | None = None

    def analyse(self) -> None:
        """Find what the chunk depends on."""
        Sources(self.root, packages=self.packages).of_code(self.chunk)

    def parse(self) -> None:
        """Parse the same files."""
        for source in self._sources():
            ast.parse(source)

    @property
    def lines(self) -> int:
        """The lines of all files."""
        return sum(source.count(b"\n") for source in self._sources())

    def _sources(self) -> list[bytes]:
        return [file.source or b"" for file in read_files(self.root, self.packages).values()]


def run(effort: Effort) -> Iterator[Comparison]:
    """Measure the project's own code, then generated code of growing size."""
    source = ROOT / "src"
    whole = Code(source, everything(source), PACKAGES)
    yield compare("the whole of src/", whole, effort, Target("ours", 0.1))
    for modules in SIZES[:1] if effort.is_quick else SIZES:
        with tempfile.TemporaryDirectory(prefix="weaver-bench-") as folder:
            root = Path(folder) / "src"
            trees.write(root, modules)
            case = f"generated, {modules // SIZES[0]}×"
            yield compare(case, Code(root, trees.code(modules)), effort)


def compare(case: str, code: Code, effort: Effort, target: Target | None = None) -> Comparison:
    """Measure the fingerprint of code; parsing the files is the floor."""
    samples = in_turns({OURS: timed(code.analyse), FLOOR: timed(code.parse)}, effort)
    return Comparison(f"{case}: {code.lines:,} lines", "s", samples[OURS], FLOOR, samples[FLOOR], target)


def everything(root: Path) -> str:
    """Return code that uses every module of the project as a whole."""
    names = sorted(read_files(root, PACKAGES))
    return "\n".join(f"import {name}\nvars({name})" for name in names)
