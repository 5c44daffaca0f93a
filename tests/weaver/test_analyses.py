"""Fingerprints that were found before: taken up where they hold, else worked out again."""

from collections.abc import Callable
from pathlib import Path

import pytest

from weaver import analyses, fingerprint
from weaver.analyses import KEPT_STATES, Analyses
from weaver.errors import FingerprintError
from weaver.fingerprint import Fingerprint, Sources
from weaver.installed import Installed

A = "import numpy\nfrom pkg.b import leaf\n\ndef start():\n    return numpy.e + leaf()\n"
CHUNK = "from pkg import a\na.start()"


@pytest.fixture
def ask(tmp_path: Path) -> Callable[[], Fingerprint]:
    """Ask, as a new process would, for the fingerprint of a chunk; `a` reaches `b` and numpy."""
    package = tmp_path / "src" / "pkg"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "a.py").write_text(A)
    (package / "b.py").write_text("def leaf():\n    return 1\n")
    return lambda: sources(tmp_path).of_code(CHUNK)


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the modules that are parsed."""
    names: list[str] = []
    read = fingerprint.read_module

    def note(name: str, *arguments: object, **options: bool) -> object:
        names.append(name)
        return read(name, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(fingerprint, "read_module", note)
    return names


def sources(root: Path) -> Sources:
    """Return the sources of a project whose analyses are remembered."""
    return Sources(root / "src", analyses=Analyses(root / "kept"))


def kept(root: Path) -> list[Path]:
    """List the files of what is remembered."""
    return sorted((root / "kept").glob("*/*.json"))


def test_taken_up(ask: Callable[[], Fingerprint], parsed: list[str]) -> None:
    """The next process parses nothing and finds the same."""
    first = ask()
    assert set(parsed) == {"pkg", "pkg.a", "pkg.b"}
    parsed.clear()
    assert ask() == first
    assert not parsed


def test_symbol_taken_up(ask: Callable[[], Fingerprint], parsed: list[str], tmp_path: Path) -> None:
    """The same holds for a symbol, which is another question than the code that is its name."""
    code, symbol = ask(), sources(tmp_path).of_symbol("pkg.a", "start")
    parsed.clear()
    assert sources(tmp_path).of_symbol("pkg.a", "start") == symbol != code
    assert not parsed


@pytest.mark.parametrize(
    ("file", "text"),
    [("b.py", "def leaf():\n    return 2\n"), ("c.py", "from pkg import b\nb.leaf = None\n")],
    ids=["edited", "added"],
)
def test_edit(ask: Callable[[], Fingerprint], tmp_path: Path, file: str, text: str) -> None:
    """An edited module, and a new one that changes what is reached, are never overlooked."""
    before = ask()
    (tmp_path / "src" / "pkg" / file).write_text(text)
    after = ask()
    assert after.digest != before.digest
    assert after == Sources(tmp_path / "src").of_code(CHUNK)


def test_lines_are_those_of_now(ask: Callable[[], Fingerprint], tmp_path: Path) -> None:
    """A comment leaves the digest, but the lines that explanations name are those of the file as it is."""
    before = ask()
    module = tmp_path / "src" / "pkg" / "b.py"
    module.write_text(f"# a comment\n{module.read_text()}")
    after = ask()
    assert after.digest == before.digest
    assert {one.line for one in after.dependencies if one.name == "pkg.b.leaf"} == {2}


def test_edit_taken_back(ask: Callable[[], Fingerprint], tmp_path: Path, parsed: list[str]) -> None:
    """An earlier state is found again."""
    module = tmp_path / "src" / "pkg" / "b.py"
    first, text = ask(), module.read_text()
    module.write_text("def leaf():\n    return 2\n")
    ask()
    module.write_text(text)
    parsed.clear()
    assert ask() == first
    assert not parsed


def test_package_updated(ask: Callable[[], Fingerprint], monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that is reached counts in the version that is installed now."""
    before = ask()
    monkeypatch.setattr(Installed, "version", lambda _, module: f"{module} 99")
    after = ask()
    assert after.digest != before.digest
    assert [one.digest for one in after.dependencies if one.name == "package numpy"] == ["numpy 99"]


def test_other_tool(
    ask: Callable[[], Fingerprint], parsed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another version of the analysis found does not count."""
    ask()
    parsed.clear()
    monkeypatch.setattr(analyses, "of_tool", lambda: "0" * 64)
    ask()
    assert parsed


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda content: content[:-1],
        lambda content: content.replace(b"leaf", b"loaf"),
        lambda content: bytes(255 - byte for byte in content),
    ],
    ids=["empty", "truncated", "altered", "no text"],
)
def test_damaged(ask: Callable[[], Fingerprint], tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    """A damaged file is no answer, and is written anew."""
    first = ask()
    (file,) = kept(tmp_path)
    content = file.read_bytes()
    file.write_bytes(damage(content))
    assert ask() == first
    assert file.read_bytes() == content


def test_error_is_found_again(ask: Callable[[], Fingerprint], tmp_path: Path) -> None:
    """A module that is no Python is told every time."""
    (tmp_path / "src" / "pkg" / "b.py").write_text("def leaf(:\n")
    for _ in range(2):
        with pytest.raises(FingerprintError, match=r"pkg/b\.py:1: expected Python"):
            ask()


def test_nowhere_to_write(ask: Callable[[], Fingerprint], tmp_path: Path) -> None:
    """Where nothing can be kept the answer is the same."""
    (tmp_path / "kept").write_text("no folder")
    assert ask() == Sources(tmp_path / "src").of_code(CHUNK)


def test_old_states_go(ask: Callable[[], Fingerprint], tmp_path: Path) -> None:
    """What is remembered does not grow with every edit."""
    for number in range(KEPT_STATES + 3):
        (tmp_path / "src" / "pkg" / "b.py").write_text(f"def leaf():\n    return {number}\n")
        ask()
    assert len(kept(tmp_path)) == KEPT_STATES
