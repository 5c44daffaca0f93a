"""References over the numbered tree: words for what refers to a label, and for links within the report.

The forms are Quarto's: `@fig-a`, `[-@fig-a]`, `[Fig. @fig-a]`, `[@fig-a; @fig-b]`, `@Fig-a`;
https://quarto.org/docs/authoring/cross-references.html.
"""

import copy
import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from weaver.errors import TypesetError, WeaverError
from weaver.typesetting import named_files, pandoc
from weaver.typesetting.markdown.labels import LABEL, THINGS, UNSUPPORTED, is_label
from weaver.typesetting.markdown.markdown_source import Manuscript, Position
from weaver.typesetting.pandoc import Node, Nodes
from weaver.typesetting.tree.crossref import Scheme, Target, label_of, mention

MENTION = re.compile(rf"@(?P<label>{LABEL})")
SOURCE = re.compile(r"^[^:#]*\.(qmd|ipynb|md|Rmd)(#|$)")  # a link to a file beside the report
TOP = "#"  # of a page: it leads nowhere on paper
NEVER_CLOSED = re.compile("\\$\\$|<!(?:--|\N{EN DASH})")
# What is printed as it stands where a label does not fit or a note is missing.
LEFT_OVER = re.compile(r"\{#[a-z][\w-]*\}?|(?P<note>\[\^[\w-]+\])")


def resolve(
    blocks: Nodes,
    targets: Mapping[str, Target],
    *,
    manuscript: Manuscript,
    style: Scheme,
    printed: Collection[str],
    elsewhere: Collection[str],
    faults: list[WeaverError] | None = None,
) -> tuple[Nodes, dict[str, int]]:
    """Replace every cross-reference by words, linked where its target is among the `printed` identifiers.

    Links to what is `elsewhere` become plain text too. The second value has each citation's key with the
    cell in which it first stands. Where there are `faults`, errors are added to them and not raised.

    Raises:
        TypesetError: a reference or a link leads nowhere; the message names file and line, for a reference
            also the nearest labels.
    """
    resolver = _Resolver(targets, manuscript, style, printed, elsewhere)
    resolver.openings = _openings(blocks, Position(manuscript))
    resolver.names = _names(blocks)
    changes = resolver.changes if faults is None else pandoc.forgiving(resolver.changes, faults)
    return list(pandoc.rewrite(blocks, changes)), resolver.citations


def _openings(blocks: Nodes, position: Position) -> dict[str, str]:
    """Return the identifier of the first heading of each file."""
    found: dict[str, str] = {}
    for block in blocks:
        if block["t"] == "RawBlock":
            position.follow(block)
        elif block["t"] == "Header" and block["c"][1][0]:
            found.setdefault(position.file, block["c"][1][0])
    return found


def _names(blocks: Nodes) -> dict[str, Nodes]:
    """Return the names of the sections that have a label, without notes and citations."""
    headings = [node["c"] for node in pandoc.walk(blocks) if node["t"] == "Header"]
    named = {label: inlines for _, (label, _, _), inlines in headings if label.startswith("sec-")}
    return {
        label: [copy.deepcopy(each) for each in inlines if each["t"] not in {"Note", "Cite"}]
        for label, inlines in named.items()
    }


