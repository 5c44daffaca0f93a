"""Files and folders by what they hold."""

import os
from hashlib import sha256
from pathlib import Path

from weaver.digests import digest, digests


def test_a_digest_is_that_of_the_contents(tmp_path: Path) -> None:
    """A file by its bytes, a file that is not there by None."""
    (tmp_path / "a").write_bytes(b"1")
    assert digests(tmp_path, ["a", "b"]) == {"a": sha256(b"1").hexdigest(), "b": None}


def test_devices_have_no_digest() -> None:
    """To read a device or a pipe to its end could take for ever."""
    assert digest(Path(os.devnull)) is None
