"""A Quarto document as prose, chunks and includes, each with its file and line.

Only Quarto's own syntax is read: fenced `{python}` chunks with `#|` options, inline `{python}` expressions
and `include` shortcodes. Anything else is prose and is left as it stands.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any

from weaver import chunk_options, yaml_reader
from weaver.chunk_options import RUNNING, SHOWING, Running
from weaver.errors import DocumentError

FENCE = re.compile(r"^(?P<indent>[ \t]*)(?P<fence>`{3,}(?=[^`]*$)|~{3,})[ \t]*(?P<info>.*?)\s*$")
ENGINE = re.compile(r"^\{(?P<engine>\w[\w-]*)(?P<rest>[^}]*)\}$")
# What Quarto passes over behind the engine: names, classes, an identifier, attributes that are no options.
ATTRIBUTES = re.compile(
    r"""(?:(?:\s+|\s*,\s*)(?:[.#]?[\w-]+(?!\s*=)|(?P<key>[\w.-]+)=(?:"[^"]*"|'[^']*'|[^\s"',]+)))*\s*"""
)
DIAGRAMS = frozenset({"mermaid", "dot", "ojs"})
INCLUDE = re.compile(r"^\s*\{\{<\s*include\s+(?P<path>\S+)\s*>\}\}\s*$")
INLINE = re.compile(r"(?<!`)`\{python\}\s+(?P<expression>[^`]+)`(?!`)")
# The first two are not comments, whatever is in them: a fenced block and a code span.
COMMENT = re.compile(
    r"""^[ \t]*(?P<fence>`{3,}|~{3,}).*?^[ \t]*(?P=fence)
    |(?<!`)(?P<ticks>`+)(?!`)(?:(?!\n[ \t]*\n).)+?(?<!`)(?P=ticks)(?!`)
    |(?P<open><!--).*?-->""",
    re.S | re.M | re.X,
)
CODE_SPAN = re.compile(r"(?<!`)(?P<ticks>`{2,})(?!`).+?(?<!`)(?P=ticks)(?!`)")


@dataclass(frozen=True)
class Place:
    """A line of a source file; `file` is as given to `read_document`, lines count from 1."""

    file: Path
    line: int

    def __str__(self) -> str:
        return f"{self.file.as_posix()}:{self.line}"


@dataclass(frozen=True)
class Inline:
    """An inline expression; `start` and `end` bound it, backticks included, in the prose's text."""

    expression: str
    start: int
    end: int
    place: Place


@dataclass(frozen=True)
class Prose:
    """Markdown between chunks."""

    text: str
    inlines: tuple[Inline, ...]
    place: Place

    def place_at(self, offset: int) -> Place:
        """Return the place of what stands so many characters into the text."""
        return Place(self.place.file, self.place.line + self.text.count("\n", 0, offset))


@dataclass(frozen=True)
class Chunk:
    """Python code to execute; `source` holds the `#|` lines too, `place` is the fence's line.

    `running` is what becomes of it: by its own options, and in a project by those for all too.
    """

    source: str
    options: Mapping[str, Any]
    place: Place
    running: Running = field(default_factory=Running)

    @property
    def name(self) -> str:
        """The chunk's label, or its place where it has none."""
        return str(self.options.get("label", f"line {self.place.line}"))

    @property
    def code(self) -> str:
        """What runs: all below the options, which a magic for the whole cell has to open."""
        return re.sub(r"\A(?:[^\S\n]*\n)+", "", "\n".join(chunk_options.split(self.source)[1]))

    @property
    def start(self) -> int:
        """The line of the file on which `code` starts."""
        return self.place.line + 1 + self.source.count("\n") - self.code.count("\n")

    def place_of(self, option: str) -> str:
        """Return the place of an option, or of the chunk where it is said elsewhere."""
        said = chunk_options.split(self.source)[0]
        as_key, anywhere = rf"^#\s*\|\s*[\"']?{re.escape(option)}\b", rf"\b{re.escape(option)}\b"
        found = [[i for i, line in enumerate(said, 1) if re.search(one, line)] for one in (as_key, anywhere)]
        return str(Place(self.place.file, self.place.line + next(chain(*found), 0)))

    def under(self, defaults: Mapping[str, Any]) -> "Chunk":
        """Return the chunk as it runs where `defaults` hold for all.

        Raises:
            DocumentError: an option has a value that it cannot have.
        """
        return replace(self, running=chunk_options.running(self.options, defaults, self.place_of))


@dataclass(frozen=True)
class Include:
    """Another document that stands here; `path` is already resolved against the including file."""

    path: Path
    place: Place


Block = Prose | Chunk | Include


@dataclass(frozen=True)
class Document:
    """One `.qmd` file: its YAML front matter and its blocks in order.

    `places` says where the keys of the front matter stand, also those within others: "format.typst".
    """

    path: Path
    metadata: Mapping[str, Any]
    blocks: tuple[Block, ...]
    places: Mapping[str, Place] = field(default_factory=dict)


def read_document(path: Path, *, root: Path) -> Document:
    """Read the document at `path`, which is relative to `root`.

    Raises:
        DocumentError: the file is missing or not UTF-8, a fence is never closed, an option block is no
            YAML mapping, or a chunk is in another language than Python.
    """
    return parse(contents(path, root=root), path)


def parse(text: str, path: Path) -> Document:
    """Parse the text of a document; `path` is used in places and to resolve includes."""
    lines = text.replace("\r\n", "\n").split("\n")
    front, start = _front_matter(lines, path)
    metadata, places = described(front, path, 2)
    return Document(path, metadata, tuple(_blocks(lines, start, path)), places)


def described(text: str, path: Path, line: int) -> tuple[Mapping[str, Any], Mapping[str, Place]]:
    """Read metadata in YAML, whose first line is `line` of a file, and where each of their keys stands.

    Raises:
        DocumentError: it is not a YAML mapping, or a key stands twice.
    """
    values = yaml_reader.read_yaml(text, path.as_posix(), line)
    return values, {key: Place(path, line + above) for key, above in yaml_reader.lines(text).items()}


def expand(document: Document, *, root: Path, above: Sequence[Path] = ()) -> tuple[Prose | Chunk, ...]:
    """Replace every include of a document by the blocks of the file it names, however deep.

    Raises:
        DocumentError: an included file cannot be used.
    """
    trail = (*above, document.path)
    blocks: list[Prose | Chunk] = []
    for block in document.blocks:
        if isinstance(block, Include):
            blocks.extend(expand(included(block, trail, root=root), root=root, above=trail))
        else:
            blocks.append(block)
    return tuple(blocks)


def included(include: Include, trail: Sequence[Path], *, root: Path) -> Document:
    """Read the document that an include names; `trail` lists the files that lead to it.

    Raises:
        DocumentError: it is missing, has a YAML block, cannot be read, or the files include each other.
    """
    if include.path in trail:
        circle = " → ".join(path.as_posix() for path in (*trail, include.path))
        raise DocumentError(f"files include each other in a circle: {circle}", place=include.place)
    if not (root / include.path).is_file():
        raise DocumentError(f"the included file {include.path.as_posix()} is missing", place=include.place)
    part = read_document(include.path, root=root)
    if part.metadata:
        raise DocumentError(
            f"expected no YAML block in an included file (it would overwrite the"
            f" report's title), found keys {', '.join(map(str, part.metadata))}: move them to _quarto.yml",
            place=Place(include.path, 1),
        )
    return part


def contents(path: Path, *, root: Path) -> str:
    """Return the text of a file of the project.

    Raises:
        DocumentError: it is missing or not UTF-8.
    """
    try:
        return (root / path).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise DocumentError(f"{path.as_posix()}: no such file") from None
    except UnicodeDecodeError as error:
        place = Place(path, 1 + error.object.count(b"\n", 0, error.start))
        byte = f"{error.object[error.start]:#04x}"
        raise DocumentError(f"expected UTF-8 text, found byte {byte}", place=place) from None


def joined(folder: Path, target: Path) -> Path:
    """Resolve `..` by name alone, so that a place stays relative to the project."""
    parts: list[str] = []
    for part in (folder / target).parts:
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        else:
            parts.append(part)
    return Path(*parts)


def _front_matter(lines: Sequence[str], path: Path) -> tuple[str, int]:
    """Return the text of the YAML block at the top, if any, and the index of the first line behind it."""
    if not lines or lines[0].rstrip() != "---":
        return "", 0
    for end, line in enumerate(lines[1:], start=1):
        if line.rstrip() in {"---", "..."}:
            return "\n".join(lines[1:end]), end + 1
    raise DocumentError("the YAML block that opens here is never closed by '---'", place=Place(path, 1))


def _blocks(lines: Sequence[str], start: int, path: Path) -> Iterator[Block]:
    prose = start  # index of the first line of the prose not yet yielded
    index = start
    while index < len(lines):
        fence, include = FENCE.match(lines[index]), INCLUDE.match(lines[index])
        if include:
            yield from _prose(lines[prose:index], Place(path, prose + 1))
            target = Path(include["path"])
            yield Include(joined(path.parent, target), Place(path, index + 1))
            prose = index = index + 1
        elif fence:
            end = _closing(lines, index, fence["fence"], path)
            if _is_chunk(fence, Place(path, index + 1)):
                yield from _prose(lines[prose:index], Place(path, prose + 1))
                code = [line.removeprefix(fence["indent"]) for line in lines[index + 1 : end]]
                yield _chunk(code, Place(path, index + 1))
                prose = end + 1
            index = end + 1
        else:
            index = _next(lines, index)
    yield from _prose(lines[prose:], Place(path, prose + 1))


def _next(lines: Sequence[str], index: int) -> int:
    """Return the index of the next line, or of that behind a comment: code in it does not run."""
    line = re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", lines[index])
    if "<!--" in line and "-->" not in line.rpartition("<!--")[2]:
        return next((end + 1 for end in range(index + 1, len(lines)) if "-->" in lines[end]), index + 1)
    return index + 1


def _closing(lines: Sequence[str], start: int, fence: str, path: Path) -> int:
    """Return the index of the line that closes the fence opened at `start`."""
    closing = re.compile(rf"^\s*{re.escape(fence[0])}{{{len(fence)},}}\s*$")
    for index in range(start + 1, len(lines)):
        if closing.match(lines[index]):
            return index
    raise DocumentError("the code fence that opens here is never closed", place=Place(path, start + 1))


def _is_chunk(fence: re.Match[str], place: Place) -> bool:
    """Whether a fence marks code to run; Quarto runs none between tildes, and draws diagrams itself.

    Raises:
        DocumentError: the code is in another language, or its options stand in the braces.
    """
    engine = ENGINE.match(fence["info"])
    if engine is None or fence["fence"].startswith("~") or engine["engine"] in DIAGRAMS:
        return False
    if engine["engine"] != "python":
        raise DocumentError(
            f"expected a {{python}} chunk, found {{{engine['engine']}}}: only Python runs here", place=place
        )
    if not _is_passed_over(engine["rest"]):
        raise DocumentError(
            f"expected '{{python}}' alone, found '{fence['info']}': write options as '#| key: value' lines",
            place=place,
        )
    return True


def _is_passed_over(rest: str) -> bool:
    """Whether what stands behind the engine are attributes that ask for nothing."""
    given = {key.replace(".", "-") for key in re.findall(r"([\w.-]+)\s*=", rest)}
    return ATTRIBUTES.fullmatch(rest) is not None and not given & (RUNNING | SHOWING)


def _chunk(lines: Sequence[str], place: Place) -> Chunk:
    said, _ = chunk_options.split("\n".join(lines))
    given = yaml_reader.read_yaml(chunk_options.text(said), place.file.as_posix(), place.line + 1)
    return Chunk("\n".join(lines), given, place).under({})


def _prose(lines: Sequence[str], place: Place) -> Iterator[Prose]:
    """Yield prose unless it is blank; its place is its first line with text."""
    blank = next((i for i, line in enumerate(lines) if line.strip()), None)
    if blank is None:
        return
    text = "\n".join(lines[blank:]).rstrip()
    first = Place(place.file, place.line + blank)
    yield Prose(text, tuple(_inlines(text, first)), first)


def _inlines(text: str, place: Place) -> Iterator[Inline]:
    verbatim = list(_verbatim(text))
    for match in INLINE.finditer(text):
        if not any(start <= match.start() < end for start, end in verbatim):
            line = place.line + text.count("\n", 0, match.start())
            expression = " ".join(match["expression"].split("\n")).strip()  # as a code span is read
            yield Inline(expression, *match.span(), Place(place.file, line))


def _verbatim(text: str) -> Iterator[tuple[int, int]]:
    """Bounds of what holds no expression: fenced blocks, comments, code spans in more than one backtick."""
    yield from (span.span() for span in CODE_SPAN.finditer(text))
    yield from (comment.span() for comment in COMMENT.finditer(text) if comment["open"])
    position, opened, fence = 0, 0, ""
    for line in text.split("\n"):
        match = FENCE.match(line)
        if match and not fence:
            fence, opened = match["fence"], position
        elif match and match["fence"].startswith(fence) and not match["info"]:
            yield opened, position + len(line)
            fence = ""
        position += len(line) + 1
