"""The keys of a document's metadata: which are carried out, which have no effect here, which are refused.

What would change a report's words is refused; what would only change its look is reported in a line; what
is for other formats or tools is passed over. A key that Quarto does not know is its author's own, for
`{{< meta key >}}`, unless it is written almost as one that counts.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from weaver import chunk_options
from weaver.chunk_options import Target
from weaver.errors import QuartoOnlyError, TypesetError
from weaver.typesetting import languages, named_files
from weaver.typesetting.markdown.cells import Cell
from weaver.typesetting.notices import Noticed

LIKE = 0.8  # how much a slip is like the word that was meant


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


CARRIED_OUT = _words(
    """
    title subtitle author authors affiliations date date-format date-modified modified-title thanks abstract
    abstract-title keywords keywords-title description doi doi-title lang language format crossref execute
    metadata-file metadata-files toc table-of-contents toc-depth toc-title number-sections number-depth
    section-numbering bibliography csl citeproc bibliographystyle references nocite link-citations
    suppress-bibliography reference-section-title
    papersize margin columns page-numbering linestretch linkcolor fontsize mainfont mathfont codefont
    """
)
# What changes what is there already, and says nothing by itself.
EXTENDING = _words(
    "filters shortcodes template template-partials about header-includes include-in-header lof lot"
)
PLACES = EXTENDING | _words(
    "cap-location fig-cap-location tbl-cap-location reference-location citation-location"
)
LOST_ON_PAPER = PLACES | _words(
    """
    brand logo fig-align citecolor filecolor toc-indent keep-typ highlight-style syntax-highlighting
    theorem-appearance margin-geometry grid pdf-standard font-paths dir
    """
)
LOST_ON_A_PAGE = PLACES | _words(
    """
    theme css document-css brand logo minimal body-classes page-layout grid axe fontsize mainfont monofont
    linestretch fontcolor linkcolor backgroundcolor monobackgroundcolor max-width margin-left margin-right
    margin-top margin-bottom dir title-block-style title-block-banner title-block-banner-color
    title-block-categories toc-location toc-expand anchor-sections smooth-scroll respect-user-color-scheme
    code-tools code-copy code-link code-overflow code-line-numbers code-annotations code-block-bg
    code-block-border-left highlight-style syntax-highlighting link-external-icon link-external-newwindow
    citations-hover footnotes-hover crossrefs-hover lightbox fig-align fig-responsive comments search
    appendix-style appendix-cite-as categories license copyright citation funding bibliographystyle
    """
)
UNSEEN = re.compile(r"<(script|style|link|meta)\b[^>]*>(.*?</\1\s*>)?", re.I | re.S)
LOST: Mapping[Target, frozenset[str]] = {"typst": LOST_ON_PAPER, "html": LOST_ON_A_PAGE, "pdf": frozenset()}
REFUSED = _words(
    """
    from reader listing include-before-body include-after-body include-before include-after
    shift-heading-level-by number-offset
    """
)
INCLUDING = frozenset(key for key in REFUSED | EXTENDING if key.startswith(("include-", "header-")))
# Values that ask for what is done here in any case.
AS_HERE = {
    "fig-cap-location": "bottom",
    "tbl-cap-location": "top",
    "reference-location": "document",
    "citation-location": "document",
    "pdf-standard": "ua-1",
    "fig-align": "center",
    "columns": 1,
}
# What Quarto knows under names that look like slips: they are for other formats.
OTHERS = _words("to header footer pointsize affiliation code-links listings note documentclass")
NO_EFFECT = "has no effect in the built-in typesetter"
UNKNOWN = "is not known, and has no effect"
KNOWN = CARRIED_OUT | LOST_ON_PAPER | LOST_ON_A_PAGE | REFUSED | chunk_options.RUNNING | chunk_options.SHOWING


def check_keys(metadata: Mapping[str, Any], front: Cell, target: Target, noticed: Noticed) -> None:
    """Refuse what cannot be carried out in a format, and tell which keys have no effect in it.

    Raises:
        TypesetError: the first of the `faults`.
    """
    for fault in faults(metadata, front, target):
        raise fault
    given = _asking(metadata)
    for key in (key for key in given if key in REFUSED and _is_of_a_browser(key, given[key])):
        noticed.tell(front.place_of(key, target), f"'{key}'", NO_EFFECT)
    for key in _lost(given, target):
        noticed.tell(front.place_of(key, target), f"'{key}'", NO_EFFECT)
    for key in chunk_options.unknown_of_execute(metadata):
        noticed.tell(front.place_of(f"execute.{key}", target), f"'{key}' below 'execute'", UNKNOWN)
    _tell_of_figures(metadata, front, noticed)
    if target == "typst":
        _tell_of_latex(metadata.get("format") or {}, front, noticed)


def faults(metadata: Mapping[str, Any], front: Cell, target: Target) -> Iterator[TypesetError]:
    """Yield what is wrong with the keys, as errors that name file and line.

    A QuartoOnlyError is of a key that would change what the document says, any other of one that is not known
    and looks like one that is.
    """
    given = _asking(metadata)
    for key in map(str, given):
        place = front.place_of(key, target)
        if key in REFUSED and not (_is_of_latex(key, given[key]) or _is_of_a_browser(key, given[key])):
            yield QuartoOnlyError(f"'{key}' is not supported by the built-in typesetter", place=place)
        if near := meant(key, KNOWN, OTHERS):
            yield TypesetError(f"unknown key '{key}'; did you mean '{near}'?", place=place)
    yield from _of_words(given.get("language") or {}, front, target)


def _asking(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metadata that ask for something else than what is done here."""
    return {key: value for key, value in metadata.items() if value not in _nothing(key)}


