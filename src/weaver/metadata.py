"""What describes a report, gathered as Quarto gathers it: what comes later says it instead, or besides.

`_quarto.yml` comes first and the `_quarto-NAME.yml` of each active profile, then `_metadata.yml` in the
documents' folder, then the parent's front matter, each with the files that its `metadata-files` name:
https://quarto.org/docs/projects/quarto-projects.html.
"""

import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from weaver import qmd
from weaver.chunk_options import RUNNING, SHOWING, TARGETS
from weaver.errors import DocumentError
from weaver.qmd import Document, Place
from weaver.storage.hashing import digest
from weaver.yaml_reader import Value

FOLDERS = ("_metadata.yml", "_metadata.yaml")
WORDS = Path("_language.yml")  # read where there is one, as by Quarto
NAMED = ("metadata-file", "metadata-files")
VARIABLE = "QUARTO_PROFILE"
ACTIVE = "quarto-profile"  # under which key documents learn of the profiles that are active
OTHERS = frozenset({"project", "profile", *NAMED})  # what does not describe the report
# Lists of the front matter that come behind those of the project; any other takes their place.
JOINED = frozenset(
    {"bibliography", "css", "filters", "shortcodes", "header-includes"}
    | {f"include-{place}" for place in ("before", "after", "in-header", "before-body", "after-body")}
)
REPLACED = frozenset({"tbl-colwidths"})  # lists that are never joined
# What Typst's format has in common with LaTeX's, which documents call `pdf`.
OF_BOTH = (
    frozenset(
        {
            "toc",
            "toc-depth",
            "toc-title",
            "number-sections",
            "number-depth",
            "fontsize",
            "papersize",
            "execute",
        }
        | {"linestretch", "mainfont", "mathfont", "bibliography", "csl", "abstract-title"}
    )
    | (RUNNING - {"fig-format"})
    | SHOWING
)
PATHS = ("bibliography", "csl")  # count from the file that names them, or else from the project's root


@dataclass(frozen=True)
class Metadata:
    """Values, where each of their keys stands, and the digests of the files that say them."""

    values: Mapping[str, Any] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)
    files: Mapping[str, str | None] = field(default_factory=dict)


def gather(configuration: Path, parent: Document, *, root: Path) -> Metadata:
    """Read all that describes the report whose parent document is `parent`.

    Raises:
        DocumentError: a file is missing or cannot be read, or the report is for no format that can be made.
    """
    folder = parent.path.parent
    found = _worded(Metadata(), WORDS, root) if (root / WORDS).is_file() else Metadata()
    found, active = _with_profiles(found, configuration, root)
    for path in [*(folder / name for name in FOLDERS if (root / folder / name).is_file())]:
        one = _file(path, root)
        found = _over(found, _joined([one, *_named(one, path.parent, root)]))
    front = _located(Metadata(parent.metadata, parent.places), folder, root)
    found = _over(_over(found, _joined(_named(front, folder, root))), front, JOINED)
    _check_formats(found)
    found = replace(found, values={**found.values, **_for_typst(found.values)})
    values = {key: value for key, value in found.values.items() if key not in OTHERS}
    return replace(found, values={**values, **_dates(values), **({ACTIVE: active} if active else {})})


def _with_profiles(found: Metadata, configuration: Path, root: Path) -> tuple[Metadata, list[str]]:
    """Add the configuration and that of each active profile, whose names are the second value."""
    base = _file(configuration, root)
    found, active = _over(found, _joined([base, *_named(base, configuration.parent, root)])), _active(base)
    for name in active:
        path = configuration.with_stem(f"{configuration.stem}-{name}")
        if not (root / path).is_file():
            found = replace(found, files={**found.files, path.as_posix(): None})
            continue
        one = _file(path, root)
        found = _over(found, _joined([one, *_named(one, path.parent, root)]))
    return found, active


def _active(base: Metadata) -> list[str]:
    """Return the active profiles: what QUARTO_PROFILE says, or `default`, and the first of each group."""
    said = base.values.get("profile")
    record = said if isinstance(said, Mapping) else {"default": said}
    default = record.get("default")
    names = re.split(r"[\s,]+", os.environ.get(VARIABLE, "").strip(" ,")) if os.environ.get(VARIABLE) else []
    active = [name for name in names or map(str, _listed(default)) if name]
    groups = _listed(record.get("group"))
    for group in [groups] if groups and not isinstance(groups[0], list) else groups:
        if group and not {*map(str, group)} & {*active}:
            active.append(str(group[0]))
    return active


def _for_typst(values: Mapping[str, Value]) -> dict[str, Value]:
    """Return the formats with what Typst has in common with LaTeX, where a PDF is wanted by LaTeX alone."""
    formats = values.get("format") or {}
    if "pdf" not in formats or "typst" in formats:
        return {}
    shared = {key: value for key, value in formats["pdf"].items() if key in OF_BOTH}
    return {"format": {**formats, "typst": shared}}


