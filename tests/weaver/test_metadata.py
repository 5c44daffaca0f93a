"""What describes a report is gathered from all files that say it, as Quarto does."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from weaver import project
from weaver.building import manifest
from weaver.building.manifest import Read
from weaver.building.request import Request
from weaver.errors import DocumentError
from weaver.project import Project

if TYPE_CHECKING:
    from conftest import Report

CONFIGURATION = """\
project: {type: default}
title: Of the project
subtitle: Of the project
author: [{name: Ada}]
keywords: [a]
metadata-files: [more/people.yml]
bibliography: report/references.bib
toc: false
execute: {echo: false, warning: false}
format:
  typst: {toc-depth: 1, keep-typ: true}
  html: {echo: true}
"""


@pytest.fixture
def gathered(report: "Report") -> "Report":
    """Give a report that four files describe."""
    report.write("_quarto.yml", CONFIGURATION)
    report.write("more/people.yml", "author: [{name: Bob}]\nsubtitle: Of the named file\n")
    report.write("report/_metadata.yml", "keywords: [b, a]\ntoc: true\nbibliography: more.bib\n")
    report.write("report/more.bib", "")
    return report


def front(report: "Report", yaml: str) -> Project:
    """Write the parent's front matter and read the project."""
    report.write("report/report.qmd", f"---\n{yaml}\n---\n\n# One\n")
    return project.read_project(report.root)


def test_what_comes_later_says_it_instead_or_besides(gathered: "Report") -> None:
    """Values are replaced, mappings and lists are joined; `project` and the names of files are nobody's."""
    assert project.read_project(gathered.root).metadata == {
        "title": "Of the project",
        "subtitle": "Of the named file",
        "author": [{"name": "Ada"}, {"name": "Bob"}],
        "keywords": ["a", "b"],
        "bibliography": ["report/references.bib", "report/more.bib"],
        "toc": True,
        "execute": {"echo": False, "warning": False},
        "format": {"typst": {"toc-depth": 1, "keep-typ": True}, "html": {"echo": True}},
    }


def test_the_document_has_the_last_word(gathered: "Report") -> None:
    """Its lists replace the project's but for files, its keys also what the project says for one format."""
    found = front(
        gathered,
        "author: Eve\nbibliography: own.bib\ntoc-depth: 2\nexecute: {echo: false}\nformat:\n  html: default",
    ).metadata
    assert found["author"] == "Eve"
    assert found["bibliography"] == ["report/references.bib", "report/more.bib", "own.bib"]
    assert found["execute"] == {"echo": False, "warning": False}
    assert found["format"] == {"typst": {"toc-depth": 2, "keep-typ": True}, "html": {"echo": False}}


def test_every_key_leads_to_the_file_that_says_it(gathered: "Report") -> None:
    """Errors name the file and line of the key that holds, whichever file it stands in, and at any depth."""
    places = front(gathered, "crossref:\n  fig-title: Bild").places
    wanted = {
        "title": "_quarto.yml:2",
        "subtitle": "more/people.yml:2",
        "toc": "report/_metadata.yml:2",
        "format.typst.toc-depth": "_quarto.yml:11",
        "crossref.fig-title": "report/report.qmd:3",
    }
    assert {key: str(places[key]) for key in wanted} == wanted


def test_an_edit_of_any_of_them_is_noticed(gathered: "Report") -> None:
    """A named file counts among what was read, wherever it lies, so that nothing is taken for unchanged."""
    described = project.read_project(gathered.root).described
    assert set(described) == {"_quarto.yml", "more/people.yml", "report/_metadata.yml"}
    request = Request(engine="builtin")
    manifest.note(gathered.root, request, manifest.sources(gathered.root), Read(described, {}), [])
    assert manifest.is_unchanged(gathered.root, request)
    gathered.edit("more/people.yml", "Bob", "Eve")
    assert not manifest.is_unchanged(gathered.root, request)


def test_a_document_names_files_from_its_own_folder(gathered: "Report") -> None:
    """`metadata-files` and the bibliography count from the document, as in Quarto."""
    gathered.write("report/own.yml", "subtitle: Of its own file\n")
    found = front(gathered, "metadata-files: [own.yml]\nbibliography: references.bib")
    assert found.metadata["subtitle"] == "Of its own file"
    assert found.metadata["bibliography"] == ["report/references.bib", "report/more.bib"]


