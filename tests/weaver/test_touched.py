"""The files that code touches, by their stamps."""

from pathlib import Path

from weaver.touched import Touched, stamps


def test_what_is_opened_listed_or_moved_is_stamped(tmp_path: Path) -> None:
    """Sources and the store are not: they are compared themselves; nor is what the tool remembers."""
    touched = Touched(tmp_path)
    names = ("a.txt", "b.txt", "src/c.py", ".cache/store/d", ".cache/fingerprints/e")
    for name in names:
        touched.hear("open", (str(tmp_path / name), "r", 0))
    touched.hear("os.rename", (str(tmp_path / "e.txt"), str(tmp_path / "f.txt"), -1, -1))
    touched.hear("os.listdir", (str(tmp_path),))
    touched.hear("open", (3, "r", 0))
    found = touched.stamps({})
    assert set(found) == {str(tmp_path / name) for name in ("", "a.txt", "b.txt", "e.txt", "f.txt")}
    (tmp_path / "a.txt").write_text("new")
    changed = {name for name, stamp in stamps(found).items() if found[name] != stamp}
    assert changed == {str(tmp_path / "a.txt"), str(tmp_path)}


def test_programs_are_counted_but_those_that_only_tell(tmp_path: Path) -> None:
    """Python itself asks `uname` for the machine, the cache git for the commit."""
    touched = Touched(tmp_path)
    touched.hear("subprocess.Popen", ("uname", ["uname", "-p"], None, None))
    touched.hear("subprocess.Popen", ("git", ["git", "rev-parse", "HEAD"], None, None))
    assert touched.processes == 0
    for started in (
        ("/bin/sh", ["sh"]),
        ("git", ["git", "commit"]),
        ("git", "git rev-parse"),
        (b"uname", []),
    ):
        before = touched.processes
        touched.hear("subprocess.Popen", (*started, None, None))
        assert touched.processes == before + 1
