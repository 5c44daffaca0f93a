"""The command `weaver`; the Makefile calls nothing else."""

import argparse
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from weaver import paths
from weaver.building import manifest
from weaver.building.request import ENGINES, FORMATS, Request
from weaver.commands import help_examples
from weaver.commands.completion import SHELLS, script
from weaver.console import RED, Terminal, first_line_painted
from weaver.errors import WeaverError, refusal
from weaver.storage.store import shown

if TYPE_CHECKING:
    from weaver.building.builder import Builder


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code: 0, 1 for an error that is explained, 130 for Ctrl-C."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace, Terminal], None] = options.command
    try:
        command(options, Terminal(sys.stderr))
    except WeaverError as error:
        print(f"\n{first_line_painted(str(error), RED, sys.stderr)}", file=sys.stderr)  # noqa: T201
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
    pages = _add(commands, "build", _build, "build the PDF or the page of the report, or of one chapter")
    form = os.environ.get("FORMAT") or "pdf"
    pages.add_argument("--to", choices=FORMATS, default=form, dest="format", help="pdf without it")
    pages.add_argument("--engine", choices=ENGINES, default=os.environ.get("ENGINE") or "auto")
    pages.add_argument("--strict", action="store_true", help="build nothing where anything is noticed")
    _add_preview(commands)
    check = _add(commands, "check", _check, "say at once what is wrong or doubtful, and run nothing")
    check.add_argument("--to", choices=FORMATS, default=form, dest="format", help="pdf without it")
    check.add_argument("--engine", choices=ENGINES, default=os.environ.get("ENGINE") or "auto")
    check.add_argument("--strict", action="store_true", help="notices are as bad as faults")
    check.add_argument("--json", action="store_true", help="as JSON")
    _add(commands, "notebooks", _notebooks, "write the executed notebooks only")
    why = _add(commands, "why", _why, "say what would run or train, and which input changed")
    why.add_argument("--json", action="store_true", help="as JSON")
    status = _add(commands, "status", _status, "list chapters and trained runs: fresh or stale, size, age")
    status.add_argument("--runs", action="store_true", help="list each run")
    status.add_argument("--json", action="store_true", help="as JSON, with each run")
    claims = _add(
        commands, "claims", _claims, "list the report's claims: section, sentence, evidence, verdict"
    )
    claims.add_argument("--json", action="store_true", help="as JSON")
    trace = _add(commands, "trace", _trace, "say where a figure or a table comes from", of_chapters=False)
    trace.add_argument("what", help="a label, fig-q2-rate for example, or a PDF of the built-in typesetter")
    trace.add_argument("label", nargs="?", help="of one figure or table in the PDF; all without it")
    trace.add_argument("--json", action="store_true", help="as JSON, with all settings")
    clean = _add(commands, "clean", _clean, "remove build/, or what is no longer needed", of_chapters=False)
    clean.add_argument("--unused", action="store_true", help="instead, what no chapter of any profile names")
    clean.add_argument("--checkpoints", action="store_true", help="instead, unfinished trainings")
    clean.add_argument("--set-aside", action="store_true", help="instead, damaged entries")
    submission = _add(commands, "submission", _submission, "make the archive to hand in")
    submission.add_argument("--engine", choices=ENGINES, default=os.environ.get("ENGINE") or "auto")
    _add_new(commands)
    _add_completion(commands)
    help_examples.add(commands.choices)
    return parser


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    function: Callable[[argparse.Namespace, Terminal], None],
    explanation: str,
    *,
    of_chapters: bool = True,
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=explanation, description=explanation.capitalize() + ".")
    if of_chapters:
        command.add_argument("chapter", nargs="?", help="a chapter's name, q2 for example; all without it")
    command.add_argument("--profile", default=os.environ.get("PROFILE") or "full")
    command.set_defaults(command=function)
    return command


def _request(options: argparse.Namespace) -> Request:
    whole = options.chapter == paths.PARENT.stem
    chapter = None if whole else options.chapter
    engine, form = getattr(options, "engine", "auto"), getattr(options, "format", "pdf")
    strict = getattr(options, "strict", False)
    return Request(options.profile, engine, chapter, form, strict=strict)


def _open(terminal: Terminal) -> "Builder":
    from weaver.building import builder  # noqa: PLC0415 - the analysis of code is not needed where nothing changed

    return builder.open_builder(paths.find_root(Path.cwd()), terminal)


def _build(options: argparse.Namespace, terminal: Terminal) -> None:
    request = _request(options)
    if manifest.is_unchanged(paths.find_root(Path.cwd()), request):
        terminal.line(f"{paths.BUILD / request.file}: nothing changed")
    else:
        _open(terminal).pages(request)


