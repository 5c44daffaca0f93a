"""The code that counts for a result, part by part, and in words what changed between two states of it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple, TypeAlias

from weaver.dependencies.module_code import ModuleCode, Statement

PACKAGE = "package "  # what the name of a package that counts begins with
Kind: TypeAlias = Literal["changed", "added", "removed"]


class Dependency(NamedTuple):
    """Something that a result depends on.

    `name` is a definition (`hw2.training.loop.fit`), what a module does as it is imported
    (`hw2.training.loop`), `package numpy`, or `Python`; of these two, `digest` is the version.
    """

    name: str
    digest: str
    file: str | None = None
    line: int | None = None


@dataclass(frozen=True)
class CountedCode:
    """What counts of some modules, and a digest of it, wherever it lies and however it is reached.

    `modules` has with each name the modules on the way of imports that leads there, the first one first.
    """

    modules: Mapping[str, tuple[str, ...]]
    dependencies: tuple[Dependency, ...]

    @cached_property
    def digest(self) -> str:
        """The digest of all that counts."""
        content = sorted((one.name, one.digest) for one in self.dependencies)
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    @property
    def packages(self) -> dict[str, str]:
        """The versions of the packages that count."""
        found = (one for one in self.dependencies if one.name.startswith(PACKAGE))
        return {one.name.removeprefix(PACKAGE): one.digest for one in found}

    def module_of(self, name: str) -> str:
        """Return the module that a dependency is, or is a part of; of packages, nothing that is known."""
        whole = name.partition(" ")[0]
        return whole if whole in self.modules else whole.rpartition(".")[0]

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        modules = {name: list(way) for name, way in self.modules.items()}
        return {"modules": modules, "dependencies": [list(one) for one in self.dependencies]}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> "CountedCode":
        """Return what `to_json` described.

        Raises:
            AttributeError, KeyError, TypeError, ValueError: `record` describes none.
        """
        modules = {str(name): tuple(map(str, way)) for name, way in record["modules"].items()}
        return cls(modules, tuple(Dependency(*one) for one in record["dependencies"]))


class Change(NamedTuple):
    """A difference between two states; as text, what happened to what and through which imports it counts."""

    kind: Kind
    dependency: Dependency  # as it is now; as it was if it is removed
    way: tuple[str, ...] = ()
    before: Dependency | None = None

    def __str__(self) -> str:
        found = self.dependency
        place = f" ({found.file}:{found.line})" if found.file is not None else ""
        through = f" through {' → '.join(self.way)}" if self.way else ""
        if self.kind == "removed":
            return f"{found.name} is no longer reached{place}"
        if self.before is None:
            return f"{found.name} is newly reached{place}{through}"
        versions = f" ({self.before.digest} → {found.digest})"
        return f"{found.name} changed{place or versions}{through and f', reached{through}'}"


def changes(old: CountedCode, new: CountedCode) -> tuple[Change, ...]:
    """Return the differences: changes first, then what they brought and took away.

    Parts of a module that came or went are not listed; of one that is there, the change of its import goes
    without saying where something in it changed.
    """
    before, after = ({one.name: one for one in state.dependencies} for state in (old, new))
    same = before.keys() & after.keys()
    kinds: dict[str, Kind] = {
        **{name: "changed" for name in after if name in same and before[name].digest != after[name].digest},
        **{name: "added" for name in after if name not in same},
        **{name: "removed" for name in before if name not in same},
    }
    owners = {name: name.rpartition(".")[0] for name in kinds}
    ways = {name: new.modules.get(new.module_of(name), ()) for name in kinds}
    return tuple(
        Change(kind, after[name] if name in after else before[name], ways[name], before.get(name))
        for name, kind in kinds.items()
        if (name not in owners.values() if kind == "changed" else kinds.get(owners[name]) != kind)
    )


def of_module(
    name: str, file: str | None, code: ModuleCode, counted: Mapping[int, Statement], text: str
) -> list[Dependency]:
    """Return the parts of a module that has these statements counted, by their index, and perhaps its text.

    What binds a name is a part. The import as such is the order of all parts, and what other statements do.
    """
    parts = [counted[index] for index in sorted(counted)]
    order = [one.name or one.digest for one in parts] + [text]
    named: dict[str, list[Statement]] = {}
    for one in parts:
        named.setdefault(one.name, []).append(one)
    effects = named.pop("", [])
    line = effects[0].line if effects else 1
    return [
        Dependency(name, _digest(order if code.statements else code.digest), file, line),
        *(
            Dependency(f"{name}.{part}", _digest([one.digest for one in each]), file, each[0].line)
            for part, each in named.items()
        ),
    ]


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]
