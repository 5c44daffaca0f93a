"""Chapters run in Jupyter kernels: one kernel a chapter, its chunks and inline expressions in order."""

import ast
import asyncio
import json
import os
import re
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, Protocol

from jupyter_client.client import KernelClient
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from weaver.building import chapter_code
from weaver.building.execution import Execution, Output
from weaver.building.notebook import tags
from weaver.building.portable_outputs import portable, without_folders
from weaver.chunk_options import Figures
from weaver.errors import ExecutionError, WeaverError
from weaver.progress import TARGET, Report
from weaver.project import Chapter
from weaver.qmd import Chunk, Inline, Place, Prose
from weaver.typesetting.markdown import literal_text

MATPLOTLIBRC = Path(__file__).with_name("matplotlibrc")
SETUP = """\
from pathlib import Path as _path
from weaver.building.kernel_recording import ChapterRecording as _recording
_weaver_recording = _recording(_path({root!r}))
from weaver.building.kernel_warnings import Notices as _notices
_notices = _notices()
_notices.start()
_weaver_notices = _notices.take
from weaver.preview.package_preloading import Packages as _packages
_weaver_packages = _packages()
_weaver_packages.start()
from weaver.progress import WANTED as _wanted
_wanted.set()
del _path, _recording, _notices, _packages, _wanted
"""
OPENED, FOUND = "_weaver_recording.opened()", "_weaver_recording.found({!r})"
NOTICES = "_weaver_notices()"
DRAW = "__import__('weaver.matplotlib_figures').matplotlib_figures.use(*{!r})"
PACKAGES, LOAD = "_weaver_packages.loaded()", "_weaver_packages.load({statements!r})"
NO_HISTORY = "--HistoryManager.hist_file=:memory:"
# ipykernel watches for the end of the process that started it, but only of one that it has still seen.
ORPHAN = (
    "--IPKernelApp.exec_lines=if {pid} not in [one.pid for one in __import__('psutil').Process().parents()]:"
    " __import__('os')._exit(1)"
)
# By default outputs that are 4 s late are dropped without a word.
PATIENCE = {"iopub_timeout": 120, "raise_on_iopub_timeout": True, "shell_timeout_interval": 1}
DEATH = "the kernel died while this ran; perhaps the memory did not suffice, or the code ended the process"
UNNAMED = "NoneType"  # what IPython calls an error in what was to be shown
OWN = frozenset(kind.__name__ for kind in WeaverError.__subclasses__())


class Listener(Protocol):
    """Hears how the execution of a chapter goes on."""

    def chunk(self, number: int, chunk: Chunk) -> None:
        """Chunk `number`, counted from 1, starts."""

    def training(self, report: Report) -> None:
        """A training inside the chunk has come this far."""

    def notice(self, text: str) -> None:
        """The weaver, in the kernel, has something to say that is not part of the report."""


@dataclass(frozen=True)
class Surroundings:
    """Where the kernels run: the project's root is their working directory."""

    root: Path
    environment: Mapping[str, str]


def execute(
    chapter: Chapter,
    surroundings: Surroundings,
    listener: Listener,
    before: Callable[[], object] = lambda: None,
) -> Execution:
    """Run a chapter from top to bottom in a fresh kernel; `before` is called while the kernel starts.

    Raises:
        ExecutionError: a chunk or an inline expression failed, or the kernel died; the message names file
            and line, shows the chunk and the traceback.
        Exception: `before` raises it, and nothing has run.
    """
    return asyncio.run(executing(chapter, surroundings, listener, before))


async def executing(
    chapter: Chapter,
    surroundings: Surroundings,
    listener: Listener,
    before: Callable[[], object] = lambda: None,
) -> Execution:
    """Run a chapter as `execute` does; cancelled, it ends its kernel first."""
    beginning = asyncio.create_task(asyncio.to_thread(before))
    async with running_kernel(surroundings, listener, chapter.figures) as kernel:
        await beginning
        return await run(kernel, chapter)


async def run(kernel: "Kernel", chapter: Chapter) -> Execution:
    """Run a chapter in a kernel in which none has run.

    Raises:
        ExecutionError: as `execute` raises it.
    """
    try:
        return await _run(kernel, chapter)
    except DeadKernelError:  # between chunks
        raise ExecutionError(f"{chapter.path.as_posix()}: {DEATH}") from None


async def _run(kernel: "Kernel", chapter: Chapter) -> Execution:
    outputs: list[tuple[Output, ...]] = []
    values: list[str] = []
    for block in chapter.blocks:
        if isinstance(block, Prose):
            values.extend(await kernel.evaluate(block.inlines))
        elif block.running.runs:
            kernel.listener.chunk(len(outputs) + 1, block)
            outputs.append(await kernel.run(block, chapter.figures))
        else:
            outputs.append(())
    observed = await kernel.evaluated(FOUND.format(sorted(chapter_code.names_and_words(chapter))))
    for text in observed["foreign"]:
        kernel.listener.notice(text)
    return Execution.of(outputs, values, observed, await kernel.evaluated(PACKAGES))


