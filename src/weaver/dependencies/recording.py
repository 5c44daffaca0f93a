"""What was observed while something ran, or what a module has asked for and may keep in memory."""

from dataclasses import dataclass, field
from pathlib import Path

from weaver.dependencies import inputs
from weaver.dependencies.counted_code import CountedCode

HEARD_OF = "heard of"  # in place of a digest: some other process, or a native library, has opened it
MADE = "made"  # in place of a digest: it was made, or changed, before it was asked for


@dataclass(eq=False)
class Recording:
    """Inputs with their digests at the moment they were asked for; what could not be observed; keys used."""

    inputs: dict[str, str | None] = field(default_factory=dict)
    unobserved: dict[str, None] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    written: set[str] = field(default_factory=set)  # files and folders that were changed or made
    code: list[CountedCode] = field(default_factory=list)  # of the kept results that were used
    is_process: bool = False  # all that the process does, a chapter: what it sets itself is not an input

    def take(self, name: str, digest: str | None) -> None:
        """Take down an input, as it was the first time."""
        is_made = inputs.path_of(name).rstrip("/") in self.written
        self.inputs.setdefault(name, MADE if is_made else digest)

    def settle(self, root: Path) -> None:
        """Count as it is now what was only heard of, and what was made and then read if it is still there."""
        for name in self.written & self.inputs.keys():
            before = self.inputs[name]
            if before != MADE and inputs.today(root, [name])[name] != before:
                self.unobserved.setdefault(f"{name} was changed after it had been read")
        known = tuple(self.inputs.items())  # others may take down more meanwhile
        made = {name for name, digest in known if digest == MADE}
        found = inputs.today(root, {*made, *(name for name, digest in known if digest == HEARD_OF)})
        for name, digest in found.items():
            if digest is None and name in made:
                del self.inputs[name]
            else:
                self.inputs[name] = digest
