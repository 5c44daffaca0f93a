"""The main job end to end: the whole report in its quick form, built from a copy and read back."""

import io
import json
import os
import re
import shutil
import subprocess
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import unescape
from itertools import dropwhile
from pathlib import Path

import pytest
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from weaver.building.builder import open_builder
from weaver.building.request import Request
from weaver.console import Terminal
from weaver.qmd import Prose
from weaver.typesetting.quarto.quarto import Quarto

ROOT = Path(__file__).parent.parent
LISTING_WIDTH = 86  # characters
AGAIN = "\x1d"  # around a line at the top of a page that is on the page before
OPEN, CLOSED, CODE = "\x02\x03\x1e"  # around a heading, around code and what folds it
BLOCK = re.compile(rf"{CODE}[^{CODE}]*{CODE}")
HYPHEN = re.compile("[-\N{HYPHEN}\N{SOFT HYPHEN}\N{WORD JOINER}]\\s*")
LEADER = re.compile(r"(?:\. ?){4,}\W*\d+")  # from an entry of the contents to its page
CAPTION = re.compile(r"(?:Figure|Table|Listing)\s+\d+:\s+(?:\S+\s+){4}")
MENTION = re.compile(r"(?:\w+\W+){3}(?:Figure|Table|Section|Equation)\s[\d.]*\d")
HEADING = re.compile(rf"{OPEN}(?!\s*Table of contents)([^{CLOSED}]+){CLOSED}")
# Of a page's look: labels of the title block, what a screen reader is told, an address that is written out.
QUARTOS_OWN = ["Author", "Affiliation", "Warning"]
OUR_OWN = ["Skip", "to", "the", "text", "your", "name", "example", "edu"]
NUMBER = re.compile(r"(?<![A-Za-z\d.])\d+(?:,\d{3})*(?:\.\d+)?")
NAMED = re.compile(r"(?:Figure|Table|Section|Equation)\s+\d+(?:\.\d+)*|^\d(?:\.\d)+(?= [A-Z])", re.M)
FORMULA = re.compile(r"\$\$.+?\$\$|\$[^$]+\$", re.S)
WIDTHS = re.compile(r'"widths": \{"tuple": \[([^]]*)\]')
PAGE_NUMBER = re.compile(r"^\d+ / \d+$", re.M)
LISTS = re.compile(r"^\d Appendix: the claims of this report\s*$.*", re.M | re.S)  # and what stands behind
YEAR = re.compile(r"year\s*=\s*\{(\d+)")
# Typed in the prose, and no results: questions and scales, levels of intervals, where a panel ends.
CONVENTIONS = {*"01234", "95", "99", "12"}
SUB_QUESTIONS = ("1.1", "1.2", "1.3", "2.1", "2.2", "3.1", "3.2", "3.3", "3.4", "4.1")


@dataclass(frozen=True)
class Built:
    """A copy of the project after one build."""

    root: Path
    environment: dict[str, str]
    pages: tuple[str, ...]  # the text of each page

    @property
    def pdf(self) -> Path:
        """The report."""
        return self.root / "build" / "report.pdf"

    @property
    def text(self) -> str:
        """The text of all pages."""
        return "\n".join(self.pages)


