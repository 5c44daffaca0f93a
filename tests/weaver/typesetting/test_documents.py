"""The corpus `tests/documents/`: small Quarto documents, and the numbers and words that Quarto gives them."""

import base64
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from shutil import copytree
from typing import Any, Literal

import pytest
import yaml
from pypdf import PdfReader

from weaver import project
from weaver.building import notebook
from weaver.building.execution import Execution
from weaver.building.notebook import Notebook
from weaver.chunk_options import Target as Format
from weaver.claims import marks
from weaver.errors import QuartoOnlyError, WeaverError
from weaver.project import Chapter, Project
from weaver.qmd import Prose
from weaver.typesetting.html import page as webpage
from weaver.typesetting.pdf import pdf as pages
from weaver.typesetting.quarto import quarto, standalone_chapter
from weaver.typesetting.tree import numbered_document

CORPUS = Path(__file__).parents[2] / "documents"
FOLDERS = sorted(path.parent for path in CORPUS.glob("*/expected.yml"))
EXPECTED = {folder.name: yaml.safe_load((folder / "expected.yml").read_text("utf-8")) for folder in FOLDERS}
ALONE = [name for name in EXPECTED if "alone" in EXPECTED[name]]
NOTICED = yaml.safe_load((CORPUS / "noticed.yml").read_text(encoding="utf-8"))
REFUSED = yaml.safe_load((CORPUS / "refused.yml").read_text(encoding="utf-8"))
NOON = datetime(2021, 9, 6, 12, tzinfo=UTC)
FILES = {"png": "image/png", "svg": "image/svg+xml", "html": "text/html", "md": "text/markdown"}


@dataclass(frozen=True)
class Expected:
    """What a document prints.

    `numbers` is complete: every label with its number. `text` stands in the PDF in this order, `captions`
    stand anywhere in it, since figures move; `absent` does not stand in it. `links` says where links lead, in
    the order of the pages and in the words of the PDF: an address, "Section 2", or for what has no name
    "page 1". `pages` is the least number of pages; `starts` begin one. `alternatives` describe pictures and
    formulas to those who cannot see them. `alone` says the same of chapters printed alone, `html`
    what differs on the page for the browser. `by_quarto` says for Quarto's own `pdf` and `html` what differs
    there, or why it is not held to this at all, nor to what chapters say `alone`.
    """

    numbers: Mapping[str, str] = field(default_factory=dict)
    text: Sequence[str] = ()
    captions: Sequence[str] = ()
    absent: Sequence[str] = ()
    links: Sequence[str] | None = None
    alternatives: Sequence[str] = ()
    pages: int = 1
    starts: Sequence[str] = ()
    alone: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    html: Mapping[str, Any] = field(default_factory=dict)
    by_quarto: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Document:
    """A document of the corpus, copied to where its tests may write, and as an executed notebook."""

    name: str
    root: Path
    notebook: notebook.Notebook
    expected: Expected

    def typeset(self, only: str | None = None) -> PdfReader:
        """Typeset it by the built-in typesetter and open the PDF."""
        output = self.root / f"{only or 'report'}.pdf"
        pages.pdf(self.notebook, output, resources=self.root, timestamp=NOON, only=only)
        return PdfReader(output)

    def page(self, only: str | None = None) -> str:
        """Make its page for the browser and return the text on it."""
        output = self.root / f"{only or 'report'}.html"
        webpage.write_page(self.notebook, output, resources=self.root, only=only)
        return _shown(output)


def _lay_out(folder: Path, root: Path) -> None:
    """Make a project of a document: its folder becomes `report/`, beside the corpus's `_quarto.yml`."""
    copytree(folder, root / "report")
    text = (CORPUS / "_quarto.yml").read_text(encoding="utf-8")
    (root / "_quarto.yml").write_text(f"title: The title\n{text}", encoding="utf-8")


def _recorded(found: Project, folder: Path) -> dict[str, Execution]:
    """Return what the chunks of each chapter showed, as `outputs.yml` has it."""
    path = folder / "outputs.yml"
    recorded = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}
    chapters = (found.parent, *found.chapters)
    return {chapter.name: _execution(chapter, recorded, folder) for chapter in chapters}


def _execution(chapter: Chapter, recorded: Mapping[str, Any], folder: Path) -> Execution:
    outputs = tuple(
        tuple(_output(each, folder) for each in recorded.get(chunk.name, ())) for chunk in chapter.chunks
    )
    prose = (block for block in chapter.blocks if isinstance(block, Prose))
    expressions = [inline.expression for block in prose for inline in block.inlines]
    return Execution(outputs, tuple(str(recorded[each]) for each in expressions), {})


