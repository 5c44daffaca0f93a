"""A document's metadata as a frozen record: title, people, date, language, and which contents it wants."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from weaver import pandoc
from weaver.errors import TypesetError
from weaver.options import Json
from weaver.pandoc import Node, Nodes


@dataclass(frozen=True)
class Person:
    """An author."""

    name: str
    email: str
    affiliations: tuple[str, ...]


@dataclass(frozen=True)
class FrontMatter:
    """What opens a document; `contents` is the title of its table of contents, empty for none."""

    title: Nodes
    subtitle: Nodes
    abstract: Nodes
    people: tuple[Person, ...]
    day: str
    language: str
    abstract_title: str
    contents: str
    depth: int

    @property
    def name(self) -> str:
        """The title without markup."""
        return pandoc.plain(self.title)


def title_blocks(meta: Mapping[str, Node]) -> dict[str, Nodes]:
    """Return title, subtitle and abstract, as far as there are any, from Pandoc's metadata."""
    return {key: _blocks(meta[key]) for key in ("title", "subtitle", "abstract") if key in meta}


def read(metadata: Mapping[str, Any], blocks: Mapping[str, Nodes]) -> FrontMatter:
    """Read a document's metadata; `blocks` are its title, subtitle and abstract from `title_blocks`.

    Raises:
        TypesetError: the title is missing or an author cannot be read.
    """
    title = list(blocks.get("title", ()))
    if not pandoc.plain(title):
        raise TypesetError("the front matter has no 'title', which the report must have: add one")
    return FrontMatter(
        title,
        list(blocks.get("subtitle", ())),
        list(blocks.get("abstract", ())),
        _authors(metadata.get("author") or ()),
        _date(metadata.get("date")),
        str(metadata.get("lang", "en")),
        str(metadata.get("abstract-title", "Abstract")),
        str(metadata.get("toc-title", "Table of contents")) if metadata.get("toc") else "",
        int(metadata.get("toc-depth", 3)),
    )


def _blocks(value: Node) -> Nodes:
    """Return a metadata value's blocks."""
    content = value["c"]
    if value["t"] == "MetaInlines":
        return [pandoc.node("Plain", content)]
    if value["t"] == "MetaBlocks":
        return list(content)
    return [pandoc.node("Plain", pandoc.words(str(content)))]


def _authors(value: Json) -> tuple[Person, ...]:
    return tuple(_author(each) for each in (value if isinstance(value, list | tuple) else [value]))


def _author(value: Json) -> Person:
    """Read one author as Quarto does: a name, or a mapping with name, email and affiliations."""
    record = value if isinstance(value, Mapping) else {"name": value}
    name = record.get("name")
    if isinstance(name, Mapping):
        name = name.get("literal") or f"{name.get('given', '')} {name.get('family', '')}"
    if not name:
        raise TypesetError(f"the front matter's author has no 'name': found {value!r}")
    places = record.get("affiliations", record.get("affiliation")) or ()
    places = places if isinstance(places, list | tuple) else [places]
    affiliations = tuple(line for place in places for line in _affiliation(place))
    return Person(str(name), str(record.get("email", "")), affiliations)


def _affiliation(value: Json) -> list[str]:
    if not isinstance(value, Mapping):
        return [str(value)]
    lines = [str(value[key]) for key in ("name", "department", "group", "city", "country") if key in value]
    if not lines:
        raise TypesetError(f"the front matter's affiliation has no 'name': found {value!r}")
    return lines


def _date(value: Json) -> str:
    """Write the date out in full."""
    if value in (None, ""):
        return ""
    try:
        day = date.fromisoformat(str(value)[:10])
    except ValueError:
        return str(value)
    return f"{day.day} {day:%B} {day.year}"
