"""What a reader or a later build misses in what is printed: one line for each kind, with the first places.

Nothing of it is lost: what would be is an error. `--strict` makes one of all of it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from weaver.errors import TypesetError

NAMED = 3  # places, behind the first


@dataclass(frozen=True)
class Notice:
    """One thing at one place, `file:line`; `text` is the same for all of its kind, `subject` is not."""

    place: str
    subject: str
    text: str


@dataclass(frozen=True)
class Noticed:
    """Collects notices, each once, in the order in which they come."""

    found: dict[Notice, None] = field(default_factory=dict)

    def tell(self, place: str, subject: str, text: str) -> None:
        """Note one thing."""
        self.found[Notice(place, subject, text)] = None

    def lines(self) -> tuple[str, ...]:
        """Return a line for each kind, with its first place and how many more there are."""
        kinds: dict[str, list[Notice]] = {}
        for notice in self.found:
            kinds.setdefault(notice.text, []).append(notice)
        return tuple("".join(_line(first, others)) for first, *others in kinds.values())


def refuse_notices(lines: Sequence[str]) -> None:
    """Refuse a document that has any notices.

    Raises:
        TypesetError: anything was.
    """
    if lines:
        count = f"{len(lines)} notice{'s' if len(lines) > 1 else ''}, which '--strict' refuses"
        raise TypesetError("\n".join([f"{lines[0]} ({count})", *lines[1:]]))


def _line(first: Notice, others: Sequence[Notice]) -> Iterator[str]:
    yield f"{first.place}: {' '.join(filter(None, (first.subject, first.text)))}"
    places = [place for place in dict.fromkeys(other.place for other in others) if place != first.place]
    if places:
        more = f" and {len(places) - NAMED} more" if len(places) > NAMED else ""
        yield f"; likewise {', '.join(places[:NAMED])}{more}"
