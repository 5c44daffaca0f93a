"""A chapter in a kernel that stays: after an edit, only what the edit can have changed runs again.

The chapter goes on below the last piece that stands above the edit and whose state the kernel can vouch for.
An edit in a module of the project stands where the first piece reaches it, if it is one that `weaver.bodies`
knows how to take over. Once the state is as it was before a piece from which on all is unchanged, the rest is
taken from the last run. Where `weaver.retained` is in doubt, the chapter runs from its top; where even that
is not like a fresh kernel, in a fresh one.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from typing import Any

from weaver import bodies, lasting
from weaver.bodies import Edit
from weaver.digests import digests
from weaver.document import Chunk, Prose
from weaver.execute import Kernel, Listener, Surroundings, running_kernel
from weaver.execution import Execution, Output
from weaver.fingerprint import Sources
from weaver.freshness import Demand, runs
from weaver.lasting import Needs
from weaver.project import Chapter
from weaver.source_files import File, read_files

RETAINED = """\
from weaver.retained import Retained as _retained
get_ipython().weaver = _retained(_weaver_observed.__self__, get_ipython())
del _retained
"""
SOURCE = "src"
CONCERNED = ("concerned",)  # instead of the digests of a step that code was edited for
ASK = "get_ipython().weaver.{method}(*{arguments!r})"


class ColdError(Exception):
    """Only a fresh kernel will do; the reason why."""


@dataclass(frozen=True)
class Piece:
    """A chunk, or prose with inline expressions, and the digests of its code."""

    block: Chunk | Prose
    digests: tuple[str, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """The code that runs."""
        if isinstance(self.block, Prose):
            return tuple(inline.expression for inline in self.block.inlines)
        return (self.block.source,) if runs(self.block) else ()


@dataclass(frozen=True)
class Step:
    """A piece that has run: what it gave, what it opened and used, and the number of the state after it."""

    digests: tuple[str, ...]
    number: int
    outputs: tuple[Output, ...] = ()
    values: tuple[str, ...] = ()
    opened: Mapping[str, str | None] = field(default_factory=dict)
    used: tuple[str, ...] = ()


@dataclass(frozen=True)
class Order:
    """A chapter to run, and all that its code depends on, as it was at a `moment`."""

    chapter: Chapter
    surroundings: Surroundings
    demand: Demand
    files: Mapping[str, File]
    pieces: tuple[Piece, ...]
    moment: float

    @classmethod
    def of(cls, chapter: Chapter, surroundings: Surroundings, demand: Demand) -> "Order":
        """Read the sources that count for a chapter."""
        moment = time.time()
        files = read_files(surroundings.root / SOURCE, None)
        return cls(chapter, surroundings, demand, files, tuple(_pieces(chapter, demand)), moment)

    @property
    def source(self) -> Path:
        """Where the project's modules are."""
        return self.surroundings.root / SOURCE

    @property
    def own(self) -> frozenset[str]:
        """The names of the project's packages."""
        return frozenset(name.partition(".")[0] for name in self.files)

    @cached_property
    def imports(self) -> Mapping[str, str]:
        """What names stand for that are imported from outside the project."""
        return lasting.imports([code for piece in self.pieces for code in piece.codes], self.own)

    @cached_property
    def lasts(self) -> bool:
        """Whether the project's modules do what cannot be taken back."""
        return any(lasting.of_module(file.source or b"", self.own) for file in self.reached.values())

    @property
    def packages(self) -> dict[str, str]:
        """The versions of Python and of the packages that the code reaches."""
        return {one.name: one.digest for one in self.demand.fingerprint.dependencies if one.file is None}

    @property
    def preloads(self) -> list[str]:
        """The packages among them that are imported whatever happens."""
        sources = [(file.source or b"").decode(errors="replace") for file in self.reached.values()]
        codes = [*sources, *(code for piece in self.pieces for code in piece.codes)]
        found = {name for code in codes for name in lasting.imported_at_once(code)}
        return sorted(found & {one.package for one in self.demand.fingerprint.dependencies})

    @cached_property
    def reached(self) -> Mapping[str, File]:
        """The modules of the project that the code reaches."""
        places = {one.file for one in self.demand.fingerprint.dependencies if one.file}
        return {name: file for name, file in self.files.items() if file.place in places}


def _pieces(chapter: Chapter, demand: Demand) -> Iterable[Piece]:
    remaining = iter(demand.blocks)
    for block in chapter.blocks:
        count = len(block.inlines) if isinstance(block, Prose) else 1
        yield Piece(block, tuple(next(remaining) for _ in range(count)))


