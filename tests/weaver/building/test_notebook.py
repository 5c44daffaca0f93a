"""The executed notebook that the typesetters read."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
import yaml

from weaver import project
from weaver.building import notebook
from weaver.building.execution import Execution
from weaver.chunk_options import Figures
from weaver.project import Chapter
from weaver.qmd import parse
from weaver.typesetting.markdown.cells import text_of

if TYPE_CHECKING:
    from conftest import Report

PRINTED = {"output_type": "stream", "name": "stdout", "text": "6\n"}


def executions() -> dict[str, Execution]:
    """Say what the two chapters gave."""
    return {"q1": Execution(((PRINTED,),), ("six",), {}), "q2": Execution(((),), (), {})}


def test_the_notebook_is_valid_and_starts_with_the_metadata(report: "Report") -> None:
    """Any Jupyter tool can read it, and its first cell is the front matter without project settings."""
    woven = notebook.weave(project.read_project(report.root), executions())
    nbformat.validate(nbformat.from_dict(woven))
    front = woven["cells"][0]
    assert front["cell_type"] == "raw"
    metadata = yaml.safe_load(text_of(front["source"]).strip("-"))
    assert metadata["title"] == "Two small chapters"
    assert "project" not in metadata


def test_cells_hold_outputs_and_values_and_know_their_place(report: "Report") -> None:
    """Each chunk has its outputs, each expression its value, each cell the file and line it comes from."""
    cells = notebook.weave(project.read_project(report.root), executions())["cells"]
    placed = [(cell["cell_type"], *cell["metadata"]["weaver"].values()) for cell in cells[1:]]
    assert placed == [
        ("markdown", "report", "report/report.qmd", 1),
        ("markdown", "q1", "report/q1.qmd", 1),
        ("code", "q1", "report/q1.qmd", 3),
        ("markdown", "q1", "report/q1.qmd", 10),
        ("markdown", "q2", "report/q2.qmd", 1),
        ("code", "q2", "report/q2.qmd", 3),
        ("markdown", "q2", "report/q2.qmd", 12),
    ]
    assert cells[3]["outputs"] == [PRINTED]
    assert text_of(cells[4]["source"]) == "The sum is six."


def test_sources_are_lists_of_lines(report: "Report") -> None:
    """As nbformat writes them: Quarto splits a source that is one text and joins its lines with nothing."""
    cells = notebook.weave(project.read_project(report.root), executions())["cells"]
    for cell in cells:
        assert cell["source"] == text_of(cell["source"]).splitlines(keepends=True)


def test_a_chapter_that_was_not_executed_keeps_its_expressions(report: "Report") -> None:
    """A section-only build needs the others for their numbers alone."""
    cells = notebook.weave(project.read_project(report.root), {"q2": executions()["q2"]})["cells"]
    assert cells[3]["outputs"] == []
    assert text_of(cells[4]["source"]) == "The sum is `{python} result`."


def test_a_chapter_alone(report: "Report") -> None:
    """Its notebook has the front matter and its own cells."""
    read = project.read_project(report.root)
    cells = notebook.weave_chapter(read, read.chapter("q1"), executions()["q1"])["cells"]
    assert [cell["metadata"]["weaver"]["chapter"] for cell in cells] == ["report", "q1", "q1", "q1"]


@pytest.mark.parametrize(
    ("source", "woven"),
    [
        ("`{python} a` and `{python} b`", "1 and 2"),
        ("`{{python}} a` gives `{python} a`, `{python} b`", "`{{python}} a` gives 1, 2"),
        ("```{{python}}\na\n```\n`{python} a` `{python} b`", "```{{python}}\na\n```\n1 2"),
        ("`{python} a`\n\n`{python}\nb`", "1\n\n2"),
        ('{title="`{python} a`"} {.x}"`{python} b`"', '{title="1"} {.x}"2"'),
    ],
)
def test_values_stand_where_their_expressions_stood(source: str, woven: str) -> None:
    """Values are put in by place, and what only shows code stays for the typesetter to show."""
    path = Path("report/q1.qmd")
    chapter = Chapter("q1", path, parse(source, path).blocks)
    empty = project.Project(Path(), {}, Chapter("report", project.PARENT, ()), (chapter,), ("q1",))
    _, cell = notebook.weave(empty, {"q1": Execution((), ("1", "2"), {})})["cells"]
    assert text_of(cell["source"]) == woven


STEPS = """
```{python}
#| error: true
fails()
```

```{python}
#| label: fig-a
#| eval: false
print("```")
```
"""


def test_a_notebook_can_be_run_again() -> None:
    """Its first code sets up what the build does; what is not to run is shown and is no code."""
    path = Path("report/q1.qmd")
    chapter = Chapter("q1", path, parse(STEPS, path).blocks)
    empty = project.Project(Path(), {}, Chapter("report", project.PARENT, ()), (chapter,), ("q1",))
    woven = notebook.weave(empty, {"q1": Execution(((PRINTED,), ()), (), {})})
    runnable = notebook.runnable(woven, "quick", Figures(width=3, height=1))
    nbformat.validate(nbformat.from_dict(runnable))
    front, setup, fails, unrun = runnable["cells"]
    assert front["cell_type"] == "raw"
    assert "os.environ[\"PROFILE\"] = 'quick'" in text_of(setup["source"])
    assert "'figure.figsize': (3, 1)" in text_of(setup["source"])
    assert (fails["outputs"], fails["metadata"]["tags"]) == ([PRINTED], ["raises-exception"])
    assert unrun["cell_type"] == "markdown"
    assert text_of(unrun["source"]) == f"````python\n{chapter.chunks[1].source}\n````"


def test_a_notebook_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """The same notebook gives the same bytes, and one that cannot be written leaves the last."""
    path = tmp_path / "build" / "report.ipynb"
    notebook.write_notebook({"cells": ["é"]}, path)
    written = path.read_bytes()
    assert json.loads(written) == {"cells": ["é"]}
    with pytest.raises(TypeError):
        notebook.write_notebook({"cells": [object()]}, path)
    notebook.write_notebook({"cells": ["é"]}, path)
    assert path.read_bytes() == written
    assert list(path.parent.iterdir()) == [path]
