"""Completion of `weaver` in a shell: its commands, their options, and the chapters of the report."""

import argparse
from collections.abc import Iterator, Mapping

from weaver.errors import WeaverError

SHELLS = ("bash", "zsh", "fish")
CHAPTERS = "basename -s .qmd -a report/*.qmd"  # quick, and every shell completes more often than one builds


def script(parser: argparse.ArgumentParser, shell: str) -> str:
    """Return the script that a shell reads to complete a command line.

    Raises:
        WeaverError: the package that writes it is not installed.
    """
    try:
        import shtab  # noqa: PLC0415 - only needed here
    except ModuleNotFoundError:
        raise WeaverError("completion: expected the package shtab, found none: run make setup") from None
    for action in _actions(parser):
        if action.dest == "chapter":
            vars(action)["complete"] = shtab.cmd(CHAPTERS)
        elif action.dest == "folder":
            vars(action)["complete"] = shtab.DIRECTORY
    text: str = shtab.complete(parser, shell)
    return text


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Yield the arguments of a parser and of its commands."""
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction) and isinstance(action.choices, Mapping):
            for command in action.choices.values():
                yield from _actions(command)