class Session:
    """A running kernel of a chapter, and what has run in it."""

    def __init__(self, kernel: Kernel, endings: AsyncExitStack, order: Order, sources: Sources) -> None:
        self._kernel = kernel
        self._endings = endings
        self._order = order  # the last one
        self._sources = sources
        self._packages = dict(order.packages)
        self._loaded: set[str] = set()  # modules of the project
        self._start = self._last = self._newest = (
            1  # numbers of states: of the first, in which nothing has run
        )
        self._has_run = False
        self._valid = 1  # states before this number cannot be put back
        self._steps: list[Step] = []
        self._whole: list[Step] = []  # of the last run that came to its end

    async def end(self) -> None:
        """End the kernel."""
        await self._endings.aclose()

    async def run(self, order: Order, listener: Listener) -> Execution:
        """Run what must run of a chapter.

        Raises:
            ColdError: only a fresh kernel will do.
            ExecutionError: as `weaver.execute.execute` does.
        """
        self._kernel.listener = listener
        before = self._order
        self._take_in(order)
        await self._take_over_edits(before)
        self._steps = self._steps[: await self._resume()]
        self._has_run = True
        await self._go_on()
        self._whole = self._steps
        if read_files(order.source, None) != order.files:  # nobody can say which of them was loaded
            self._order = replace(order, files={})
        await self._ask("hold", sorted({self._start, *(step.number for step in self._steps)}))
        return self._execution()

    def _take_in(self, order: Order) -> None:
        """Compare what is to run with what is loaded: packages are never loaded anew.

        Raises:
            ColdError: the version of a package, or the environment, has changed.
        """
        before, self._order = self._order, order
        known = self._packages
        if order.surroundings != before.surroundings:
            raise ColdError("the environment has changed")
        if any(known.get(name, version) != version for name, version in order.packages.items()):
            raise ColdError("a package has changed")
        known.update(order.packages)

    async def _take_over_edits(self, before: Order) -> None:
        """Bring loaded modules up to their sources, or let all be loaded anew, from the top."""
        order = self._order
        concerned = before.reached.keys() | order.reached.keys() | self._loaded
        edited = [name for name in concerned if before.files.get(name) != order.files.get(name)]
        if not edited:
            return
        edit = bodies.find_edit(before.files, order.files, edited, self._sources)
        if edit is None or await self._exchanged(edit):
            self._steps, self._whole = [], []
            return
        codes = (code for piece in order.pieces for code in piece.codes)
        imports = [statement for code in codes for statement in lasting.import_code(code)]
        pairs = zip(before.pieces, self._steps, strict=False)
        steps = [self._after(edit, imports, piece, step) for piece, step in pairs]
        self._whole = steps if self._whole is self._steps else []
        self._steps = steps

    async def _exchanged(self, edit: Edit) -> str:
        """Exchange what is loaded; return why not, if so."""
        reason: str = await self._ask("exchange", edit.sources, sorted(edit.touched), self._order.moment)
        return reason

    def _after(self, edit: Edit, imports: Sequence[str], piece: Piece, step: Step) -> Step:
        """Return a step as it counts after an edit: one whose code, below imports, reaches it must run."""
        reached = self._sources.of_code(*imports, *piece.codes).dependencies if piece.codes else ()
        return replace(step, digests=CONCERNED) if edit.concerns(reached) else step

    async def _resume(self) -> int:
        """Put back the state above the first piece that must run, and return how many stand above it.

        Raises:
            ColdError: there is none that can be put back.
        """
        if not self._has_run:
            return 0
        reason, tried = "nothing is retained", set()
        for above in range(self._unchanged(), -1, -1):
            number = self._before(self._steps, above)
            if number in tried or number < self._valid:
                continue
            tried.add(number)
            count = 1 + sum(bool(code.strip()) for code in self._codes(0, above))
            reason = await self._ask("resume", number, self._used_from(above), count)
            if not reason:
                return above
        raise ColdError(reason)

    def _unchanged(self) -> int:
        """Count the pieces from the top on that have run as they are, on files as they are."""
        pairs = zip(self._order.pieces, self._steps, strict=False)
        same = (piece.digests == step.digests and self._read_the_same([step]) for piece, step in pairs)
        return sum(1 for _ in takewhile(bool, same))

    async def _go_on(self) -> None:
        """Run piece after piece, until the rest can be taken from the last run."""
        count = len(self._order.pieces)
        self._last = self._before(self._steps, len(self._steps))
        while len(self._steps) < count:
            rest = self._whole[len(self._whole) - (count - len(self._steps)) :]
            if await self._holds(rest):
                self._steps = [*self._steps, *rest]
                return
            await self._run_next()

    async def _holds(self, rest: Sequence[Step]) -> bool:
        """Whether steps of the last run, to its end, are what running the rest of the pieces would give."""
        done = len(self._steps)
        before = self._before(self._whole, len(self._whole) - len(rest))
        if [step.digests for step in rest] != [piece.digests for piece in self._order.pieces[done:]]:
            return False
        if before < self._valid or not self._read_the_same(rest):
            return False
        return not await self._ask("agrees", before, self._used_from(done), rest[-1].number)

    async def _run_next(self) -> None:
        """Run the piece below the steps."""
        done = len(self._steps)
        piece = self._order.pieces[done]
        if not piece.codes:
            self._steps.append(Step(piece.digests, self._last))
            return
        lasts = self._order.lasts or any(self._needs(code).lasts for code in piece.codes)
        self._valid = self._newest + 1 if lasts else self._valid
        outputs, values = await self._run(piece)
        kept = await self._ask("keep", isinstance(piece.block, Prose))
        self._last = int(kept["number"])
        self._newest = max(self._newest, self._last)
        self._loaded = set(kept["modules"])
        self._steps.append(
            Step(piece.digests, self._last, outputs, values, kept["opened"], tuple(kept["used"]))
        )

    async def _run(self, piece: Piece) -> tuple[tuple[Output, ...], tuple[str, ...]]:
        if isinstance(piece.block, Prose):
            return (), await self._kernel.evaluate(piece.block.inlines)
        above = self._order.chapter.blocks[: len(self._steps)]
        number = 1 + sum(isinstance(block, Chunk) for block in above)
        self._kernel.listener.chunk(number, piece.block)
        return await self._kernel.run(piece.block), ()

    async def _ask(self, method: str, *arguments: object) -> Any:  # noqa: ANN401 - any JSON
        return await self._kernel.told(ASK.format(method=method, arguments=arguments))

    # about pieces and steps

    def _before(self, steps: Sequence[Step], index: int) -> int:
        """Return the number of the state before a step."""
        return steps[index - 1].number if index else self._start

    def _read_the_same(self, steps: Iterable[Step]) -> bool:
        opened = {path: digest for step in steps for path, digest in step.opened.items()}
        return digests(self._order.surroundings.root, opened) == opened

    def _codes(self, start: int, end: int | None = None) -> Iterator[str]:
        """Give out the code of chunks."""
        for piece in self._order.pieces[start:end]:
            if isinstance(piece.block, Chunk):
                yield from piece.codes

    def _used_from(self, start: int) -> list[str] | None:
        """Return the names that the code from a piece on uses, None for any."""
        found: set[str] = set()
        for code in (code for piece in self._order.pieces[start:] for code in piece.codes):
            names = self._needs(code).names
            if names is None:
                return None
            found |= names
        return sorted(found)

    def _needs(self, code: str) -> Needs:
        return lasting.needs(code, self._order.imports)

    def _execution(self) -> Execution:
        """Join the steps as if a kernel had run them all now."""
        steps = self._steps
        pairs = zip(self._order.pieces, steps, strict=True)
        opened: dict[str, str | None] = {}
        for step in steps:
            opened = {**step.opened, **opened}  # the first time counts
        return Execution(
            tuple(step.outputs for piece, step in pairs if isinstance(piece.block, Chunk)),
            tuple(value for step in steps for value in step.values),
            opened,
            tuple(sorted({key for step in steps for key in step.used})),
        )


async def open_session(
    order: Order, listener: Listener, sources: Sources, *, preloads: bool = True
) -> Session:
    """Start a kernel for a chapter, with the packages loaded that the chapter will import."""
    async with AsyncExitStack() as endings:
        kernel = await endings.enter_async_context(running_kernel(order.surroundings, listener))
        await kernel.silently(RETAINED)
        packages = order.preloads if preloads else []
        told = await kernel.told(ASK.format(method="preload", arguments=(packages,)))
        if not told:
            await kernel.told(ASK.format(method="keep", arguments=()))
            return Session(kernel, endings.pop_all(), order, sources)
    return await open_session(order, listener, sources, preloads=False)
