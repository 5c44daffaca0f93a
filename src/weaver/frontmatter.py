"""The document's metadata as Typst: what `article.typ` needs to know, the title block and the contents."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from weaver import pandoc
from weaver.cells import Json
from weaver.errors import TypesetError
from weaver.pandoc import Node, Nodes, raw
from weaver.pictures import quoted


def title_blocks(meta: Mapping[str, Node]) -> dict[str, Nodes]:
    """Return title, subtitle and abstract, as far as there are any, from Pandoc's metadata."""
    return {key: _blocks(meta[key]) for key in ("title", "subtitle", "abstract") if key in meta}


def opening(metadata: Mapping[str, Any], blocks: Mapping[str, Nodes], *, dated: bool, part: bool) -> Nodes:
    """Return the blocks that open the document, whose file is `dated` or not; a `part` has no contents.

    Raises:
        TypesetError: the title is missing or an author cannot be read.
    """
    title = pandoc.plain(list(blocks.get("title", ())))
    if not title:
        raise TypesetError("the front matter has no 'title', which the PDF must have: add one")
    people = _authors(metadata.get("author") or ())
    names = "".join(f"{quoted(person['name'])}, " for person in people)
    language, _, region = str(metadata.get("lang", "en")).partition("-")
    settings = f"title: {quoted(title)}, authors: ({names}), language: {quoted(language)}"
    settings += f", region: {quoted(region)}" if region else ""
    settings += ", date: auto" if dated else ""
    result = [raw(f"#show: article.with({settings})")]
    result += _title_block(blocks, people, _date(metadata.get("date")))
    if not part:
        result += _abstract(metadata, blocks)
        result += _contents(metadata)
    return result


def _blocks(value: Node) -> Nodes:
    """Return a metadata value's blocks."""
    content = value["c"]
    if value["t"] == "MetaInlines":
        return [pandoc.node("Plain", content)]
    if value["t"] == "MetaBlocks":
        return list(content)
    return [pandoc.node("Plain", pandoc.words(str(content)))]


def _title_block(blocks: Mapping[str, Nodes], people: Sequence[Mapping[str, Any]], day: str) -> Nodes:
    authors = "".join(f"({_person(person)}), " for person in people)
    result = [raw(f"#title-block(authors: ({authors}), date: {quoted(day)}, [")]
    result += [*blocks.get("subtitle", ()), raw("], ["), *blocks["title"], raw("])")]
    return result


def _person(person: Mapping[str, Any]) -> str:
    lines = "".join(f"{quoted(line)}, " for line in person["affiliations"])
    return f"name: {quoted(person['name'])}, email: {quoted(person['email'])}, affiliations: ({lines})"


def _abstract(metadata: Mapping[str, Any], blocks: Mapping[str, Nodes]) -> Iterator[Node]:
    if "abstract" in blocks:
        yield raw(f"#abstract({quoted(str(metadata.get('abstract-title', 'Abstract')))})[")
        yield from blocks["abstract"]
        yield raw("]")


def _contents(metadata: Mapping[str, Any]) -> Iterator[Node]:
    if metadata.get("toc"):
        title = str(metadata.get("toc-title", "Table of contents"))
        yield raw(f"#contents({quoted(title)}, {int(metadata.get('toc-depth', 3))})")


def _authors(value: Json) -> list[dict[str, Any]]:
    return [_author(each) for each in (value if isinstance(value, list | tuple) else [value])]


def _author(value: Json) -> dict[str, Any]:
    """Read one author as Quarto does: a name, or a mapping with name, email and affiliations."""
    record = value if isinstance(value, Mapping) else {"name": value}
    name = record.get("name")
    if isinstance(name, Mapping):
        name = name.get("literal") or f"{name.get('given', '')} {name.get('family', '')}"
    if not name:
        raise TypesetError(f"the front matter's author has no 'name': found {value!r}")
    places = record.get("affiliations", record.get("affiliation")) or ()
    places = places if isinstance(places, list | tuple) else [places]
    affiliations = [line for place in places for line in _affiliation(place)]
    return {"name": str(name), "email": str(record.get("email", "")), "affiliations": affiliations}


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