def _output(record: Mapping[str, str], folder: Path) -> dict[str, Any]:
    """Read one output: a stream, a traceback, a file that is shown, or what is shown by MIME type."""
    ((kind, value),) = record.items()
    if kind == "error":
        return {"output_type": "error", "ename": "", "evalue": "", "traceback": value.split("\n")}
    if kind in {"stdout", "stderr"}:
        return {"output_type": "stream", "name": kind, "text": value}
    data = dict(_file(folder / value)) if kind == "file" else {kind: value}
    return {"output_type": "display_data", "data": {**data, "text/plain": "<object>"}, "metadata": {}}


def _file(path: Path) -> Iterator[tuple[str, str]]:
    mime = FILES[path.suffix[1:]]
    content = path.read_bytes()
    yield mime, base64.b64encode(content).decode() if mime == "image/png" else content.decode()


@pytest.fixture(params=EXPECTED)
def document(request: pytest.FixtureRequest, tmp_path: Path) -> Document:
    """Give one document of the corpus after another."""
    folder = CORPUS / request.param
    _lay_out(folder, tmp_path)
    found = project.read_project(tmp_path)
    executions = _recorded(found, folder)
    woven = marks.judge(notebook.weave(found, executions), executions).notebook
    return Document(request.param, tmp_path, woven, Expected(**EXPECTED[request.param]))


class _Text(HTMLParser):
    """Collects the text of a page, without what a browser does not show."""

    HIDDEN = frozenset({"head", "style", "script", "annotation", "button"})

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        """Count what hides text."""
        self.hidden += tag in self.HIDDEN

    def handle_endtag(self, tag: str) -> None:
        """Come back to what is shown."""
        self.hidden -= tag in self.HIDDEN

    def handle_data(self, data: str) -> None:
        """Keep what is shown."""
        self.text += [] if self.hidden else [data]


def squeezed(text: str) -> str:
    """Return a text without what line breaks change: white space and hyphens; letters in their plain form."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(letter for letter in plain if not letter.isspace() and letter not in "-‐\N{SOFT HYPHEN}")


def _shown(page: Path) -> str:
    reader = _Text()
    reader.feed(page.read_text(encoding="utf-8"))
    return squeezed("".join(reader.text))


def _printed(reader: PdfReader) -> str:
    return squeezed("\n".join(page.extract_text() for page in reader.pages))


def _unseen(text: str) -> set[str]:
    """Return the letters of a text that nobody sees: joiners, zero-width spaces, marks of direction."""
    return {letter for letter in text if unicodedata.category(letter) == "Cf"} - {"\N{SOFT HYPHEN}"}


def check_text(printed: str, expected: Expected) -> None:
    """Hold a PDF's text to what a document says: running text in order, captions anywhere."""
    position, last = 0, "the beginning"
    for phrase in expected.text:
        found = printed.find(squeezed(phrase), position)
        assert found >= 0, f"expected {phrase!r} behind {last!r}, found {printed[position:][:200]!r}"
        position, last = found + len(squeezed(phrase)), phrase
    assert [caption for caption in expected.captions if squeezed(caption) not in printed] == []
    assert [words for words in expected.absent if squeezed(words) in printed] == []
    assert "?@" not in printed


def _links(reader: PdfReader) -> list[str]:
    annotations = (annotation for page in reader.pages for annotation in page.get("/Annots", ()))
    said = [str(annotation.get_object()["/Contents"]) for annotation in annotations]
    return [words for words in said if not words.startswith("Footnote") and not words.isdigit()]


def _alternatives(reader: PdfReader) -> set[str]:
    pending, found = [reader.trailer["/Root"]["/StructTreeRoot"]], set()  # type: ignore[index]
    while pending:
        item = pending.pop().get_object()
        if isinstance(item, list):
            pending.extend(item)
        elif isinstance(item, dict):
            found |= {str(item["/Alt"])} if "/Alt" in item else set()
            pending.extend([item["/K"]] if "/K" in item else [])
    return found


def test_the_built_in_typesetter_prints_what_quarto_prints(document: Document) -> None:
    """Text in its order, captions, page breaks and links are those that the document's file expects."""
    expected, reader = document.expected, document.typeset()
    check_text(_printed(reader), expected)
    sources = (path.read_text(encoding="utf-8") for path in (document.root / "report").rglob("*.qmd"))
    assert _unseen("".join(page.extract_text() for page in reader.pages)) <= _unseen("".join(sources))
    assert len(reader.pages) >= expected.pages
    tops = [squeezed(page.extract_text())[:200] for page in reader.pages]
    assert [start for start in expected.starts if not any(squeezed(start) in top for top in tops)] == []
    if expected.links is not None:
        assert _links(reader) == list(expected.links)
    assert set(expected.alternatives) <= _alternatives(reader)


def test_the_page_shows_the_same(document: Document) -> None:
    """The page for the browser is held to the same text and captions, in the words of its own conditions."""
    record = {**EXPECTED[document.name], **document.expected.html}
    check_text(document.page(), Expected(**record))