def _tell_of_figures(metadata: Mapping[str, Any], front: Cell, noticed: Noticed) -> None:
    """Say which figures are drawn where the formats want different ones: a chapter runs once for all."""
    formats = metadata.get("format") or {}
    said = [chunk_options.for_all(metadata, each) for each in chunk_options.TARGETS if each in formats]
    for key in sorted(chunk_options.DRAWN):
        values = [each[key] for each in said if key in each]
        if any(value != values[0] for value in values):
            place = front.place_of(
                f"format.{next(one for one in chunk_options.TARGETS if one in formats)}.{key}"
            )
            what = f"is {values[0]} in all formats: a chapter runs once for all"
            noticed.tell(place, f"'{key}'", what)


def _tell_of_latex(formats: Mapping[str, Any], front: Cell, noticed: Noticed) -> None:
    """Say what of LaTeX's format is used in its place, where there is none for Typst."""
    given, used = formats.get("pdf"), formats.get("typst") or {}
    if given is not None and "format.typst" not in front.keys:
        here, not_here = (
            ", ".join(sorted(names)) or "nothing" for names in (used, given.keys() - used.keys())
        )
        what = "'pdf' is LaTeX's and this PDF is set by Typst"
        noticed.tell(
            front.place_of("format.pdf"), "format:", f"{what}: used of it: {here}; not used: {not_here}"
        )


def _nothing(key: str) -> tuple[object, ...]:
    """Return the values of a key that ask for nothing else than what is done here."""
    return (None, False, [], {}, "", *((AS_HERE[key],) if key in AS_HERE else ()))


def _lost(given: Mapping[str, Any], target: Target) -> Iterator[str]:
    lost = LOST[target] | ({"bibliographystyle"} if given.get("citeproc") else set())
    yield from (key for key in sorted(lost & given.keys()) if not _is_of_latex(key, given[key]))


def _is_of_latex(key: str, value: object) -> bool:
    """Whether a key includes LaTeX alone, for which neither format has a use."""
    lines = (line.strip() for text in named_files.texts(value) for line in text.splitlines())
    of_latex = (line.startswith(("\\", "%")) or line.endswith(".tex") for line in lines if line)
    return key in INCLUDING and all(of_latex)


def _is_of_a_browser(key: str, value: object) -> bool:
    """Whether a key includes only what a reader does not see: scripts and styles."""
    return key in INCLUDING and all(not UNSEEN.sub("", text).strip() for text in named_files.texts(value))


def _of_words(words: Mapping[str, Any], front: Cell, target: Target) -> Iterator[TypesetError]:
    for key in (key for key, word in words.items() if not isinstance(word, Mapping)):
        if not languages.OF_CROSSREF.fullmatch(key) and (near := meant(key, languages.names())):
            place = front.place_of(f"language.{key}", target)
            yield TypesetError(f"unknown word '{key}'; did you mean '{near}'?", place=place)


def meant(key: str, known: Collection[str], others: Collection[str] = ()) -> str | None:
    """Return the key that another was perhaps meant to be."""
    near = () if key in known or key in others else get_close_matches(key, sorted(known), 1, LIKE)
    return next((each for each in near if abs(len(each) - len(key)) <= 1), None)
