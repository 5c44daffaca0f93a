"""What each command's `--help` ends with: commands as one types them."""

import argparse
from collections.abc import Iterable, Mapping

EXAMPLES: Mapping[str, Mapping[str, str]] = {
    "build": {
        "weaver build": "the whole report: build/report.pdf",
        "weaver build q2": "question 2 alone, with the numbers that it has in the whole",
        "weaver build --to html": "one page for the browser: build/report.html",
        "weaver build --profile quick": "a first look",
        "weaver build --engine builtin": "without Quarto, even where it is installed",
    },
    "check": {
        "weaver check": "what is wrong or doubtful in the report, by file and line; nothing runs",
        "weaver check q2 --strict": "the same of question 2, and notices count as faults",
    },
    "preview": {
        "weaver preview": "the report in a browser, updated at every save",
        "weaver preview q2 --profile quick": "one question's first look",
        "weaver preview --port 8000 --no-browser": "at an address of one's own, on a distant machine",
    },
    "notebooks": {"weaver notebooks": "the executed notebooks: build/notebooks/"},
    "why": {
        "weaver why": "which chapters would run, and which input changed",
        "weaver why q2 --profile quick": "the same of question 2's first look",
    },
    "status": {
        "weaver status": "chapters and trained runs, fresh or stale",
        "weaver status q2 --runs": "each run of question 2",
    },
    "claims": {
        "weaver claims": "what the report says, what each sentence rests on, and whether it holds",
        "weaver claims q2 --json": "the same of question 2, for a program",
    },
    "trace": {
        "weaver trace fig-q2-rate": "the chunk, data, runs and packages behind a figure",
        "weaver trace build/report.pdf": "what the PDF says of all that it shows",
    },
    "clean": {
        "weaver clean": "remove build/; what was trained stays",
        "weaver clean --unused": "remove trained runs that no chapter needs",
    },
    "submission": {"weaver submission": "PDF, notebooks and code in one archive"},
    "new": {"weaver new my-report": "a new report, ready to build"},
    "completion": {
        "weaver completion bash > ~/.local/share/bash-completion/completions/weaver": "for bash",
        "weaver completion zsh > ~/.zfunc/_weaver": "for zsh, with ~/.zfunc in its fpath",
        "weaver completion fish > ~/.config/fish/completions/weaver.fish": "for fish",
    },
}


def add(commands: Mapping[str, argparse.ArgumentParser]) -> None:
    """Show its examples under the help of each command."""
    for name, command in commands.items():
        command.formatter_class = argparse.RawDescriptionHelpFormatter
        command.epilog = "\n".join(("examples:", *_lines(EXAMPLES[name].items())))


def _lines(pairs: Iterable[tuple[str, str]]) -> Iterable[str]:
    for line, meaning in pairs:
        yield f"  {line:<32} {meaning}" if len(line) <= 32 else f"  {line}\n{'':<34} {meaning}"
