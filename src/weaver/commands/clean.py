"""What is no longer needed is removed, and each removal is reported."""

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from weaver.building.ledger import Ledger
from weaver.building.staleness import Judge
from weaver.commands import inventory
from weaver.commands.inventory import Inventory, KeptChapter
from weaver.console import size
from weaver.project import Project
from weaver.storage.store import Kind, Store

UNTOUCHED_S = 3600.0  # a training at work saves its state more often


@dataclass(frozen=True)
class Removed:
    """How many things of one kind, named in the plural, were removed, and their size in bytes."""

    kind: str
    number: int
    size: int

    def __str__(self) -> str:
        return f"removed {self.kind}: {self.number} ({size(self.size)})"


@dataclass(frozen=True)
class Spared:
    """Runs that no chapter names but the next build may want, and the chapters that this is due to."""

    number: int
    chapters: tuple[KeptChapter, ...]

    def __str__(self) -> str:
        names = ", ".join(f"{kept.chapter} ({kept.profile})" for kept in self.chapters)
        return (
            f"kept runs that no chapter names: {self.number}; these have not run to their end and may want"
            f" them: {names}: build first, then clean"
        )


def build_folder(folder: Path) -> Iterator[Removed]:
    """Remove the pages and notebooks that were built; they come back without a training."""
    if folder.is_dir():
        sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
        shutil.rmtree(folder)
        yield Removed(f"files of {folder.name}/", len(sizes), sum(sizes))


def unused(judge: Judge, project: Project, profile: str) -> Iterator[Removed | Spared]:
    """Remove from the store what no chapter of any profile names, and forget chapters that are gone.

    A chapter that is stale still names what its last execution used. Where the last run of a chapter is not
    known to its end, runs of the present code are spared.
    """
    found = inventory.take(judge, project, profile)
    for key in found.unused:
        judge.store.remove(key)
    yield from _dropped(found)
    yield from _forgotten(judge.ledger, project)
    if found.spared:
        yield Spared(len(found.spared), found.unclear)


def leftovers(store: Store, kind: Kind) -> Iterator[Removed]:
    """Remove unfinished trainings that no process is working on, or damaged entries that were set aside."""
    before = time.time() - (UNTOUCHED_S if kind == "checkpoints" else 0)
    found = [each for each in store.leftovers(kind) if each.touched <= before]
    for each in found:
        store.discard(each)
    if found:
        name = "unfinished trainings" if kind == "checkpoints" else "damaged entries"
        yield Removed(name, len(found), sum(each.size for each in found))


def _dropped(found: Inventory) -> Iterator[Removed]:
    """Sum up, by kind, the entries that nothing needs."""
    kinds = {run.key: f"runs of {run.function.replace(':', '.')}" for run in found.runs}
    kinds |= dict.fromkeys(found.traces, "traces of inputs")
    sizes: dict[str, list[int]] = {}
    for key in found.unused:
        sizes.setdefault(kinds.get(key, "executions of chapters"), []).append(found.sizes[key])
    yield from (Removed(kind, len(each), sum(each)) for kind, each in sorted(sizes.items()))


def _forgotten(ledger: Ledger, project: Project) -> Iterator[Removed]:
    """Forget the chapters that the parent does not include any more."""
    names = {chapter.name for chapter in project.every_chapter}
    gone = [
        (profile, chapter)
        for profile, chapters in ledger.chapters().items()
        for chapter in chapters
        if chapter not in names
    ]
    sizes = [ledger.forget(profile, chapter) for profile, chapter in gone]
    if sizes:
        yield Removed("ledger pages of chapters that are gone", len(sizes), sum(sizes))