def _dates(values: Mapping[str, Value]) -> dict[str, Value]:
    """Return the dates that are written with their format, and this apart."""
    dated: dict[str, Value] = {}
    for key in ("date", "date-modified"):
        if isinstance(record := values.get(key), Mapping):
            dated |= {key: record.get("value")}
            dated |= {"date-format": record["format"]} if record.get("format") else {}
    return dated


def _read(path: Path, root: Path) -> Metadata:
    """Read a file as it is; its digest of before tells whether it is edited meanwhile."""
    before = digest(root / path)
    values, places = qmd.described(qmd.contents(path, root=root), path, 1)
    return Metadata(values, places, {path.as_posix(): before})


def _file(path: Path, root: Path) -> Metadata:
    return _located(_read(path, root), path.parent, root)


def _named(found: Metadata, folder: Path, root: Path) -> Iterator[Metadata]:
    """Yield the metadata of the files that others name, as seen from a folder."""
    for key in NAMED:
        for name in _listed(found.values.get(key)):
            path = qmd.joined(folder, Path(str(name)))
            if not (root / path).is_file():
                raise DocumentError(
                    f"the metadata file {path.as_posix()} is missing", place=found.places[key]
                )
            yield _file(path, root)


def _located(found: Metadata, folder: Path, root: Path) -> Metadata:
    """Let the paths in metadata count from the root, and read the file of words that `language` may name."""

    def seen(name: Value) -> Value:
        path = qmd.joined(folder, Path(str(name)))
        return path.as_posix() if (root / path).is_file() else name

    paths = {key: [*map(seen, _listed(found.values[key]))] for key in PATHS if found.values.get(key)}
    single = {key: names[0] if len(names) == 1 else names for key, names in paths.items()}
    found = replace(found, values={**found.values, **single})
    named = found.values.get("language")
    return _worded(found, qmd.joined(folder, Path(named)), root) if isinstance(named, str) else found


def _worded(found: Metadata, path: Path, root: Path) -> Metadata:
    """Put what a file of words holds in the place of `language`."""
    if not (root / path).is_file():
        raise DocumentError(f"the file of words {path.as_posix()} is missing", place=found.places["language"])
    words = _read(path, root)
    places = {f"language.{key}": place for key, place in words.places.items()}
    values = {**found.values, "language": words.values}
    return Metadata(values, {**found.places, **places}, {**found.files, **words.files})


def _listed(value: Value) -> list[Value]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _joined(parts: Iterator[Metadata] | Sequence[Metadata]) -> Metadata:
    """Put metadata that stand on one level together."""
    found = Metadata()
    for part in parts:
        values = _mapping(found.values, _with_formats(part.values), None)
        found = Metadata(values, {**found.places, **part.places}, {**found.files, **part.files})
    return found


def _over(below: Metadata, above: Metadata, joined: Collection[str] | None = None) -> Metadata:
    """Put metadata over those of the level below, also over what these say for one format alone."""
    values = _with_formats(above.values)
    said = {**_as_mapping(values.get("execute")), **values}
    formats = {
        name: {key: _value(value, said.get(key, value), key, joined) for key, value in own.items()}
        for name, own in below.values.get("format", {}).items()
    }
    lower = {**below.values, **({"format": formats} if formats else {})}
    return Metadata(
        _mapping(lower, values, joined), {**below.places, **above.places}, {**below.files, **above.files}
    )


def _with_formats(values: Mapping[str, Value]) -> Mapping[str, Value]:
    """Return metadata in which each format is a mapping, however it was named."""
    if values.get("format") is None:
        return values
    formats = values["format"]
    named = formats if isinstance(formats, Mapping) else dict.fromkeys(map(str, _listed(formats)))
    return {**values, "format": {str(name): _as_mapping(own) for name, own in named.items()}}


def _as_mapping(value: Value) -> Mapping[str, Value]:
    return value if isinstance(value, Mapping) else {}


def _mapping(
    old: Mapping[str, Value], new: Mapping[str, Value], joined: Collection[str] | None
) -> Mapping[str, Value]:
    both = {key: _value(old[key], new[key], key, joined) for key in old.keys() & new.keys()}
    return {**old, **new, **both}


def _value(old: Value, new: Value, key: str, joined: Collection[str] | None) -> Value:
    """Merge two values of a key; all lists are joined, or those alone whose keys are among `joined`."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return _mapping(old, new, joined)
    joins = key not in REPLACED if joined is None else key in joined
    if joins and (isinstance(old, list) or isinstance(new, list) or key in JOINED):
        return [*_listed(old), *(one for one in _listed(new) if one not in _listed(old))]
    return new


def _check_formats(found: Metadata) -> None:
    formats = found.values.get("format") or {}
    if formats and not formats.keys() & set(TARGETS):
        raise DocumentError(
            f"format: expected one of {', '.join(TARGETS)}, found"
            f" {', '.join(formats)}: a report is a PDF by Typst, a page, or a PDF by LaTeX",
            place=found.places["format"],
        )
