"""The command `weaver`; the Makefile calls nothing else."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from weaver import build, project
from weaver.errors import WeaverError, refusal
from weaver.store import shown
from weaver.terminal import Terminal


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code: 0, 1 for an error told in words, 130 for Ctrl-C."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace, Terminal], None] = options.command
    try:
        command(options, Terminal(sys.stderr))
    except WeaverError as error:
        print(f"\n{error}", file=sys.stderr)  # noqa: T201
        return 1
    except OSError as error:  # a full disk, a folder that cannot be written
        place = shown(Path(error.filename)) if error.filename else "weaver"
        print(f"\n{place}: {refusal(error)}", file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        print("\nstopped; what was trained so far is kept", file=sys.stderr)  # noqa: T201
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="weaver",
        description="Build a report from Quarto documents, running only what must run.",
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    pages = _add(commands, "build", _build, "build the PDF of the report, or of one chapter")
    pages.add_argument("--engine", choices=build.ENGINES, default=os.environ.get("ENGINE") or "auto")
    _add(commands, "notebooks", _notebooks, "write the executed notebooks only")
    _add(commands, "why", _why, "say what would run, and which input changed")
    submission = _add(commands, "submission", _submission, "make the archive to hand in")
    submission.add_argument("--engine", choices=build.ENGINES, default=os.environ.get("ENGINE") or "auto")
    return parser


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    function: Callable[[argparse.Namespace, Terminal], None],
    explanation: str,
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=explanation, description=explanation.capitalize() + ".")
    command.add_argument("chapter", nargs="?", help="a chapter's name, q2 for example; all without it")
    command.add_argument("--profile", default=os.environ.get("PROFILE") or "full")
    command.set_defaults(command=function)
    return command


def _request(options: argparse.Namespace) -> build.Request:
    whole = options.chapter == project.PARENT.stem
    chapter = None if whole else options.chapter
    return build.Request(options.profile, getattr(options, "engine", "auto"), chapter)


def _open(terminal: Terminal) -> build.Builder:
    return build.open_builder(project.find_root(Path.cwd()), terminal)


def _build(options: argparse.Namespace, terminal: Terminal) -> None:
    _open(terminal).pages(_request(options))


def _notebooks(options: argparse.Namespace, terminal: Terminal) -> None:
    _open(terminal).notebook(_request(options))
    terminal.line("build/notebooks: up to date")


def _why(options: argparse.Namespace, terminal: Terminal) -> None:
    for chapter, freshness in _open(terminal).judgements(_request(options)):
        for reason in freshness.reasons or ("fresh, nothing would run",):
            print(f"{chapter.name}: {reason}")  # noqa: T201


def _submission(options: argparse.Namespace, terminal: Terminal) -> None:
    from weaver import submission  # noqa: PLC0415 - zipfile is not needed elsewhere

    submission.make(_open(terminal), _request(options))
