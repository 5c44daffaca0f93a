"""The examples that `--help` shows."""

import argparse
import shlex

import pytest

from weaver import cli
from weaver.commands import help_examples

[COMMANDS] = (
    action.choices for action in cli._parser()._actions if isinstance(action, argparse._SubParsersAction)
)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_examples_of_a_command_are_commands(name: str) -> None:
    """Each is understood, and begins a call of the command that it stands under."""
    assert help_examples.EXAMPLES[name]
    for line in help_examples.EXAMPLES[name]:
        program, *arguments = shlex.split(line.partition(" > ")[0])
        assert (program, arguments[0]) == ("weaver", name)
        assert cli._parser().parse_args(arguments).command


@pytest.mark.parametrize("name", COMMANDS)
def test_help_ends_with_examples(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What one types is shown, not only what is possible."""
    with pytest.raises(SystemExit):
        cli.main([name, "--help"])
    _, _, shown = capsys.readouterr().out.partition("examples:\n")
    for line, meaning in help_examples.EXAMPLES[name].items():
        assert line in shown
        assert meaning in shown
