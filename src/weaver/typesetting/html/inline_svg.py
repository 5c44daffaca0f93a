"""An SVG file as an element of an HTML page: its own identifiers and styles, no scripts, nothing fetched."""

import functools
import re
from collections.abc import Iterator
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from weaver.errors import TypesetError

NAMESPACE = "{http://www.w3.org/2000/svg}"
HREFS = ("href", "{http://www.w3.org/1999/xlink}href")
DROPPED = ("script", "metadata")  # a script does not run in an image either
WITHIN = re.compile(r"url\(\s*([\"']?)#([^)\"']+)\1\s*\)")
SELECTOR = re.compile(r"#([\w-]+)")
FETCHED = re.compile(r"url\((?!\s*[\"']?(?:#|data:))|@import", re.I)
LENGTH = re.compile(r"^(?P<number>\d+(?:\.\d+)?)(?P<unit>px|pt|mm|cm|in|)$")
PIXELS = {"px": 1, "": 1, "pt": 4 / 3, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96}


@functools.lru_cache(maxsize=256)  # of a page that the preview makes again, most figures are as they were
def inline(text: str, *, prefix: str, alternative: str, style: str = "") -> str:
    """Return an SVG file as an element of an HTML page.

    Args:
        text: the file.
        prefix: the element's identifier, unique in the page; all those inside of it begin with it.
        alternative: what it shows, in words; empty where it is not given.
        style: the element's own CSS.

    Raises:
        TypesetError: it is not SVG, or shows what would have to be fetched.
    """
    root = _parse(text)
    names = {value for element in root.iter() if (value := element.get("id"))}
    _drop_repeated(root)
    _settle(root, prefix, names)
    _scale(root)
    own = {"id": prefix, "class": "picture", "role": "img"}
    own |= {"aria-label": alternative} if alternative else {}
    root.attrib = {**root.attrib, **own, **({"style": style} if style else {})}
    return ElementTree.tostring(root, encoding="unicode").strip()


def _parse(text: str) -> Element:
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - expat bounds entities, and fetches none
    except ElementTree.ParseError as error:
        raise TypesetError(f"the SVG cannot be read: {error}") from None
    if root.tag != f"{NAMESPACE}svg":
        raise TypesetError(f"expected an SVG, found the element '{root.tag}'")
    return root


def _drop_repeated(root: Element) -> None:
    """Leave each identifier to its first bearer, which is the one that references find."""
    seen: set[str] = set()
    for element in root.iter():
        if (identifier := element.get("id")) in seen:
            del element.attrib["id"]
        elif identifier:
            seen.add(identifier)


def _settle(element: Element, prefix: str, names: set[str]) -> None:
    """Bring an element and all in it into the page's namespaces, and identifiers out of the way of others."""
    element.tag = element.tag.removeprefix(NAMESPACE)
    element.attrib = dict(_attributes(element, prefix))
    if element.tag == "style":
        element.text = _scoped(element.text or "", prefix, names)
    for child in list(element):
        if child.tag.startswith(NAMESPACE) and child.tag.removeprefix(NAMESPACE) not in DROPPED:
            _settle(child, prefix, names)
        else:
            element.remove(child)


def _attributes(element: Element, prefix: str) -> Iterator[tuple[str, str]]:
    """Yield the attributes, without scripts, foreign ones and other words for what it shows."""
    for key, value in element.attrib.items():
        name = "href" if key in HREFS else key
        if not name.startswith(("{", "on", "aria-")) and name != "version":
            yield name, _reference(element, name, value, prefix)


def _reference(element: Element, name: str, value: str, prefix: str) -> str:
    if name == "id":
        return f"{prefix}-{value}"
    if name == "href" and value.startswith("#"):
        return f"#{prefix}-{value[1:]}"
    calls = "(" in value or "@" in value  # paths, which are most of a picture, do not
    fetched = name == "href" and element.tag != "a" and not value.startswith("data:")
    if fetched or (calls and FETCHED.search(value)):
        raise TypesetError(f"'{value}' in the SVG would have to be fetched: put it into the file")
    return WITHIN.sub(rf"url(#{prefix}-\2)", value) if calls else value


def _scoped(css: str, prefix: str, names: set[str]) -> str:
    """Return style rules that hold inside of the picture alone."""
    if found := FETCHED.search(css):
        raise TypesetError(
            f"'{found.group()}' in the SVG's style would have to be fetched: put it into the file"
        )
    own = SELECTOR.sub(lambda match: f"#{prefix}-{match[1]}" if match[1] in names else match[0], css)
    return f"#{prefix} {{ {own.strip()} }}"


def _scale(root: Element) -> None:
    """Let a picture that states only its size grow and shrink with the page."""
    sides = [LENGTH.match(root.get(side, "").strip()) for side in ("width", "height")]
    if "viewBox" not in root.attrib and all(sides):
        width, height = (float(side["number"]) * PIXELS[side["unit"]] for side in sides if side)
        root.set("viewBox", f"0 0 {width:g} {height:g}")
