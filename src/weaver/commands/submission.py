"""The archive to hand in: the PDF, the executed notebooks and the code, never data or caches."""

import re
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path

from weaver.building.builder import Builder
from weaver.building.request import Request
from weaver.commands.author import Author, author
from weaver.errors import SubmissionError
from weaver.paths import CONFIGURATION, DATA, PARENT, SOURCES
from weaver.project import Project

CODE = (PARENT.parent.as_posix(), SOURCES, "tests", "benchmarks", "docs")
BESIDE = (
    CONFIGURATION,
    "Makefile",
    "pyproject.toml",
    "constraints.txt",
    "README.md",
    "CONTRIBUTING.md",
    "LICENSE",
    f"{DATA}/README.md",
)
SUFFIXES = frozenset(
    {
        ".py",
        ".qmd",
        ".bib",
        ".csl",
        ".md",
        ".yml",
        ".typ",
        ".html",
        ".css",
        ".js",
        ".png",
        ".svg",
        ".typed",
        "",
    }
)
MOMENT = (1980, 1, 1, 0, 0, 0)  # the zip format's first; the same content gives the same bytes


def make(builder: Builder, request: Request) -> Path:
    """Build the report and pack it as `<Name>_<StudentNumber>_<assignment>.zip` in the project's root.

    Raises:
        SubmissionError: name, number or e-mail is still a placeholder, or a chapter was asked for.
        WeaverError: the report cannot be built, or says what its results do not bear out.
    """
    if request.chapter:
        raise SubmissionError("a submission holds the whole report: leave the chapter out")
    stem = name(builder.project)
    for notice in builder.check(request).of("notice"):
        builder.terminal.line(str(notice))
    pdf = builder.pages(request, final=True)
    target = builder.folders.root / f"{stem}.zip"
    temporary = builder.folders.build / target.name
    with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, pdf, f"{stem}.pdf")
        for path in _notebooks(builder):
            _add(archive, path, f"notebooks/{path.name}")
        for path in _code(builder.folders.root):
            _add(archive, path, path.relative_to(builder.folders.root).as_posix())
    temporary.replace(target)
    builder.terminal.line(f"{target.name}: ready to hand in")
    return target


def name(project: Project) -> str:
    """Return `<Name>_<StudentNumber>_<assignment>`, without accents, spaces and signs.

    Raises:
        SubmissionError: name, number or e-mail is still a placeholder, or there is no `assignment`.
    """
    found = author(project.metadata)
    _refuse_placeholders(found)
    assignment = project.metadata.get("assignment")
    if not assignment:
        raise SubmissionError(f"{CONFIGURATION}: expected 'assignment: A2' or the like, found none")
    return "_".join(_letters(part) for part in (found.name, found.number, str(assignment)))


def _letters(text: str) -> str:
    """Keep letters, digits and hyphens, the letters without accents but in their own script."""
    parts = unicodedata.normalize("NFKD", text)
    plain = "".join(part for part in parts if not unicodedata.combining(part))
    return re.sub(r"[^\w-]|_", "", unicodedata.normalize("NFC", plain))


def _refuse_placeholders(found: Author) -> None:
    if left := found.placeholders:
        raise SubmissionError(
            f"{CONFIGURATION}: author: expected your own name, e-mail and student number, found the"
            f" placeholder{'s' if len(left) > 1 else ''} {', '.join(map(repr, left))}"
        )


def _notebooks(builder: Builder) -> list[Path]:
    names = [chapter.name for chapter in builder.project.chapters]
    return [builder.folders.notebook(name) for name in (PARENT.stem, *names)]


def _code(root: Path) -> Iterator[Path]:
    yield from (root / name for name in BESIDE if (root / name).is_file())
    for folder in CODE:
        for path in sorted((root / folder).rglob("*")):
            hidden = any(
                part.startswith((".", "__pycache__")) or part.endswith(".egg-info")
                for part in path.relative_to(root).parts
            )
            if path.is_file() and not hidden and path.suffix in SUFFIXES:
                yield path


def _add(archive: zipfile.ZipFile, path: Path, inside: str) -> None:
    entry = zipfile.ZipInfo(inside, MOMENT)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, path.read_bytes())