def weaver(root: Path, environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the tool as the Makefile does."""
    command = [sys.executable, "-c", "from weaver.cli import main; raise SystemExit(main())", *arguments]
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Build the report in a folder of its own, on the stand-ins, with its own cache."""
    root = tmp_path_factory.mktemp("project")
    for name in ("report", "src"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    shutil.copy(ROOT / "_quarto.yml", root)
    environment = {
        **os.environ,
        "PROFILE": "quick",
        "ENGINE": "builtin",
        "PYTHONPATH": str(root / "src"),
        "WEAVER_CACHE": str(root / ".cache" / "store"),
    }
    result = weaver(root, environment, "build")
    assert result.returncode == 0, result.stderr
    reader = PdfReader(root / "build" / "report.pdf")
    return Built(root, environment, tuple(page.extract_text() for page in reader.pages))


def test_every_question_and_sub_question_has_its_section(built: Built) -> None:
    """A marker looks for the numbers of the assignment."""
    for number in SUB_QUESTIONS:
        assert re.search(rf"^{re.escape(number)} \w", built.text, re.M), number
    titles = PdfReader(built.pdf).outline
    assert len([title for title in titles if not isinstance(title, list)]) >= 6


def test_figures_and_tables_are_numbered_without_a_gap(built: Built) -> None:
    """Each number stands at one caption, and nothing is missing in between."""
    for kind in ("Figure", "Table"):
        numbers = {int(number) for number in re.findall(rf"{kind}\s+(\d+):\s", built.text)}
        assert sorted(numbers) == list(range(1, len(numbers) + 1)), kind
        assert len(numbers) >= 6, kind


def test_every_figure_and_table_is_referred_to(built: Built) -> None:
    """A figure that the text does not mention has no place in a report."""
    for kind in ("Figure", "Table"):
        captions = set(re.findall(rf"{kind}\s+(\d+):\s", built.text, re.M))
        mentions = set(re.findall(rf"{kind}\s+(\d+)(?!\d|:\s)", built.text))
        assert captions <= mentions, kind


@pytest.mark.parametrize("left", [r"\?@", r"\{python\}", r"@(fig|tbl|sec|eq)-", r"\bnan\b", r"\{\{<"])
def test_nothing_is_left_unresolved(built: Built, left: str) -> None:
    """Neither a reference nor an expression may be printed as it was typed, and no number may be missing."""
    assert not re.search(left, built.text)


def test_no_expression_in_the_prose_is_empty(built: Built, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain Quarto prints the code of an expression that gives no text."""
    monkeypatch.setenv("WEAVER_CACHE", built.environment["WEAVER_CACHE"])
    monkeypatch.setenv("PYTHONPATH", built.environment["PYTHONPATH"])
    builder = open_builder(built.root, Terminal(io.StringIO()))
    for chapter, freshness in builder.judgements(Request(profile="quick")):
        assert freshness.execution is not None, freshness.reasons
        inlines = [one for block in chapter.blocks if isinstance(block, Prose) for one in block.inlines]
        values = zip(inlines, freshness.execution.values, strict=True)
        assert not [str(inline.place) for inline, value in values if not value.strip()]


def test_every_number_of_the_prose_is_found_in_the_results(
    built: Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a page says comes from a value or an output of its own chapter, or is a width of its networks."""
    monkeypatch.setenv("WEAVER_CACHE", built.environment["WEAVER_CACHE"])
    monkeypatch.setenv("PYTHONPATH", built.environment["PYTHONPATH"])
    assert not list(_without_ground(built))


def test_a_number_typed_by_hand_is_caught(
    built: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A result that somebody wrote into the prose is in no result."""
    root = shutil.copytree(built.root, tmp_path / "copy")
    monkeypatch.setenv("WEAVER_CACHE", built.environment["WEAVER_CACHE"])
    monkeypatch.setenv("PYTHONPATH", str(root / "src"))
    chapter = root / "report" / "q3.qmd"
    text = chapter.read_text(encoding="utf-8")
    chapter.write_text(f"{text}\nThe accuracy is 97.31 %.\n", encoding="utf-8")
    environment = {**built.environment, "PYTHONPATH": str(root / "src")}
    result = weaver(root, environment, "build")
    assert result.returncode == 0, result.stderr
    assert list(_without_ground(Built(root, environment, built.pages))) == [("q3", "97.31")]


def test_the_first_pages_say_what_it_is_and_what_it_ran_on(built: Built) -> None:
    """A quick look must not pass for the report, nor drawn data for the course's."""
    first, second = (re.sub(r"\s+", "", page) for page in built.pages[:2])
    assert "Aquicklook" in first
    assert "stand-in" in first + second
    assert len(set(re.findall(r"[0-9a-f]{32}", first + second))) == 6  # three SHA-256, in halves


def test_all_fonts_are_embedded(built: Built) -> None:
    """A report that is printed elsewhere must look the same."""
    fonts = {
        str(font.get_object()["/BaseFont"]): font.get_object()
        for page in PdfReader(built.pdf).pages
        for font in page["/Resources"].get("/Font", {}).values()
    }
    assert fonts
    for name, font in fonts.items():
        [descendant] = font.get("/DescendantFonts", [font])
        descriptor = descendant.get_object()["/FontDescriptor"]
        assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor), name


def test_every_figure_has_alternative_text(built: Built) -> None:
    """Readers who cannot see a figure are told what it shows."""
    figures = list(_tagged(PdfReader(built.pdf).root_object["/StructTreeRoot"], "/Figure"))
    assert len(figures) >= 10
    assert all(len(str(figure.get("/Alt", ""))) > 20 for figure in figures)


def test_the_pdf_claims_its_standard(built: Built) -> None:
    """The built-in typesetter promises PDF/UA-1."""
    metadata = PdfReader(built.pdf).xmp_metadata
    assert metadata is not None
    assert "<pdfuaid:part>1</pdfuaid:part>" in metadata.stream.get_data().decode()


@pytest.fixture(scope="module")
def page(built: Built) -> str:
    """Make the page for the browser from what the PDF was made of."""
    result = weaver(built.root, built.environment, "build", "--to", "html")
    assert "runs" not in result.stderr
    assert result.returncode == 0, result.stderr
    return (
        (built.root / "build" / "report.html").read_text(encoding="utf-8").replace("\N{NO-BREAK SPACE}", " ")
    )


def test_the_page_has_the_numbers_of_the_pdf(built: Built, page: str) -> None:
    """Figures, tables and sections are the same ones in both."""
    for kind in ("Figure", "Table"):
        printed = re.findall(rf"{kind}\s+(\d+):\s", built.text)
        assert sorted(re.findall(rf'<b class="name">{kind} (\d+):</b>', page)) == sorted(set(printed)), kind
    for number in SUB_QUESTIONS:
        assert f'<span class="number">{number}</span>' in page


def test_the_page_leads_and_speaks(page: str) -> None:
    """Every link within it has its target once, every picture its words, every figure its code."""
    identifiers = re.findall(r'\sid="([^"]+)"', page)
    assert len(identifiers) == len(set(identifiers))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(identifiers)
    words = re.findall(r'class="picture" role="img" aria-label="([^"]*)"', page)
    assert len(words) >= 10
    assert min(map(len, words)) > 20
    assert len(re.findall(r'</figure>\s*<details class="fold">', page)) == page.count("<figure ")


def test_a_second_build_runs_nothing(built: Built) -> None:
    """Nothing changed: the PDF keeps its bytes and its time."""
    before = (built.pdf.read_bytes(), built.pdf.stat().st_mtime_ns)
    result = weaver(built.root, built.environment, "build")
    assert result.stderr == "build/report.pdf: nothing changed\n"
    assert (built.pdf.read_bytes(), built.pdf.stat().st_mtime_ns) == before


def test_a_question_alone_has_the_numbers_of_the_whole(built: Built) -> None:
    """`make q2` shows section 2, with the figures numbered as in the report, and runs nothing again."""
    result = weaver(built.root, built.environment, "build", "q2")
    assert "runs" not in result.stderr
    alone = "\n".join(page.extract_text() for page in PdfReader(built.root / "build" / "q2.pdf").pages)
    figures = set(re.findall(r"Figure\s+(\d+):\s", alone, re.M))
    assert figures
    assert figures < set(re.findall(r"Figure\s+(\d+):\s", built.text, re.M))
    assert re.search(r"^2\.1 ", alone, re.M)
    assert not re.search(r"^3\.1 ", alone, re.M)


def test_notebooks_hold_the_outputs(built: Built) -> None:
    """The notebooks to hand in are complete, and no path of this machine is in them."""
    folder = built.root / "build" / "notebooks"
    assert {path.name for path in folder.iterdir()} == {
        f"{n}.ipynb" for n in ("report", "q1", "q2", "q3", "q4")
    }
    for path in folder.iterdir():
        text = path.read_text(encoding="utf-8")
        assert '"image/svg+xml"' in text
        assert str(built.root) not in text


def test_no_line_of_a_listing_is_broken(built: Built) -> None:
    """Code that goes on at the margin of the next line is hard to read: the page holds so many characters."""
    notebook = json.loads((built.root / "build" / "notebooks" / "report.ipynb").read_text(encoding="utf-8"))
    shown = [output for cell in notebook["cells"] for output in cell.get("outputs", ())]
    texts = ["".join(output.get("data", {}).get("text/markdown", "")) for output in shown]
    listings = [text for text in texts if text.startswith("```python")]
    assert listings
    assert max(len(line) for text in listings for line in text.splitlines()) <= LISTING_WIDTH


def test_submission_refuses_placeholders(built: Built) -> None:
    """Nobody should hand in a report by 'Your Name'."""
    result = weaver(built.root, built.environment, "submission")
    assert result.returncode == 1
    assert "Your Name" in result.stderr
    assert not list(built.root.glob("*.zip"))


Engines = Callable[[Quarto, str, str], list[str]]


@pytest.fixture(scope="module")
def engines(
    built: Built, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Quarto, str, str], list[str]]:
    """Return a function that gives a document's text by Quarto and by the built-in typesetter.

    They are built in a copy that trains nothing again.
    """
    root = tmp_path_factory.mktemp("engines") / "project"
    shutil.copytree(built.root, root)

    def texts(found: Quarto, name: str, form: str) -> list[str]:
        return [_text(found, engine, name, form) for engine in ("quarto", "builtin")]

    def _text(found: Quarto, engine: str, name: str, form: str) -> str:
        chosen = {"ENGINE": engine, "QUARTO_PATH": str(found.path), "PYTHONPATH": str(root / "src")}
        chapter = [] if name == "report" else [name]
        result = weaver(root, {**built.environment, **chosen}, "build", *chapter, "--to", form)
        assert result.returncode == 0, result.stderr
        output = root / "build" / f"{name}.{form}"
        return _printed(output) if form == "pdf" else _shown(output.read_text(encoding="utf-8"))

    return texts


@pytest.mark.parametrize("name", ["report", "q1", "q2", "q3", "q4"])
def test_both_engines_print_the_same(name: str, engines: Engines, real_quarto: Quarto) -> None:
    """Every word and number of the report, and of each question alone, stands in both, as often.

    Captions follow their numbers.
    """
    quartos, ours = engines(real_quarto, name, "pdf")
    assert _words(quartos) - _again(quartos) <= _words(ours)
    assert _words(ours) - _again(ours) <= _words(quartos)
    assert _found(CAPTION, quartos) == _found(CAPTION, ours)


@pytest.mark.parametrize("name", ["report", "q1", "q2", "q3", "q4"])
def test_both_engines_show_the_same(name: str, engines: Engines, real_quarto: Quarto) -> None:
    """So do their pages, which also have the same headings, and the same words before each reference."""
    quartos, ours = engines(real_quarto, name, "html")
    assert (_words(quartos) - _words(ours)).keys() <= set(QUARTOS_OWN)
    assert (_words(ours) - _words(quartos)).keys() == set(OUR_OWN)
    for pattern in (CAPTION, HEADING, MENTION):
        assert _found(pattern, quartos) == _found(pattern, ours)


def _without_ground(built: Built) -> Iterator[tuple[str, str]]:
    """Yield the numbers that a chapter's pages show and nothing gives, each with the chapter's name."""
    reader = PdfReader(built.pdf)
    origins = json.loads(reader.attachments["provenance.json"][0])
    years = YEAR.findall((built.root / "report" / "references.bib").read_text(encoding="utf-8"))
    printed = _by_chapter(reader)
    builder = open_builder(built.root, Terminal(io.StringIO()))
    for chapter, freshness in builder.judgements(Request(profile="quick")):
        assert freshness.execution is not None, freshness.reasons
        outputs = [output.get("data", {}) for shown in freshness.execution.outputs for output in shown]
        tables = ["".join(data.get("text/markdown", "")) for data in outputs]
        prose = [block.text for block in chapter.blocks if isinstance(block, Prose)]
        runs = [origins["runs"][key]["settings"] for key in origins["chapters"][chapter.name]["runs"]]
        typed = [*FORMULA.findall("".join(prose)), *WIDTHS.findall(json.dumps(runs)), *years]
        grounds = NUMBER.findall(" ".join([*freshness.execution.values, *tables, *typed]))
        for number in NUMBER.findall(NAMED.sub("", printed[chapter.name])):
            if number not in CONVENTIONS.union(grounds):
                yield chapter.name, number


def _by_chapter(reader: PdfReader) -> dict[str, str]:
    """Return the text of each chapter and of the parent, without the lists that the build makes."""
    titles = [title.title for title in reader.outline if not isinstance(title, list)]
    text = "\n".join(page.extract_text() for page in reader.pages)
    heading = re.compile(rf"^({'|'.join(map(re.escape, titles))})\s*$", re.M)
    _, *parts = heading.split(LISTS.sub("", PAGE_NUMBER.sub("", text)))
    texts = dict(zip(parts[::2], parts[1::2], strict=True))
    ours = {f"q{title[0]}": part for title, part in texts.items() if title[0] in "1234"}
    others = [part for title, part in texts.items() if title[0] not in "1234"]
    return {**ours, "report": "".join(others)}


def _found(pattern: re.Pattern[str], text: str) -> list[str]:
    """Return what matches a pattern outside of code, without what line breaks change."""
    found = pattern.findall(BLOCK.sub(" ", text))
    assert found
    return sorted(re.sub(r"\W", "", unicodedata.normalize("NFKC", HYPHEN.sub("", each))) for each in found)


def _printed(path: Path) -> str:
    """Return the text of a PDF without heads, page numbers and what leads to them."""
    pages = [page.extract_text().splitlines() for page in PdfReader(path).pages]
    heads = Counter(lines[0] for lines in pages)
    kept = [lines[heads[lines[0]] > 1 or lines[0] == "" :] for lines in pages]
    numbered = [lines[: -1 if re.fullmatch(r"\d+( / \d+)?", lines[-1].strip()) else None] for lines in kept]
    pairs = zip([[], *numbered], numbered, strict=False)
    marked = [line for before, lines in pairs for line in _marked(lines, before)]
    return LEADER.sub("", "\n".join(marked))


def _marked(lines: list[str], before: list[str]) -> list[str]:
    """Mark at the top of a page what stands on the page before: the heading of a table that goes on does."""
    new = list(dropwhile(before.__contains__, lines))
    return [*(f"{AGAIN}{line}{AGAIN}" for line in lines[: len(lines) - len(new)]), *new]


def _again(text: str) -> Counter[str]:
    """Count the words of what may be on a page since it was on the page before."""
    return _words("\n".join(re.findall(f"{AGAIN}(.*){AGAIN}", text)))


def _shown(page: str) -> str:
    """Return the text of a page, each heading between marks of its own."""
    hidden = r"<(script|style|annotation|button)\b.*?</\1>|<!--.*?-->"
    body = re.sub(hidden, "", page[page.index("<body") :], flags=re.S)
    for tag, mark in ((r"h[1-6]", OPEN), (r"/h[1-6]", CLOSED), (r"/?(?:pre|summary)", CODE)):
        body = re.sub(rf"<{tag}\b[^>]*>", mark, body)
    return unescape(re.sub(r"<[^>]*>", " ", body))


def _words(text: str) -> Counter[str]:
    """Count words and numbers, whatever breaks them."""
    return Counter(re.findall(r"[^\W\d_]+|\d+", unicodedata.normalize("NFKC", HYPHEN.sub("", text))))


def _tagged(node: DictionaryObject, tag: str) -> list[DictionaryObject]:
    """Find the structure elements of one kind."""
    found = [node] if node.get("/S") == tag else []
    kids = node.get("/K", [])
    for kid in kids if isinstance(kids, list) else [kids]:
        child = kid.get_object()
        if isinstance(child, DictionaryObject):
            found += _tagged(child, tag)
    return found
