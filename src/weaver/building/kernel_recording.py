"""In a chapter's kernel: what the chapter loads and asks of its surroundings, and the results that it uses.

What no analysis of its code foresees, a data file above all, becomes an input of the chapter this way. Files
asked for in vain count too: when they appear later, the chapter is stale. Kept results are not inputs, since
their keys follow from the code and the files; a chapter knows them to say what it rests on.
"""

import json
import os
import sys
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from weaver import matplotlib_figures
from weaver.dependencies import installed_packages, loaded_code, rule_of_names
from weaver.dependencies.first_party import Modules
from weaver.dependencies.hooks import observe
from weaver.dependencies.inputs import CODE, PACKAGE, name_of
from weaver.dependencies.loaded_code import LoadedCode
from weaver.dependencies.module_memory import Memory
from weaver.dependencies.recording import Recording
from weaver.paths import CODE_MEMORY, SOURCES
from weaver.storage.hashing import Digests
from weaver.storage.store import default_folder


class ChapterRecording:
    """What a kernel observes from now on; what it has found is told as JSON."""

    def __init__(self, root: Path) -> None:
        _put_first(root / SOURCES)
        self._root = root
        self._observer = observe(root, default_folder(root))
        self._recording = self._observer.begin(is_process=True)
        self._before, self._path = frozenset(sys.modules), frozenset(sys.path)
        self._code = loaded_code.start(Memory(root / CODE_MEMORY))
        from weaver.cache.project_store import record  # noqa: PLC0415 - after the observer has begun

        record()
        matplotlib_figures.use(None, None, None)

    def opened(self) -> str:
        """Return what was asked for, as long as no code of the project has run."""
        self._observer.settled(self._recording)
        return json.dumps(self._recording.inputs)

    def found(self, words: Collection[str]) -> str:
        """Return all that a chapter with these words in its chunks depends on."""
        self._observer.settled(self._recording)
        code, recording = self._code, self._recording
        found = {
            **_code(self._root, code, recording, words),
            "path": [
                name_of(self._root, Path(each).absolute()) for each in sys.path if each not in self._path
            ],
            "used": sorted(recording.used),
            "unobserved": list(recording.unobserved),
        }
        packages = _packages(code, recording, self._before, words)
        found["opened"] = {**recording.inputs, **found["opened"], **packages}
        code.memory.save()
        return json.dumps(found)


def _put_first(sources: Path) -> None:
    """Let the project's own modules be found before those of another project that the environment names."""
    if sources.is_dir():
        sys.path.insert(0, str(sources))
        above = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = f"{sources}{os.pathsep}{above}" if above else str(sources)


def _code(root: Path, code: LoadedCode, recording: Recording, words: Collection[str]) -> dict[str, Any]:
    """Return the modules that count, as they were loaded: the chapter's, and those of the results it used."""
    modules = Modules(root, code.memory, loaded=code.loaded)
    ways = {name: way for each in recording.code for name, way in each.modules.items()} | code.ways()
    counted = rule_of_names.whole(modules, ways)
    found = [modules[name] for name in counted.modules]
    files = {one.file: one.code.text for one in found if one.file}
    words = {*words, *(word for one in found for word in one.words)}
    shown = files if not rule_of_names.READS_TEXT.isdisjoint(words) else {}
    texts = {name_of(root, file): text for file, text in shown.items() if file.is_file()}  # not in an archive
    absent = {f"{CODE}{name}": None for name in code.absent}
    foreign = [f"{name} is that of another project, {place}" for name, place in code.foreign(root).items()]
    outside = {
        path.as_posix(): text for path, text in files.items() if not path.is_relative_to(root / SOURCES)
    }
    return {
        "code": counted.to_json(),
        "opened": {**{f"{CODE}{one.name}": one.code.digest for one in found}, **texts, **absent},
        "elsewhere": outside,
        "foreign": foreign,
    }


def _packages(
    code: LoadedCode, recording: Recording, before: Collection[str], words: Collection[str]
) -> Digests:
    """Return the versions of the packages that were loaded since, or are named, or asked for in vain."""
    named = {
        target.partition(".")[0] for each in code.loaded.values() for target, _ in each.imports if target
    }
    loaded = _tops(sys.modules.keys() - before)
    used = {name for each in recording.code for name in each.packages}
    tops = {*loaded, *named, *used, *(word for word in words if word in sys.modules)}
    tops |= _tops(code.absent)
    no_packages = _tops(code.loaded) | sys.stdlib_module_names | {"weaver", "__main__", "__mp_main__"}
    installed = installed_packages.current()
    tops.add("IPython")  # which writes out what a chunk shows
    versions = {name: installed.version(name) for name in sorted(tops - no_packages)}
    return {
        f"{PACKAGE}{name}": version
        for name, version in versions.items()
        if version != installed_packages.NOT_INSTALLED or name not in sys.modules
    }


def _tops(names: Iterable[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}
