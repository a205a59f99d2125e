"""`reconcile completion`."""

from __future__ import annotations

from importlib import resources

import click

from reconcile.cli.common import Command


@click.command(cls=Command)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]), metavar="bash|zsh|fish")
def command(shell: str) -> None:
    """Print the function that makes a shell complete this program: its commands and options, and what a project has.

    That is addresses, names, runs, saved plans, and selections as they are typed. It reads files only, never a service.

    \b
    Examples, each for the file that the shell reads at its start:
      reconcile completion bash    ~/.bashrc:                  eval "$(reconcile completion bash)"
      reconcile completion zsh     ~/.zshrc, below compinit:   eval "$(reconcile completion zsh)"
      reconcile completion fish    ~/.config/fish/config.fish: reconcile completion fish | source
    """
    from reconcile.cli.shells import SCRIPTS

    script = resources.files("reconcile.cli") / "functions" / SCRIPTS[shell]
    click.echo(script.read_bytes(), nl=False)
