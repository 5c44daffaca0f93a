"""What code asks of its surroundings while it runs: files, folders, variables of the environment.

A process has one observer for each project, since the interpreter's hooks can never be taken out again.
Whatever is observed belongs to all recordings that are open then, that of the chapter and those of the cached
calls in it, in whichever thread it was.
"""

import json
import linecache
import os
import re
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from weaver.dependencies import asking, inputs, loaded_code, programs
from weaver.dependencies.counted_code import CountedCode
from weaver.dependencies.folders import COMPILED, PASSED_OVER, FolderWatch, Sign
from weaver.dependencies.recording import HEARD_OF, Recording

EXISTENCE = re.compile(r"l?exists|is_?(?:file|dir|link|symlink)|access")  # functions that ask for no size
# An editor, git or a search opens these at any time, so of them the process's own word counts.
SOURCES = frozenset({".py", ".pyc", ".pyi", ".qmd", ".md", ".ipynb", ".bib", ".tex"})
SYSTEM = re.compile(r"/(?:proc|sys|dev|etc|usr|lib\w*|bin|run|System|Library|opt/homebrew)/")
KERNELS = frozenset({"IPYTHONDIR", "MATPLOTLIBRC", "JPY_PARENT_PID"})  # each kernel has its own
TERMINAL = re.compile(  # each has its own
    r"(?:TERM|COLORTERM|TMUX|SSH_|VSCODE_|WINDOWID|XDG_SESSION|DBUS_SESSION).*"
    r"|_|SHLVL|PWD|OLDPWD|COLUMNS|LINES|DISPLAY|STY"
)
NO_FOLDER = -1  # the path does not start from an open folder
STARTS_S = 5.0  # a program is told of before it runs, and may come late on a busy machine
EVERY_S = 0.05  # how often the operating system is asked: its memory is short

Input = tuple[str, str | None]
"""The name of an input, and its digest."""


class _Busy(threading.local):
    is_on = False


BUSY = _Busy()


