"""Citations by Typst itself, as Quarto has them in a PDF unless `citeproc: true` asks for Pandoc's.

Pandoc writes them as Typst's own; the style is that of `bibliographystyle`, or Typst's usual one, numbers.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from weaver import qmd
from weaver.errors import TypesetError
from weaver.typesetting import pandoc
from weaver.typesetting.markdown import cells
from weaver.typesetting.markdown.markdown_source import Manuscript
from weaver.typesetting.pandoc import Node, Nodes, PandocDocument, raw
from weaver.typesetting.tree import bibliography, citations
from weaver.typesetting.tree.images import ImageFolders, quoted

ALL = "*"  # in `nocite`: whatever the bibliographies have
READ = (".bib", ".yml", ".yaml")  # BibTeX, and Typst's own form
NAME = "bibliography-{}{}"
IN_FILE = re.compile(r"bibliography-(?P<index>\d+)\.\w+:(?P<line>\d+):")
UNKNOWN = "unknown style"
FORMULA = "a formula of the bibliography"  # which `article.typ` refuses
REMEDY = "write 'citeproc: true' and Pandoc sets the citations"


def are_wanted(text: Manuscript) -> bool:
    """Whether a document leaves its citations to Typst."""
    found = text.metadata
    others = any(found.get(key) for key in ("citeproc", "csl", "references"))
    return text.target == "typst" and bool(found.get("bibliography")) and not others


def cited(
    document: PandocDocument,
    keys: Mapping[str, int],
    known: Sequence[str],
    text: Manuscript,
    folders: ImageFolders,
) -> Nodes:
    """Return the blocks with the references at their place; the bibliographies go where Typst reads them.

    Args:
        document: its metadata name the bibliographies, relative to the resources.
        keys: each key that is cited with the cell that cites it.
        known: the keys that the bibliographies have.
        text: what the document was read from.
        folders: where the bibliographies are, and where Typst reads.

    Raises:
        TypesetError: a bibliography is none that Typst reads, or has no such key.
    """
    names = list(_copied(text, folders))
    uncited = _uncited(document.meta.get("nocite"))
    for key in (*keys, *uncited):
        if key not in {*known, ALL} and all(name.endswith(".bib") for name in names):
            raise citations.missing(key, keys, known, text)
    whole = replace(document, blocks=list(pandoc.rewrite(document.blocks, {"Cite": _with_words})))
    call = _call(names, text, full=ALL in uncited)
    silent = [raw(f"#cite(label({quoted(key)}), form: none)") for key in uncited if key != ALL]
    if text.metadata.get("suppress-bibliography"):
        return [*whole.blocks, *silent, raw(f"#[#show bibliography: none\n#{call}]")]
    blocks = citations.with_place(whole.blocks, text)
    shown = [*silent, raw(f"#{call}")]
    return list(pandoc.descend(blocks, {"Div": lambda node: shown if citations.is_place(node) else None}))


def explained(message: str, diagnostic: str, text: Manuscript) -> tuple[str, str] | None:
    """Return where and what Typst says of a bibliography, None where it speaks of something else."""
    if found := IN_FILE.search(diagnostic):
        name = cells.named(text.metadata, "bibliography")[int(found["index"])]
        return f"{name}:{found['line']}", f"the bibliography cannot be read from here: {message}; {REMEDY}"
    if message.startswith(UNKNOWN):
        place = text.cells[0].place_of("bibliographystyle", text.target)
        return place, f"bibliographystyle: {message}: name one of Typst's, or a file under 'csl'"
    if FORMULA in message:
        place = text.cells[0].place_of("bibliography", text.target)
        return place, f"Typst sets no formula of a bibliography as it is written: {REMEDY}"
    return None


def _with_words(cite: Node) -> Nodes | None:
    """Put the words that stand before a citation in front of it: Pandoc's Typst has no place for them."""
    mentioned, inlines = cite["c"]
    if not any(one["citationPrefix"] for one in mentioned):
        return None
    parts = []
    for one in mentioned:
        alone = pandoc.node("Cite", [{**one, "citationPrefix": []}], inlines)
        parts.append([*one["citationPrefix"], *([{"t": "Space"}] if one["citationPrefix"] else []), alone])
    comma = [pandoc.node("Str", ","), {"t": "Space"}]
    return [*parts[0], *(inline for part in parts[1:] for inline in (*comma, *part))]


def _copied(text: Manuscript, folders: ImageFolders) -> Iterator[str]:
    """Put the bibliographies where Typst reads, and yield their names there."""
    for index, name in enumerate(cells.named(text.metadata, "bibliography")):
        suffix = Path(name).suffix.lower()
        if suffix not in READ:
            place = text.cells[0].place_of("bibliography", text.target)
            raise TypesetError(f"expected one of {', '.join(READ)}, found '{name}': {REMEDY}", place=place)
        copied = NAME.format(index, suffix)
        content = qmd.contents(Path(name), root=folders.resources)
        content = bibliography.without_repeats(content) if suffix == ".bib" else content
        (folders.outputs / copied).write_text(content, encoding="utf-8")
        yield copied


def _call(names: Sequence[str], text: Manuscript, *, full: bool) -> str:
    files = "".join(f'"/{name}", ' for name in names)
    style = text.metadata.get("bibliographystyle")
    chosen = f", style: {quoted(str(style))}" if style else ""
    return f"bibliography(({files}), title: none{', full: true' if full else ''}{chosen})"


def _uncited(nocite: Node | None) -> list[str]:
    """Return the keys that are listed without being cited."""
    cites = [node for node in pandoc.walk(nocite) if node["t"] == "Cite"] if nocite else []
    return list(dict.fromkeys(one["citationId"] for node in cites for one in node["c"][0]))
