"""Edits seen at once: rebuilds what the changes of the sources ask for, and shows it in a browser."""

import os
import signal
import sys
import threading
import time
import webbrowser
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from weaver import project as projects
from weaver.building.builder import Builder, Made, open_builder, open_judge
from weaver.building.engines import Woven, write_output
from weaver.building.execution import Execution
from weaver.building.folders import ProjectFolders
from weaver.building.kernel_environment import of_kernels
from weaver.building.request import Request
from weaver.console import RED, Terminal, first_line_painted, numbers
from weaver.errors import ClaimError, DocumentError, WeaverError
from weaver.paths import PARENT
from weaver.preview import error_report
from weaver.preview.chapter_imports import Imports, imports
from weaver.preview.error_report import Problem
from weaver.preview.file_watcher import watching
from weaver.preview.http_server import serving
from weaver.preview.state import Broadcast, Pages, RunningChapter, State
from weaver.progress import Report
from weaver.project import Chapter, Project
from weaver.qmd import Chunk

if TYPE_CHECKING:
    from weaver.building.kernel import Listener
    from weaver.preview.fresh_kernels import Kernels

STAGES = {"html": "page", "pdf": "pdf"}  # the page first: it is what one looks at
NEXT = {"page": "pdf", "pdf": ""}
WAIT_S = 0.5


def run(root: Path, request: Request, terminal: Terminal, *, port: int = 0, browse: bool = True) -> None:
    """Show the report, or one chapter, as it is edited, until Ctrl-C.

    Args:
        root: the project's folder.
        request: what to build; its format is passed over. Quarto, which takes seconds, is used only where it
            is asked for by name.
        terminal: hears what the page shows too.
        port: to listen at; any that is free where it is 0.
        browse: whether to open a browser, where there is one.

    Raises:
        WeaverError: there is no such chapter, or the port is taken.
    """
    from weaver.building.kernel import Surroundings  # noqa: PLC0415 - Jupyter takes a second to import
    from weaver.preview.fresh_kernels import Kernels  # noqa: PLC0415

    engine = "builtin" if request.engine == "auto" else request.engine
    request = replace(request, engine=engine, draft=True)
    _check(root, request)
    broadcast = Broadcast(State(_last(root, request)))
    kernels = Kernels(Surroundings(root, of_kernels(request.profile, os.environ)))
    loop = Loop(root, request, Announcer(terminal, broadcast), kernels)
    with _signals_to(loop.interrupt), loop.ending(), serving(broadcast, port) as address:
        terminal.line(f"{address} shows {request.file} as you edit; Ctrl-C ends it")
        if browse:
            _browse(address)
        with watching(root, loop.changed), suppress(KeyboardInterrupt):
            loop.run()
    terminal.line("the preview has ended")


@dataclass(frozen=True)
class Announcer:
    """Tells the terminal and the page how a build goes on."""

    terminal: Terminal
    broadcast: Broadcast

    def chapter(self, chapter: Chapter, reasons: Sequence[str]) -> None:
        """A chapter starts to run, for these reasons."""
        self.terminal.chapter(chapter, reasons)
        self.broadcast.set(running=RunningChapter(chapter.name, len(chapter.chunks)))

    def chunk(self, number: int, chunk: Chunk) -> None:
        """A chunk of the chapter starts."""
        self.terminal.chunk(number, chunk)
        self._progress(lambda running: replace(running, number=number, chunk=chunk.name, training=""))

    def training(self, report: Report) -> None:
        """A training has come this far."""
        self.terminal.training(report)
        words = f"{report.description}: {numbers(report)}"
        self._progress(lambda running: replace(running, training=words))

    def notice(self, text: str) -> None:
        """The weaver has something to say that the user should know."""
        self.terminal.notice(text)

    def line(self, text: str) -> None:
        """Something was written; that nothing was is not worth a line at every save."""
        if not text.endswith("nothing changed"):
            self.terminal.line(text)

    def failed(self, error: WeaverError | OSError, project: Project | None) -> None:
        """A build failed."""
        self.broadcast.set(stage="", running=None, problem=self.problem(error, project))

    def problem(self, error: WeaverError | OSError, project: Project | None) -> Problem:
        """Return an error as the page shows it; the same one is printed once."""
        problem = error_report.of(error, project)
        if problem != self.broadcast.state.problem:
            self.terminal.line(f"\n{first_line_painted(str(error), RED, self.terminal.stream)}\n")
        return problem

    def _progress(self, alter: Callable[[RunningChapter], RunningChapter]) -> None:
        self.broadcast.change(lambda state: replace(state, running=state.running and alter(state.running)))


