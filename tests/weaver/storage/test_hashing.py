"""Files and folders by what they hold."""

import os
from hashlib import sha256
from pathlib import Path

from weaver.storage.hashing import AT_ONCE, digest, digests


def test_a_digest_is_that_of_the_contents(tmp_path: Path) -> None:
    """A file by its bytes, a file that is not there by None."""
    (tmp_path / "a").write_bytes(b"1")
    assert digests(tmp_path, ["a", "b"]) == {"a": sha256(b"1").hexdigest(), "b": None}


def test_devices_have_no_digest() -> None:
    """To read a device or a pipe to its end could take for ever."""
    assert digest(Path(os.devnull)) is None


def test_a_large_file_is_read_to_its_end(tmp_path: Path) -> None:
    """What does not fit into memory at once counts to the last byte."""
    content = b"0" * AT_ONCE + b"1"
    (tmp_path / "a").write_bytes(content)
    assert digest(tmp_path / "a") == sha256(content).hexdigest()


def test_what_can_be_no_file_has_no_digest(tmp_path: Path) -> None:
    """An address in a link, or an image that is data, is asked for like a file."""
    assert digests(tmp_path, ["a" * 5000, "a\0b", "a/b"]) == {"a" * 5000: None, "a\0b": None, "a/b": None}
