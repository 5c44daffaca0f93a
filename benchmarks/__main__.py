"""The command behind `make bench`."""

import argparse
import importlib
from collections.abc import Sequence
from dataclasses import replace

from benchmarks import results, tables
from benchmarks.machine import facts
from benchmarks.timing import QUICK, Effort

GROUPS = ("build", "preview", "code", "inputs", "cache", "engine")
APART = ("report", "bulk")  # take minutes: only where they are asked for


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the groups asked for; print each as a table and write it to `build/benchmarks.json`."""
    options = _parser().parse_args(arguments)
    effort = QUICK if options.quick else Effort()
    effort = replace(effort, rounds=options.rounds or effort.rounds)
    for group in options.only or GROUPS:
        module = importlib.import_module(f"benchmarks.{group}")
        measured = results.result(module.TITLE, facts(), effort.is_quick, tuple(module.run(effort)))
        results.write(group, measured)
        print(tables.plain(measured), flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=main.__doc__)
    parser.add_argument(
        "--only", action="append", choices=(*GROUPS, *APART), help="one group; may be repeated"
    )
    parser.add_argument("--quick", action="store_true", help="the smallest run that shows that all works")
    parser.add_argument("--rounds", type=int, help="samples of each contestant")
    return parser


if __name__ == "__main__":
    main()