class Observer:
    """Observes for one project; `recordings` are those that are open."""

    def __init__(self, root: Path, store: Path) -> None:
        self.root = root
        own = (sys.prefix, sys.base_prefix, store, os.environ.get("IPYTHONDIR", sys.prefix))
        self.passed_over = tuple(f"{path}/" for path in own)
        self.recordings: list[Recording] = []
        self.folders = FolderWatch(root, frozenset({Path(sys.prefix), store}))
        self.environment = dict(os.environ)
        self.declared = 0
        self.process = os.getpid()
        self._kept_by: dict[str, Recording] = {}
        self._own: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
        self._strange: dict[str, Sign] = {}  # what was opened by others than this process, and not read yet
        self._programs = False
        self._started = 0.0  # the last of them
        self._lock = threading.RLock()
        self._children = tempfile.TemporaryFile("ab+", buffering=0)  # noqa: SIM115 - what forked processes say
        self._heard = 0
        if not self.folders.why_not:
            threading.Thread(target=self._listen, name="weaver-observer", daemon=True).start()

    def begin(self, *, is_process: bool = False) -> Recording:
        """Open a recording; `settled` says what it has."""
        self.catch_up()
        linecache.clearcache()  # so that who shows the text of a file opens it
        found = Recording(is_process=is_process)
        self.recordings.append(found)
        return found

    def settled(self, recording: Recording) -> Recording:
        """Bring a recording up to date."""
        self.hear_all()
        with busy():
            recording.settle(self.root)
        return recording

    @contextmanager
    def recording(self) -> Iterator[Recording]:
        """Record what runs within."""
        found = self.begin()
        try:
            yield found
            self.settled(found)
        finally:
            self.recordings.remove(found)

    def replay(self, found: Mapping[str, str | None]) -> None:
        """Take down the inputs of a result that is used, as if they had been asked for now."""
        for name, digest in found.items():
            self._take(name, digest)

    def earlier(self, keepers: Collection[str]) -> set[Input]:
        """Return what modules, by their files, and packages have asked when imported, or keep in memory."""
        found = [kept for keeper, kept in tuple(self._kept_by.items()) if keeper in keepers]
        with busy():
            for kept in found:
                kept.settle(self.root)
        return {item for kept in found for item in tuple(kept.inputs.items())}

    def counted(self, code: CountedCode) -> None:
        """Take down the code of a result that is used: what follows from it is a chapter's, too."""
        for each in self.recordings:
            if each.is_process:
                each.code.append(code)

    def declare(self, paths: Iterable[Path]) -> None:
        """Record inputs that are declared, and until further notice nothing that cannot be seen."""
        self.catch_up()
        self.declared += 1
        with busy():
            for top in paths:
                for path in (top, *sorted(top.rglob("*"))):
                    name = inputs.name_of(self.root, path) + ("/" if path.is_dir() else "")
                    self._take(name, inputs.today(self.root, [name])[name])

    def unobserved(self, reason: str) -> None:
        """Take down that something could not be seen."""
        if not self.declared:
            for each in self.recordings:
                each.unobserved.setdefault(reason)

    def used(self, keys: Iterable[str]) -> None:
        """Take down which kept results are used."""
        for each in self.recordings:
            each.used.update(keys)

    # What the interpreter says

    def opened(self, path: str, _mode: object, flags: int) -> None:
        """A file is opened."""
        if asking.looks_up() and asking.asker("installed") in asking.ITSELF:
            return  # a package quotes what leads to its import, as PyTorch does, and computes nothing of it
        path = _source(path)
        # Imports are recorded as they are loaded, but for what code loads by a path of its own.
        if self._is_counted(path) or (self._is_below(path) and asking.asker() == "import"):
            name = inputs.name_of(self.root, Path(path))
            if _reads(flags):
                self._take(name, inputs.content(path))
            if flags & (os.O_WRONLY | os.O_RDWR):
                self._makes(name)

    def makes_folder(self, path: str, _mode: int, within: int) -> None:
        """A folder is about to be made, unless it is there."""
        if within == NO_FOLDER and not os.path.lexists(path):
            self._makes(inputs.name_of(self.root, Path(path)))

    def listed(self, path: str) -> None:
        """A folder's names are asked for; those on the path are also searched for modules and packages."""
        if self._is_counted(path) and (
            path not in map(os.path.abspath, sys.path) or asking.asker() == "report"
        ):
            self._take(inputs.name_of(self.root, Path(path)) + "/", inputs.listing(path))

    def looked(self, path: str) -> None:
        """It is asked what a file is."""
        is_here = path.startswith(f"{self.root}/")
        if not self._is_counted(path) or not (is_here or asking.asker() == "report"):
            return
        if asking.looks_up():
            if path in linecache.cache:  # who wants its text now finds it in memory
                self.opened(path, "r", os.O_RDONLY)
            return
        name = inputs.name_of(self.root, Path(path))
        self._take(inputs.KIND + name, inputs.kind(path))
        if not any(EXISTENCE.fullmatch(function) for _, function in asking.standard()):
            size = inputs.size(path)
            if size is not None:
                self._take(inputs.SIZE + name, size)

    def read_variable(self, name: str, with_all: bool) -> None:
        """A variable of the environment is asked for by the code of the report, or all of them are copied."""
        is_no_input = name in KERNELS or (with_all and TERMINAL.fullmatch(name))
        if asking.asker() == "report" and not is_no_input:
            self._take(inputs.VARIABLE + name, os.environ.get(name))

    def set_variable(self, key: bytes, _value: object = None) -> None:
        """A variable is set: who has asked for it before, as `setdefault` does, has what it is now."""
        for kept in self._keepers():
            if (name := inputs.VARIABLE + os.fsdecode(key)) in kept.inputs:
                kept.inputs[name] = HEARD_OF

    def unpickled(self, module: str, _name: str = "") -> None:
        """A function or class is looked for in a module by its name; one that is not loaded yet will be."""
        process = loaded_code.current()
        found = process.loaded.get(module) if process else None
        if found:
            self._take(inputs.CODE + module, found.code.digest)

    def ran(self, *command: object) -> None:
        """Another program starts, or this one forks."""
        if asking.asker("installed") in asking.ITSELF:
            return
        self.catch_up()
        self._programs, self._started = True, time.monotonic()
        if self.folders.why_not:
            self.unobserved(f"it runs other programs, and {self.folders.why_not}")
        for path in programs.named(command):
            if self._is_counted(path):
                self._take(inputs.name_of(self.root, Path(path)), inputs.content(path))

    def connected(self, _socket: object, address: object) -> None:
        """A connection to another machine, or to a server here, is made."""
        if isinstance(address, tuple) and asking.asker("installed") == "report":
            self.unobserved(f"it asks {address[0]} over the network")

    def connected_to_database(self, database: str | bytes | os.PathLike[str]) -> None:
        """A file of a database is opened by a native library; one in memory has no path."""
        path = "" if database in ("", ":memory:") else os.path.abspath(os.fsdecode(database))  # noqa: PTH100
        seen = Path(path).is_relative_to(self.root) and not self.folders.why_not
        if path and not seen and asking.asker("installed") == "report":
            self.unobserved(f"it reads the database {path}, which lies where no one tells what is opened")

    def counts_as_own(self, path: str) -> None:
        """This process opens a file or a folder itself, so that the system's word of it is nothing new."""
        self._own[1][path] += 1

    # What the operating system says

    def hear_all(self) -> None:
        """Catch up, and take down what is open still: it may be mapped into memory.

        Also where a module is about to run, or has run: it may keep what others open in between.
        """
        if self.process != os.getpid():  # a forked process, in which the lock may be held for ever
            return
        self.catch_up()
        with self._lock:
            for path in tuple(self._strange):
                self._heard_of(self._strange.pop(path))

    def catch_up(self) -> None:
        """Take down what happened up to now."""
        if self.process != os.getpid():
            return
        with self._lock, busy():
            if self._children.closed:
                return
            earlier, recent = self._own
            self._own = recent, Counter()
            signs = list(self.folders.signs())
            opened = Counter(sign.path for sign in signs if sign.what == "opened")
            own = earlier + recent + self._own[1]
            for sign in signs:
                if opened[sign.path] > own[sign.path]:
                    self._strange.setdefault(sign.path, sign)
                self._seen(sign)
            # What was told of and opened is over; what is missing may come yet, but not much later.
            self._own = recent & (own - opened), self._own[1]
            starts = time.monotonic() < self._started + STARTS_S
            self._programs = self._programs and (starts or programs.are_running())
            self._hear_children()
        if self.folders.why_not and self.folders.why_not.startswith("more"):
            self.unobserved(self.folders.why_not)

    def _seen(self, sign: Sign) -> None:
        if sign.what in ("changed", "made"):
            self._strange.pop(sign.path, None)  # opened to be written
            for each in self.recordings:
                each.written.add(inputs.name_of(self.root, Path(sign.path)))
        elif sign.what == "read" and sign.path in self._strange:
            self._heard_of(self._strange.pop(sign.path))

    def _heard_of(self, sign: Sign) -> None:
        """Take down what another process, or a native library, has opened and not changed."""
        # The build itself, where the tool lies in the project; and where each Python first looks for modules.
        if sign.path.startswith(asking.TOOL) or sign.path == str(self.root):
            return
        is_source = Path(sign.path).suffix in SOURCES or sign.is_folder
        if self._is_below(sign.path) and (self._programs or not is_source):
            name = inputs.name_of(self.root, Path(sign.path))
            self._take(name + "/" if sign.is_folder else _source(name), HEARD_OF)

    def _hear_children(self) -> None:
        self._children.seek(self._heard)
        for line in self._children.read().splitlines(keepends=True):
            if line.endswith(b"\n"):
                self._heard += len(line)
                name, digest = json.loads(line)
                variable = name.removeprefix(inputs.VARIABLE)  # which the worker may have set itself
                self._take(name, digest if variable == name else os.environ.get(variable))

    def _listen(self) -> None:
        while self.process == os.getpid() and not self._children.closed:
            threading.Event().wait(EVERY_S)
            self.catch_up()

    def close(self) -> None:
        """Observe no more."""
        with self._lock:
            self.folders.close()
            self._children.close()

    def _take(self, name: str, digest: str | None) -> None:
        if self.process != os.getpid():  # a forked process, whose memory is out of sight
            self._tell_parent(json.dumps([name, digest]).encode() + b"\n")
            return
        for kept in self._keepers(is_heard=digest == HEARD_OF):
            if name in kept.inputs:  # what is in memory is what was asked for last
                kept.inputs[name] = digest
            kept.take(name, digest)
        variable = name.removeprefix(inputs.VARIABLE)
        is_set = variable != name and digest != self.environment.get(variable)
        for each in self.recordings:
            if not (is_set and each.is_process):  # what a process sets itself follows from its code
                each.take(name, digest)

    def _tell_parent(self, line: bytes) -> None:
        """Write to the parent's file; what runs before another program has closed all that it was given."""
        place = f"/proc/{self.process}/fd/{self._children.fileno()}"
        with suppress(OSError), open(place, "ab", buffering=0) as file:  # noqa: PTH123
            file.write(line)  # no program fails because no one hears of it

    def _keepers(self, *, is_heard: bool = False) -> Iterator[Recording]:
        """Yield what may keep an input in memory: what asks for it or, where another tells, all that may."""
        files = asking.memoising() if is_heard else asking.keepers()
        for file in {*files, *loaded_code.files_importing()}:
            yield self._kept_by.setdefault(inputs.name_of(self.root, Path(file)), Recording())

    def _makes(self, name: str) -> None:
        """This process makes or changes a file or folder."""
        for each in (*self.recordings, *self._keepers()):
            each.written.add(name)

    def _is_below(self, path: str) -> bool:
        """Whether a path lies in the project, and in no folder of the tool, an editor or the like."""
        within = f"{path}/".removeprefix(f"{self.root}/")
        if within == f"{path}/" or f"{path}/".startswith(self.passed_over):
            return False
        return within.partition("/")[0] not in PASSED_OVER

    def _is_counted(self, path: str) -> bool:
        """Whether what this process asks of a path is an input, by where it lies and who asks."""
        if self._is_below(path):
            return f"/{COMPILED}" not in path and asking.asker() not in asking.ITSELF
        is_outside = not f"{path}/".startswith((f"{self.root}/", *self.passed_over))
        return is_outside and not SYSTEM.match(f"{path}/") and asking.asker("installed") == "report"


@contextmanager
def busy() -> Iterator[None]:
    """Within, what this thread asks for is the observer's own affair."""
    before = BUSY.is_on
    BUSY.is_on = True
    try:
        yield
    finally:
        BUSY.is_on = before


def _reads(flags: int) -> bool:
    """Whether an open can read what the file held before; a file that is only written is not an input."""
    return flags & (os.O_WRONLY | os.O_RDWR) != os.O_WRONLY and not flags & os.O_TRUNC


def _source(path: str) -> str:
    """Return the module that compiled code was made from, any other path as it is."""
    folder, _, name = path.rpartition("/")
    if not path.endswith(".pyc") or not folder.endswith(COMPILED):
        return path
    return f"{folder.removesuffix(COMPILED)}{name.partition('.')[0]}.py"