@asynccontextmanager
async def running_kernel(
    surroundings: Surroundings, listener: Listener, figures: Figures
) -> AsyncIterator["Kernel"]:
    """Start a kernel that draws figures so, and end it whatever happens: an error, its death, Ctrl-C.

    nbclient's own context manager is passed by: it takes Ctrl-C for itself and then trips over it.

    Raises:
        ExecutionError: it does not start, or cannot be set up.
    """
    async with AsyncExitStack() as endings:
        folder = endings.enter_context(tempfile.TemporaryDirectory(prefix="weaver-"))
        # A user's own settings and start-up files of IPython and Matplotlib have no say in a report.
        own = {"IPYTHONDIR": folder, "MATPLOTLIBRC": str(MATPLOTLIBRC)}
        env = {**surroundings.environment, **own}
        manager = _manager(folder)
        endings.push_async_callback(manager.shutdown_kernel, now=True)
        arguments = [NO_HISTORY, ORPHAN.format(pid=os.getpid())]
        await manager.start_kernel(env=env, cwd=str(surroundings.root), extra_arguments=arguments)
        client = NotebookClient(NotebookNode(cells=[], metadata={}), km=manager, **PATIENCE)
        endings.callback(_stop_channels, client)
        channel = await _channel(client)
        provisioner: Any = manager.provisioner
        kernel = Kernel(client, channel, listener, surroundings.root, provisioner.process)
        client.comm_open_handlers[TARGET] = lambda _: _ProgressComm(kernel.listener)
        try:
            await kernel.silently(SETUP.format(root=str(surroundings.root)))
            await kernel.draw(astuple(figures))
        except DeadKernelError:
            raise ExecutionError(f"the kernel could not be set up: {DEATH}") from None
        yield kernel


def _manager(folder: str) -> AsyncKernelManager:
    """Make what starts a kernel; its sockets lie in a folder that is this user's alone."""
    connection = f"{folder}/kernel.json"
    return AsyncKernelManager(
        kernel_name="python3", transport="ipc", ip=f"{folder}/kernel", connection_file=connection
    )


def _stop_channels(client: NotebookClient) -> None:
    if client.kc:  # else it did not come to that
        client.kc.stop_channels()


async def _channel(client: NotebookClient) -> KernelClient:
    try:
        return await client.async_start_new_kernel_client()
    except RuntimeError as error:
        raise ExecutionError(f"the kernel did not start: {error}: is the installation whole?") from None


class _ProgressComm:
    """Hands the progress messages of one training on to the listener."""

    def __init__(self, listener: Listener) -> None:
        self.listener = listener

    def handle_msg(self, message: Mapping[str, Any]) -> None:
        """Called by nbclient for each message of the comm."""
        self.listener.training(Report.from_message(message["content"]["data"]))


