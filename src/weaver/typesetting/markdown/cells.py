"""The cells of an executed notebook as frozen records, and the `#|` options of a code cell."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from typing import Any, Literal

from weaver import chunk_options as options
from weaver import yaml_reader
from weaver.chunk_options import Json, Target
from weaver.errors import QuartoOnlyError, TypesetError
from weaver.typesetting import languages

# Options that Quarto knows and that change nothing of what is shown; see `weaver.chunk_options`.
WITHOUT_EFFECT = options.OF_CHUNK | frozenset(
    {"cache", "freeze", "id", "message", "name", "needs", "tags"}
    | {f"code-{word}" for word in ("line-numbers", "overflow", "tools")}
    | {"classes", "fig-align", "fig-env", "fig-pos", "fig-scap", "layout-align", "layout-valign"}
    | {"code-annotations", "fig-responsive", "html-table-processing", "output-location"}
)


@dataclass(frozen=True)
class Options:
    """What the `#|` lines of a code cell ask for; an empty value means that nothing is said.

    `fig_caps` is the list that 'fig-cap' may be: a figure for each.
    """

    label: str = ""
    echo: bool = True
    include: bool = True
    output: bool | Literal["asis"] = True
    warning: bool = True
    fig_cap: str = ""
    fig_caps: tuple[str, ...] = ()
    fig_alt: tuple[str, ...] = ()
    fig_subcap: tuple[str, ...] = ()
    tbl_cap: str = ""
    tbl_subcap: tuple[str, ...] = ()
    tbl_colwidths: str = ""
    lst_cap: str = ""
    lst_label: str = ""
    layout: str = ""
    layout_ncol: int = 0
    layout_nrow: int = 0
    filename: str = ""
    code_fold: bool | Literal["show"] = False
    code_summary: str = "Code"


KNOWN = {option.name.replace("_", "-"): option for option in fields(Options) if option.name != "fig_caps"}
# What Quarto alone carries out: options, and values of others.
QUARTO_ONLY = frozenset({"fig-link"})
# What says where or how wide something stands in Quarto: here it stands in the text, and is told of.
PLACES = frozenset(
    {"cap-location", "column", "fig-cap-location", "fig-column", "panel", "tbl-cap-location", "tbl-column"}
)
QUARTO_ONLY_VALUES = {"echo": "fenced"}
OF_QUARTO = KNOWN.keys() | WITHOUT_EFFECT | QUARTO_ONLY | PLACES
BESIDE_TRUE = {"output": "asis", "code-fold": "show"}  # the third value of an option that is true or false


@dataclass(frozen=True)
class Cell:
    """One cell: what it is, what it holds and where it stands in the sources.

    `line` is the line of the source's first line in `file`; `chapter` is the stem of the chapter's file. The
    front matter is of several files: `keys` says where each of its keys stands, "format.typst" as well.
    """

    kind: Literal["raw", "markdown", "code"]
    source: str
    chapter: str
    file: str
    line: int
    outputs: tuple[Mapping[str, Any], ...] = ()
    options: Options = field(default_factory=Options)
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def code(self) -> str:
        """The source without its option lines and the blank lines around it."""
        return "\n".join(options.split(self.source)[1]).strip("\n")

    @property
    def unknown(self) -> Sequence[str]:
        """The options of a chunk that mean nothing, to Quarto neither."""
        return [key for key in self._keys() if key not in OF_QUARTO]

    @property
    def placed(self) -> Sequence[str]:
        """The options of a chunk that would give what it shows a place of its own."""
        return [key for key in self._keys() if key in PLACES]

    @property
    def too_late(self) -> str:
        """The first line that says an option below code, where it says nothing; empty where there is none."""
        lines = options.split(self.source)[1] if self.kind == "code" else []
        return next((line for line in lines if options.OPTION.match(line) and ":" in line), "")

    def _keys(self) -> list[str]:
        return [str(key) for key in _given(self)] if self.kind == "code" else []

    @property
    def shown(self) -> str:
        """What the outputs hold, as text."""
        data = (output.get("data") or {"text": output.get("text", "")} for output in self.outputs)
        values = (value for each in data for value in each.values())
        return "\n".join(text_of(value) for value in values if isinstance(value, str | list))

    def place(self, pattern: str = "", *, last: bool = False) -> str:
        """Return `file:line` of the first (or last) match of a regular expression, or of the cell."""
        matches = list(re.finditer(pattern, self.source)) if pattern else []
        start = matches[-1 if last else 0].start() if matches else 0
        line = self.source.count("\n", 0, start)
        if self.keys and matches:
            above = [keys for keys, below in yaml_reader.lines(_yaml(self)).items() if below < line]
            return self._known(above[-1]) if above else f"{self.file}:{self.line}"
        return f"{self.file}:{self.line + line}"

    def place_of_line(self, line: int) -> str:
        """Return `file:line` of a line of a Markdown cell, from 0, or of a cell that shows Markdown."""
        return f"{self.file}:{self.line + line}" if self.kind == "markdown" else self.place()

    def place_of(self, key: str, target: Target = "typst") -> str:
        """Return `file:line` of a key of the front matter, "crossref.chapters" for example, in a format."""
        own = f"format.{target}.{key}"
        if not self.keys:
            return self.place(rf"(?m)^ *{re.escape(key.rpartition('.')[2])}:")
        return self._known(own if f"format.{target}.{key.partition('.')[0]}" in self.keys else key)

    def _known(self, key: str) -> str:
        """Return where a key stands, or what it stands in."""
        while key and key not in self.keys:
            key = key.rpartition(".")[0]
        return self.keys.get(key, f"{self.file}:{self.line}")


def read_cells(
    notebook: Mapping[str, Any], target: Target = "typst", *, lenient: bool = False
) -> tuple[Cell, ...]:
    """Read the cells of a notebook with the options that they have in the format `target`.

    Where it is `lenient`, an option that only Quarto carries out is passed over.

    Raises:
        TypesetError: an option cannot be used; the message names file and line.
        DocumentError: the options, or the front matter, are not a YAML mapping.
    """
    cells = [_cell(record) for record in notebook["cells"]]
    defaults = _defaults(front_matter(cells), target)
    return tuple(_for(target, _with_options(cell, defaults, lenient=lenient)) for cell in cells)


def faults(notebook: Mapping[str, Any]) -> Iterator[TypesetError]:
    """Yield what is wrong with the options of each chunk, as errors that name file and line.

    Raises:
        DocumentError: the options, or the front matter, are not a YAML mapping.
    """
    for cell in (_cell(record) for record in notebook["cells"]):
        for key, value in _given(cell).items() if cell.kind == "code" else ():
            try:
                _options({key: value}, cell, lenient=False)
            except TypesetError as error:
                yield error


def metadata(cells: Sequence[Cell], target: Target = "typst") -> Mapping[str, Any]:
    """Return the document's metadata: the YAML front matter of the first cell.

    What it says for the format `target` alone comes before what it says for all.

    Raises:
        DocumentError: it is not a YAML mapping.
    """
    values = front_matter(cells)
    formats = values.get("format")
    own = formats.get(target) if isinstance(formats, dict) else None
    return {**values, **own} if isinstance(own, dict) else values


def front_matter(cells: Sequence[Cell]) -> Mapping[str, Any]:
    """Return the YAML of the first cell as it stands.

    Raises:
        DocumentError: it is not a YAML mapping.
    """
    if not cells or cells[0].kind != "raw":
        return {}
    return _mapping(_yaml(cells[0]), cells[0].file, cells[0].line)


def text_of(value: str | Sequence[str]) -> str:
    """Return a notebook's multi-line text, which may be stored as a list of lines."""
    return value if isinstance(value, str) else "".join(value)


