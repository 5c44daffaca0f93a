"""What a document asks of the look of the PDF: paper, margins, fonts, sizes, colours.

The keys are Quarto's for Typst: https://quarto.org/docs/reference/formats/typst.html.
"""

import re
from collections.abc import Collection, Iterator, Mapping

from weaver.chunk_options import Json
from weaver.errors import QuartoOnlyError, TypesetError
from weaver.typesetting.markdown.markdown_source import Manuscript
from weaver.typesetting.tree.images import quoted

LENGTH = re.compile(r"\d+(\.\d+)?(pt|mm|cm|in|em)")
HEX = re.compile(r"#?(?P<digits>[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
COLOURS = frozenset(
    {"black", "gray", "silver", "white", "navy", "blue", "aqua", "teal", "eastern", "purple", "fuchsia"}
    | {"maroon", "red", "orange", "yellow", "olive", "green", "lime"}
)
PAPER = re.compile(r"a([0-9]|1[01])|iso-b[1-8]|jis-b([0-9]|1[01])|us-(letter|legal|tabloid|executive|ledger)")
OF_LATEX = {"letter": "us-letter", "legal": "us-legal", "executive": "us-executive"}  # its names for them
SIDES = ("x", "y", "top", "bottom", "left", "right", "inside", "outside", "rest")
FONTS = {"mainfont": "font", "mathfont": "math-font", "codefont": "code-font"}


def settings(text: Manuscript) -> dict[str, str]:
    """Return the arguments of `article` in `article.typ` that the metadata give, in Typst's words.

    Raises:
        TypesetError: a value is none that its key can have; the message names file and line.
        QuartoOnlyError: more than one column is asked for, and not in a draft.
    """
    _check_columns(text)
    named = {FONTS[key]: _tuple(names) for key, names in fonts(text).items()}
    return {**dict(_others(text)), **named}


def fonts(text: Manuscript) -> dict[str, list[str]]:
    """Return the families that each key names, the first one first."""
    given = {key: text.metadata.get(key) for key in FONTS}
    return {key: [str(each) for each in _listed(value)] for key, value in given.items() if value}


def tell_fonts(text: Manuscript, own: Collection[str], there: Collection[str]) -> None:
    """Say of each font that Typst does not bring whether the system has it; `there` are those of both."""
    for key, names in fonts(text).items():
        place = text.cells[0].place_of(key, text.target)
        for name in names:
            if not _is_among(name, there):
                text.noticed.tell(place, f"{key}:", f"no font '{name}' here: another is used")
            elif not _is_among(name, own):
                text.noticed.tell(place, f"{key}: '{name}'", "is a font of this system: others may have none")


def are_brought(text: Manuscript, own: Collection[str]) -> bool:
    """Whether Typst brings all fonts that a document names."""
    return all(_is_among(name, own) for names in fonts(text).values() for name in names)


def _is_among(name: str, families: Collection[str]) -> bool:
    return name.casefold() in {family.casefold() for family in families}


def _check_columns(text: Manuscript) -> None:
    if (found := text.metadata.get("columns", 1)) != 1 and not text.draft:
        place = text.cells[0].place_of("columns", text.target)
        raise QuartoOnlyError(f"columns: expected 1, found {found!r}: the report has one column", place=place)


def _others(text: Manuscript) -> Iterator[tuple[str, str]]:
    for key in READERS.keys() & text.metadata.keys():
        name, read, expected = READERS[key]
        value = text.metadata[key]
        if (written := read(value)) is None:
            place = text.cells[0].place_of(key, text.target)
            raise TypesetError(f"{key}: expected {expected}, found {value!r}", place=place)
        yield name, written


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


def _tuple(names: list[str]) -> str:
    return f"({''.join(f'{quoted(name)}, ' for name in names)})"


def _length(value: Json) -> str | None:
    return str(value) if LENGTH.fullmatch(str(value)) else None


def _size(value: Json) -> str | None:
    return None if str(value).endswith("em") else _length(value)


def _number(value: Json) -> str | None:
    good = isinstance(value, int | float) and not isinstance(value, bool) and value > 0
    return f"{value:g}" if good else None


def _paper(value: Json) -> str | None:
    name = str(value).removesuffix("paper")
    name = OF_LATEX.get(name, name)
    return quoted(name) if PAPER.fullmatch(name) else None


def _margin(value: Json) -> str | None:
    if not isinstance(value, Mapping):
        return _length(value)
    good = all(side in SIDES and _length(length) for side, length in value.items())
    return f"({''.join(f'{side}: {length}, ' for side, length in value.items())})" if good and value else None


def _colour(value: Json) -> str | None:
    if match := HEX.fullmatch(str(value)):
        return f'rgb("#{match["digits"]}")'
    return str(value) if value in COLOURS else None


def _page_numbers(value: Json) -> str | None:
    if value is False or value == "none":
        return "none"
    return quoted(str(value)) if re.search("[1aAiI]", str(value)) else None


A_LENGTH = "a length such as 11pt or 2cm"
# Of each key: the argument of `article`, what reads its value, and what is expected.
READERS = {
    "papersize": ("paper", _paper, "a paper such as a4 or us-letter"),
    "margin": ("margin", _margin, f"{A_LENGTH}, or such lengths for some of {', '.join(SIDES)}"),
    "fontsize": ("size", _size, "a size such as 11pt"),
    "linestretch": ("stretch", _number, "a number above 0"),
    "linkcolor": ("link-colour", _colour, f"'#1d4566' or the like, or one of {', '.join(sorted(COLOURS))}"),
    "page-numbering": ("pages", _page_numbers, "a pattern such as '1' or '1 / 1', or 'none'"),
}
