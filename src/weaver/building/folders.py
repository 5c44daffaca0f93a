"""Where a project keeps what is generated."""

from dataclasses import dataclass
from pathlib import Path

from weaver import paths
from weaver.storage.store import default_folder


@dataclass(frozen=True)
class ProjectFolders:
    """Where a project keeps what is generated."""

    root: Path

    @property
    def build(self) -> Path:
        """Pages and notebooks."""
        return self.root / paths.BUILD

    def notebook(self, name: str) -> Path:
        """The executed notebook of a chapter, or of the whole report under the parent's name."""
        return self.root / paths.NOTEBOOKS / f"{name}.ipynb"

    @property
    def store(self) -> Path:
        """Trained runs and executions, by key."""
        return default_folder(self.root)

    @property
    def ledger(self) -> Path:
        """What the last run of each chapter depended on."""
        return self.root / paths.LEDGER

    @property
    def stamps(self) -> Path:
        """What the pages in `build` were made from."""
        return self.root / paths.STAMPS
