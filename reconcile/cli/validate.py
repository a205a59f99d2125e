"""`reconcile validate`."""

from __future__ import annotations

import os

import click

from reconcile.cli.common import Command, Settings, format_option


@click.command(cls=Command)
@format_option("text", "json")
@click.pass_obj
def command(settings: Settings, format_: str) -> None:
    """Check everything that can be checked without the network.

    \b
    Every problem of every file is reported at once, as file:line:column: message.
    Example:
      reconcile -C clients validate
    """
    from reconcile.workflow import require_resources, validate

    project = validate(settings.root, os.environ)
    require_resources(project)
    if format_ == "json":
        from reconcile.planning.planfile import FORMAT_VERSION
        from reconcile.reports.json import text

        click.echo(text({"format_version": FORMAT_VERSION, "diagnostics": []}), nl=False)
        return
    from reconcile.model.normalize import count

    desired = project.desired
    clients = f" and {count(len(desired.clients), 'client')}" if desired.clients else ""
    accounts = count(len(desired.accounts), "account")
    click.echo(f"Valid: {count(len(desired.sites), 'site')}{clients} in {accounts}.")
