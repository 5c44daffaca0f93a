"""A file is the old one or the new one, never a part of one."""

import errno
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from weaver.errors import refusal
from weaver.storage import atomic_write

LARGE = bytes(1_000_000)


def test_a_file_is_replaced_and_its_folder_made(tmp_path: Path) -> None:
    """Nothing else is left beside it."""
    path = tmp_path / "deep" / "down" / "page.pdf"
    for content in (b"old", b"new"):
        atomic_write.write_whole(path, content)
        assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]


@pytest.fixture
def small_files() -> Iterator[None]:
    """Let no file of this process grow beyond 100 kB, as a quota would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.usefixtures("small_files")
def test_no_room_for_a_file(tmp_path: Path) -> None:
    """The file from before stays, half of the new one does not, and the error says which file it is."""
    path = tmp_path / "page.pdf"
    path.write_bytes(b"old")
    with pytest.raises(OSError, match="File too large") as caught:
        atomic_write.write_whole(path, LARGE)
    assert caught.value.errno == errno.EFBIG
    assert caught.value.filename == str(path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_in_the_place_of_the_file(tmp_path: Path) -> None:
    """It stays, and whoever reads the message knows what to do."""
    (tmp_path / "page.pdf").mkdir()
    with pytest.raises(IsADirectoryError) as caught:
        atomic_write.write_whole(tmp_path / "page.pdf", b"new")
    assert refusal(caught.value) == "Is a directory: remove the folder that stands where a file should be"
    assert list(tmp_path.iterdir()) == [tmp_path / "page.pdf"]


def test_a_writer_that_is_killed(tmp_path: Path) -> None:
    """At whatever moment it ends, the file is one of those that were to be written."""
    path = tmp_path / "page.pdf"
    code = (
        "import sys, pathlib; from weaver.storage import atomic_write as whole\n"
        "for number in range(10**9):\n"
        "    whole.write_whole(pathlib.Path(sys.argv[1]), bytes([number % 256]) * 1_000_000)\n"
        "    print(flush=True)"
    )
    for moment in range(5):
        with subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            for _ in range(moment + 1):
                process.stdout.readline()
            process.send_signal(signal.SIGKILL)
        content = path.read_bytes()
        assert content == content[:1] * 1_000_000
