"""`qa completion`: what a shell needs to complete the commands and options of `qa`."""

import click
from click.shell_completion import get_completion_class

VARIABLE = "_QA_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion for a shell.

    \b
    bash   qa completion bash > ~/.local/share/bash-completion/completions/qa
    zsh    qa completion zsh > ~/.zfunc/_qa, with fpath+=~/.zfunc before compinit in ~/.zshrc
    fish   qa completion fish > ~/.config/fish/completions/qa.fish
    """
    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"There is no completion for {shell}.")
    root = click.get_current_context().find_root().command
    click.echo(found(root, {}, "qa", VARIABLE).source())
