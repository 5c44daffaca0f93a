"""The files by which editors, containers, hooks and CI know the project: they parse and call what exists."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
EXTENSIONS = ".vscode/extensions.json"
SETTINGS = ".vscode/settings.json"
CONTAINER = ".devcontainer/devcontainer.json"
HOOKS = ".pre-commit-config.yaml"
WORKFLOW = ".github/workflows/report.yml"
ALL = (EXTENSIONS, SETTINGS, CONTAINER, HOOKS, WORKFLOW)


def read(name: str) -> Any:
    """Parse a file by what its name says it is."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return json.loads(text) if name.endswith(".json") else yaml.safe_load(text)


def strings(value: Any) -> Iterator[str]:
    """Yield every text in parsed data."""
    if isinstance(value, str):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from strings(part)


def targets() -> set[str]:
    """Name the targets of the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z-]+):", makefile, re.M))


@pytest.mark.parametrize("name", ALL)
def test_only_targets_that_exist_are_made(name: str) -> None:
    """Renaming a target breaks neither the container nor CI unseen."""
    made = {match for text in strings(read(name)) for match in re.findall(r"\bmake (\S+)", text)}
    assert made <= targets()
    assert made or name in (EXTENSIONS, SETTINGS, HOOKS)


def test_the_editor_is_told_where_code_runs_and_nothing_else() -> None:
    """Notebooks run from the project's root with its Python; no taste of ours is forced on anybody."""
    assert read(SETTINGS) == {
        "python.defaultInterpreterPath": "${workspaceFolder}/.venv/bin/python",
        "jupyter.notebookFileRoot": "${workspaceFolder}",
    }


def test_editor_and_container_name_the_same_extensions() -> None:
    """Who opens the container has what is recommended outside of it."""
    recommended = read(EXTENSIONS)["recommendations"]
    assert read(CONTAINER)["customizations"]["vscode"]["extensions"] == recommended
    assert "quarto.quarto" in recommended


def test_hooks_call_tools_that_are_installed() -> None:
    """Each is a command of the project or of what `make test` installs; nothing is fetched."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    installed = {*project["scripts"], *project["optional-dependencies"]["test"]}
    repositories = read(HOOKS)["repos"]
    assert [repository["repo"] for repository in repositories] == ["local"]
    for hook in repositories[0]["hooks"]:
        command = Path(hook["entry"].split()[0])
        assert command.parent == Path(".venv/bin"), hook["id"]
        assert command.name in installed, hook["id"]
        assert hook["language"] == "system"
        for argument in re.findall(r"tests/\S+", hook["entry"]):
            assert (ROOT / argument).exists()


def test_ci_keeps_the_store_and_hands_out_the_pdf() -> None:
    """What was trained is there in the next run, also after a build that failed."""
    steps = read(WORKFLOW)["jobs"]["report"]["steps"]
    used = {step["uses"].partition("@")[0]: step for step in steps if "uses" in step}
    restore, save = used["actions/cache/restore"], used["actions/cache/save"]
    assert restore["with"]["path"] == save["with"]["path"] == ".cache"
    assert restore["id"] in save["with"]["key"]
    assert save["if"] == "always()"
    assert "build/report.pdf" in used["actions/upload-artifact"]["with"]["path"]
    assert "make report" in [step.get("run") for step in steps]


def test_quarto_runs_code_where_the_weaver_does() -> None:
    """Under plain `quarto preview` too the working directory is the project's root."""
    assert read("_quarto.yml")["project"]["execute-dir"] == "project"
