"""Quarto, where it is installed: found, checked, handed the executed notebook; its errors are raised."""

import json
import logging
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from weaver.chunk_options import Target
from weaver.errors import QuartoError
from weaver.paths import CONFIGURATION, quarto_program
from weaver.storage import atomic_write
from weaver.storage.hashing import Digests, digests
from weaver.typesetting import dates
from weaver.typesetting.quarto import handed_files, notebook_settings
from weaver.typesetting.terminal_text import without_colours

MINIMUM = (1, 4)  # the first with Typst
VERSION = re.compile(r"^(\d+)\.(\d+)(?:\.(\d+))?")
ABOVE = ("1", "2", "3", "4")  # folders around the project, for names that lead out of it
WARNING = re.compile(r"^\s*(?:WARN|\[WARNING\])", re.I)
WITHOUT = "(ENGINE=builtin typesets without it)"
LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Quarto:
    """An installed Quarto that can be used."""

    path: Path
    version: tuple[int, ...]

    def __str__(self) -> str:
        return f"Quarto {'.'.join(map(str, self.version))}"


def find() -> Quarto | None:
    """Return the Quarto on the PATH or beside the running Python, None where there is none that can be used.

    One that is too old or does not answer is passed over with a warning.
    """
    name = quarto_program()
    if name is None:
        return None
    run = subprocess.run([name, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    match = VERSION.match(run.stdout.strip())
    if run.returncode or match is None:
        LOG.warning("%s --version: expected a version, found %r: not used", name, run.stdout.strip())
        return None
    version = tuple(int(part) for part in match.groups(default="0"))
    if version < MINIMUM:
        LOG.warning("%s: expected Quarto 1.4 or newer, found %s: not used", name, match.group())
        return None
    return Quarto(Path(name), version)


def render(
    quarto: Quarto,
    notebook: Mapping[str, Any],
    output: Path,
    *,
    resources: Path,
    target: Target = "typst",
    timestamp: datetime | None = None,
) -> Digests:
    """Typeset an executed notebook, without executing it; `output` appears whole or not at all.

    Quarto works in a folder of its own, which stands for the project's; the files that the notebook names, as
    seen from `resources`, are copied there, and returned with their digests from before. `timestamp` is the
    document's time, without which the PDF would be dated by the clock: then it is of 1970.

    Raises:
        QuartoError: Quarto fails; the message holds what it wrote. An older output stays.
    """
    with tempfile.TemporaryDirectory(prefix="weaver-quarto-") as name:
        project = Path(name).joinpath(*ABOVE)
        written = project / handed_files.FOLDER / f"report{output.suffix}"
        written.parent.mkdir(parents=True)
        (project / CONFIGURATION).write_text("project: {type: default}\n", encoding="utf-8")
        found = handed_files.files(notebook, resources, target)
        given = notebook_settings.given(notebook, target)
        text = json.dumps(given.notebook, ensure_ascii=False)
        written.with_suffix(".ipynb").write_text(text, encoding="utf-8")
        for file, content in given.files.items():
            written.with_name(file).write_bytes(content)
        used = digests(resources, [one.file for one in found])
        for one in filter(lambda each: os.path.isfile(resources / each.file), found):  # noqa: PTH113
            (project / one.place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(resources / one.file, project / one.place)
        _run(quarto, target, written, timestamp or dates.epoch() or dates.START)
        atomic_write.write_whole(output, written.read_bytes())
    return used


def _run(quarto: Quarto, target: Target, written: Path, timestamp: datetime) -> None:
    environment = {**os.environ, dates.VARIABLE: f"{timestamp.timestamp():.0f}"}  # which Typst heeds
    options = ["render", "report.ipynb", "--to", target, "--output", written.name]
    options += ["--no-execute", *notebook_settings.ARGUMENTS]
    run = subprocess.run(  # noqa: S603
        [str(quarto.path), *options],
        cwd=written.parent,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    messages = without_colours(run.stderr).strip()
    if run.returncode:
        raise QuartoError(
            f"{quarto} ({quarto.path}) ended with exit code {run.returncode} {WITHOUT}:\n{messages}"
        )
    if not written.is_file():
        kind = written.suffix.removeprefix(".").upper()
        raise QuartoError(f"{quarto} ({quarto.path}) ended well but wrote no {kind} {WITHOUT}:\n{messages}")
    for line in messages.splitlines():
        if WARNING.match(line):
            LOG.warning("%s: %s", quarto, line.strip())
