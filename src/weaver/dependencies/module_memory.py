"""What was read in modules before, by content, for this reader and this Python: to parse takes long."""

import hashlib
import sys
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from weaver.dependencies import module_code
from weaver.dependencies.module_code import Alias, ModuleCode, Statement, read_module
from weaver.storage import checked_json

KEPT = 2000  # modules; beyond that, those go that this process did not ask for


class Memory:
    """The codes of modules by content, in a folder or, without one, as long as this lasts."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._known: dict[str, ModuleCode] = {}
        self._new = False

    def of_source(self, source: bytes) -> ModuleCode:
        """Return the code that a source holds."""
        text = hashlib.sha256(source).hexdigest()
        if text not in self._known:
            kept = self._kept.get(text)
            self._new |= kept is None
            self._known[text] = read_module(source) if kept is None else _module(*kept)
        return self._known[text]

    def save(self) -> None:
        """Keep what is new; where that is not possible, the next process reads it again."""
        if self._new and self._folder:
            older = self._kept if len(self._kept) < KEPT else {}
            with suppress(OSError):
                checked_json.write_checked(self._file, {**older, **self._known})
            self._new = False

    @cached_property
    def _file(self) -> Path:
        reader = Path(str(module_code.__file__)).read_bytes() + sys.version.encode()
        return (self._folder or Path()) / f"{hashlib.sha256(reader).hexdigest()[:16]}.json"

    @cached_property
    def _kept(self) -> dict[str, Any]:
        with suppress(OSError, ValueError):
            return dict(checked_json.read_checked(self._file)) if self._folder else {}
        return {}


def _module(digest: str, text: str, statements: list[Any], aliases: list[Any]) -> ModuleCode:
    return ModuleCode(digest, text, [Statement(*one) for one in statements], [Alias(*one) for one in aliases])
