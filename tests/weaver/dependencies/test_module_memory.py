"""What is remembered of modules that were read before."""

from pathlib import Path
from unittest import mock

from weaver.dependencies import module_memory
from weaver.dependencies.module_code import read_module
from weaver.dependencies.module_memory import Memory

SOURCE = b"import numpy as np\nfrom . import b\nN: int = np.pi\ndef f(x='text'):\n    return getattr(b, x)\n"


def test_a_module_is_read_once(tmp_path: Path) -> None:
    """The next process finds the same, and parses nothing."""
    memory = Memory(tmp_path)
    first = memory.of_source(SOURCE)
    memory.save()
    with mock.patch.object(module_memory, "read_module") as reader:
        assert Memory(tmp_path).of_source(SOURCE) == first == read_module(SOURCE)
    reader.assert_not_called()


def test_what_is_damaged_is_read_again(tmp_path: Path) -> None:
    """It is a short cut and no source of truth."""
    memory = Memory(tmp_path)
    first = memory.of_source(SOURCE)
    memory.save()
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes().replace(b"numpy", b"nunpy"))
    assert Memory(tmp_path).of_source(SOURCE) == first


def test_what_cannot_be_kept_does_no_harm(tmp_path: Path) -> None:
    """A build on a read-only disk reads again."""
    (tmp_path / "no folder").write_text("")
    memory = Memory(tmp_path / "no folder")
    memory.of_source(SOURCE)
    memory.save()
