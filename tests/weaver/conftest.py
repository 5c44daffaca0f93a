"""A report with trainings; small executed notebooks, and what the built-in typesetter makes of them."""

import base64
import shutil
import struct
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pypdf import PdfReader

from weaver.dependencies import loaded_code
from weaver.dependencies.hooks import OBSERVERS, stop
from weaver.typesetting import pandoc
from weaver.typesetting.html import page as webpage
from weaver.typesetting.markdown import markdown_source
from weaver.typesetting.markdown.cells import lines_of
from weaver.typesetting.pdf import pdf, typst_compiler
from weaver.typesetting.tree import crossref, floats, quarto_syntax

if TYPE_CHECKING:
    from conftest import Report


CHROMIUM_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(autouse=True)
def observers() -> Iterator[None]:
    """Let what observes for a project end with it; neither tests nor modules that are gone count in it."""
    process = loaded_code.current()
    for name in list(process.loaded) if process else ():
        if process and ("test" in name or name not in sys.modules):
            del process.loaded[name]
    yield
    for observer in tuple(OBSERVERS):
        stop(observer)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Start Chromium; it ends with the module, since its event loop would be in the way of others."""
    missing = "the package 'playwright' is not installed"
    playwright = pytest.importorskip("playwright.sync_api", reason=missing)
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("Debian's package 'chromium' is not installed")
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(executable_path=program, args=CHROMIUM_FLAGS)
        yield started
        started.close()


FRONT = (
    "title: A report\nauthor: Ada Lovelace\nnumber-sections: true\nsection-numbering: 1.1.1\nciteproc: true"
)


TRAINED = {
    "_quarto.yml": """
        project: {type: default}
        title: Trained chapters
        author: {name: Ada Lovelace, email: ada@example.org, affiliations: [Student number 12345678]}
        date: 2025-05-01
        lang: en
        number-sections: true
    """,
    "report/report.qmd": """
        # Summary {#sec-summary}

        ```{python}
        #| echo: false
        from lab.experiments import train
        from lab.tables import numbers

        best = train([0.1, 0.2, 0.3], numbers("first"))[0]
        ```

        The best is `{python} best`.

        {{< include q1.qmd >}}

        {{< include q2.qmd >}}
    """,
    "report/q1.qmd": """
        # Rates {#sec-q1}

        ```{python}
        from lab.experiments import train
        from lab.settings import rate
        from lab.tables import numbers

        by_rate = train([0.1, 0.2, 0.3], numbers("first"))
        other = train([rate()], numbers("second"))
        ```

        They end at `{python} by_rate` and `{python} other`.
    """,
    "report/q2.qmd": """
        # Parts {#sec-q2}

        @fig-parts has them all.

        ```{python}
        #| label: fig-parts
        #| fig-cap: Parts.
        #| fig-alt: A line through the parts.
        from lab import parts
        from lab.drawing import curve

        curve([parts.default(), parts.constant(), parts.decorator(), parts.base(), parts.field()])
        parts.package()
        ```
    """,
    "src/lab/__init__.py": "",
    "src/lab/tables.py": """
        import json
        import sys
        from pathlib import Path


        def numbers(name: str) -> tuple[float, ...]:
            sys.path.insert(0, "settings")
            from place import FOLDER

            return tuple(json.loads(Path(FOLDER, f"{name}.json").read_text()))
    """,
    "settings/place.py": "FOLDER = 'data'\n",
    "data/first.json": "[1.0, 2.0]",
    "data/second.json": "[5.0]",
    "src/lab/experiments.py": """
        from collections.abc import Sequence

        from lab.engine import fit
        from lab.notes import note
        from weaver.cache import cached_members


        @cached_members
        def train(members: Sequence[float], data: tuple[float, ...]) -> tuple[float, ...]:
            for rate in members:
                note(f"train {rate} {sum(data)}")
            return tuple(fit(rate, data) for rate in members)
    """,
    "src/lab/settings.py": """
        import os


        def rate() -> float:
            return 0.1 if os.environ["PROFILE"] == "full" else 0.5
    """,
    "src/lab/engine/__init__.py": "from lab.engine.loop import fit\n",
    "src/lab/engine/loop.py": """
        from lab.engine import losses


        def fit(rate: float, data: tuple[float, ...]) -> float:
            return sum(step(rate, each) for each in data)


        def step(rate: float, each: float) -> float:
            return rate * losses.slope(each)
    """,
    "src/lab/engine/losses.py": """
        def slope(each: float) -> float:
            return 2 * each


        def unreached() -> int:
            return 0
    """,
    "src/lab/notes.py": """
        def note(text: str) -> None:
            with open("log", "a") as log:
                log.write(f"{text}\\n")
    """,
    "src/lab/drawing.py": """
        import matplotlib.pyplot as plt


        def curve(values: list[float]) -> None:
            plt.plot(values)
            plt.show()
    """,
    "src/lab/parts.py": """
        import measures

        from lab.kinds import SCALE, Options, Wide, smooth, tripled
        from lab.notes import note
        from weaver.cache import cached


        @cached
        def default() -> float:
            note("default")
            return smooth(1.0)


        @cached
        def constant() -> float:
            note("constant")
            return 1.0 * SCALE


        @cached
        def decorator() -> float:
            note("decorator")
            return tripled(1.0)


        @cached
        def base() -> float:
            note("base")
            return Wide().width()


        @cached
        def field() -> float:
            note("field")
            return Options().width


        @cached
        def package() -> float:
            note("package")
            return measures.metre()

    """,
    "src/lab/kinds.py": """
        from collections.abc import Callable
        from dataclasses import dataclass

        SCALE = 2.0


        def smooth(value: float, width: float = 3.0) -> float:
            return value / width


        def three_times(function: Callable[[float], float]) -> Callable[[float], float]:
            def wrapped(value: float) -> float:
                return function(value) * 3.0

            return wrapped


        @three_times
        def tripled(value: float) -> float:
            return value


        class Narrow:
            def width(self) -> float:
                return 4.0


        class Wide(Narrow):
            pass


        @dataclass(frozen=True)
        class Options:
            width: float = 5.0
    """,
    "../site-packages/measures/__init__.py": "def metre() -> float:\n    return 1.0\n",
    "../site-packages/measures-1.0.dist-info/METADATA": "Name: measures\nVersion: 1.0\n",
}


class Builder:
    """Makes the cells, outputs and notebooks of a test."""

    def front(self, yaml: str = "") -> dict[str, Any]:
        """Return the first cell: the least front matter and what is added to it, or said instead."""
        keys = {line.partition(":")[0] for line in yaml.split("\n")}
        least = [line for line in FRONT.split("\n") if line.partition(":")[0] not in keys]
        return self._cell("raw", "\n".join(["---", *least, yaml, "---"]), "report", "_quarto.yml", 1)

    def prose(self, text: str, *, chapter: str = "q1", line: int = 1) -> dict[str, Any]:
        """Return a Markdown cell that starts at `line` of its chapter's file."""
        return self._cell("markdown", text, chapter, f"report/{chapter}.qmd", line)

    def chunk(
        self, source: str, *outputs: Mapping[str, Any], chapter: str = "q1", line: int = 1
    ) -> dict[str, Any]:
        """Return a code cell whose fence is at `line` of its chapter's file."""
        cell = self._cell("code", source, chapter, f"report/{chapter}.qmd", line)
        return {**cell, "outputs": list(outputs), "execution_count": None}

    def _cell(self, kind: str, source: str, chapter: str, file: str, line: int) -> dict[str, Any]:
        place = {"chapter": chapter, "file": file, "line": line}
        return {"cell_type": kind, "id": "x", "source": lines_of(source), "metadata": {"weaver": place}}

    def notebook(self, *cells: Mapping[str, Any], yaml: str = "") -> dict[str, Any]:
        """Return a notebook of the front matter and some cells."""
        return {"cells": [self.front(yaml), *cells], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}

    def shown(self, _metadata: Mapping[str, Any] | None = None, **data: str) -> dict[str, Any]:
        """Return an output on display; `image_png` stands for "image/png"."""
        names = {name: name.replace("_", "/", 1).replace("svg", "svg+xml") for name in data}
        contents = {names[name]: content for name, content in data.items()}
        return {"output_type": "display_data", "data": contents, "metadata": dict(_metadata or {})}

    def value(self, **data: str) -> dict[str, Any]:
        """Return the value of a chunk's last expression."""
        return {**self.shown(None, **data), "output_type": "execute_result", "execution_count": 1}

    def printed(self, text: str, stream: str = "stdout") -> dict[str, Any]:
        """Return what a chunk has written to a stream."""
        return {"output_type": "stream", "name": stream, "text": text}

    def picture(self, width: int = 200, height: int = 100) -> dict[str, Any]:
        """Return a figure in SVG, its size in points."""
        size = f'width="{width}pt" height="{height}pt" viewBox="0 0 {width} {height}"'
        rectangle = f'<rect id="box" width="{width}" height="{height}" fill="#246"/>'
        return self.shown(
            image_svg=f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{rectangle}</svg>',
            text_plain="<Figure size>",
        )

    def png(self, width: int, height: int, *, dots_per_inch: int | None = None) -> str:
        """Return a grey PNG in base64; with a resolution, it states its physical size."""
        size = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
        rows = zlib.compress((b"\0" + b"\x80" * width) * height)
        chunks = [(b"IHDR", size), (b"IDAT", rows), (b"IEND", b"")]
        if dots_per_inch:
            per_metre = round(dots_per_inch / 0.0254)
            chunks.insert(1, (b"pHYs", struct.pack(">IIB", per_metre, per_metre, 1)))
        coded = (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
            for name, body in chunks
        )
        return base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(coded)).decode()


