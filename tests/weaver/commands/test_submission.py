"""The archive to hand in."""

import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from weaver.building.builder import open_builder
from weaver.building.request import Request
from weaver.commands import submission
from weaver.console import Terminal
from weaver.errors import ProjectError, SubmissionError
from weaver.project import PARENT, Chapter, Project

if TYPE_CHECKING:
    from conftest import Report


def project(name: str, number: str = "12345678", email: str = "a@b.org", **metadata: Any) -> Project:
    """Make a project by an author."""
    author = {"name": name, "email": email, "affiliations": [f"Student number {number}"]}
    parent = Chapter("report", PARENT, ())
    return Project(Path(), {"author": author, "assignment": "A2", **metadata}, parent, (), ())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Ada Lovelace", "AdaLovelace"),
        ("Zoë  Müller-Ångström", "ZoeMuller-Angstrom"),
        ("Łukasz Øst", "ŁukaszØst"),
        ("李明", "李明"),
        ("박지성", "박지성"),
        ("O'Brien, J./..", "OBrienJ"),
        ("under_score", "underscore"),
    ],
)
def test_names_of_files_are_made_of_names_of_people(name: str, expected: str) -> None:
    """Accents, spaces and signs go, no letter of any script does."""
    assert submission.name(project(name)) == f"{expected}_12345678_A2"


def test_number_and_assignment_cannot_leave_the_folder() -> None:
    """Whatever stands in `_quarto.yml`, the name is that of one file."""
    made = submission.name(project("Ada", "../12 34".replace(" ", "/"), assignment="../A2"))
    assert made == "Ada_1234_A2"


@pytest.mark.parametrize(
    ("placeholder", "message"),
    [
        ({"name": "Your Name"}, "found the placeholder 'Your Name'"),
        ({"number": "00000000"}, "found the placeholder '00000000'"),
        ({"email": "your.name@example.edu"}, "found the placeholder 'your.name@example.edu'"),
        ({"name": "Your Name", "number": "00000000"}, "placeholders 'Your Name', '00000000'"),
        ({"assignment": ""}, "expected 'assignment: A2'"),
    ],
)
def test_placeholders_are_refused(placeholder: dict[str, str], message: str) -> None:
    """A report without its author's name cannot be handed in."""
    with pytest.raises(SubmissionError, match=message):
        submission.name(project(**{"name": "Ada", **placeholder}))


def test_the_placeholders_are_those_of_the_repository() -> None:
    """What stands in this repository's `_quarto.yml` is refused until somebody puts in a name."""
    root = Path(__file__).parents[3]
    read = open_builder(root, Terminal(io.StringIO())).project
    try:
        made = submission.name(read)
    except SubmissionError as error:
        assert "placeholder" in str(error)
    else:
        assert "Your" not in made


def make(report: "Report") -> Path:
    """Make the archive of a report."""
    builder = open_builder(report.root, Terminal(io.StringIO()))
    return submission.make(builder, Request(engine="builtin"))


NEVER = (
    ".git/config",
    ".venv/x.py",
    "build/html/report.html",
    "data/hw2_Q1.npy",
    "docs/draft.docx",
    "report/.ipynb_checkpoints/q1.ipynb",
    "report/draft.doc",
    "report/draft.DOCX",
    "report/numbers.npy",
    "src/report.egg-info/PKG-INFO",
    "src/science/__pycache__/numbers.cpython-311.pyc",
    "tests/.hypothesis/x",
)
ALSO = ("README.md", "LICENSE", "data/README.md", "docs/look.png", "src/science/py.typed", "tests/test_x.py")


def test_the_archive_holds_pdf_notebooks_and_code(built: "Report") -> None:
    """Everything that a marker needs, and neither data nor caches nor a Word file."""
    for path in (*NEVER, *ALSO):
        built.write(path, "x\n")
    path = make(built)
    assert path == built.root / "AdaLovelace_12345678_A2.zip"
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert archive.read("AdaLovelace_12345678_A2.pdf") == (built.root / "build/report.pdf").read_bytes()
        names = archive.namelist()
    assert sorted(names) == sorted(
        [
            "AdaLovelace_12345678_A2.pdf",
            "_quarto.yml",
            *(f"notebooks/{name}.ipynb" for name in ("q1", "q2", "report")),
            *(f"report/{name}" for name in ("q1.qmd", "q2.qmd", "references.bib", "report.qmd")),
            *(f"src/science/{name}.py" for name in ("__init__", "figures", "numbers")),
            *ALSO,
        ]
    )


def test_the_same_report_gives_the_same_archive(built: "Report") -> None:
    """No time and no chance is in it, and nothing else is left in the folder."""
    path = make(built)
    first = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    (built.root / "report/q1.qmd").touch()
    assert make(built).read_bytes() == first
    assert [path.name for path in built.root.rglob("*.zip")] == ["AdaLovelace_12345678_A2.zip"]


def test_what_readers_would_miss_is_listed(built: "Report") -> None:
    """Whoever hands in reads the notices once more, also where nothing is built again."""
    with (built.root / "report/q1.qmd").open("a") as file:
        file.write("\n\nSee [the draft](draft.qmd).\n")
    for _ in range(2):
        stream = io.StringIO()
        submission.make(open_builder(built.root, Terminal(stream)), Request(engine="builtin"))
        assert (
            "the link to 'draft.qmd' leads to a document that is not part of the report" in stream.getvalue()
        )
        assert "AdaLovelace_12345678_A2.zip: ready to hand in" in stream.getvalue()


def test_an_archive_is_not_made_by_an_unknown_author(built: "Report") -> None:
    """The message comes before anything is built."""
    built.edit("_quarto.yml", "Student number 12345678", "A University")
    with pytest.raises(ProjectError, match="Student number"):
        make(built)
    assert not list(built.root.glob("*.zip"))