@dataclass(frozen=True)
class Work:
    """A chapter that runs, and the key of the code that it runs."""

    chapter: str
    key: str


class Loop:
    """Builds after each change, the page first, and stops what runs for code that is no longer there.

    `run` belongs to one thread, `changed` to another: each has a judge of its own.
    """

    def __init__(self, root: Path, request: Request, announcer: Announcer, kernels: "Kernels") -> None:
        self._root = root
        self._request = request
        self._announcer = announcer
        self._kernels = kernels
        self._ahead = Imports({})  # what the spare kernel is to load
        self._worked_on = ""  # the chapter that ran last, not counting the parent, which draws on all
        self._judge, self._judge_of_changes = open_judge(root), open_judge(root)
        self._wanted = threading.Event()
        self._wanted.set()
        self._project: Project | None = None
        self._shown: Woven | None = None
        self._work: Work | None = None
        self._interrupted = False
        self._failed = ""  # the stage in which the problem on show arose

    def run(self) -> None:
        """Build, wait for changes, build again, until a KeyboardInterrupt."""
        while not self._interrupted:
            if self._wanted.wait(WAIT_S):  # without an end, Ctrl-C would not be heard everywhere
                self._wanted.clear()
                self._kernels.renew()
                self.build()
                if not (self._wanted.is_set() or self._interrupted):
                    self._prepare()

    def interrupt(self, _signal: int, _frame: object) -> None:
        """Handle a signal. Code that runs just then may swallow the exception, so it is remembered too."""
        self._interrupted = True
        raise KeyboardInterrupt

    def changed(self, _paths: Set[str]) -> None:
        """Files have changed: let a build follow, and stop one that runs what is no longer there."""
        self._wanted.set()
        work = self._work
        if work and self._key_now(work.chapter) != work.key:
            self._kernels.stop()

    @contextmanager
    def ending(self) -> Iterator[None]:
        """End all kernels after the block."""
        try:
            yield
        finally:
            self._kernels.close()

    def build(self) -> None:
        """Make the page, then the PDF, then the notebooks, unless something has changed by then."""
        from weaver.preview.fresh_kernels import Stopped  # noqa: PLC0415

        broadcast = self._announcer.broadcast
        try:
            self._make()
        except Stopped:
            broadcast.set(stage="", running=None)
            self._wanted.set()
        except (WeaverError, OSError) as error:
            self._failed = broadcast.state.stage
            self._announcer.failed(error, self._project)

    def _make(self) -> None:
        started, first = time.monotonic(), next(iter(STAGES))
        self._announcer.broadcast.set(stage=STAGES[first])
        builder = open_builder(self._root, self._announcer, judge=self._judge, executor=self._execute)
        self._project = builder.project
        request = replace(self._request, format=first)
        early = partial(self._show_early, request) if request.engine == "builtin" else None
        woven = builder.woven(request, early)
        refused, made = self._refused(builder, woven), list[Made]()
        for form, stage in STAGES.items():
            made.append(builder.typeset(woven, replace(self._request, format=form), started))
            self._show(stage, made[-1].output.read_bytes(), refused)
            if self._wanted.is_set() or self._interrupted:
                return
            started = time.monotonic()
        builder.keep(woven)  # no one waits for it
        builder.note(woven, made)
        self._shown = woven

    def _show_early(self, request: Request, woven: Woven) -> None:
        """Show a page in which chapters are as they were that run next; it lies nowhere else.

        Raises:
            Stopped: something else is wanted by now.
        """
        from weaver.preview.fresh_kernels import Stopped  # noqa: PLC0415

        with TemporaryDirectory(prefix="weaver-") as folder:
            page = Path(folder) / request.file
            write_output(woven, request, page, resources=self._root)
            pages = replace(self._announcer.broadcast.state.pages, page=page.read_bytes())
        self._announcer.broadcast.set(pages=pages, running=None)
        if self._wanted.is_set():
            raise Stopped

    def _refused(self, builder: Builder, woven: Woven) -> Problem | None:
        """Return what the page says of claims that do not hold; it is shown all the same, with marks."""
        try:
            builder.hold(woven, self._request)
        except ClaimError as error:
            return self._announcer.problem(error, self._project)
        return None

    def _show(self, stage: str, content: bytes, refused: Problem | None) -> None:
        broadcast = self._announcer.broadcast
        before = broadcast.state.problem
        mended = self._failed == stage or not NEXT[stage]  # an error of the PDF stays until there is one
        problem = refused if mended or before is None or before.marked else before
        pages = replace(broadcast.state.pages, **{stage: content})
        broadcast.set(pages=pages, stage=NEXT[stage], running=None, problem=problem)

    def _execute(
        self, chapter: Chapter, listener: "Listener", meanwhile: Callable[[], object], /
    ) -> Execution:
        self._work = Work(chapter.name, self._judge.state(chapter, self._request.profile))
        self._worked_on = self._worked_on if chapter.path == PARENT else chapter.name
        try:
            return self._kernels.run(chapter, listener, self._imports(chapter), meanwhile)
        finally:
            self._work = None

    def _imports(self, chapter: Chapter) -> Imports:
        page = self._judge.ledger.read(self._request.profile, chapter.name)
        files = (one.file for one in page.code.dependencies if one.file) if page else ()
        return imports(self._root, chapter, files)

    def _prepare(self) -> None:
        """Have a spare kernel for the next edit."""
        if self._shown:
            with suppress(WeaverError, OSError):  # it is not Python any more, which the next build will say
                self._ahead = self._shared_imports(self._shown)
            self._kernels.prepare(self._shown.project.parent.figures, self._ahead)

    def _shared_imports(self, woven: Woven) -> Imports:
        """Return what the chapter that is worked on imports; at first what all import."""
        names = [self._worked_on] if self._worked_on in woven.executions else woven.executions
        found = [
            self._imports(woven.project.chapter(name)).of(woven.executions[name].packages) for name in names
        ]
        found = [each for each in found if each.packages]
        return (
            found[0].of(frozenset.intersection(*(each.packages for each in found))) if found else Imports({})
        )

    def _key_now(self, name: str) -> str | None:
        """Return the key of a chapter's code as it is now, None where it cannot be read."""
        try:
            chapter = projects.read_project(self._root).chapter(name)
            return self._judge_of_changes.state(chapter, self._request.profile)
        except (WeaverError, OSError):
            return None


def _check(root: Path, request: Request) -> None:
    """Refuse a chapter that is not there; sources that cannot be read are shown like any error."""
    with suppress(DocumentError, OSError):
        project = projects.read_project(root)
        if request.chapter:
            project.chapter(request.chapter)


def _last(root: Path, request: Request) -> Pages:
    """Return what the last build made: it is shown until this one has something."""
    paths = [ProjectFolders(root).build / replace(request, format=form).file for form in STAGES]
    return Pages(*(path.read_bytes() if path.is_file() else None for path in paths))


def _browse(address: str) -> None:
    """Open a browser; on a Linux without a screen the first one found would take over the terminal."""
    if sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        webbrowser.open(address)


@contextmanager
def _signals_to(handle: Callable[[int, object], None]) -> Iterator[None]:
    """Handle Ctrl-C, and a closed terminal and `kill` like it, while the block runs."""
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), handle) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)