def _check(options: argparse.Namespace, terminal: Terminal) -> None:
    from weaver.commands import check  # noqa: PLC0415

    found = _open(terminal).check(_request(options))
    if options.json:
        _print([json.dumps(check.record(found), indent=2, ensure_ascii=False)])
    else:
        _print(check.lines(found))
    terminal.line(check.judge(found, strict=options.strict))


def _notebooks(options: argparse.Namespace, terminal: Terminal) -> None:
    _open(terminal).notebook(_request(options))
    terminal.line(f"{paths.NOTEBOOKS}: up to date")


def _why(options: argparse.Namespace, terminal: Terminal) -> None:
    from weaver.commands import why  # noqa: PLC0415 - a build needs neither this nor NumPy behind it

    builder = _open(terminal)
    found = list(why.outlooks(builder.judge, builder.judgements(_request(options))))
    if options.json:
        _print([json.dumps([asdict(outlook) for outlook in found], indent=2, ensure_ascii=False)])
    else:
        _print(line for outlook in found for line in outlook.lines())


def _status(options: argparse.Namespace, terminal: Terminal) -> None:
    from weaver.commands import inventory, status  # noqa: PLC0415

    builder = _open(terminal)
    found = inventory.take(builder.judge, builder.project, options.profile)
    if options.chapter:
        found = inventory.only(found, builder.project.chapter(options.chapter).name)
    if options.json:
        _print([json.dumps(status.record(found), indent=2, ensure_ascii=False)])
    else:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        _print(status.page(found, builder.judge.store, each_run=options.runs, width=width))


def _claims(options: argparse.Namespace, terminal: Terminal) -> None:
    from weaver.claims import listing  # noqa: PLC0415

    found, stale = _open(terminal).claims(_request(options))
    if options.json:
        _print([json.dumps(listing.record(found), indent=2, ensure_ascii=False)])
    else:
        _print(listing.page(found))
    if stale:
        terminal.line(f"not listed, since not up to date: {', '.join(stale)}")


def _trace(options: argparse.Namespace, terminal: Terminal) -> None:
    from weaver.commands import trace  # noqa: PLC0415

    if options.what.endswith(".pdf"):
        record, project = trace.of_pdf(Path(options.what), options.label), None
    else:
        builder = _open(terminal)
        record = trace.of_report(builder, options.what, Request(options.profile))
        project = builder.project
    _print([record.to_json().decode().rstrip()] if options.json else trace.lines(record, project))


def _clean(options: argparse.Namespace, terminal: Terminal) -> None:
    from weaver.commands import clean  # noqa: PLC0415

    builder = _open(terminal)
    store, removed = builder.judge.store, list[object]()
    if options.unused:
        removed += clean.unused(builder.judge, builder.project, options.profile)
    if options.checkpoints:
        removed += clean.leftovers(store, "checkpoints")
    if options.set_aside:
        removed += clean.leftovers(store, "set-aside")
    if not (options.unused or options.checkpoints or options.set_aside):
        removed += clean.build_folder(builder.folders.build)
    _print(map(str, removed or ["nothing to remove"]))


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)  # noqa: T201


def _submission(options: argparse.Namespace, terminal: Terminal) -> None:
    from weaver.commands import submission  # noqa: PLC0415 - zipfile is not needed elsewhere

    submission.make(_open(terminal), _request(options))


def _add_preview(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    preview = _add(commands, "preview", _preview, "show the report in a browser, updated at every save")
    preview.add_argument("--engine", choices=ENGINES, default=os.environ.get("ENGINE") or "auto")
    preview.add_argument("--port", type=int, default=0, help="to listen at; any that is free without it")
    preview.add_argument("--no-browser", action="store_true", help="only print the address")


def _preview(options: argparse.Namespace, terminal: Terminal) -> None:
    from weaver.preview import preview  # noqa: PLC0415 - a build needs no server

    request = _request(options)
    preview.run(
        paths.find_root(Path.cwd()), request, terminal, port=options.port, browse=not options.no_browser
    )


def _add_new(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    explanation = "lay the skeleton of a new report"
    command = commands.add_parser("new", help=explanation, description=explanation.capitalize() + ".")
    command.add_argument("folder", type=Path, metavar="DIR", help="a folder that is new or empty")
    command.set_defaults(command=_new)


def _add_completion(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    explanation = "print the script with which a shell completes weaver's commands and chapters"
    command = commands.add_parser("completion", help=explanation, description=explanation.capitalize() + ".")
    command.add_argument("shell", choices=SHELLS)
    command.set_defaults(command=_completion)


def _new(options: argparse.Namespace, terminal: Terminal) -> None:
    from weaver.commands import new_report  # noqa: PLC0415

    terminal.line(new_report.lay(options.folder))


def _completion(options: argparse.Namespace, _terminal: Terminal) -> None:
    print(script(_parser(), options.shell))  # noqa: T201
