"""Completion in shells, as the shells see it."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from weaver import cli
from weaver.commands.completion import SHELLS

if TYPE_CHECKING:
    from conftest import Report

ASK = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); COMPREPLY=()
compopt() { :; }  # needs a line that is being typed
_shtab_weaver
printf '%s\\n' "${COMPREPLY[@]}"
"""


def script(shell: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Return what the command prints."""
    pytest.importorskip("shtab", reason="shtab is not installed: run make setup")
    assert cli.main(["completion", shell]) == 0
    return capsys.readouterr().out


ASKED = {
    "bash": ["bash", "-c", ASK, "bash"],
    "fish": ["fish", "--no-config", "-c", 'source $argv[1]; complete -C "$argv[2..]"'],
}


@pytest.mark.parametrize("shell", ASKED)
@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (["bui"], {"build"}),
        (["build", ""], {"q1", "q2", "report"}),
        (["why", "q"], {"q1", "q2"}),
        (["build", "--engine", ""], {"auto", "builtin", "quarto"}),
        (["build", "--pro"], {"--profile"}),
        (["completion", "z"], {"zsh"}),
    ],
)
def test_a_shell_completes_commands_options_and_chapters(
    report: "Report",
    capsys: pytest.CaptureFixture[str],
    shell: str,
    typed: list[str],
    expected: set[str],
) -> None:
    """The shell itself says what it would offer; fish adds a description behind a tab."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    path = report.root / f"weaver.{shell}"
    path.write_text(script(shell, capsys))
    command = [*ASKED[shell], str(path), "weaver", *typed]
    run = subprocess.run(command, cwd=report.root, capture_output=True, text=True, check=True)
    assert {offer.partition("\t")[0].strip() for offer in run.stdout.splitlines()} == expected, run.stderr


def test_without_the_package_that_writes_scripts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An installation from before it was needed is told what to run."""
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert cli.main(["completion", "bash"]) == 1
    assert "expected the package shtab, found none: run make setup" in capsys.readouterr().err


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_can_read_its_script(
    shell: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A script with a slip would break every new shell of the user."""
    text = script(shell, capsys)
    assert "submission" in text
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    (tmp_path / "script").write_text(text)
    subprocess.run([shell, "-n", str(tmp_path / "script")], check=True)