def lines_of(text: str) -> list[str]:
    """Return text as a notebook file has it: a list of lines, each with its end.

    Quarto splits a source that is one text, and joins its lines with nothing between them.
    """
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _yaml(front: Cell) -> str:
    """Return the YAML of a front matter without the lines around it."""
    return re.sub(r"\A---\s*\n|\n(---|\.\.\.)\s*\Z", "", front.source)


def _cell(record: Mapping[str, Any]) -> Cell:
    place = record.get("metadata", {}).get("weaver", {})
    kind = record["cell_type"]
    fence = 1 if kind == "code" else 0  # the place of a chunk is its opening fence
    return Cell(
        kind=kind,
        source=text_of(record["source"]),
        chapter=place.get("chapter", ""),
        file=place.get("file", "notebook"),
        line=place.get("line", 1) + fence,
        outputs=tuple(record.get("outputs", ())),
        keys=place.get("keys", {}),
    )


def _defaults(front: Mapping[str, Any], target: Target) -> Mapping[str, Any]:
    """Return the options that the front matter sets for all chunks."""
    word = languages.words_of_language(front)["code-summary"]
    found = {"code-summary": word, **options.for_all(front, target)}
    return {key: value for key, value in found.items() if key in options.SHOWING}


def _for(target: Target, cell: Cell) -> Cell:
    """Leave code as it stands on paper, where nothing can be unfolded."""
    if target == "html" or not cell.options.code_fold:
        return cell
    return replace(cell, options=replace(cell.options, code_fold=False))


