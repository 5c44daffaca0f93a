"""The claims of an executed notebook, each held to the facts that its chapter has stated."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from weaver.claims.facts import MIME
from weaver.claims.spans import Need
from weaver.errors import DocumentError
from weaver.paths import PARENT
from weaver.typesetting.markdown.cells import Cell


@dataclass(frozen=True)
class Stated:
    """A fact as a chunk has stated it; `place` is the chunk's."""

    name: str
    outcome: str
    outcomes: tuple[str, ...]
    evidence: str
    place: str


@dataclass(frozen=True)
class Claim:
    """A sentence and what it needs; `found` are the facts that it names, in the same order.

    `section` is the title of the section in which it stands, as Markdown, `place` its file and line.
    """

    chapter: str
    place: str
    section: str
    sentence: str
    needs: tuple[Need, ...]
    found: tuple[Stated, ...]

    @property
    def holds(self) -> bool:
        """Whether all that it needs has come out."""
        return not self.failing

    @property
    def failing(self) -> tuple[Stated, ...]:
        """The facts that have come out otherwise."""
        pairs = zip(self.needs, self.found, strict=True)
        return tuple(fact for need, fact in pairs if fact.outcome not in need.outcomes)

    @property
    def evidence(self) -> str:
        """What the facts rest on, those first that have come out otherwise."""
        return "; ".join(dict.fromkeys(fact.evidence for fact in self.failing or self.found))

    def __str__(self) -> str:
        needs = " and ".join(map(str, self.needs))
        found = ", ".join(f"{fact.name}.{fact.outcome}" for fact in self.failing)
        return f"{self.place}: '{self.sentence}' needs {needs}, found {found}: {self.evidence}"


class Facts:
    """What the chapters of a notebook have stated."""

    def __init__(self, read: Sequence[Cell]) -> None:
        self.by_chapter: dict[str, dict[str, Stated]] = {}
        for cell in read:
            own = self.by_chapter.setdefault(cell.chapter, {})
            for fact in _stated(cell):
                before = own.setdefault(fact.name, fact)
                _check_same(before, fact)

    def find(self, need: Need, chapter: str, place: str) -> Stated:
        """Return the fact that a claim needs: its own chapter's, or for the parent any chapter's.

        Raises:
            DocumentError: nothing states it, it has no such outcome, or chapters state it differently.
        """
        others = list(self.by_chapter.values()) if chapter == PARENT.stem else []
        known = [facts for facts in (self.by_chapter.get(chapter, {}), *others) if facts]
        found = [facts[need.name] for facts in known if need.name in facts]
        if not found:
            names = sorted({name for facts in known for name in facts})
            near = get_close_matches(need.name, names, 1)
            hint = f"did you mean '{near[0]}'?" if near else "state it in a chunk of this chapter: state(…)"
            raise DocumentError(f"the fact '{need.name}' is stated nowhere; {hint}", place=place)
        for other in found[1:] if need.name not in self.by_chapter.get(chapter, {}) else ():
            _check_same(found[0], other)
        if wrong := [outcome for outcome in need.outcomes if outcome not in found[0].outcomes]:
            raise DocumentError(
                f"'{need}': expected one of the outcomes of '{need.name}',"
                f" {', '.join(found[0].outcomes)}, found '{wrong[0]}'",
                place=place,
            )
        return found[0]


def _check_same(one: Stated, other: Stated) -> None:
    if replace(other, place=one.place) != one:
        raise DocumentError(
            f"the fact '{one.name}' is stated as '{other.outcome}' ({other.evidence}), and at"
            f" {one.place} as '{one.outcome}' ({one.evidence}): give one of them another name",
            place=other.place,
        )


def _stated(cell: Cell) -> Iterator[Stated]:
    for output in cell.outputs:
        for fact in output.get("data", {}).get(MIME, {}).get("facts", ()):
            outcomes = tuple(fact["outcomes"])
            yield Stated(fact["name"], fact["outcome"], outcomes, fact["evidence"], cell.place())


def list_refuted(refuted: Sequence[Claim], output: str) -> str:
    """Say which claims are not borne out, each by file and line, and in the last line what to do about it."""
    one = len(refuted) == 1
    count, advice = ("1 sentence", "its words") if one else (f"{len(refuted)} sentences", "their words")
    are, them = ("is", "it") if one else ("are", "them")
    last = (
        f"{count} of {output} {are} not borne out by the results and marked there:"
        f" choose {advice} by outcome, or correct {them}"
    )
    return "\n".join([*map(str, refuted), last])
