"""A long document: thousands of lines, hundreds of references, a hundred figures; all of it typeset."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks import children
from benchmarks.comparison import Comparison
from benchmarks.projects import Copy
from benchmarks.timing import Effort, in_turns
from weaver.typesetting import pandoc

TITLE = "A long document without chunks: all of it typeset, in a process of its own"
RIVAL = "Pandoc + Typst by hand"
DOCUMENT = "report/report.qmd"
SETTINGS = (
    "title: A long document\nnumber-sections: true\nciteproc: true\nbibliography: report/references.bib\n"
)
COMPILE = "import typst; typst.compile('report/by-hand.typ', output='by-hand.pdf', root='.')"
ENTRY = (
    "@article{{key{number}, author={{Author, A.}}, title={{Title {number}}}, journal={{Journal}},"
    " year={{2001}}}}\n"
)
CURVE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="240pt" height="120pt">'
    '<path d="M8 8 Q 40 {height} 230 110" stroke="#246" fill="none"/></svg>'
)
SECTION = """\
# Section {number} {{#sec-{number}}}

{words} As @sec-{number} says, @fig-{number} shows it [@key{first}; @key{second}], and @key{third} found
what @eq-{number} has in $x_{{{number}}} \\in \\mathbb{{R}}^n$.

![The curve of section {number}](curve-{number}.svg){{#fig-{number} fig-alt="A curve"}}

$$ \\sum_{{i=1}}^{{n}} \\frac{{x_i^2}}{{{number}}} = y_{{{number}}} $$ {{#eq-{number}}}

| name | value |
|------|------:|
| a    | {number} |
| b    | 2 |

: Values {{#tbl-{number}}}

"""
ITEM = "- An item of a list, with `code`, *emphasis* and a [link](https://example.org/{number}).\n"
WORDS = "A sentence that is as long as sentences in reports are, so that it fills a line of the page."


@dataclass(frozen=True)
class Size:
    """How long a document is; each section has a figure, three references and some of the lines."""

    sections: int = 100
    lines: int = 5000


def run(effort: Effort) -> Iterator[Comparison]:
    """Typeset a long document from nothing."""
    with tempfile.TemporaryDirectory(prefix="weaver-bench-") as name:
        copy = Copy(Path(name))
        write(copy.root, Size(3, 150) if effort.is_quick else Size())
        yield from compare(copy, effort)


def write(root: Path, size: Size) -> None:
    """Write the document, its pictures and its bibliography."""
    (root / "report").mkdir()
    (root / "_quarto.yml").write_text(SETTINGS, encoding="utf-8")
    for number in range(1, size.sections + 1):
        (root / f"report/curve-{number}.svg").write_text(CURVE.format(height=number), encoding="utf-8")
    entries = "".join(ENTRY.format(number=number) for number in range(1, 3 * size.sections + 1))
    (root / "report/references.bib").write_text(entries, encoding="utf-8")
    text = "".join(_section(number, size) for number in range(1, size.sections + 1))
    (root / DOCUMENT).write_text(text, encoding="utf-8")


def compare(copy: Copy, effort: Effort) -> Iterator[Comparison]:
    """Measure time and memory, ours and those of a hand that leaves out numbers and references."""
    contestants = {"ours": partial(_build, copy), RIVAL: partial(_by_hand, copy)}
    peaks: dict[str, list[float]] = {name: [] for name in contestants}

    def sample(name: str) -> float:
        seconds, peak = children.watched(contestants[name])
        peaks[name].append(float(peak))
        return seconds

    times = in_turns({name: partial(sample, name) for name in contestants}, effort)
    lines = (copy.root / DOCUMENT).read_text(encoding="utf-8").count("\n")
    memory = {name: tuple(values[-len(times[name]) :]) for name, values in peaks.items()}
    yield Comparison(f"{lines:,} lines: time", "s", times["ours"], RIVAL, times[RIVAL])
    yield Comparison(f"{lines:,} lines: memory", "B", memory["ours"], RIVAL, memory[RIVAL])


def _section(number: int, size: Size) -> str:
    first, second, third = (3 * number - above for above in (2, 1, 0))
    text = SECTION.format(number=number, first=first, second=second, third=third, words=WORDS)
    missing = size.lines // size.sections - text.count("\n") - 1
    return text + "".join(ITEM.format(number=number) for _ in range(missing)) + "\n"


def _build(copy: Copy) -> None:
    """Build it as if it were new to the machine."""
    for folder in ("build", ".cache"):
        shutil.rmtree(copy.root / folder, ignore_errors=True)
    copy.weaver("build")


def _by_hand(copy: Copy) -> None:
    made = ["--standalone", "--to=typst", "--output=report/by-hand.typ"]
    copy.call(pandoc.executable(), DOCUMENT, *made, "--citeproc", "--bibliography=report/references.bib")
    copy.call(sys.executable, "-c", COMPILE)
