"""An error of a build as the page shows it: at its chapter, with file and line."""

from collections.abc import Iterator
from dataclasses import dataclass

from weaver.errors import ClaimError, WeaverError, refusal
from weaver.project import Chapter, Project


@dataclass(frozen=True)
class Problem:
    """What went wrong: `place` is `file:line`, `message` its first line, `details` what follows.

    `chapter` is the one that it belongs to, empty where it is the whole report's; an unknown place is empty.
    Where it is `marked`, the page on show is made of the sources as they are, and has a mark there.
    """

    chapter: str
    place: str
    message: str
    details: str = ""
    marked: bool = False


def of(error: WeaverError | OSError, project: Project | None) -> Problem:
    """Read an error; `project` as it was last read tells which chapter its file belongs to."""
    if isinstance(error, OSError):
        return Problem("", "", f"{error.filename or 'weaver'}: {refusal(error)}")
    first, _, rest = error.message.partition("\n")
    chapter, marked = _chapter(error.place.rpartition(":")[0], project), isinstance(error, ClaimError)
    return Problem(chapter, error.place, first, rest.strip("\n"), marked)


def _chapter(file: str, project: Project | None) -> str:
    chapters = project.every_chapter if project else ()
    return next((chapter.name for chapter in chapters if file in _files(chapter)), "")


def _files(chapter: Chapter) -> Iterator[str]:
    """Yield the name of a chapter's file, and of those that it includes."""
    yield chapter.path.as_posix()
    yield from (block.place.file.as_posix() for block in chapter.blocks)