@pytest.mark.parametrize(
    ("yaml", "message"),
    [
        ("metadata-files: [none.yml]", r"report\.qmd:2: the metadata file report/none\.yml is missing"),
        ("format: docx", r"report\.qmd:2: format: expected one of typst, html, pdf, found docx"),
        ("format:\n  docx: default\n  gfm: {}", r"report\.qmd:2: format: expected .*, found docx, gfm"),
        ("language: none.yml", r"report\.qmd:2: the file of words report/none\.yml is missing"),
        ("metadata-files: [bad.yml]", r"report/bad\.yml:2: invalid YAML: the key 'a' stands twice"),
    ],
)
def test_what_cannot_be_used_is_told(report: "Report", yaml: str, message: str) -> None:
    """Quarto reads nothing where a named file is missing; a report for other formats alone is no report."""
    report.write("report/bad.yml", "a: 1\na: 2\n")
    with pytest.raises(DocumentError, match=message):
        front(report, yaml)


def test_words_may_stand_in_files(report: "Report") -> None:
    """`_language.yml` is read where there is one, and a file that `language` names is put over it."""
    report.write("_language.yml", "code-summary: Programm\ncallout-tip-title: Rat\n")
    report.write("report/words.yml", "code-summary: Listing\n")
    found = front(report, "language: words.yml")
    assert found.metadata["language"] == {"code-summary": "Listing", "callout-tip-title": "Rat"}
    assert {"_language.yml", "report/words.yml"} <= set(found.described)
    assert str(found.places["language.code-summary"]) == "report/words.yml:1"


def test_a_date_may_come_with_its_format(report: "Report") -> None:
    """`date: {value: …, format: …}` means the two keys that all else reads."""
    found = front(report, "date: {value: 2025-05-01, format: iso}").metadata
    assert (found["date"], found["date-format"]) == ("2025-05-01", "iso")


def test_a_format_may_be_named_in_any_way(report: "Report") -> None:
    """`format: typst` and `typst: default` mean the same."""
    assert front(report, "format: typst").metadata["format"] == {"typst": {}}
    assert front(report, "format:\n  typst: default").metadata["format"] == {"typst": {}}
    assert Path(str(project.read_project(report.root).places["format"].file)).name == "report.qmd"


@pytest.mark.parametrize(
    "where", ["_quarto.yml", "report/_metadata.yml", "report/named.yml", "report/report.qmd"]
)
def test_what_forbids_to_run_is_heard_in_every_file(report: "Report", where: str) -> None:
    """Code that any of them says not to run does not run."""
    report.write("report/named.yml", "toc: true\n")
    chunk = "```{python}\n1\n```\n"
    report.write("report/report.qmd", f"---\nmetadata-files: [named.yml]\n---\n\n{chunk}")
    assert _runs(report)
    if where.endswith(".qmd"):
        report.edit(where, "metadata-files", "execute: {eval: false}\nmetadata-files")
    else:
        text = (report.root / where).read_text("utf-8") if (report.root / where).exists() else ""
        report.write(where, text.replace("execute:", "was:") + "\nexecute: {eval: false}\n")
    assert not _runs(report)


def _runs(report: "Report") -> bool:
    return project.read_project(report.root).parent.chunks[0].running.runs


def test_profiles_say_their_own(report: "Report", monkeypatch: pytest.MonkeyPatch) -> None:
    """By QUARTO_PROFILE, else by default and by group, a file comes over the project's; documents may ask."""

    def described() -> tuple[object, object]:
        found = project.read_project(report.root).metadata
        return found["subtitle"], found.get("quarto-profile")

    text = (report.root / "_quarto.yml").read_text(encoding="utf-8")
    report.write("_quarto.yml", f"{text}\nsubtitle: usual\n")
    report.write("_quarto-web.yml", "subtitle: for the web\n")
    assert described() == ("usual", None)
    monkeypatch.setenv("QUARTO_PROFILE", "web, other")
    assert described() == ("for the web", ["web", "other"])
    assert project.read_project(report.root).described["_quarto-other.yml"] is None
    monkeypatch.delenv("QUARTO_PROFILE")
    report.write("_quarto.yml", f"{text}\nsubtitle: usual\nprofile: {{group: [[web, paper], [a, b]]}}\n")
    assert described() == ("for the web", ["web", "a"])
    report.write(
        "_quarto.yml", f"{text}\nsubtitle: usual\nprofile: {{default: paper, group: [web, paper]}}\n"
    )
    assert described() == ("usual", ["paper"])
