"""The store keeps what it was given, and knows when it is no longer that."""

import json
import logging
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from weaver.errors import StoreError
from weaver.storage import entry as entries
from weaver.storage.store import Store

KEY = "0f" * 32
RECORD = {"loss": [0.5, 0.25], "seed": 1}
ARRAYS = {"weights": np.arange(12, dtype=np.float32).reshape(3, 4), "dead": np.array([True, False])}
FILES = ("record.json", "arrays.safetensors", "SHA256SUMS")
DTYPES = st.sampled_from(["?", "i1", "u2", "i4", "i8", "f2", "f4", "f8", "c8"]).map(np.dtype)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store."""
    return Store(tmp_path / "store")


@pytest.fixture
def folder(store: Store) -> Path:
    """The folder of a good entry in the store."""
    store.write(KEY, RECORD, ARRAYS)
    return store.folder / "entries-1" / KEY


def assert_good(store: Store) -> None:
    """Check that the entry reads as it was written."""
    entry = store.read(KEY)
    assert entry is not None
    assert entry.record == RECORD
    assert entry.arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(entry.arrays[name], array, strict=True)


def assert_set_aside(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    """Check that the entry is not used, was kept and reported once, and can be written anew."""
    caplog.clear()
    assert store.read(KEY) is None
    assert store.read(KEY) is None
    assert [(record.name, record.levelno) for record in caplog.records] == [("weaver.store", logging.WARNING)]
    assert KEY in caplog.text
    assert len(list((store.folder / "set-aside").iterdir())) == 1
    store.write(KEY, RECORD, ARRAYS)
    assert_good(store)


def forge(folder: Path, name: str, data: bytes) -> None:
    """Put a file into an entry with all sums right, as someone would who knows the format."""
    (folder / name).write_bytes(data)
    present = [each for each in FILES[:2] if (folder / each).exists()]
    sums = [f"{sha256((folder / each).read_bytes()).hexdigest()}  {each}\n" for each in present]
    (folder / "SHA256SUMS").write_text("".join(sums))


def test_a_missing_entry_is_none(store: Store) -> None:
    """An empty store answers every question, and makes no folder for it."""
    assert store.read(KEY) is None
    assert store.info(KEY) is None
    assert store.keys() == ()
    assert not store.folder.exists()


@given(
    arrays=st.dictionaries(
        st.text(), hnp.arrays(DTYPES, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
    ),
    record=st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text()),
)
def test_every_array_comes_back(
    tmp_path_factory: pytest.TempPathFactory, arrays: dict[str, np.ndarray], record: dict[str, object]
) -> None:
    """Whatever numbers, shapes and names go in come out, bit by bit."""
    arrays.pop("__metadata__", None)
    store = Store(tmp_path_factory.mktemp("store"))
    store.write(KEY, record, arrays)
    entry = store.read(KEY)
    assert entry is not None
    assert entry.record == record
    assert entry.arrays.keys() == arrays.keys()
    for name, array in arrays.items():
        found = entry.arrays[name]
        assert (found.dtype, found.shape, found.tobytes()) == (array.dtype, array.shape, array.tobytes())


def test_any_memory_layout_is_kept_right(store: Store) -> None:
    """A transposed or strided array is written by its elements, not by its memory."""
    table = np.arange(12.0).reshape(3, 4)
    entry = store.write(KEY, {}, {"transposed": table.T, "strided": table[:, ::2]})
    np.testing.assert_array_equal(entry.arrays["transposed"], table.T)
    np.testing.assert_array_equal(entry.arrays["strided"], table[:, ::2])


def test_arrays_may_be_written_to(store: Store) -> None:
    """What is read belongs to the reader: changing it does not change the entry."""
    store.write(KEY, RECORD, ARRAYS)
    entry = store.read(KEY)
    assert entry is not None
    entry.arrays["weights"][:] = 0
    assert_good(store)


@pytest.mark.parametrize(
    "array", [np.array([None, 1]), np.array(["a"]), np.zeros(2, ">f4"), np.zeros(2, "c16")]
)
def test_an_array_that_safetensors_cannot_hold_is_refused(store: Store, array: np.ndarray) -> None:
    """The error names the array and its dtype, and nothing is left behind."""
    with pytest.raises(StoreError, match=f"odd: expected .* found one of {array.dtype}"):
        store.write(KEY, {}, {"odd": array})
    assert store.keys() == ()


def test_the_first_write_stays(store: Store) -> None:
    """An entry is never changed: a second write returns the first."""
    store.write(KEY, RECORD, ARRAYS)
    entry = store.write(KEY, {"loss": []}, {})
    assert entry.record == RECORD
    assert_good(store)


def test_writers_at_once_agree(store: Store) -> None:
    """Of many that write one key at the same time one wins, and all return its entry."""
    start = Barrier(8)

    def write(number: int) -> object:
        start.wait()
        return store.write(KEY, {"writer": number}, ARRAYS).record["writer"]

    with ThreadPoolExecutor(8) as pool:
        winners = set(pool.map(write, range(8)))
    assert len(winners) == 1
    assert list((store.folder / "partial").iterdir()) == []


def test_info_has_record_and_size(store: Store, folder: Path) -> None:
    """A listing needs no arrays."""
    (folder / "arrays.safetensors").unlink()
    info = store.info(KEY)
    assert info is not None
    assert info.record == RECORD
    assert info.size == sum(path.stat().st_size for path in folder.iterdir())
    assert info.written == (folder / "record.json").stat().st_mtime


def test_a_removed_entry_is_gone(store: Store) -> None:
    """Removing works once, and again without complaint."""
    store.write(KEY, RECORD, ARRAYS)
    assert store.keys() == (KEY,)
    store.remove(KEY)
    store.remove(KEY)
    assert store.keys() == ()
    assert store.read(KEY) is None


@pytest.mark.parametrize("key", ["", "../elsewhere", "a/b", ".hidden", "UPPER", "x" * 201])
def test_a_key_is_no_path(store: Store, key: str) -> None:
    """Keys that could leave the folder, or collide where case does not count, are refused."""
    uses = [store.read, store.info, store.remove, store.checkpoints, lambda name: store.write(name, {}, {})]
    for use in uses:
        with pytest.raises(StoreError, match="expected a key"):
            use(key)
    with pytest.raises(StoreError, match="expected a key"), store.lock(KEY, key):
        pass


def test_the_sums_are_those_of_sha256sum(folder: Path) -> None:
    """Anyone can check an entry with a tool that is everywhere."""
    if shutil.which("sha256sum") is None:
        pytest.skip("there is no sha256sum here")
    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=folder, check=True)


def test_every_flipped_bit_is_found(
    tmp_path: Path, folder: Path, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """One bit anywhere in an entry, and it is set aside, reported and not used."""
    seeded = random.Random(4179)  # noqa: S311
    for number in range(48):
        path = folder / FILES[number % len(FILES)]
        data = bytearray(path.read_bytes())
        data[seeded.randrange(len(data))] ^= 1 << seeded.randrange(8)
        path.write_bytes(data)
        assert_set_aside(store, caplog)
        (store.folder / "set-aside").rename(tmp_path / f"seen-{number}")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", ["truncated", "empty", "missing", "a folder", "longer"])
def test_a_broken_file_is_found(
    folder: Path, store: Store, caplog: pytest.LogCaptureFixture, name: str, damage: str
) -> None:
    """A file that is not whole spoils the entry."""
    path = folder / name
    data = path.read_bytes()
    path.unlink()
    if damage == "a folder":
        path.mkdir()
    elif damage != "missing":
        path.write_bytes({"truncated": data[:-1], "empty": b"", "longer": data + b"\n"}[damage])
    assert_set_aside(store, caplog)


@pytest.mark.parametrize(
    "change",
    [
        [],
        3,
        {},
        {"record": []},
        {"record": None},
        {"arrays": []},
        {"arrays": {}},
        {"arrays": {"weights": ["float32", [4, 3]], "dead": ["bool", [2]]}},
        {"arrays": {"weights": ["float64", [3, 4]], "dead": ["bool", [2]]}},
        {"key": "ab" * 32},
        {"format": 2},
        {"format": True},
        {"more": 1},
    ],
)
def test_a_record_of_another_make_is_found(
    folder: Path, store: Store, caplog: pytest.LogCaptureFixture, change: object
) -> None:
    """Right sums do not help a record that has the wrong JSON types, arrays, key or format."""
    envelope = json.loads((folder / "record.json").read_bytes())
    forged = {**envelope, **change} if isinstance(change, dict) and change else change
    forge(folder, "record.json", json.dumps(forged).encode())
    assert_set_aside(store, caplog)


@pytest.mark.parametrize("data", [b"{", b"\xff\xfe", b"", b"NaN", b"[" * 100_000])
def test_a_record_that_is_no_json_is_found(
    folder: Path, store: Store, caplog: pytest.LogCaptureFixture, data: bytes
) -> None:
    """Right sums do not help a record that cannot be parsed."""
    forge(folder, "record.json", data)
    assert_set_aside(store, caplog)


@pytest.mark.parametrize(
    "header",
    [
        {"weights": {"dtype": "F32", "shape": [4, 3], "data_offsets": [0, 48]}},
        {"weights": {"dtype": "F32", "shape": [3, 4], "data_offsets": [0, 96]}},
        {"weights": {"dtype": "F32", "shape": [3, 4], "data_offsets": [-48, 0]}},
        {"weights": {"dtype": "F32", "shape": [3, 4]}},
        {"weights": {"dtype": "O", "shape": [3, 4], "data_offsets": [0, 48]}},
        {"weights": {"dtype": "F32", "shape": "34", "data_offsets": [0, 48]}},
        {"weights": {"dtype": ["F32"], "shape": [3, 4], "data_offsets": [0, 48]}},
        {"weights": 3},
        [],
        "no header",
    ],
)
def test_arrays_of_another_make_are_found(
    folder: Path, store: Store, caplog: pytest.LogCaptureFixture, header: object
) -> None:
    """Right sums do not help arrays of a wrong shape, nor a header that is none of safetensors."""
    text = json.dumps(header).encode()
    forge(folder, "arrays.safetensors", len(text).to_bytes(8, "little") + text + bytes(48))
    assert_set_aside(store, caplog)


def test_an_entry_under_another_name_is_found(
    folder: Path, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """Two keys never share an entry, not even where a folder was copied by hand."""
    other = "1e" * 32
    shutil.copytree(folder, folder.with_name(other))
    assert store.read(other) is None
    assert f"it is the entry {KEY}" in caplog.text
    assert_good(store)


def test_a_file_in_place_of_an_entry_is_found(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever stands where an entry should be is moved out of the way."""
    (store.folder / "entries-1").mkdir(parents=True)
    (store.folder / "entries-1" / KEY).write_text("no entry")
    assert_set_aside(store, caplog)