class _Resolver:
    """Changes citations that are cross-references; knows from the markers in which cell it is."""

    def __init__(
        self,
        targets: Mapping[str, Target],
        manuscript: Manuscript,
        style: Scheme,
        printed: Collection[str],
        elsewhere: Collection[str],
    ) -> None:
        self.targets = targets
        self.position = Position(manuscript)
        self.style = style
        self.printed = printed
        self.elsewhere = elsewhere
        self.openings: Mapping[str, str] = {}
        self.names: Mapping[str, Nodes] = {}
        self.citations: dict[str, int] = {}
        self.changes: pandoc.Changes = {
            "RawBlock": self._marker,
            "Cite": self._cite,
            "Link": self._link,
            "Image": self._image,
            "Str": self._string,
        }

    def _string(self, node: Node) -> None:
        """Tell of a label or a note's mark that Pandoc has taken for text, unless it was meant as text."""
        if NEVER_CLOSED.search(node["c"]) and (sign := _left_open(self.position.source)):
            last = rf"{re.escape(sign)}(?![\s\S]*{re.escape(sign)})"
            self.position.notice(last, f"'{sign}'", "is never closed: it is printed as text")
        if (match := LEFT_OVER.search(node["c"])) and self.position.wrote(re.escape(match[0])):
            label = (
                "labels nothing: a picture has it behind its ')' at once, a displayed formula behind '$$ '"
            )
            what = f"has no text: add a paragraph '{match[0]}: …'" if match["note"] else label
            self.position.notice(re.escape(match[0]), f"'{match[0]}'", f"{what}; it is printed as it stands")

    def _image(self, node: Node) -> None:
        """Put words for the references in alternative text, which has lost all but their letters."""
        for pair in node["c"][0][2]:
            if pair[0] == "fig-alt":
                pair[1] = MENTION.sub(self._words, pair[1])

    def _words(self, match: re.Match[str]) -> str:
        target = self.targets.get(match["label"])
        return f"{self.style.prefixes[target.kind]} {target.number}" if target else match[0]

    def _marker(self, node: Node) -> None:
        self.position.follow(node)

    def _link(self, node: Node) -> Nodes | None:
        _, inlines, (target, _) = node["c"]
        if not target or (target == TOP and self.position.manuscript.target != "html"):
            return list(inlines)
        if SOURCE.search(target):
            return self._to_document(node, inlines, target)
        if not target.startswith("#") or target == TOP or target[1:] in self.printed:
            return None
        if target[1:] not in self.elsewhere:
            self.position.fail(re.escape(target), f"the link to '{target}' leads nowhere")
        return list(inlines)

    def _to_document(self, node: Node, inlines: Nodes, target: str) -> Nodes | None:
        """Let a link to another document lead to where it stands in the report, or be words."""
        name, _, label = target.partition("#")
        path, *_ = named_files.paths(name, self.position.file)
        label = label or self.openings.get(path, "")
        if label in self.printed:
            node["c"][2][0] = f"#{label}"
            return None
        if path not in {cell.file for cell in self.position.manuscript.cells}:
            what = "leads to a document that is not part of the report: its words are printed"
            self.position.notice(re.escape(target), f"the link to '{target}'", what)
        return list(inlines)

    def _cite(self, node: Node) -> Nodes | None:
        citations = node["c"][0]
        labels = [citation["citationId"] for citation in citations]
        if foreign := next((one for one in labels if UNSUPPORTED.match(label_of(one))), ""):
            what = f"references to the kind of '{foreign}' are not supported by the built-in typesetter"
            return pandoc.inlines_of_text(f"[{self.position.leave_to_quarto(mention(foreign), what)}]")
        references = [is_label(label) for label in labels]
        if not any(references):
            for label in labels:
                self.citations.setdefault(label, self.position.cell)
            return None
        if not all(references):
            self.position.fail(
                mention(labels[0]),
                "expected references or citations in one pair of brackets, found both:"
                f" {', '.join('@' + label for label in labels)}",
            )
        pieces = [self._reference(citation) for citation in citations]
        return [*pieces[0], *(inline for piece in pieces[1:] for inline in _after_comma(piece))]

    def _reference(self, citation: Mapping[str, Any]) -> Nodes:
        written = citation["citationId"]
        if (label := label_of(written)) not in self.targets and self.names.get(label):
            return self._by_name(citation, label)
        target = self._target(written)
        word: Nodes = []
        if citation["citationPrefix"]:
            word = [*citation["citationPrefix"], pandoc.node("Str", "\N{NO-BREAK SPACE}")]
        elif citation["citationMode"]["t"] != "SuppressAuthor":
            prefix = self.style.prefix(target, written)
            word = [pandoc.node("Str", f"{prefix}\N{NO-BREAK SPACE}")] if prefix else []
        text = [*word, pandoc.node("Str", target.number)]
        if target.label in self.printed:
            text = [pandoc.node("Link", pandoc.attributes(), text, [f"#{target.label}", ""])]
        return [*text, *citation["citationSuffix"]]

    def _by_name(self, citation: Mapping[str, Any], label: str) -> Nodes:
        """Refer to a section without a number."""
        what = "has no number: a reference to it is its name; 'number-sections: true' gives it one"
        self.position.notice(mention(citation["citationId"]), f"the section '{label}'", what)
        before = [*citation["citationPrefix"], {"t": "Space"}] if citation["citationPrefix"] else []
        name = pandoc.node("Link", pandoc.attributes(), self.names[label], [f"#{label}", ""])
        return [*before, name, *citation["citationSuffix"]]

    def _target(self, written: str) -> Target:
        label = label_of(written)
        if target := self.targets.get(label):
            if target.again:
                raise TypesetError(target.again.subject, place=target.again.place)
            return target
        kind = label.partition("-")[0]
        hints = "".join(self._hints(label, kind))
        return self.position.fail(mention(written), f"no {THINGS[kind]} has the label '{label}'{hints}")

    def _hints(self, label: str, kind: str) -> Iterator[str]:
        if label in self.printed or label in self.elsewhere:
            yield f": its section is unnumbered; link to it, '[its name](#{label})'"
        known = [target.label for target in self.targets.values() if target.kind == kind]
        if near := difflib.get_close_matches(label, known, 3, 0.5) or sorted(known)[:5]:
            yield f"; labels that exist: {', '.join(near)}"


def _left_open(source: str) -> str:
    """Return what opens a comment or a displayed formula that a source does not close; else nothing."""
    if "<!--" in source and "-->" not in source.rpartition("<!--")[2]:
        return "<!--"
    return "$$" if len(re.findall(r"(?<!\\)\$\$", source)) % 2 else ""


def _after_comma(piece: Nodes) -> Nodes:
    return [pandoc.node("Str", ","), {"t": "Space"}, *piece]
