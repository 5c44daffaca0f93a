"""The files that a document names: where each may lie, as seen from the root, and how it is written."""

import posixpath
import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote, unquote

MANY = 80  # letters of an address that holds a file tell it from others
REMOTE = re.compile(r"^(https?|ftp|file):|^//", re.I)


def names(target: str) -> list[str]:
    """Return the names that the target of an image may mean: decoded, as an address is, or as it stands."""
    return list(dict.fromkeys((unquote(target), target)))


def paths(name: str, file: str) -> list[str]:
    """Return where a file may lie that the source `file` names, the likeliest first, as seen from the root.

    Behind a leading slash a name counts from the root, as in Quarto, else from the source.
    """
    folders = [""] if name.startswith("/") else [posixpath.dirname(file), ""]
    return list(dict.fromkeys(posixpath.normpath(posixpath.join(one, name.lstrip("/"))) for one in folders))


def spelt(target: str) -> str:
    """Return a regular expression for a target in the sources, however its letters are written there."""
    if target.startswith("data:"):
        return re.escape(target[:MANY])
    return "".join(_letter(letter) for letter in unquote(target)) + f"|{re.escape(target)}"


def _letter(letter: str) -> str:
    return rf"(?:\\?{re.escape(letter)}|(?i:{quote(letter, safe='')})|&#?\w+;)"


def texts(value: object) -> Iterator[str]:
    """Yield every text in metadata, any of which may name a file."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for part in value.values() if isinstance(value, Mapping) else value:
            yield from texts(part)
