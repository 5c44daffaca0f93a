"""Who hands a report in, and whether the metadata name anybody yet."""

import re
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from functools import cache
from typing import Any

from weaver import yaml_reader
from weaver.commands.new_report import SKELETON
from weaver.errors import ProjectError
from weaver.paths import CONFIGURATION

STUDENT_NUMBER = re.compile(r"^student number\s+(?P<number>\S+)$", re.IGNORECASE)


@dataclass(frozen=True)
class Author:
    """Who hands the report in."""

    name: str
    email: str
    number: str

    @property
    def placeholders(self) -> list[str]:
        """What still stands there as in a new report."""
        return [value for value in astuple(self) if value in astuple(placeholder_author())]


@cache
def placeholder_author() -> Author:
    """Return the author that `weaver new` puts into a report."""
    text = (SKELETON / CONFIGURATION).read_text(encoding="utf-8")
    return author(yaml_reader.read_yaml(text, CONFIGURATION, 1))


def author(metadata: Mapping[str, Any]) -> Author:
    """Read the first author's name, e-mail and student number from a report's metadata.

    Raises:
        ProjectError: one of them is missing.
    """
    authors = metadata.get("author")
    first = authors[0] if isinstance(authors, list) and authors else authors
    if not isinstance(first, Mapping):
        raise ProjectError(
            f"{CONFIGURATION}: author: expected 'name', 'email' and 'affiliations', found {first!r}"
        )
    found = {"name": first.get("name"), "email": first.get("email"), "number": _number(first)}
    for name, value in found.items():
        if not value:
            wanted = "affiliations: - Student number 12345678" if name == "number" else name
            raise ProjectError(f"{CONFIGURATION}: author: expected '{wanted}', found none")
    return Author(**{name: str(value) for name, value in found.items()})


def _number(author: Mapping[str, Any]) -> str | None:
    for affiliation in author.get("affiliations") or ():
        match = STUDENT_NUMBER.match(str(affiliation).strip())
        if match:
            return match["number"]
    return None
