"""From sources to pages: run what is stale, weave the rest, typeset what changed."""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Protocol

from weaver import project as projects
from weaver.building import kernel_environment, manifest, provenance_list
from weaver.building import output_stamps as stamps
from weaver.building.engines import Woven, carried, chosen_engine, write_output
from weaver.building.execution import Execution
from weaver.building.folders import ProjectFolders
from weaver.building.ledger import Ledger
from weaver.building.notebook import Notebook, runnable, weave, write_notebook
from weaver.building.output_stamps import Stamp
from weaver.building.provenance import Origins
from weaver.building.request import Request
from weaver.building.staleness import Freshness, Judge
from weaver.claims.marks import judge
from weaver.claims.verdicts import Claim, list_refuted
from weaver.console import duration
from weaver.dependencies.project_code import ProjectCode
from weaver.errors import ClaimError, WeaverError
from weaver.paths import BUILD, PARENT
from weaver.progress import Report
from weaver.project import Chapter, Project
from weaver.qmd import Chunk
from weaver.storage.hashing import Digests
from weaver.storage.store import Store
from weaver.typesetting import dates
from weaver.typesetting import notices as noticed
from weaver.typesetting.markdown import cells
from weaver.typesetting.quarto import quarto

if TYPE_CHECKING:
    from weaver.building.kernel import Listener
    from weaver.checking.check import Checked


DECLARED = 'let `with cache.reads("data/…"):` name the files that it depends on, or none'


class Audience(Protocol):
    """Hears how a build goes on; `weaver.console.Terminal` is one."""

    def chapter(self, chapter: Chapter, reasons: Sequence[str]) -> None:
        """A chapter starts to run, for these reasons."""

    def chunk(self, number: int, chunk: Chunk) -> None:
        """A chunk of the chapter starts; they count from 1."""

    def training(self, report: Report) -> None:
        """A training has come this far."""

    def notice(self, text: str) -> None:
        """The weaver has something to say that the user should know."""

    def line(self, text: str) -> None:
        """Something was written."""


class Executor(Protocol):
    """Runs a chapter from top to bottom, as `weaver.building.kernel.execute` does in a fresh kernel."""

    def __call__(
        self, chapter: Chapter, listener: "Listener", meanwhile: Callable[[], object], /
    ) -> Execution:
        """Return what it gave, or raise an ExecutionError, or what is done `meanwhile` raises."""


@dataclass(frozen=True)
class Made:
    """A PDF or a page, and the digests of the files that it was made from beside the notebook.

    Its request is that of a draft only where a placeholder stands in it.
    """

    request: Request
    output: Path
    resources: Digests