@pytest.fixture(autouse=True)
def fonts_of_typst_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the system have no fonts, whatever is installed here."""
    own = typst_compiler.fonts(of_system=False)
    monkeypatch.setattr(typst_compiler, "fonts", lambda *, of_system: own)  # noqa: ARG005


@pytest.fixture(scope="session")
def build() -> Builder:
    """Return what makes cells and notebooks."""
    return Builder()


@pytest.fixture
def typeset_pdf(tmp_path: Path, build: Builder) -> Callable[..., PdfReader]:
    """Return a function that typesets cells and opens the PDF; resources are the test's folder."""

    def make(*cells: Mapping[str, Any], yaml: str = "", only: str | None = None) -> PdfReader:
        output = tmp_path / "out.pdf"
        when = datetime(2021, 9, 6, 12, tzinfo=UTC)
        notebook = build.notebook(*cells, yaml=yaml)
        pdf.pdf(notebook, output, resources=tmp_path, timestamp=when, only=only)
        return PdfReader(output)

    return make


@pytest.fixture
def notices_of(tmp_path: Path, build: Builder) -> Callable[..., tuple[str, ...]]:
    """Return a function that typesets cells and gives what is noticed in the PDF."""

    def make(*cells: Mapping[str, Any], yaml: str = "", strict: bool = False) -> tuple[str, ...]:
        notebook, output = build.notebook(*cells, yaml=yaml), tmp_path / "out.pdf"
        return pdf.pdf(notebook, output, resources=tmp_path, timestamp=None, strict=strict).notices

    return make


