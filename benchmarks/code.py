"""Code: what counts of the modules of a project, read for the first time and again."""

import ast
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks import trees
from benchmarks.comparison import Comparison, Target
from benchmarks.projects import ROOT
from benchmarks.timing import Effort, in_turns, timed
from weaver.dependencies.counted_code import CountedCode
from weaver.dependencies.first_party import Modules
from weaver.dependencies.module_memory import Memory
from weaver.dependencies.rule_of_names import whole

TITLE = "Code: all modules of a project, as they count for a chapter"
OURS, FLOOR = "ours", "ast.parse alone"
SIZES = (10, 100, 1000)  # modules


@dataclass(frozen=True)
class Code:
    """The packages in a folder of sources."""

    root: Path
    packages: tuple[str, ...]

    def read(self, memory: Memory | None = None) -> CountedCode:
        """Find what counts of all modules, with what is remembered of them."""
        modules = Modules(self.root.parent, memory or Memory(), [str(self.root)])
        return whole(modules, dict.fromkeys(self.names(), ()))

    def parse(self) -> None:
        """Parse the same files."""
        for path in self.files():
            ast.parse(path.read_bytes())

    def files(self) -> list[Path]:
        """List the files."""
        return [path for package in self.packages for path in sorted((self.root / package).rglob("*.py"))]

    def names(self) -> list[str]:
        """List the modules."""
        parts = (path.relative_to(self.root).with_suffix("").parts for path in self.files())
        return [".".join(each).removesuffix(".__init__") for each in parts]

    @property
    def lines(self) -> int:
        """The lines of all files."""
        return sum(path.read_bytes().count(b"\n") for path in self.files())


def run(effort: Effort) -> Iterator[Comparison]:
    """Measure the project's own code, then generated code of growing size."""
    yield from compare("the report's code", Code(ROOT / "src", ("hw2",)), effort, Target("ours", 0.05))
    for modules in SIZES[:1] if effort.is_quick else SIZES:
        with tempfile.TemporaryDirectory(prefix="weaver-bench-") as folder:
            root = Path(folder) / "src"
            trees.write(root, modules)
            yield from compare(f"generated, {modules // SIZES[0]}×", Code(root, (trees.PACKAGE,)), effort)


def compare(case: str, code: Code, effort: Effort, target: Target | None = None) -> Iterator[Comparison]:
    """Measure a first look and one after it, from what was kept; parsing the files is the floor."""
    with tempfile.TemporaryDirectory(prefix="weaver-bench-") as folder:
        memory = Memory(Path(folder))
        code.read(memory)
        memory.save()
        ways = {OURS: code.read, "again": lambda: code.read(Memory(Path(folder))), FLOOR: code.parse}
        samples = in_turns({name: timed(way) for name, way in ways.items()}, effort)
    size = f"{code.lines:,} lines"
    yield Comparison(f"{case}: {size}", "s", samples[OURS], FLOOR, samples[FLOOR])
    yield Comparison(f"{case}, again: {size}", "s", samples["again"], FLOOR, samples[FLOOR], target)