@dataclass(frozen=True)
class Builder:
    """Builds one project; sources are read once, when it is made by `open_builder`.

    `began` are their digests from before they were read. Without an `executor` each chapter runs in a fresh
    kernel, after the first look at the report.
    """

    project: Project
    folders: ProjectFolders
    judge: Judge
    terminal: Audience
    began: Digests
    executor: Executor | None = None

    def pages(self, request: Request, *, final: bool = False) -> Path:
        """Bring the report, or one chapter of it, up to date and return the PDF or the page.

        Raises:
            ClaimError: it is there, with marks at what the results do not bear out, which a quick look
                may have unless it is `final`, to be handed in.
            WeaverError: anything of it failed; the last good one is still there.
        """
        started = time.monotonic()
        woven = self.woven(request)
        self.keep(woven)
        made = self.typeset(woven, request, started)
        self.note(woven, [made])
        self.hold(woven, request, final=final)
        return made.output

    def hold(self, woven: Woven, request: Request, *, final: bool = False) -> None:
        """Hold a report to its claims; a quick look that is not `final` reports them in a line.

        Raises:
            ClaimError: the results do not bear some of them out.
        """
        if woven.judged.refuted:
            text = list_refuted(woven.judged.refuted, f"{BUILD / request.file}")
            if final or not woven.is_sound:
                place = woven.judged.refuted[0].place
                raise ClaimError(text.removeprefix(f"{place}: "), place=place)
            self.terminal.notice(text.rpartition("\n")[2])

    def claims(self, request: Request) -> tuple[tuple[Claim, ...], tuple[str, ...]]:
        """Return the claims of the chapters that are up to date, and the names of the others; nothing runs.

        The parent draws on all chapters, and is judged where they are up to date.
        """
        found = [(one.name, fresh.execution) for one, fresh in self.judgements(request)]
        executions = {name: execution for name, execution in found if execution}
        stale = [name for name, execution in found if not execution]
        stale += [PARENT.stem] if stale and PARENT.stem in executions else []
        judged = judge(weave(self.project, executions), executions.keys() - set(stale))
        return judged.claims, tuple(stale)

    def notebook(self, request: Request) -> Notebook:
        """Execute what is stale and return the notebook of the whole report, writing it and the chapters'."""
        woven = self._woven(request, self.executions(request), None)
        self.keep(woven)
        return woven.notebook

    def woven(self, request: Request, early: Callable[[Woven], object] | None = None) -> Woven:
        """Execute what is stale and return the report with all that it shows; nothing is written yet.

        `early` gets it when the first of several stale chapters has run, with the others as they were.

        Raises:
            WeaverError: the request cannot be met, a chunk has a wrong option, or a chapter failed.
        """
        engine = chosen_engine(request)
        look = cache(partial(self._refuse_faults, request, engine))
        with ThreadPoolExecutor(1) as beside:
            warm_up = cache(partial(self._warm_up, request, beside))
            is_cold = request.target == "typst" and not (engine or self.executor)
            executions = self.executions(request, lambda: (look(), is_cold and warm_up()), early)
        if not request.draft:
            look()
        return self._woven(request, executions, engine)

    def _warm_up(self, request: Request, beside: ThreadPoolExecutor) -> None:
        """Let the PDF be set as it was, after which the next takes Typst a fourth of the time."""
        if known := self._as_it_was(request):
            beside.submit(self._set_for_nobody, request, known)

    def _set_for_nobody(self, request: Request, known: Mapping[str, Execution]) -> None:
        """Set a PDF and throw it away; what is wrong with it, the next one tells if it still is."""
        with suppress(WeaverError, OSError), TemporaryDirectory(prefix="weaver-") as folder:
            woven = self._woven(request, known, None)
            write_output(woven, request, Path(folder) / request.file, resources=self.folders.root)

    def _as_it_was(self, request: Request) -> dict[str, Execution] | None:
        """Return what the chapters gave, the stale ones last time; None where one has other chunks now."""
        found: dict[str, Execution] = {}
        for chapter, fresh in self.judgements(request):
            execution = fresh.execution or self.judge.last(chapter, request.profile)
            if execution is None:
                return None
            found[chapter.name] = execution
        return found

    def check(self, request: Request) -> "Checked":
        """Return what can be told of the report, or of the chapter asked for, before anything runs.

        Raises:
            ProjectError: the request cannot be met.
        """
        return self._checked(request, chosen_engine(request))

    def _checked(self, request: Request, engine: quarto.Quarto | None) -> "Checked":
        from weaver.building import first_look  # noqa: PLC0415

        self._wanted(request)
        return first_look.check(self.project, self.judge, request, by_quarto=engine is not None)

    def _refuse_faults(self, request: Request, engine: quarto.Quarto | None) -> None:
        from weaver.building import first_look  # noqa: PLC0415 - the preview mostly needs none of it

        first_look.refuse(self._checked(request, engine), self.terminal, draft=request.draft)

    def executions(
        self,
        request: Request,
        look: Callable[[], object] = lambda: None,
        early: Callable[[Woven], object] | None = None,
    ) -> dict[str, Execution]:
        """Execute the stale chapters among those asked for, after `look`, and return all of them."""
        found: dict[str, Execution] = {}
        for chapter in self._wanted(request):
            fresh = self.judge.judge(chapter, request.profile)
            found[chapter.name] = fresh.execution or self._execution(chapter, request.profile, fresh, look)
            if early and not fresh.execution:
                self._show_early(request, early)
                early = None
        return found

    def _show_early(self, request: Request, early: Callable[[Woven], object]) -> None:
        """Give the report with the chapters that are stale still as they were.

        What is new in one may not go with what is old in another, a claim with its fact for example; whether
        it does, the whole tells.
        """
        is_more_stale = any(not fresh.execution for _, fresh in self.judgements(request))
        if is_more_stale and (known := self._as_it_was(request)):
            with suppress(WeaverError, OSError):
                early(self._woven(request, known, None))

    def judgements(self, request: Request) -> Iterator[tuple[Chapter, Freshness]]:
        """Say of each chapter asked for whether it is fresh, without running anything."""
        for chapter in self._wanted(request):
            yield chapter, self.judge.judge(chapter, request.profile)

    def _woven(
        self, request: Request, executions: Mapping[str, Execution], engine: quarto.Quarto | None
    ) -> Woven:
        project = self._dated(executions)
        notebook = weave(project, executions)
        judged = judge(notebook, executions)
        origins = Origins(self.project, executions, self.judge.store, request.profile)
        judged = replace(judged, notebook=provenance_list.filled(judged.notebook, origins))
        return Woven(project, executions, notebook, origins, judged, request.chapter, engine, request.profile)

    def keep(self, woven: Woven) -> None:
        """Write the notebooks of the chapters, and that of the report unless it is about one chapter."""
        for name, found in woven.notebooks():
            figures = woven.project.chapter(name).figures
            write_notebook(runnable(found, woven.profile, figures), self.folders.notebook(name))

    def _wanted(self, request: Request) -> tuple[Chapter, ...]:
        """The chapters to run: the parent last, since its summary draws on what they train."""
        if request.chapter:
            return (self.project.chapter(request.chapter),)
        return self.project.every_chapter

    def _execution(
        self, chapter: Chapter, profile: str, freshness: Freshness, look: Callable[[], object]
    ) -> Execution:
        def begin() -> None:
            self.terminal.chapter(chapter, freshness.reasons)
            self.judge.ledger.begin(profile, chapter.name)

        def look_and_begin() -> None:
            look()
            begin()

        if self.executor:
            begin()
            execution = self.executor(chapter, self.terminal, look)
        else:
            execution = self._in_fresh_kernel(chapter, profile, look_and_begin)
        for reason in execution.unobserved:
            self.terminal.notice(f"{chapter.name}: its outputs are not kept: {reason}: {DECLARED}")
        return self.judge.keep(chapter, freshness.demand, execution)

    def _in_fresh_kernel(self, chapter: Chapter, profile: str, before: Callable[[], object]) -> Execution:
        from weaver.building import kernel  # noqa: PLC0415 - Jupyter takes a second to import

        environment = kernel_environment.of_kernels(profile, os.environ)
        surroundings = kernel.Surroundings(self.folders.root, environment)
        return kernel.execute(chapter, surroundings, self.terminal, before)

    def _dated(self, executions: Mapping[str, Execution]) -> Project:
        """Give the report a date that holds on any day."""
        metadata = dates.settled(self.project.metadata, lambda: self._inputs(executions))
        return replace(self.project, metadata=metadata)

    def _inputs(self, executions: Mapping[str, Execution]) -> Iterator[Path]:
        """Yield the files that the report is made from: sources, code that they reach, data."""
        root = self.folders.root
        yield from (root / path for path in self.project.described)
        yield from (path for path in (root / PARENT.parent).rglob("*") if path.is_file())
        for execution in executions.values():
            reached = (one.file for one in execution.code.dependencies if one.file)
            yield from (root / path for path in (*reached, *execution.opened) if (root / path).is_file())

    def typeset(self, woven: Woven, request: Request, started: float) -> Made:
        """Write the PDF or the page unless it is up to date, and say how long it took since `started`.

        Raises:
            WeaverError: it cannot be typeset; the last good one is still there.
        """
        root, output = self.folders.root, self.folders.build / request.file
        read = cells.read_cells(
            woven.judged.notebook, request.target, lenient=request.draft or woven.engine is not None
        )
        stamp = Stamp(self.folders.stamps / f"{output.name}.json")
        key = stamps.key(read, request, woven.engine, carried(woven, request))
        known = stamp.read(root, key, output)
        took, is_draft = "nothing changed", False
        if known is None:
            known, is_draft = write_output(woven, request, output, resources=root)
            if not is_draft:
                stamp.write(key, output, *known)
            name = "Quarto" if woven.engine else "the built-in typesetter"
            took = f"typeset by {name} in {duration(time.monotonic() - started)}"
        files, notices = known
        noticed.refuse_notices(notices if request.strict else ())
        for notice in notices:
            self.terminal.notice(notice)
        self.terminal.line(f"{output.relative_to(root)}: {took}")
        return Made(replace(request, draft=is_draft), output, files)

    def note(self, woven: Woven, made: Iterable[Made]) -> None:
        """Tell the next build what this one read and wrote.

        It is not told where a document lies elsewhere than usual, an execution is not kept, or claims are
        refused, which it has to tell again.
        """
        if not woven.is_sound:
            return
        documents = {block.place.file.as_posix() for each in self.project.chapters for block in each.blocks}
        if documents <= self.began.keys() and not any(one.unobserved for one in woven.executions.values()):
            for one in made:
                if not one.request.draft:
                    self._note(woven, one)

    def _note(self, woven: Woven, made: Made) -> None:
        root, resources = self.folders.root, {**made.resources, **self.project.described}
        inputs = {name: one for each in woven.executions.values() for name, one in each.in_files.items()}
        names = woven.executions if woven.chapter is None else [woven.chapter]
        written = [made.output, *(self.folders.notebook(name) for name in names)]
        paths = [path.relative_to(root).as_posix() for path in written]
        manifest.note(root, made.request, self.began, manifest.Read(resources, inputs), paths)


def open_builder(
    root: Path, terminal: Audience, *, judge: Judge | None = None, executor: Executor | None = None
) -> Builder:
    """Read the project in `root` and return what builds it; a `judge` may have served before."""
    began = manifest.sources(root)
    judge = judge or open_judge(root)
    judge.code.refresh()
    return Builder(projects.read_project(root), ProjectFolders(root), judge, terminal, began, executor)


def open_judge(root: Path) -> Judge:
    """Return what decides which chapters of the project in `root` must run."""
    folders = ProjectFolders(root)
    ledger = Ledger(folders.ledger)
    return Judge(root, Store(folders.store), ledger, ProjectCode(root, more=ledger.path))