def test_entries_of_another_format_are_missing(
    folder: Path, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """A store of a later version is neither read nor touched, and its keys can be written in this one."""
    later = store.folder / "entries-2"
    folder.parent.rename(later)
    assert store.read(KEY) is None
    assert store.keys() == ()
    store.write(KEY, RECORD, ARRAYS)
    assert_good(store)
    assert (later / KEY).is_dir()
    assert caplog.records == []


WRITER = """
import sys
import numpy as np
from pathlib import Path
from weaver.storage.store import Store
store = Store(Path(sys.argv[1]))
start = len(store.keys())
for number in range(start, start + 10_000):
    store.write(f"{number:08d}", {"number": number}, {"array": np.full(300_000, number)})
    print(number, flush=True)
"""


def test_a_killed_writer_leaves_nothing_half_done(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    """After `kill -9` at any moment every entry there is reads right, and nothing counts as damaged."""
    seeded = random.Random(5179)  # noqa: S311
    command = [sys.executable, "-c", WRITER, str(store.folder)]
    for _ in range(10):
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(seeded.uniform(0, 0.1))
            process.send_signal(signal.SIGKILL)
    keys = store.keys()
    assert keys
    for key in keys:
        entry = store.read(key)
        assert entry is not None
        assert (entry.arrays["array"] == entry.record["number"]).all()
    assert caplog.records == []


def test_leftovers_are_listed_and_discarded(store: Store, folder: Path) -> None:
    """Unfinished work and damaged entries have a size and an age; entries are none of them."""
    store.checkpoints(KEY).write("state-1", {"epoch": 1}, {})
    (folder / "record.json").write_bytes(b"")
    assert store.read(KEY) is None
    for kind in ("checkpoints", "set-aside"):
        (leftover,) = store.leftovers(kind)
        assert leftover.size > 0
        assert abs(leftover.touched - time.time()) < 60
        store.discard(leftover)
        store.discard(leftover)
        assert store.leftovers(kind) == ()


def test_what_killed_writers_leave_is_swept_when_it_is_old(store: Store) -> None:
    """A partial entry of an hour ago goes, one that may still be written stays."""
    old, new = store.folder / "partial" / f"{KEY}.old", store.folder / "partial" / f"{KEY}.new"
    for folder in (old, new):
        folder.mkdir(parents=True)
        (folder / "record.json").write_text("{")
    for path in (old, old / "record.json"):
        os.utime(path, (time.time() - 4000,) * 2)
    store.write(KEY, RECORD, ARRAYS)
    assert not old.exists()
    assert new.exists()


@pytest.mark.parametrize("name", FILES)
def test_what_the_disk_did_not_keep_is_not_published(
    store: Store, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """An entry is read back before it gets its name: a disk that lies is found while the result is there."""
    write_file = entries._write_file

    def lying(path: Path, data: bytes) -> None:
        write_file(path, data[:-1] + b"?" if path.name == name else data)

    monkeypatch.setattr(entries, "_write_file", lying)
    with pytest.raises(StoreError, match=rf"{KEY}\..*: not as it was written .*: check the disk"):
        store.write(KEY, RECORD, ARRAYS)
    assert store.keys() == ()
    assert list((store.folder / "partial").iterdir()) == []
    monkeypatch.undo()
    store.write(KEY, RECORD, ARRAYS)
    assert_good(store)


def test_a_full_disk_is_one_clear_error(small_disk: Path) -> None:
    """The message says what to do, entries from before stay good, and there is room again afterwards."""
    store = Store(small_disk / "store")
    store.write(KEY, RECORD, ARRAYS)
    with pytest.raises(StoreError, match=r"No space left on device: free some space .* WEAVER_CACHE"):
        store.write("aa", {}, {"large": np.zeros(500_000)})
    assert store.keys() == (KEY,)
    assert list((store.folder / "partial").iterdir()) == []
    assert_good(store)
    store.write("bb", RECORD, ARRAYS)


def test_a_read_only_folder_can_be_read(small_disk: Path) -> None:
    """Entries are read without a lock; writing and locking say that the folder cannot be written."""
    store = Store(small_disk / "store")
    store.write(KEY, RECORD, ARRAYS)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    assert_good(store)
    with pytest.raises(StoreError, match="Read-only file system: make the folder writable"):
        store.write("aa", RECORD, ARRAYS)
    with pytest.raises(StoreError, match="cannot lock an entry"), store.lock("aa"):
        pass
    assert_good(store)


def test_a_file_in_place_of_the_folder_is_one_clear_error(tmp_path: Path) -> None:
    """A path that cannot be a folder reads as empty and is named when it is to be written."""
    (tmp_path / "store").write_text("in the way")
    store = Store(tmp_path / "store")
    assert store.read(KEY) is None
    with pytest.raises(StoreError, match=r"store: cannot write the entry .*remove the file"):
        store.write(KEY, RECORD, ARRAYS)
    assert (tmp_path / "store").read_text() == "in the way"


def test_paths_in_messages_are_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below the working directory a message names the folder as the user would."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "store").write_text("in the way")
    with pytest.raises(StoreError, match=r"^store: cannot write"):
        Store(tmp_path / "store").write(KEY, RECORD, ARRAYS)


def test_locks_exclude_each_other_and_never_deadlock(store: Store) -> None:
    """Many ask for overlapping keys in any order: one at a time holds a key, and all get their turn."""
    inside: list[str] = []

    def work(number: int) -> None:
        keys = ["a", "b", "c"]
        random.Random(number).shuffle(keys)  # noqa: S311
        for _ in range(3):
            with store.lock(*keys[:2]):
                inside.extend(keys[:2])
                assert len(inside) == len(set(inside))
                time.sleep(0.001)
                for key in keys[:2]:
                    inside.remove(key)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6), timeout=60))


def test_a_store_without_arrays_needs_no_numpy() -> None:
    """A build in which nothing changed starts quickly."""
    code = "import sys, weaver.storage.store; print('numpy' in sys.modules or 'filelock' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"