class Kernel:
    """A running kernel that answers in the weaver's terms."""

    def __init__(
        self,
        client: NotebookClient,
        channel: KernelClient,
        listener: Listener,
        root: Path,
        process: "subprocess.Popen[bytes]",
    ) -> None:
        self.client = client
        self.channel = channel
        self.listener = listener
        self.root = root
        self.process = process

    async def silently(self, code: str) -> None:
        """Run code of the weaver's own.

        Raises:
            ExecutionError: the code fails, or the kernel dies.
        """
        reply = await self._ask(code)
        if reply["status"] != "ok":
            raise ExecutionError(f"the kernel could not be set up: {reply['ename']}: {reply['evalue']}")

    async def draw(self, figures: Sequence[Any]) -> Sequence[Any]:
        """Let figures be drawn in another way, and return how they were drawn before."""
        return await self.evaluated(DRAW.format(figures)) or figures

    async def run(self, chunk: Chunk, usual: Figures) -> tuple[Output, ...]:
        """Run a chunk, which may want other figures than the `usual` ones, and return its outputs."""
        wanted = zip(astuple(chunk.running.figures), astuple(usual), strict=True)
        own = tuple(value if value != other else None for value, other in wanted)
        if not any(own):
            return await self._run(chunk)
        before = await self.draw(own)
        outputs = await self._run(chunk)
        await self.draw(before)
        return outputs

    async def _run(self, chunk: Chunk) -> tuple[Output, ...]:
        cell = NotebookNode(cell_type="code", source=chunk.code, metadata=tags(chunk), outputs=[])
        self.client.nb.cells = [cell]
        failed = ""
        try:
            await self.client.async_execute_cell(cell, 0)
        except CellExecutionError as error:
            failed = _not_shown(cell) if error.ename == UNNAMED else f"{error.ename}: {error.evalue}"
            failed = failed or str(error)
        except DeadKernelError:
            task = asyncio.current_task()
            if task and task.cancelling():  # nbclient takes Ctrl-C for a death
                raise asyncio.CancelledError from None
            raise ExecutionError(f"chunk '{chunk.name}': {DEATH}", place=chunk.place) from None
        except CellTimeoutError as error:
            raise ExecutionError(f"chunk '{chunk.name}': {error}", place=chunk.place) from None
        await self.pass_on_notices()
        failed = failed or _not_shown(cell)
        if failed and not chunk.running.may_fail:
            raise _failure(chunk, failed, cell, self.root)
        return portable(cell.outputs, self.root)

    async def evaluate(self, inlines: Sequence[Inline]) -> tuple[str, ...]:
        """Evaluate inline expressions and return them as Markdown.

        Raises:
            ExecutionError: an expression fails, or the kernel dies; it names file and line.
        """
        if not inlines:
            return ()
        asked = {str(number): inline.expression for number, inline in enumerate(inlines)}
        try:
            reply = await self._ask("", asked)
        except DeadKernelError:
            raise ExecutionError(
                f"inline expressions from here on: {DEATH}", place=inlines[0].place
            ) from None
        await self.pass_on_notices()
        answers = reply["user_expressions"]
        return tuple(_markdown(inline, answers[str(number)]) for number, inline in enumerate(inlines))

    async def load(self, statements: Sequence[str]) -> bool:
        """Import packages ahead of a chapter; return whether it was silent: words belong to a chunk.

        Raises:
            ExecutionError: the kernel dies.
        """
        source = LOAD.format(statements=list(statements))
        cell = NotebookNode(cell_type="code", source=source, metadata={}, outputs=[])
        self.client.nb.cells = [cell]
        try:
            await self.client.async_execute_cell(cell, 0, store_history=False)
        except CellExecutionError:
            return False
        except DeadKernelError:
            raise ExecutionError(f"while packages were loaded: {DEATH}") from None
        return not cell.outputs

    async def pass_on_notices(self) -> None:
        """Tell the listener what the weaver's modules in the kernel have warned of."""
        for text in await self.evaluated(NOTICES):
            self.listener.notice(text)

    async def evaluated(self, expression: str) -> Any:  # noqa: ANN401 - any JSON
        """Evaluate an expression of the weaver's own, which gives JSON.

        Raises:
            ExecutionError: the chapter's code has deleted what the expression needs.
        """
        reply = await self._ask("", {"value": expression})
        answer = reply["user_expressions"]["value"]
        if answer["status"] != "ok":
            raise ExecutionError(f"the chapter's code deleted the weaver's own names: {answer['evalue']}")
        return json.loads(ast.literal_eval(answer["data"]["text/plain"]))

    async def _ask(self, code: str, expressions: Mapping[str, str] | None = None) -> dict[str, Any]:
        asked = dict(expressions or {})
        message = self.channel.execute(code, silent=True, store_history=False, user_expressions=asked)
        reply = await self.client.async_wait_for_reply(message)
        if reply is None:
            raise DeadKernelError("no answer")
        return dict(reply["content"])


def _markdown(inline: Inline, answer: Mapping[str, Any]) -> str:
    """Turn the answer to an inline expression into Markdown: rich Markdown as it is, text escaped.

    Raises:
        ExecutionError: the expression failed.
    """
    if answer["status"] != "ok":
        raise ExecutionError(
            f"inline expression `{inline.expression}`: {answer['ename']}: {answer['evalue']}",
            place=inline.place,
        )
    data = answer["data"]
    if "text/markdown" in data:
        return str(data["text/markdown"])
    return literal_text.markdown(_unquoted(str(data["text/plain"])))


def _unquoted(text: str) -> str:
    """Return what a text says that Python writes in quotes; other values may begin with one, too."""
    try:
        value = ast.literal_eval(text) if text[:1] in {"'", '"'} else text
    except (SyntaxError, ValueError):
        return text
    return value if isinstance(value, str) else text


def _not_shown(cell: NotebookNode) -> str:
    """Return the error of what was to be shown, which only its traceback names; nothing where all is well."""
    errors = (output for output in cell.outputs if output["output_type"] == "error")
    return next(("\n".join(error["traceback"]).rstrip().rpartition("\n")[2] for error in errors), "")


def _failure(chunk: Chunk, error: str, cell: NotebookNode, root: Path) -> ExecutionError:
    """Describe a failed chunk: place of the failing line, the chunk, the traceback.

    An error of the weaver's own says all that there is to say: that the disk is full, for example.
    """
    shown = (line for output in cell.outputs for line in output.get("traceback", ()))
    traceback = without_folders("\n".join(shown), root)
    found = re.search(rf"Cell In\s*\[{cell.execution_count}\], line (\d+)", traceback)
    failing = chunk.start + int(found[1]) - 1 if found else chunk.place.line
    lines = (
        f"chunk '{chunk.name}': {without_folders(error, root)}",
        "",
        *_numbered(chunk, failing),
        *(() if error.partition(":")[0] in OWN else ("", traceback)),
    )
    return ExecutionError("\n".join(lines), place=Place(chunk.place.file, failing))


def _numbered(chunk: Chunk, failing: int) -> Iterator[str]:
    for line, text in enumerate(chunk.source.split("\n"), start=chunk.place.line + 1):
        yield f"  {'>' if line == failing else ' '} {line:4d}  {text}".rstrip()
