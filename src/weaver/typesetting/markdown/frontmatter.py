"""A document's metadata as a frozen record: title, people, dates, language, and which contents it wants."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from typing import NoReturn

from weaver.chunk_options import Json
from weaver.errors import TypesetError
from weaver.typesetting import languages, pandoc
from weaver.typesetting.markdown import metadata_keys
from weaver.typesetting.markdown.markdown_source import Manuscript
from weaver.typesetting.pandoc import Node, Nodes

LINES = ("title", "subtitle", "thanks", "description")  # that are written in Markdown, each one paragraph
BLOCKS = (*LINES, "abstract")
PLACE = ("name", "department", "group", "city", "country")  # the lines of an affiliation
# What Quarto knows of an author and of an affiliation; what is not printed here it does not print either.
OF_AUTHOR = frozenset(
    {"name", "email", "affiliations", "affiliation", "degrees", "orcid", "id", "url", "fax", "phone", "note"}
    | {"acknowledgements", "attributes", "corresponding", "equal-contributor", "deceased", "roles", "role"}
)
OF_PLACE = frozenset({*PLACE, "id", "ref", "address", "region", "state", "postal-code", "url", "isni", "ror"})
FORMS = ("%m/%d/%Y", "%m-%d-%Y", "%d %B %Y", "%B %d, %Y", "%d %b %Y", "%b %d, %Y")  # of dates beside ISO 8601


@dataclass(frozen=True)
class Person:
    """An author; `name` has the degrees with it."""

    name: str
    email: str
    affiliations: tuple[str, ...]
    orcid: str = ""


@dataclass(frozen=True)
class FrontMatter:
    """What opens a document; `contents` is the title of its table of contents, empty for none.

    `facts` are what a page says of it beside, as in Quarto: a word, its value, and an address or nothing.
    """

    title: Nodes
    subtitle: Nodes
    abstract: Nodes
    thanks: Nodes
    description: Nodes
    people: tuple[Person, ...]
    day: str
    language: str
    abstract_title: str
    contents: str
    depth: int
    keywords: tuple[str, ...]
    facts: tuple[tuple[str, str, str], ...]


def title_blocks(meta: Mapping[str, Node]) -> dict[str, Nodes]:
    """Return title, subtitle and the like, as far as there are any, from Pandoc's metadata."""
    return {key: _blocks(meta[key]) for key in BLOCKS if key in meta}


def read_front_matter(text: Manuscript, blocks: Mapping[str, Nodes]) -> FrontMatter:
    """Read a document's metadata; `blocks` are those of its keys that `title_blocks` returns.

    Raises:
        TypesetError: an author or a date cannot be read; the message names file and
            line.
    """
    metadata, words = text.metadata, text.words
    if not pandoc.plain(blocks.get("title", [])):
        place = text.cells[0].place_of("title", text.target)
        text.noticed.tell(
            place,
            "the front matter",
            "has no 'title': nothing names the report, also not in its list of windows",
        )
        blocks = {**blocks, "title": [pandoc.node("Plain", [])]}
    title, subtitle, thanks, description = (_line(text, key, blocks) for key in LINES)
    return FrontMatter(
        title,
        subtitle,
        list(blocks.get("abstract", ())),
        thanks,
        description,
        _authors(text),
        _day(text, "date"),
        languages.tag_of(metadata),
        str(metadata.get("abstract-title", words["section-title-abstract"])),
        _contents(text),
        _depth(text),
        tuple(map(str, _listed(metadata.get("keywords")))),
        tuple(_facts(text)),
    )


def _contents(text: Manuscript) -> str:
    """Return the title of the contents, nothing where there are none to be."""
    listed = text.metadata.get("toc", text.metadata.get("table-of-contents"))
    return str(text.metadata.get("toc-title", text.words["toc-title-document"])) if listed else ""


def _depth(text: Manuscript) -> int:
    depth = text.metadata.get("toc-depth", 3)
    if isinstance(depth, bool) or not isinstance(depth, int) or depth < 1:
        _fail(text, "toc-depth", f"toc-depth: expected a whole number above 0, found {depth!r}")
    return depth


def _fail(text: Manuscript, key: str, message: str) -> NoReturn:
    raise TypesetError(message, place=text.cells[0].place_of(key, text.target))


def _line(text: Manuscript, key: str, blocks: Mapping[str, Nodes]) -> Nodes:
    found = list(blocks.get(key, ()))
    if any(block["t"] not in {"Plain", "Para"} for block in found):
        _fail(text, key, f"{key}: expected text, found a list, a table or the like")
    return found


