"""A report as an executed notebook, with facts that its chunks would have stated."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from weaver import project
from weaver.building import notebook
from weaver.building.execution import Execution
from weaver.claims.facts import MIME, Comparison, Fact, record
from weaver.claims.marks import Judged, judge
from weaver.qmd import Chunk, Prose

Stated = Mapping[str, Sequence[Any]]
"""By the label of its chunk, the facts that it states, and other outputs of it."""


def outputs(facts: Sequence[Fact | Comparison]) -> dict[str, Any]:
    """Return the output in which a kernel states facts."""
    return {
        "output_type": "display_data",
        "data": {MIME: {"facts": [record(one) for one in facts]}},
        "metadata": {},
    }


def judged(root: Path, texts: Mapping[str, str], stated: Stated) -> Judged:
    """Lay out documents below `report/`, give their chunks these facts, and judge their claims.

    An inline expression has itself as its value.
    """
    (root / "report").mkdir()
    (root / "_quarto.yml").write_text("title: The title\n", encoding="utf-8")
    for name, text in texts.items():
        (root / f"report/{name}.qmd").write_text(text, encoding="utf-8")
    found, executions = project.read_project(root), {}
    for chapter in (*found.chapters, found.parent):
        values = [
            one.expression for block in chapter.blocks if isinstance(block, Prose) for one in block.inlines
        ]
        shown = [_shown(chunk, stated) for chunk in chapter.chunks]
        executions[chapter.name] = Execution(tuple(shown), tuple(values), {})
    return judge(notebook.weave(found, executions), executions)


def _shown(chunk: Chunk, stated: Stated) -> tuple[dict[str, Any], ...]:
    given = stated.get(chunk.name, ())
    facts = [each for each in given if isinstance(each, Fact | Comparison)]
    return (*([outputs(facts)] if facts else []), *(each for each in given if each not in facts))


@pytest.fixture
def judging(tmp_path: Path) -> Callable[[Mapping[str, str], Stated], Judged]:
    """Judge a report of these documents and facts."""
    return lambda texts, stated: judged(tmp_path, texts, stated)