def _with_options(cell: Cell, defaults: Mapping[str, Any], *, lenient: bool) -> Cell:
    if cell.kind != "code":
        return cell
    return replace(cell, options=_options({**defaults, **_given(cell)}, cell, lenient=lenient))


def _given(cell: Cell) -> Mapping[str, Any]:
    """Return the options that a chunk itself has."""
    return _mapping(options.text(options.split(cell.source)[0]), cell.file, cell.line)


@lru_cache(maxsize=1024)  # a build reads the cells several times; the values are never changed
def _mapping(text: str, file: str, line: int) -> Mapping[str, Any]:
    return yaml_reader.read_yaml(text, file, line)


def named(metadata: Mapping[str, Any], key: str) -> list[str]:
    """Return the files that a key of a document's metadata names, `bibliography` for example."""
    value = metadata.get(key)
    return [str(name) for name in (value if isinstance(value, list) else [value] if value else [])]


def _options(values: Mapping[str, Any], cell: Cell, *, lenient: bool) -> Options:
    chosen: dict[str, Any] = {}
    for key, value in values.items():
        if key in QUARTO_ONLY or (key in QUARTO_ONLY_VALUES and value == QUARTO_ONLY_VALUES[key]):
            if not lenient:
                raise QuartoOnlyError(f"'{key}: {value}' is not supported here", place=cell.place(key))
        elif key == "fig-cap" and isinstance(value, list):
            chosen["fig_caps"] = _captions(value, str(values.get("label", "")), cell)
        elif key in KNOWN:
            chosen[KNOWN[key].name] = _value(key, value, cell)
        elif not lenient and (what := options.doubt(key, value, OF_QUARTO)):
            raise TypesetError(f"unknown chunk option {what}", place=cell.place(re.escape(str(key))))
    return Options(**chosen)


def _captions(texts: Sequence[Json], label: str, cell: Cell) -> tuple[str, ...]:
    """Return the captions of several figures, which have no label together."""
    if label.startswith("fig-"):
        raise TypesetError(
            f"'fig-cap' expects one text for '{label}', found {texts!r}: those of its parts are 'fig-subcap'",
            place=cell.place("fig-cap"),
        )
    return tuple(str(text) for text in texts)


def _value(key: str, value: Json, cell: Cell) -> Json:
    """Check one option's value against the type of its field."""
    default = KNOWN[key].default
    if isinstance(default, bool):
        allowed = (True, False, *([BESIDE_TRUE[key]] if key in BESIDE_TRUE else []))
        good, expected = value in allowed, " or ".join(str(each).lower() for each in allowed)
    elif isinstance(default, int):
        good, expected = isinstance(value, int) and value > 0, "a whole number above 0"
    elif isinstance(default, tuple):
        value = (value,) if isinstance(value, str) else value
        good, expected = isinstance(value, list | tuple), "one text or a list of texts"
    elif key == "tbl-colwidths":
        good, expected = isinstance(value, list), "a list of percentages"
    elif key == "layout":
        good, expected = isinstance(value, str | list), "rows of numbers such as [[1,1],[1]]"
    else:
        good, expected = isinstance(value, str | int | float), "one text"
    if not good:
        raise TypesetError(f"'{key}' expects {expected}, found {value!r}", place=cell.place(key))
    if isinstance(default, tuple):
        return tuple(str(each) for each in value)
    return str(value) if isinstance(default, str) else value
