"""Entries that go through an address arrive whole, or are told to be damaged."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from weaver.errors import StoreError
from weaver.storage.remote_store import SharedStore

fsspec = pytest.importorskip("fsspec", reason="the extra 'cluster' is not installed")

KEY, RECORD = "a" * 64, {"loss": 0.25}
ARRAYS = {"weights": np.arange(6.0).reshape(2, 3)}


@pytest.fixture(params=["memory", "file"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give an address where nothing is, in memory or in a folder."""
    yield {"memory": "memory://bucket/report", "file": f"file://{tmp_path}/bucket/report"}[request.param]
    fsspec.filesystem("memory").store.clear()


def stores(address: str, tmp_path: Path) -> tuple[SharedStore, SharedStore]:
    """Return the stores of two machines."""
    return SharedStore(tmp_path / "here", address), SharedStore(tmp_path / "there", address)


def names(address: str) -> list[str]:
    """List the files of the entry at an address."""
    files, root = fsspec.core.url_to_fs(address)
    return sorted(path.rpartition("/")[2] for path in files.find(f"{root}/entries-1/{KEY}"))


def test_what_one_writes_the_other_reads(address: str, tmp_path: Path) -> None:
    """Record and arrays are those that were sent, and the second read needs no address any more."""
    here, there = stores(address, tmp_path)
    assert there.read(KEY) is None
    assert there.info(KEY) is None
    here.write(KEY, RECORD, ARRAYS)
    found = there.read(KEY)
    assert found is not None
    assert found.record == RECORD
    np.testing.assert_array_equal(found.arrays["weights"], ARRAYS["weights"])
    fsspec.core.url_to_fs(address)[0].rm(fsspec.core.url_to_fs(address)[1], recursive=True)
    assert there.info(KEY) is not None
    assert list((tmp_path / "there" / "partial").iterdir()) == []


def test_a_second_write_keeps_the_first(address: str, tmp_path: Path) -> None:
    """Whoever computed the same later gets what was kept first; files are named by what they hold."""
    here, there = stores(address, tmp_path)
    here.write(KEY, RECORD, ARRAYS)
    assert there.write(KEY, {"loss": 0.5}, {}).record == RECORD
    assert len(names(address)) == 3


def test_an_entry_is_there_only_with_its_sums(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that is killed while it sends leaves nothing that another would read."""
    here, there = stores(address, tmp_path)
    put = SharedStore._put
    sent: list[str] = []

    def killed(store: SharedStore, place: str, data: bytes) -> None:
        if sent:
            raise KeyboardInterrupt
        sent.append(place)
        put(store, place, data)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(SharedStore, "_put", killed)
        here.write(KEY, RECORD, ARRAYS)
    assert len(names(address)) == 1
    assert there.read(KEY) is None
    here.share([KEY])
    assert there.read(KEY) is not None


@pytest.mark.parametrize("damage", ["flip", "sums", "gone"])
def test_a_damaged_entry_is_set_aside_and_replaced(
    address: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    """What does not match its sums is reported and not used; the next one to compute it sends it anew."""
    here, there = stores(address, tmp_path)
    here.write(KEY, RECORD, ARRAYS)
    files, root = fsspec.core.url_to_fs(address)
    folder = f"{root}/entries-1/{KEY}"
    data = next(name for name in names(address) if name != "SHA256SUMS")
    if damage == "gone":
        files.rm_file(f"{folder}/{data}")
    else:
        files.pipe_file(f"{folder}/{data if damage == 'flip' else 'SHA256SUMS'}", b"../../etc  x")
    assert there.read(KEY) is None
    assert "damaged and not used" in caplog.text
    assert any("set-aside" in name for name in names(address))
    there.write(KEY, RECORD, ARRAYS)
    assert SharedStore(tmp_path / "third", address).read(KEY) is not None


def test_marks_are_seen_through_the_address(address: str, tmp_path: Path) -> None:
    """A mark tells whether two stores share their entries, whatever their folders."""
    here, there = stores(address, tmp_path)
    here.mark("x")
    assert there.is_marked("x")
    assert not SharedStore(tmp_path / "here", f"{address}/other").is_marked("x")
    here.unmark("x")
    assert not there.is_marked("x")


def test_an_address_of_an_unknown_kind_is_told(tmp_path: Path) -> None:
    """The variable is named, and what fsspec says."""
    with pytest.raises(
        StoreError, match=r"WEAVER_CACHE=nowhere://x: expected an address of fsspec: .*nowhere"
    ):
        SharedStore(tmp_path, "nowhere://x")


def test_an_address_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A file in the way is one message."""
    (tmp_path / "file").write_text("")
    store = SharedStore(tmp_path / "here", f"file://{tmp_path}/file/bucket")
    with pytest.raises(StoreError, match=r"WEAVER_CACHE=file://.*: cannot be used: .*: check the address"):
        store.write(KEY, RECORD, {})
