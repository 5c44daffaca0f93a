"""A code cell as the Markdown that an author would write by hand: fenced code, and floats.

The floats are in the canonical form of `tree.floats`. Code to fold is in `Div.weaver-fold`.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from weaver.errors import TypesetError
from weaver.typesetting.markdown.cells import Cell
from weaver.typesetting.markdown.labels import FLOATS
from weaver.typesetting.markdown.outputs import Piece, fenced, pieces


def markdown(cell: Cell, name: str, folder: Path) -> Iterator[str]:
    """Yield the blocks that a code cell shows; its images are written to `folder` under `name`.

    Raises:
        TypesetError: its options do not fit what it shows, or an output cannot be printed.
    """
    if not cell.options.include:
        return
    options = cell.options
    results = list(_results(cell, pieces(cell, name, folder))) if options.output else []
    # Code that is folded makes room for what it shows; a listing is referred to and stays where it is.
    yield from ([*results, *_code(cell)] if _is_folded(cell) else [*_code(cell), *results])


def _is_folded(cell: Cell) -> bool:
    return bool(cell.options.code_fold) and not _listing_label(cell)


def _listing_label(cell: Cell) -> str:
    options = cell.options
    return options.lst_label or (options.label if _kind(options.label) == "lst" else "")


def _code(cell: Cell) -> Iterator[str]:
    options = cell.options
    label = _listing_label(cell)
    if options.echo and cell.code:
        name = f" filename={_quoted(options.filename)}" if options.filename else ""
        listing = fenced(cell.code, f".python .cell-code{name}")
        listing = _fold(cell, listing) if options.code_fold else listing
        yield _float(label, "lst", options.lst_cap, [listing]) if label else listing
    elif label:
        raise TypesetError(
            f"the listing '{label}' is not shown: set 'echo: true'", place=cell.place(re.escape(label))
        )


def _results(cell: Cell, shown: Sequence[Piece]) -> Iterator[str]:
    """Yield the outputs, those that the label or the caption means as one float."""
    options = cell.options
    kind = _kind(options.label) if _kind(options.label) in {"fig", "tbl"} else ""
    is_figure, is_table = options.fig_cap or options.fig_caps, options.tbl_cap or options.tbl_colwidths
    kind = kind or ("fig" if is_figure else "tbl" if is_table else "")
    meant = _meant(kind, shown)
    whole = _whole(cell, kind, [piece.markdown for piece in meant])
    for piece in shown:
        if piece not in meant:
            yield piece.markdown
        elif piece is meant[0]:
            yield whole
    if not meant and kind:
        yield whole


def _meant(kind: str, shown: Sequence[Piece]) -> list[Piece]:
    images = [piece for piece in shown if piece.kind == "image"]
    if kind == "tbl" or (kind and not images):
        return [piece for piece in shown if piece.kind != "text"]
    return images


def _whole(cell: Cell, kind: str, bodies: Sequence[str]) -> str:
    """Return the float, or the bare panels, of a cell's images or tables."""
    options = cell.options
    subcaptions = options.fig_subcap if kind == "fig" else options.tbl_subcap
    if kind == "fig" and len(bodies) > 1 and options.label.startswith("fig-"):
        subcaptions = subcaptions or ("",) * len(bodies)  # each has its letter, and can be referred to
    _check_counts(cell, subcaptions, bodies)
    bodies = [_with_alt(body, alt) for body, alt in zip(bodies, _alts(cell, bodies), strict=True)]
    label = options.label if _kind(options.label) == kind else ""
    if options.fig_caps:
        bodies, kind = list(_subfloats("", kind, options.fig_caps, bodies)), ""
    elif subcaptions:
        bodies = list(_subfloats(label, kind, subcaptions, bodies))
    layout = _layout(cell)
    if kind:
        caption = options.fig_cap if kind == "fig" else options.tbl_cap
        return _float(label, kind, caption, bodies, layout)
    return "\n\n".join([f"::: {{{layout}}}", *bodies, ":::"] if layout else bodies)


def _subfloats(label: str, kind: str, captions: Sequence[str], bodies: Sequence[str]) -> Iterator[str]:
    """Yield a float for each caption, empty ones where the chunk has not run."""
    for count, caption in enumerate(captions, 1):
        yield _float(f"{label}-{count}" if label else "", kind, caption, bodies[count - 1 : count])


def _check_counts(cell: Cell, subcaptions: Sequence[str], bodies: Sequence[str]) -> None:
    alts, captions = cell.options.fig_alt, cell.options.fig_caps
    # One alternative text may stand for several pictures.
    counts = {
        "subcap": len(subcaptions),
        "fig-cap": len(captions),
        "fig-alt": len(alts) if len(alts) > 1 else 0,
    }
    for name, count in counts.items():
        if bodies and count not in {0, len(bodies)}:
            raise TypesetError(
                f"{count} texts of '{name}' for {len(bodies)} figures: expected one for each",
                place=cell.place(name),
            )


def _alts(cell: Cell, bodies: Sequence[str]) -> Sequence[str]:
    """Return a text for each body; there are none where the chunk has not run."""
    alts = cell.options.fig_alt or ("",)
    return alts * len(bodies) if len(alts) == 1 else alts[: len(bodies)]


def _with_alt(image: str, alt: str) -> str:
    """Put alternative text into the attributes of an image."""
    if not alt or not image.startswith("![]("):
        return image
    return image[:-1] + f" fig-alt={_quoted(alt)}}}"


def _fold(cell: Cell, listing: str) -> str:
    attributes = f".weaver-fold summary={_quoted(cell.options.code_summary)}"
    attributes += " open=true" if cell.options.code_fold == "show" else ""
    return f"::: {{{attributes}}}\n{listing}\n:::"


def _layout(cell: Cell) -> str:
    options = cell.options
    pairs = {
        "layout": options.layout,
        "layout-ncol": str(options.layout_ncol or ""),
        "layout-nrow": str(options.layout_nrow or ""),
        "tbl-colwidths": options.tbl_colwidths,
    }
    return " ".join(f"{key}={_quoted(value)}" for key, value in pairs.items() if value)


def _float(label: str, kind: str, caption: str, bodies: Sequence[str], layout: str = "") -> str:
    attributes = " ".join(filter(None, [label and f"#{label}", ".weaver-float", f"kind={kind}", layout]))
    # The empty span keeps a caption such as "1. Loss" from being read as a list.
    spanned = f"::: weaver-caption\n[]{{}} {' '.join(caption.split())}\n:::"
    return "\n\n".join([f"::: {{{attributes}}}", *([spanned] if caption else []), *bodies, ":::"])


def _kind(label: str) -> str:
    prefix = label.partition("-")[0]
    return prefix if prefix in FLOATS else ""


def _quoted(text: str) -> str:
    """Return an attribute's value in quotes, on one line."""
    escaped = re.sub(r'([\\"])', r"\\\1", " ".join(text.split()))
    return f'"{escaped}"'
