"""What was observed while something ran, and what has asked for it keeps in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from weaver.dependencies import inputs
from weaver.dependencies.counted_code import CountedCode

HEARD_OF = "heard of"  # in place of a digest: some other process, or a native library, has opened it


@dataclass
class Recording:
    """Inputs with their digests at the moment they were asked for; what could not be observed; keys used."""

    inputs: dict[str, str | None] = field(default_factory=dict)
    unobserved: dict[str, None] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    written: set[str] = field(default_factory=set)  # files and folders that were changed or made
    late: set[str] = field(default_factory=set)  # what was asked of those afterwards
    code: list[CountedCode] = field(default_factory=list)  # of the kept results that were used
    is_process: bool = False  # all that the process does, a chapter: what it sets itself is not an input

    def take(self, name: str, digest: str | None) -> None:
        """Take down an input, as it was the first time."""
        if _path(name) in self.written and name not in self.inputs:
            self.late.add(name)
        else:
            self.inputs.setdefault(name, digest)

    def settle(self, root: Path) -> None:
        """Count as it is now what was only heard of, and what was made and then read if it is still there."""
        heard = [name for name, digest in self.inputs.items() if digest == HEARD_OF]
        for name in self.written & self.inputs.keys():
            if self.inputs[name] == HEARD_OF or inputs.today(root, [name])[name] != self.inputs[name]:
                self.unobserved.setdefault(f"{name} was changed after it had been read")
        self.inputs.update(inputs.today(root, heard))
        for name, digest in inputs.today(root, self.late - self.inputs.keys()).items():
            if digest is not None:
                self.inputs[name] = digest


@dataclass
class RetainedInputs:
    """What a module, or a package, has asked for and may keep in memory, as it was the last time."""

    inputs: dict[str, str | None] = field(default_factory=dict)
    written: set[str] = field(default_factory=set)

    def take(self, name: str, digest: str | None) -> None:
        """Take down an input; what was made before it was read may pass again."""
        is_made = _path(name) in self.written and name not in self.inputs
        self.inputs[name] = HEARD_OF if is_made else digest

    def settled(self, root: Path) -> Mapping[str, str | None]:
        """Return it; what was made or only heard of counts as it is now, from now on."""
        heard = [name for name, digest in self.inputs.items() if digest == HEARD_OF]
        self.inputs.update(inputs.today(root, heard))
        return self.inputs


def _path(name: str) -> str:
    return inputs.path_of(name).rstrip("/")