def _blocks(value: Node) -> Nodes:
    """Return a metadata value's blocks."""
    content = value["c"]
    if value["t"] == "MetaInlines":
        return [pandoc.node("Plain", content)]
    if value["t"] == "MetaBlocks":
        return list(content)
    return [pandoc.node("Plain", pandoc.inlines_of_text(str(content)))]


def _listed(value: Json) -> Sequence[Json]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _authors(text: Manuscript) -> tuple[Person, ...]:
    """Read the authors, whose affiliations may stand elsewhere and be meant by their `id`."""
    key = "author" if text.metadata.get("author") else "authors"
    authors = _listed(text.metadata.get(key))
    records = [each if isinstance(each, Mapping) else {"name": each} for each in authors]
    known = chain(_listed(text.metadata.get("affiliations")), *map(_places, records))
    by_id = {str(place["id"]): place for place in known if isinstance(place, Mapping) and "id" in place}
    return tuple(_author(each, by_id, text, key) for each in records)


def _places(author: Mapping[str, Json]) -> list[Json]:
    return list(_listed(author.get("affiliations", author.get("affiliation"))))


def _author(
    record: Mapping[str, Json], known: Mapping[str, Mapping[str, Json]], text: Manuscript, key: str
) -> Person:
    """Read one author as Quarto does: a name, or a mapping with name, email and affiliations."""
    _check(record, OF_AUTHOR, text, key)
    name = record.get("name")
    if isinstance(name, Mapping):
        name = name.get("literal") or f"{name.get('given', '')} {name.get('family', '')}"
    if not name:
        _fail(text, key, f"the front matter's author has no 'name': found {dict(record)!r}")
    lines = [line for place in _places(record) for line in _affiliation(place, known, text, key)]
    titled = ", ".join(map(str, [name, *_listed(record.get("degrees"))]))
    orcid = str(record.get("orcid") or "").removeprefix("https://orcid.org/")
    return Person(titled, str(record.get("email") or ""), tuple(lines), orcid)


def _affiliation(
    place: Json, known: Mapping[str, Mapping[str, Json]], text: Manuscript, key: str
) -> Sequence[str]:
    if not isinstance(place, Mapping):
        return [str(place)]
    _check(place, OF_PLACE, text, key)
    if "ref" in place:
        if str(place["ref"]) not in known:
            ids = ", ".join(known) or "none"
            _fail(text, key, f"no affiliation has the id '{place['ref']}'; ids that exist: {ids}")
        place = known[str(place["ref"])]
    lines = [str(place[name]) for name in PLACE if place.get(name)]
    if not lines:
        _fail(text, key, f"the front matter's affiliation has no 'name': found {dict(place)!r}")
    return lines


def _check(record: Mapping[str, Json], known: Collection[str], text: Manuscript, key: str) -> None:
    for name in map(str, record):
        if near := metadata_keys.meant(name, known):
            _fail(text, key, f"{key}: unknown key '{name}'; did you mean '{near}'?")


def _day(text: Manuscript, key: str) -> str:
    """Write a date as `date-format` asks, else out in full; what is none stays as it is written."""
    value, style = text.metadata.get(key), text.metadata.get("date-format")
    day = _parsed(str(value), any_form=style is not None)
    if value in (None, "") or day is None:
        return str(value or "")
    written = languages.dated(day, text.metadata, str(style or "long"))
    if written is None:
        tag = languages.tag_of(text.metadata)
        _fail(
            text,
            "date-format",
            f"date-format: '{style}' has parts that are not known in '{tag}': expected 'long', 'iso' or a"
            " pattern of YYYY, MMMM, MM, M, DD, D and [text]",
        )
    return written


def _parsed(value: str, *, any_form: bool) -> date | None:
    with suppress(ValueError):
        return date.fromisoformat(value[:10])
    for form in FORMS if any_form else ():
        with suppress(ValueError):
            return datetime.strptime(value, form).date()
    return None


def _facts(text: Manuscript) -> Iterator[tuple[str, str, str]]:
    metadata, words = text.metadata, text.words
    if modified := _day(text, "date-modified"):
        yield str(metadata.get("modified-title", words["title-block-modified"])), modified, ""
    if doi := metadata.get("doi"):
        yield str(metadata.get("doi-title", "DOI")), str(doi), f"https://doi.org/{doi}"
    if keywords := _listed(metadata.get("keywords")):
        title = str(metadata.get("keywords-title", words["title-block-keywords"]))
        yield title, ", ".join(map(str, keywords)), ""
