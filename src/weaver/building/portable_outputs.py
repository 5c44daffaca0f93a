"""A chunk's outputs as they would be on any machine and in any run.

What code prints is its author's and stays. What Python, IPython and libraries add of their own accord
(warnings, tracebacks, the names of things that have no text of their own) has folders, addresses and
processes in it. Here files are named from the project's root, modules of libraries from where they are
installed.
"""

import hashlib
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

from weaver.building.execution import Output
from weaver.typesetting import terminal_text

CHUNK_FILE = re.compile(r"[^\s\"']*ipykernel_\d+/\d+\.py")  # what Python calls a chunk, with a process in it
STYLED = re.compile(r'<table id="(?P<name>T_[0-9a-f]{5,32})"')  # by pandas, with a name drawn by lot
DATE = re.compile(r"\n[ \t]*<dc:date>[^<]*</dc:date>(?=\n)")  # when Matplotlib drew an SVG
ADDRESS = re.compile(r"\bat 0x[0-9a-f]{6,16}\b")  # of an object that has no text of its own


def portable(outputs: Iterable[Mapping[str, Any]], root: Path) -> tuple[Output, ...]:
    """Turn the outputs of a chunk, as nbformat's nodes, into plain records of a project in `root`."""
    return tuple(_plain(output, root) for output in _coalesced(outputs))


def without_folders(text: str, root: Path) -> str:
    """Return what Python tells without colours, addresses, processes and this machine's folders."""
    return _neutral(_folders(root).sub(_below, terminal_text.without_colours(text)))


def _coalesced(outputs: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Join the pieces in which a stream arrived, standard output before standard error.

    How a kernel cuts its streams is chance; what it displays between them stays between them.
    """
    for is_stream, group in groupby(outputs, key=lambda output: output["output_type"] == "stream"):
        if not is_stream:
            yield from group
            continue
        pieces = list(group)
        for name in ("stdout", "stderr"):
            text = "".join(piece["text"] for piece in pieces if piece["name"] == name)
            if text:
                yield {"output_type": "stream", "name": name, "text": terminal_text.last_state(text)}


def _plain(output: Mapping[str, Any], root: Path) -> Output:
    record: dict[str, Any] = json.loads(json.dumps(output))
    if "execution_count" in record:
        record["execution_count"] = None
    if record["output_type"] == "stream":
        text = record["text"]
        record["text"] = _neutral(text) if record["name"] == "stdout" else _named(text, root)
    elif record["output_type"] == "error":
        record["evalue"] = without_folders(record["evalue"], root)
        record["traceback"] = without_folders("\n".join(record["traceback"]), root).split("\n")
    for mime in {"text/plain", "text/html"} & record.get("data", {}).keys():
        record["data"][mime] = _named(record["data"][mime], root)
    if "image/svg+xml" in record.get("data", {}):
        record["data"]["image/svg+xml"] = DATE.sub("", record["data"]["image/svg+xml"])
    if table := STYLED.search(html := record.get("data", {}).get("text/html", "")):
        content = hashlib.sha256(html.replace(table["name"], "").encode()).hexdigest()
        record["data"]["text/html"] = html.replace(table["name"], f"T_{content[:8]}")
    return record


def _neutral(text: str) -> str:
    return CHUNK_FILE.sub("<chunk>", ADDRESS.sub("at 0x…", text))


def _named(text: str, root: Path) -> str:
    return _neutral(_folders(root).sub(_below, text))


def _below(match: re.Match[str]) -> str:
    return "" if match["below"] else "."


@lru_cache(maxsize=8)
def _folders(root: Path) -> re.Pattern[str]:
    """Match the folder of the project and those that modules are installed in, the innermost first."""
    own = {root, root.resolve()}
    found = {Path(name) for name in (*sys.path, sys.prefix, sys.base_prefix) if Path(name).is_absolute()}
    environment = Path(sys.prefix)
    installed = {
        folder
        for folder in found
        if folder.is_relative_to(environment) or not any(folder.is_relative_to(each) for each in own)
    }
    names = {form for folder in own | installed for form in _forms(folder)}
    either = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return re.compile(rf"(?<![\w/.~-])(?:{either})(?:(?P<below>/)|(?![\w.-]))")


def _forms(folder: Path) -> Iterator[str]:
    """Yield the spellings of a folder; IPython shortens the user's own."""
    if len(folder.parts) > 1:
        yield str(folder)
        home = Path(os.path.expanduser("~"))  # noqa: PTH111 - does not fail where there is none
        if folder.is_relative_to(home) and folder != home:
            yield f"~/{folder.relative_to(home)}"
