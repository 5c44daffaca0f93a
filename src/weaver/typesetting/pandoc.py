"""Pandoc from the `pypandoc_binary` wheel: where it is, how it is called, and its document tree.

The tree is Pandoc's JSON as plain dictionaries: a node is `{"t": type, "c": content}`, attributes are
`[identifier, classes, [[key, value], …]]`.
"""

import functools
import importlib.util
import json
import os
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from weaver.errors import TypesetError, WeaverError

Tree = Any  # any part of the JSON
Node = dict[str, Any]
Nodes = list[Node]
Change = Callable[[Node], Nodes | None]
Changes = Mapping[str | None, Change]

PLAIN_TEXT = frozenset({"Str", "Space", "SoftBreak"})
LEAVES = PLAIN_TEXT | {"LineBreak", "HorizontalRule", "Code", "Math", "CodeBlock", "RawBlock", "RawInline"}
TEXT_BLOCKS = frozenset({"Para", "Plain", "Header", "LineBlock"})  # hold inlines alone

COLUMNS = 10_000  # so wide that a pipe table with long source lines does not turn full-width
READ = ("--from=markdown-latex_macros", f"--columns={COLUMNS}")
WARNING = re.compile(r"^\[WARNING\] ", re.M)
PATIENCE_S = 300  # a book takes it a few
INLINES = frozenset(
    {"Emph", "Strong", "Underline", "Strikeout", "Superscript", "Subscript", "SmallCaps"}
    | {"Cite", "Link", "Image", "Span"}
)


@dataclass(frozen=True)
class PandocDocument:
    """A document tree and its metadata, both as Pandoc's JSON has them."""

    meta: dict[str, Any]
    blocks: Nodes
    version: list[int]


@functools.cache
def executable() -> str:
    """Return the path of the wheel's Pandoc, without importing pypandoc where that can be avoided."""
    package = importlib.util.find_spec("pypandoc")
    if package and package.origin:
        path = Path(package.origin).parent / "files" / ("pandoc.exe" if os.name == "nt" else "pandoc")
        if path.is_file():
            return str(path)
    import pypandoc  # noqa: PLC0415 - takes longer to import than Pandoc to run

    return str(pypandoc.get_pandoc_path())


def read_markdown(text: str, *, source: Sequence[str] = READ) -> tuple[PandocDocument, list[str]]:
    """Parse a text into a document tree; the second value holds Pandoc's warnings.

    Raises:
        TypesetError: Pandoc cannot read the text.
    """
    output, warnings = _call([*source, "--to=json"], text, None)
    tree = json.loads(output)
    return PandocDocument(tree["meta"], tree["blocks"], tree["pandoc-api-version"]), warnings


def write_tree(document: PandocDocument, *options: str, folder: Path | None = None) -> tuple[str, list[str]]:
    """Write a document tree in the format that `options` name; relative paths start at `folder`.

    Raises:
        TypesetError: Pandoc cannot write it, or a file that the metadata names is missing.
    """
    tree = {
        "pandoc-api-version": document.version,
        "meta": document.meta,
        "blocks": document.blocks,
    }
    text = json.dumps(tree, ensure_ascii=False)
    return _call(["--from=json", "--wrap=none", *options], text, folder)


def _call(options: Sequence[str], text: str, folder: Path | None) -> tuple[str, list[str]]:
    command = [executable(), *options]
    given = text.encode()
    try:
        run = subprocess.run(  # noqa: S603
            command, input=given, capture_output=True, cwd=folder, check=False, timeout=PATIENCE_S
        )
    except subprocess.TimeoutExpired:
        raise TypesetError(
            f"Pandoc has not finished in {PATIENCE_S} seconds: brackets or the like are nested too deep"
        ) from None
    messages = run.stderr.decode(errors="replace")
    if run.returncode:
        raise TypesetError(f"Pandoc stopped: {messages.strip()}")
    return run.stdout.decode(), [text.strip() for text in WARNING.split(messages)[1:]]


def node(kind: str, *content: Tree) -> Node:
    """Make a node; several content values become Pandoc's list of them."""
    return {"t": kind, "c": content[0] if len(content) == 1 else list(content)}


def attributes(
    identifier: str = "", classes: Iterable[str] = (), pairs: Iterable[tuple[str, str]] = ()
) -> list[Any]:
    """Make Pandoc's attribute triple."""
    return [identifier, list(classes), [list(pair) for pair in pairs]]


def raw(text: str) -> Node:
    """Make a block that stands in the Typst source as it is."""
    return node("RawBlock", "typst", text)


def raw_inline(text: str) -> Node:
    """Make an inline that stands in the Typst source as it is."""
    return node("RawInline", "typst", text)


