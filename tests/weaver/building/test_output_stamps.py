"""What pages are made from: the key of all that they show, and the stamp beside them."""

import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from weaver.building import output_stamps
from weaver.building.output_stamps import LONG, Stamp
from weaver.building.request import Request
from weaver.storage.hashing import digests
from weaver.typesetting.markdown import cells

TEXTS = st.sampled_from(("", "a", "b", "a" * LONG, "a" * LONG + "b", "a" * LONG + "c"))
OUTPUTS = st.lists(
    st.fixed_dictionaries(
        {
            "output_type": st.just("display_data"),
            "data": st.dictionaries(
                st.sampled_from(("text/plain", "image/svg+xml")), TEXTS | st.lists(TEXTS)
            ),
            "metadata": st.dictionaries(TEXTS, st.integers(0, 2)),
        }
    ),
    max_size=2,
)


def key(build: Any, source: str, outputs: list[dict[str, Any]], line: int = 1) -> str:
    """Return the key of a report of one chunk."""
    read = cells.read_cells(build.notebook(build.chunk(source, *outputs, line=line)), "html")
    return output_stamps.key(read, Request(format="html"), None, {})


@given(OUTPUTS, OUTPUTS)
def test_pages_depend_on_every_output(
    build: Any, one: list[dict[str, Any]], other: list[dict[str, Any]]
) -> None:
    """Two reports have one key where their chunks show the same, however long it is, and no other."""
    assert (key(build, "x", one) == key(build, "x", other)) == (json.dumps(one) == json.dumps(other))


def test_pages_do_not_depend_on_what_nobody_sees(build: Any) -> None:
    """Hidden code and the line that a cell stands on change nothing that is printed."""
    hidden = "#| echo: false\n"
    assert key(build, f"{hidden}x", []) == key(build, f"{hidden}y", [], line=9)
    assert key(build, "x", []) != key(build, "y", [])


def test_a_stamp_holds_for_one_key_and_one_file(tmp_path: Path) -> None:
    """A stamp that is damaged or of another key says nothing about the file."""
    output, stamp = tmp_path / "a.pdf", Stamp(tmp_path / "stamps/a.json")
    output.write_bytes(b"pages")
    assert stamp.read(tmp_path, "key", output) is None
    stamp.write("key", output, {}, ["a notice"])
    assert stamp.read(tmp_path, "key", output) == ({}, ["a notice"])
    assert stamp.read(tmp_path, "another", output) is None
    output.unlink()
    assert stamp.read(tmp_path, "key", output) is None
    for damage in (
        *("{", "", "3", "[" * 100_000, '{"key": "key"}', '{"key": 1, "sha256": []}'),
        *('{"key": "key", "files": {}}', '{"key": "key", "files": {}, "notices": [], "sha256": null}'),
    ):
        stamp.path.write_text(damage)
        assert stamp.read(tmp_path, "key", output) is None
    assert list(stamp.path.parent.iterdir()) == [stamp.path]
    stamp.path.unlink()
    stamp.path.mkdir()
    assert stamp.read(tmp_path, "key", output) is None


def test_a_stamp_holds_while_the_files_are_as_they_were(tmp_path: Path) -> None:
    """Also one that was looked for where none was."""
    output, stamp = tmp_path / "a.pdf", Stamp(tmp_path / "stamps/a.json")
    output.write_bytes(b"pages")
    files = digests(tmp_path, ["a.pdf", "none.svg"])
    stamp.write("key", output, files)
    assert stamp.read(tmp_path, "key", output) == (files, [])
    (tmp_path / "none.svg").write_text("one")
    assert stamp.read(tmp_path, "key", output) is None
