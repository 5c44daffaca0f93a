"""The code that a kept result rests on, and how to ask what that would be today."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from weaver.cache.argument_key import JSON
from weaver.cache.project_store import Code
from weaver.dependencies import loaded_code
from weaver.dependencies.counted_code import CountedCode
from weaver.dependencies.project_code import Start


@dataclass(frozen=True)
class Basis:
    """What counts for `starts`, with the modules of `beside` loaded and those of `whole` counted whole."""

    starts: tuple[Start, ...]
    whole: tuple[str, ...]
    beside: tuple[str, ...]
    counted: CountedCode

    def again(self, code: Code) -> CountedCode:
        """Return what counts now.

        Raises:
            FingerprintError: a function or class is gone.
        """
        return code.counted(self.starts, self.whole, self.beside)

    def to_json(self) -> JSON:
        """Return it as plain JSON."""
        starts: list[JSON] = [list(start) for start in self.starts]
        found: dict[str, JSON] = {"starts": starts, "whole": list(self.whole), "beside": list(self.beside)}
        return {**found, "counted": self.counted.to_json()}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> "Basis":
        """Return what `to_json` described.

        Raises:
            AttributeError, KeyError, TypeError, ValueError: `record` describes none.
        """
        starts = tuple((str(module), str(name)) for module, name in record["starts"])
        whole, beside = tuple(map(str, record["whole"])), tuple(map(str, record["beside"]))
        return cls(starts, whole, beside, CountedCode.from_json(record["counted"]))


def of(code: Code, starts: Iterable[Start], more: Collection[str] = ()) -> Basis:
    """Return the basis of what is called now; modules of `more` count whole.

    Raises:
        FingerprintError: a function or class is not found.
    """
    process = loaded_code.current()
    given, beside = tuple(starts), tuple(sorted(process.loaded if process else ()))
    named = code.counted(given, (), beside).modules
    importers = process.importers if process else {}
    by_name = {name for name in beside if name not in named and importers.get(name) in named}
    whole = tuple(sorted(by_name.union(more)))
    return Basis(given, whole, beside, code.counted(given, whole, beside))