def inlines_of_text(text: str) -> Nodes:
    """Make inlines of plain text."""
    inlines: Nodes = []
    for word in text.split():
        inlines += [{"t": "Space"}, node("Str", word)]
    return inlines[1:]


def inlines(paragraphs: Nodes) -> Nodes:
    """Return the inlines of some paragraphs as those of one."""
    joined: Nodes = []
    for block in paragraphs:
        joined += [{"t": "Space"}, *block["c"]]
    return joined[1:]


def inlines_of(markdown: str) -> Nodes:
    """Parse Markdown that stands in an attribute, such as a callout's title."""
    if not markdown:
        return []
    document, _ = read_markdown(" ".join(markdown.split()))
    return [inline for block in document.blocks for inline in block["c"]]


def rewrite(value: Tree, changes: Changes) -> Tree:
    """Return the tree with nodes replaced by what `changes` has for their types, innermost first.

    A change returns the nodes to put in place of one, or None to keep it. Nodes come in reading order, but
    containers after what they hold. The tree is changed in place.
    """
    if type(value) is list:
        _rewrite(value, changes, PLAIN_TEXT - changes.keys())
    return value


def _rewrite(values: list[Tree], changes: Changes, passed_over: Set[str | None]) -> None:
    replacements = []
    for index, value in enumerate(values):
        if type(value) is list:
            _rewrite(value, changes, passed_over)
        elif type(value) is dict and (kind := value.get("t")) not in passed_over:
            for part in value.values() if kind not in LEAVES else ():
                if type(part) is list:
                    _rewrite(part, changes, passed_over)
            if kind in changes and (replacement := changes[kind](value)) is not None:
                replacements.append((index, replacement))
    for index, replacement in reversed(replacements):
        values[index : index + 1] = replacement


def forgiving(changes: Changes, faults: list[WeaverError]) -> Changes:
    """Return changes that keep a node which is in error, and note the error among `faults`."""
    return {kind: functools.partial(_forgiven, change, faults) for kind, change in changes.items()}


def _forgiven(change: Change, faults: list[WeaverError], value: Node) -> Nodes | None:
    try:
        return change(value)
    except TypesetError as error:
        faults.append(error)
        return None


def descend(value: Tree, changes: Changes) -> Tree:
    """Return the tree with nodes replaced by what `changes` has for their types, outermost first.

    None keeps a node and goes on with what it holds; a replacement is taken as it is. What holds one is made
    again, all else is shared with the tree that was given.
    """
    if type(value) is list:
        return _descend(value, changes)
    for key, part in value.items() if type(value) is dict else ():
        if type(part) is list or type(part) is dict:
            inner = descend(part, changes)
            value = value if inner is part else {**value, key: inner}
    return value


def _descend(values: list[Tree], changes: Changes) -> list[Tree]:
    result: list[Tree] | None = None  # until something differs
    for index, value in enumerate(values):
        kind = value.get("t") if type(value) is dict else None
        replacement = changes[kind](value) if kind in changes else None
        if replacement is None:
            kept = value if kind in LEAVES else descend(value, changes)
            if kept is value and result is None:
                continue
            replacement = [kept]
        result = values[:index] if result is None else result
        result += replacement
    return values if result is None else result


def walk(value: Tree) -> Nodes:
    """Return every node in reading order, containers before what they hold; not plain text and spaces."""
    found: Nodes = []
    _walk([value], found, LEAVES)
    return found


def blocks(value: Tree) -> Nodes:
    """Return every block as `walk` does, but none that stands in a note; what is in no block comes too."""
    found: Nodes = []
    _walk([value], found, LEAVES | TEXT_BLOCKS)
    return found


def _walk(values: Iterable[Tree], found: Nodes, closed: Set[str | None]) -> None:
    for value in values:
        if type(value) is list:
            _walk(value, found, closed)
        elif type(value) is dict and (kind := value.get("t")) not in PLAIN_TEXT:
            if kind is not None:
                found.append(value)
            if kind not in closed:
                _walk(value.values(), found, closed)


def plain(value: Tree) -> str:
    """Return the text of inlines or blocks without their markup, as one line; notes are left out."""
    return " ".join("".join(_texts(value)).split())


def _texts(value: Tree) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict) and "t" in value:
        yield from _text(value["t"], value.get("c"))


def _text(kind: str, content: Tree) -> Iterator[str]:
    if kind == "Str":
        yield content
    elif kind in {"Space", "SoftBreak", "LineBreak"}:
        yield " "
    elif kind in {"Code", "Math", "CodeBlock"}:
        yield content[1]
    elif kind == "Quoted":
        mark = '"' if content[0]["t"] == "DoubleQuote" else "'"
        yield from (mark, *_texts(content[1]), mark)
    elif kind not in {"Note", "RawInline", "RawBlock"}:
        yield from _texts(content)
        yield "" if kind in INLINES else " "