def test_everything_with_a_label_has_its_number(document: Document) -> None:
    """The numbers of the tree are those that the document's file lists, no more and no fewer."""
    targets = numbered_document.numbered(document.notebook).targets
    found = {label: target.number for label, target in targets.items()}
    assert found == document.expected.numbers


@pytest.mark.parametrize("document", ALONE, indirect=True)
def test_a_chapter_alone_prints_the_numbers_of_the_whole(document: Document) -> None:
    """`make q2` gives a reference into another section the number that it has in the report."""
    for name, record in document.expected.alone.items():
        expected, reader = Expected(**record), document.typeset(name)
        check_text(_printed(reader), expected)
        if expected.links is not None:
            assert _links(reader) == list(expected.links)


@pytest.fixture
def by_quarto(document: Document, real_quarto: quarto.Quarto) -> Callable[..., str]:
    """Typeset a document by the Quarto that is installed, whole or a chapter, and give its text."""

    def printed(form: Literal["pdf", "html"], only: str | None = None) -> str:
        target: Format = "html" if form == "html" else "typst"
        chosen = standalone_chapter.chapter(document.notebook, only, target) if only else document.notebook
        output = document.root / f"{only or 'quarto'}.{form}"
        quarto.render(real_quarto, chosen, output, resources=document.root, target=target)
        return _shown(output) if form == "html" else _printed(PdfReader(output))

    return printed


@pytest.mark.parametrize("form", ["pdf", "html"])
def test_quarto_prints_the_same(
    document: Document, form: Literal["pdf", "html"], by_quarto: Callable[..., str]
) -> None:
    """Where Quarto is installed, its own PDF and its own page are held to the same file."""
    own = document.expected.by_quarto.get(form, {})
    if isinstance(own, str):
        pytest.skip(own)
    html = document.expected.html if form == "html" else {}
    check_text(by_quarto(form), Expected(**{**EXPECTED[document.name], **html, **own}))


@pytest.mark.parametrize("document", ALONE, indirect=True)
def test_a_chapter_alone_by_quarto_has_the_numbers_of_the_whole(
    document: Document, by_quarto: Callable[..., str]
) -> None:
    """`make q2` by Quarto goes on counting where the chapter before it ends."""
    if "alone" in document.expected.by_quarto:
        pytest.skip(document.expected.by_quarto["alone"])
    for name, record in document.expected.alone.items():
        check_text(by_quarto("pdf", name), Expected(**record))
        check_text(by_quarto("html", name), Expected(**{**record, **record.get("html", {})}))


def _write(case: Mapping[str, Any], root: Path) -> None:
    """Make a project of a source that stands in a list, with its files and metadata."""
    (root / "report").mkdir()
    text = (CORPUS / "_quarto.yml").read_text(encoding="utf-8") + case.get("metadata", "")
    (root / "_quarto.yml").write_text(f"title: The title\n{text}", encoding="utf-8")
    for file, content in {"report.qmd": case["source"], **case.get("files", {})}.items():
        (root / "report" / file).write_text(content, encoding="utf-8")


def _woven(case: Mapping[str, Any], root: Path) -> Notebook:
    found = project.read_project(root)
    outputs = {found.parent.name: _execution(found.parent, case.get("outputs", {}), CORPUS)}
    return notebook.weave(found, outputs)


@pytest.mark.parametrize("name", sorted(NOTICED))
def test_what_is_printed_all_the_same_is_told(name: str, tmp_path: Path) -> None:
    """What Quarto prints is printed; what a reader misses in it is told, and refused where asked for."""
    case, output = NOTICED[name], tmp_path / "out.pdf"
    _write(case, tmp_path)
    woven = _woven(case, tmp_path)
    notices = pages.pdf(woven, output, resources=tmp_path, timestamp=NOON).notices
    assert [notice for notice in notices if notice.startswith(case["message"])] != []
    check_text(_printed(PdfReader(output)), Expected(text=case["text"]))
    with pytest.raises(WeaverError, match="which '--strict' refuses"):
        pages.pdf(woven, output, resources=tmp_path, timestamp=NOON, strict=True)


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_cannot_be_printed_names_file_and_line(name: str, tmp_path: Path) -> None:
    """A construct that the built-in typesetter does not know is told, never left out in silence.

    Where Quarto sets it, a preview goes on without it.
    """
    case = REFUSED[name]
    _write(case, tmp_path)
    woven: Notebook = {}
    with pytest.raises(WeaverError) as error:
        woven = _woven(case, tmp_path)
        pages.pdf(woven, tmp_path / "out.pdf", resources=tmp_path, timestamp=NOON)
    assert case["message"] in str(error.value)
    assert re.match(r"(report/\w+\.\w+|_quarto\.yml):\d+: ", str(error.value))
    if isinstance(error.value, QuartoOnlyError):
        pages.pdf(woven, tmp_path / "out.pdf", resources=tmp_path, timestamp=NOON, draft=True)
        webpage.write_page(woven, tmp_path / "out.html", resources=tmp_path, draft=True)