@pytest.fixture
def text_of(typeset_pdf: Callable[..., PdfReader]) -> Callable[..., str]:
    """Return a function that typesets cells and gives the PDF's words, with single spaces."""

    def make(*cells: Mapping[str, Any], yaml: str = "", only: str | None = None) -> str:
        printed = typeset_pdf(*cells, yaml=yaml, only=only).pages
        words = " ".join(page.extract_text() for page in printed).split()
        return " ".join(words).replace("\N{NO-BREAK SPACE}", " ")

    return make


@pytest.fixture
def page_of(tmp_path: Path, build: Builder) -> Callable[..., str]:
    """Return a function that makes a page of cells and gives what is in its `main`."""

    def make(*cells: Mapping[str, Any], yaml: str = "", only: str | None = None) -> str:
        output = tmp_path / "out.html"
        notebook = build.notebook(*cells, yaml=yaml)
        webpage.write_page(notebook, output, resources=tmp_path, only=only)
        text = output.read_text(encoding="utf-8")
        return text[text.index("<main") : text.index("</main>")].replace("\N{NO-BREAK SPACE}", " ")

    return make


@pytest.fixture
def numbered(tmp_path: Path, build: Builder) -> Callable[..., tuple[pandoc.Nodes, dict[str, str]]]:
    """Return a function that reads cells up to the numbered tree; the second value has the numbers."""

    def make(
        *cells: Mapping[str, Any], yaml: str = "", target: Any = "typst"
    ) -> tuple[pandoc.Nodes, dict[str, str]]:
        text = markdown_source.compose(build.notebook(*cells, yaml=yaml), tmp_path, target)
        document, warnings = pandoc.read_markdown(text.text)
        assert not warnings
        blocks = floats.gather(quarto_syntax.settle(document.blocks, text))
        targets = crossref.number(blocks, text, crossref.scheme(text.metadata))
        return blocks, {label: target.number for label, target in targets.items()}

    return make


@pytest.fixture
def picture_file(tmp_path: Path, build: Builder) -> None:
    """Put an image `a.png` into the test's folder."""
    (tmp_path / "a.png").write_bytes(base64.b64decode(build.png(40, 20)))


@pytest.fixture
def make_trained(make_report: "Callable[..., Report]", tmp_path: Path) -> "Callable[..., Report]":
    """Return a function that writes the report with trainings, some of its files in another form."""
    return lambda **changed: make_report(tmp_path / "report", {**TRAINED, **changed})


@pytest.fixture(scope="session")
def trained_once(make_report: "Callable[..., Report]", tmp_path_factory: pytest.TempPathFactory) -> "Report":
    """Build the report with trainings for the first time; nobody changes it."""
    report = make_report(tmp_path_factory.mktemp("trained") / "report", TRAINED)
    with pytest.MonkeyPatch.context() as patch:
        report.prepare(patch, report.root.parent / "site-packages")
        report.build()
    return report


@pytest.fixture
def trained(trained_once: "Report", tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Report":
    """Give a copy of the report with trainings after its first build."""
    shutil.copytree(trained_once.root.parent, tmp_path, dirs_exist_ok=True)
    copy = replace(trained_once, root=tmp_path / "report")
    copy.prepare(monkeypatch, tmp_path / "site-packages")
    copy.trainings()
    return copy
