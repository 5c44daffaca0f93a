"""Copies of the project to build and edit, so that measuring leaves the project itself alone."""

import ast
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = ("report", "src", "data", "_quarto.yml")
KEPT = ".cache"  # what was trained before is not trained again
WEAVER = "from weaver.cli import main; raise SystemExit(main())"  # what the command `weaver` holds


@dataclass(frozen=True)
class Copy:
    """A project in a folder of its own, whose code is the one that runs there."""

    root: Path
    profile: str = "quick"

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables of the commands that run in it."""
        own = {"PYTHONPATH": str(self.root / "src"), "PROFILE": self.profile, "ENGINE": "builtin"}
        inherited = {name: value for name, value in os.environ.items() if name != "WEAVER_CACHE"}
        return {**inherited, **own}

    def weaver(self, *arguments: str) -> None:
        """Run the tool in a process of its own, as `make` does."""
        self.call(sys.executable, "-c", WEAVER, *arguments)

    def call(self, *command: str) -> None:
        """Run a command in the project.

        Raises:
            RuntimeError: it fails; the message holds what it wrote.
        """
        run = subprocess.run(
            command, cwd=self.root, env=self.environment, capture_output=True, text=True, check=False
        )
        if run.returncode:
            said = (run.stdout + run.stderr).strip()
            raise RuntimeError(f"{shown(command)}: ended with exit code {run.returncode}:\n{said}")

    def add_prose(self, file: str, number: int) -> None:
        """Add a sentence to the end of a document."""
        with (self.root / file).open("a", encoding="utf-8") as document:
            document.write(f"\n\nEdited {number} times.\n")

    def add_statement(self, file: str, function: str, statement: str) -> None:
        """Let a function begin with a statement."""
        path = self.root / file
        text = with_statement(path.read_text(encoding="utf-8"), function, statement)
        path.write_text(text, encoding="utf-8")


def with_statement(source: str, function: str, statement: str) -> str:
    """Return the source of a module in which a function begins with a statement.

    Raises:
        ValueError: there is no function of that name at the top of the module.
    """
    found = [
        node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef) and node.name == function
    ]
    if not found:
        raise ValueError(f"expected a function {function}, found none: the benchmark edits it")
    body = found[0].body
    first = body[1] if ast.get_docstring(found[0]) is not None and len(body) > 1 else body[0]
    lines = source.splitlines(keepends=True)
    lines.insert(first.lineno - 1, f"{' ' * first.col_offset}{statement}\n")
    return "".join(lines)


@contextmanager
def copied(root: Path = ROOT, profile: str = "quick", *, with_cache: bool = True) -> Iterator[Copy]:
    """Within, give a copy of a project's sources, and of what is cached; it is deleted afterwards."""
    with tempfile.TemporaryDirectory(prefix="weaver-bench-") as name:
        target = Path(name) / "project"
        for source in (*SOURCES, *([KEPT] if with_cache else [])):
            _copy(root / source, target / source)
        yield Copy(target, profile)


def shown(command: Sequence[str]) -> str:
    """Name a command by its program and the arguments that fit on a line."""
    return " ".join((Path(command[0]).name, *command[1:]))[:80]


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    elif source.is_file():
        shutil.copyfile(source, target)
