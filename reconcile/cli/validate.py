"""`reconcile validate`."""

from __future__ import annotations

import os
import sys

import click

from reconcile.cli.common import Command, Settings, format_option
from reconcile.errors import ExitCode


@click.command(cls=Command)
@format_option("text", "json")
@click.pass_obj
def command(settings: Settings, format_: str) -> int:
    """Check everything that can be checked without the network.

    Every problem of every file is reported at once, as file:line:column: message. Exits 3 where what is declared breaks
    one of the project's `policies:`; what depends on the live account waits for `plan`.

    \b
    Examples:
      reconcile -C clients validate
      reconcile validate --format json
    """
    from reconcile.workflow import judge_declared, require_resources, validate

    project = validate(settings.root, os.environ)
    require_resources(project)
    said = judge_declared(project)
    if format_ == "json":
        from reconcile.planning.planfile import FORMAT_VERSION, diagnostic_data
        from reconcile.reports.json import text

        data = {"format_version": FORMAT_VERSION, "diagnostics": [diagnostic_data(one) for one in said]}
        click.echo(text(data), nl=False)
    from reconcile.reports.said import diagnostics_texts

    for line in diagnostics_texts(said, colour=settings.colour(sys.stderr)):
        click.echo(line, err=True, color=True)
    if any(one.severity == "error" for one in said):
        click.echo("The files can be read, and what they declare is refused by policies; nothing was changed", err=True)
        return ExitCode.REFUSED
    if format_ == "json":
        return ExitCode.DONE
    from reconcile.model.normalize import count

    desired = project.desired
    clients = f" and {count(len(desired.clients), 'client')}" if desired.clients else ""
    accounts = count(len(desired.accounts), "account")
    click.echo(f"Valid: {count(len(desired.sites), 'site')}{clients} in {accounts}.")
    return ExitCode.DONE
