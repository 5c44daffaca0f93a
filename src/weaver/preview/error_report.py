"""An error of a build as the page shows it: at its chapter, with file and line."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from weaver.errors import ClaimError, refusal
from weaver.project import Chapter, Project

PLACE = re.compile(r"(?P<file>[^:\n]+):(?P<line>\d+)(?=[:,\s])")


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


def of(error: Exception, project: Project | None) -> Problem:
    """Read an error; `project` as it was last read tells which chapter its file belongs to."""
    text = f"{error.filename or 'weaver'}: {refusal(error)}" if isinstance(error, OSError) else str(error)
    first, _, rest = text.partition("\n")
    place, details, marked = PLACE.match(first), rest.strip("\n"), isinstance(error, ClaimError)
    if place is None:
        return Problem("", "", first, details, marked)
    message = first[place.end() :].lstrip(": ")
    return Problem(_chapter(place["file"], project), place[0], message, details, marked)


def _chapter(file: str, project: Project | None) -> str:
    chapters = (*project.chapters, project.parent) if project else ()
    return next((chapter.name for chapter in chapters if file in _files(chapter)), "")


def _files(chapter: Chapter) -> Iterator[str]:
    """Name a chapter's file and those that it includes."""
    yield chapter.path.as_posix()
    yield from (block.place.file.as_posix() for block in chapter.blocks)
