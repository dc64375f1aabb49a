"""The command line's help, compared with a reviewed snapshot.

    python -m tests.qa.cli.test_help > tests/qa/cli/help.txt

updates the snapshot: read the diff before you commit it.
"""

from pathlib import Path

import click
from click.testing import CliRunner

from qa.cli.commands import cli

HELP = Path(__file__).with_name("help.txt")


def whole_help() -> str:
    """The output of `qa --help`, and of `qa COMMAND --help` for every command."""
    texts = []
    groups = {name: each for name, each in cli.commands.items() if isinstance(each, click.Group)}
    below = (f"{name} {each}" for name in sorted(groups) for each in sorted(groups[name].commands))
    for command in ("", *sorted(cli.commands), *below):
        arguments = [*command.split(), "--help"]
        result = CliRunner(env={"COLUMNS": "100"}).invoke(cli, arguments, prog_name="qa")
        assert result.exit_code == 0
        texts.append(f"$ qa {' '.join(arguments)}\n{result.output}")
    return "\n".join(texts)


def test_the_help_is_as_it_was_read() -> None:
    assert whole_help() == HELP.read_text("utf-8")


def test_every_command_and_option_says_what_it_is_for() -> None:
    for name, command in cli.commands.items():
        assert command.help, name
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, f"{name} {parameter.opts}"


if __name__ == "__main__":
    click.echo(whole_help(), nl=False)
