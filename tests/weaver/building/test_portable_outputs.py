"""Outputs without what differs between machines and runs."""

import re
import sys
from pathlib import Path

import pytest

from weaver.building.portable_outputs import portable, without_folders

ROOT = Path.home() / "my thesis"
SITE = next(name for name in reversed(sys.path) if name.endswith("site-packages"))


@pytest.mark.parametrize(
    ("text", "portable"),
    [
        (f"File {ROOT}/src/lab/m.py:3, in f", "File src/lab/m.py:3, in f"),
        ("File ~/my thesis/src/lab/m.py:3, in f", "File src/lab/m.py:3, in f"),
        (f"File {SITE}/torch/nn/linear.py:9, in g", "File torch/nn/linear.py:9, in g"),
        (f"File {ROOT}/.venv/lib/x.py:9, in g", "File .venv/lib/x.py:9, in g"),
        (f"PosixPath('{ROOT}')", "PosixPath('.')"),
        (f"{ROOT}-old/m.py", f"{ROOT}-old/m.py"),
        (f"/mnt{ROOT}/m.py", f"/mnt{ROOT}/m.py"),
        ("/var/ipykernel_12/34.py:2: FutureWarning: old", "<chunk>:2: FutureWarning: old"),
        ("\x1b[0;31mE\x1b[0m <f at 0x7f00aa11bb22>", "E <f at 0x…>"),
    ],
)
def test_what_python_tells_names_no_machine(text: str, portable: str) -> None:
    """Only whole folders are left out, also where IPython writes the user's own as `~`."""
    assert without_folders(text, ROOT) == portable


def test_what_code_prints_are_its_authors_words() -> None:
    """Standard output stays, but for addresses; standard error is where warnings go."""
    streams = [{"output_type": "stream", "name": name, "text": f"{ROOT}/a"} for name in ("stdout", "stderr")]
    assert [output["text"] for output in portable(streams, ROOT)] == [f"{ROOT}/a", "a"]


def test_a_table_that_pandas_has_styled_has_one_name_in_all_runs() -> None:
    """Pandas draws it by lot; tables that differ have names that do."""

    def styled(name: str, value: int) -> str:
        style = f"<style>#{name}_row0_col0 {{color: red}}</style>"
        html = f'{style}<table id="{name}"><td id="{name}_row0_col0">{value}</td></table>'
        output = {"output_type": "display_data", "data": {"text/html": html}, "metadata": {}}
        return str(portable([output], ROOT)[0]["data"]["text/html"])

    first, second = styled("T_ab12c", 1), styled("T_ab12c", 2)
    assert first == styled("T_00000", 1)
    names = {html: set(re.findall(r"T_[0-9a-f]+", html)) for html in (first, second)}
    assert len(names[first]) == len(names[second]) == 1
    assert names[first] != names[second]
