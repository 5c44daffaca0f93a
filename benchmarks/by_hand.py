"""What a person would type without the weaver: the floor under every build, and Quarto's own commands."""

import json
import sys
from pathlib import Path

from benchmarks.projects import Copy
from weaver.typesetting import pandoc
from weaver.typesetting.quarto import quarto

NOTEBOOK = "build/notebooks/{}.ipynb"
PREPARED = "build/by-hand.ipynb"
TYPST = "import typst; typst.compile('by-hand.typ', output='build/by-hand.pdf', root='.')"
EXECUTE = """\
import sys, nbclient, nbformat
notebook = nbformat.read(sys.argv[1], as_version=4)
nbclient.NotebookClient(notebook, resources={"metadata": {"path": "."}}).execute()
"""


def prepare(copy: Copy) -> None:
    """Write the executed notebook so that Pandoc takes it: it wants a number at every result of a chunk."""
    notebook = json.loads((copy.root / NOTEBOOK.format("report")).read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            if output["output_type"] == "execute_result":
                output["execution_count"] = 1
    (copy.root / PREPARED).write_text(json.dumps(notebook), encoding="utf-8")


def typeset(copy: Copy) -> None:
    """Make a PDF of the prepared notebook with Pandoc and Typst, as they come: no numbers, no references."""
    options = ["--citeproc", "--bibliography=report/references.bib", "--extract-media=build/media"]
    made = ["--standalone", "--to=typst", "--output=by-hand.typ"]
    copy.call(pandoc.executable(), PREPARED, *options, *made)
    copy.call(sys.executable, "-c", TYPST)


def execute(copy: Copy, chapter: str) -> None:
    """Run one chapter's notebook with nbclient."""
    copy.call(sys.executable, "-c", EXECUTE, NOTEBOOK.format(chapter))


def start_python(copy: Copy) -> None:
    """Start the interpreter and end it."""
    copy.call(sys.executable, "-c", "pass")


def render_notebook(copy: Copy, found: quarto.Quarto) -> None:
    """Let Quarto make a PDF of the executed notebook."""
    notebook = json.loads((copy.root / NOTEBOOK.format("report")).read_text(encoding="utf-8"))
    quarto.render(found, notebook, copy.root / "build/quarto.pdf", resources=copy.root)


def render_sources(copy: Copy, found: quarto.Quarto) -> None:
    """Let Quarto execute and typeset the sources."""
    copy.call(str(found.path), "render", str(Path("report/report.qmd")), "--to", "typst")
